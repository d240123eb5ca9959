/// The kinds of picture that are read.
public enum PictureFormat: String, Hashable, Sendable, CaseIterable {
  /// Pixels without loss, such as a screenshot.
  case png
  /// Pixels with loss: what cameras and messengers write.
  case jpeg
  /// Pages.
  case pdf
  /// A drawing in outlines.
  case svg

  /// What people call it.
  public var name: String { rawValue.uppercased() }

  /// Tells the kind of a file by its first bytes, whatever its name is, or nil for another kind.
  ///
  /// - Parameter bytes: The file, or its first 4 KiB.
  public init?(recognizing bytes: some Collection<UInt8>) {
    let start = Array(bytes.prefix(PictureFormat.examinedBytes))
    if start.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if start.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if PictureFormat.position(of: "%PDF-", in: start[..<min(start.count, 1_024)]) != nil {
      // Readers take what mail programs put before the header.
      self = .pdf
    } else if PictureFormat.isMarkup(start),
      PictureFormat.position(of: "<svg", in: start[...]) != nil
    {
      self = .svg
    } else {
      return nil
    }
  }

  /// Names a kind of picture that is known and not read, for telling what to do about it.
  static func unread(_ bytes: [UInt8]) -> String? {
    let start = bytes.prefix(16)
    if start.starts(with: VideoStream.signature) { return "a video (give it with --camera)" }
    if start.starts(with: "GIF8".utf8) { return "a GIF" }
    if start.starts(with: "BM".utf8) { return "a BMP" }
    if start.starts(with: [0x49, 0x49, 0x2A, 0]) || start.starts(with: [0x4D, 0x4D, 0, 0x2A]) {
      return "a TIFF"
    }
    if start.starts(with: "RIFF".utf8), start.dropFirst(8).starts(with: "WEBP".utf8) {
      return "a WebP"
    }
    if start.dropFirst(4).starts(with: "ftyp".utf8) {
      let brand = start.dropFirst(8)
      if brand.starts(with: "avif".utf8) { return "an AVIF" }
      return brand.starts(with: "hei".utf8) || brand.starts(with: "mif1".utf8) ? "a HEIC" : nil
    }
    return nil
  }

  private static let examinedBytes = 4_096

  /// Whether a text begins as XML does, after a byte order mark and white space.
  private static func isMarkup(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
    return rest.first { $0 > 0x20 } == UInt8(ascii: "<")
  }

  private static func position(of text: StaticString, in bytes: ArraySlice<UInt8>) -> Int? {
    text.withUTF8Buffer { text in
      guard bytes.count >= text.count else { return nil }
      return (bytes.startIndex...bytes.endIndex - text.count).first {
        bytes[$0..<$0 + text.count].elementsEqual(text)
      }
    }
  }
}
