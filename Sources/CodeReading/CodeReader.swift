internal import CZXing

/// A QR symbol found in a picture.
public struct FoundCode: Hashable, Sendable {
  /// What it says, as text.
  public let text: String

  /// The payload as it stands in the symbol, before any guess at its character set.
  public let bytes: [UInt8]
}

/// Finds QR symbols in pictures.
public enum CodeReader {
  /// How hard a picture is to read.
  public enum Picture: Sendable {
    /// A rendering, upright and sharp.
    case rendering
    /// A photograph or a screenshot: turned, scaled, or white on black.
    case photograph
  }

  /// Finds the symbols of a picture.
  ///
  /// - Parameters:
  ///   - image: The picture.
  ///   - picture: What kind it is; a photograph takes several times longer.
  /// - Returns: What was found, in no particular order; empty when there is nothing.
  /// - Throws: `CodeReadingError.decoderFailed`.
  public static func codes(
    in image: GreyImage, taken picture: Picture = .photograph
  ) throws(CodeReadingError) -> [FoundCode] {
    let found = try search(image, picture)
    guard found.isEmpty, picture == .photograph else { return found }
    return try search(image.inverted, picture)
  }

  /// Finds the symbols of a PNG file.
  ///
  /// - Parameter bytes: A whole file, from anywhere: nothing in it is trusted.
  /// - Returns: What was found, in no particular order; empty when there is nothing.
  /// - Throws: `CodeReadingError.pictureUnreadable`, `.pictureTooLarge` or `.decoderFailed`.
  public static func codes(inPNG bytes: [UInt8]) throws(CodeReadingError) -> [FoundCode] {
    try codes(in: GreyImage(png: bytes))
  }

  private static func search(
    _ image: GreyImage, _ picture: Picture
  ) throws(CodeReadingError) -> [FoundCode] {
    let effort = picture == .rendering ? CHECKIN_ZXING_CLEAN : CHECKIN_ZXING_PHOTOGRAPH
    var symbols: UnsafeMutablePointer<checkin_zxing_symbol>?
    var count = 0
    let status = image.pixels.withUnsafeBufferPointer {
      checkin_zxing_read(
        $0.baseAddress, Int32(image.width), Int32(image.height), Int32(effort.rawValue), &symbols,
        &count)
    }
    defer { checkin_zxing_free(symbols, count) }
    guard status == CHECKIN_ZXING_OK.rawValue else { throw .decoderFailed }
    return UnsafeBufferPointer(start: symbols, count: count).map { symbol in
      FoundCode(
        text: String(
          decoding: UnsafeBufferPointer(start: symbol.text, count: symbol.text_count),
          as: UTF8.self),
        bytes: Array(UnsafeBufferPointer(start: symbol.bytes, count: symbol.bytes_count)))
    }
  }
}
