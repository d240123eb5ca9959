/// A picture file of any kind that is read.
///
/// The kind is told by the content, never by the name. A PDF has pages, everything else is one:
///
///     let file = try PictureFile(bytes)
///     for page in 0..<file.pageCount { print(try file.codes(onPage: page)) }
///
/// A PDF is opened once, and a value is one thread's at a time.
public struct PictureFile: ~Copyable {
  /// The kind of file.
  public let format: PictureFormat

  private enum Content: ~Copyable {
    case pages(PDFPages)
    case bytes([UInt8])
  }

  private let content: Content

  /// The most pages of a file that are read.
  public static let mostPages = 10_000

  /// Takes a file.
  ///
  /// - Parameter bytes: The whole file, from anywhere: nothing in it is trusted.
  /// - Throws: `CodeReadingError.notAPicture`, or for a PDF `.pictureUnreadable` and
  ///   `.libraryMissing`.
  public init(_ bytes: [UInt8]) throws(CodeReadingError) {
    guard let format = PictureFormat(recognizing: bytes) else {
      throw .notAPicture(kind: PictureFormat.unread(bytes))
    }
    let content = try PictureFile.content(bytes, format)
    self.format = format
    self.content = content
  }

  private static func content(
    _ bytes: [UInt8], _ format: PictureFormat
  ) throws(CodeReadingError) -> Content {
    guard format == .pdf else { return .bytes(bytes) }
    let pages = try PDFPages(bytes)
    let count = pages.count
    guard (1...mostPages).contains(count) else {
      throw .pictureUnreadable(
        format: format, reason: count == 0 ? "it has no page" : "it has too many pages")
    }
    return .pages(pages)
  }

  /// The number of pages, at least 1.
  public var pageCount: Int {
    switch content {
    case .pages(let pages): pages.count
    case .bytes: 1
    }
  }

  /// Finds the symbols of a page.
  ///
  /// A page of a PDF and an SVG are drawn at two sizes and what is found on either counts, so that a
  /// small sticker beside a poster is found too. Of a photograph, what the first stage of
  /// `CodeReader` finds that finds anything is all.
  ///
  /// - Parameter page: Counted from 0.
  /// - Returns: What was found, in no particular order; empty when there is nothing.
  /// - Throws: `CodeReadingError`; other pages of the file may still be readable.
  public func codes(onPage page: Int = 0) throws(CodeReadingError) -> [FoundCode] {
    precondition((0..<pageCount).contains(page), "a page of the file")
    switch format {
    case .png, .jpeg: return try CodeReader.codes(in: image(ofPage: page))
    case .pdf, .svg:
      let small = try image(ofPage: page, pixelsPerInch: 150)
      let found = try CodeReader.codes(in: small)
      let large = try image(ofPage: page, pixelsPerInch: 300)
      // What is very large, or states no size, is no larger the second time.
      guard large != small else { return found }
      // One pass shows what is there; what is hard to read needs the others, if nothing was found.
      let more = try CodeReader.codes(
        in: large, taken: found.isEmpty ? .photograph : .rendering)
      return PictureFile.union(of: found, more)
    }
  }

  private func image(
    ofPage page: Int, pixelsPerInch: Double = 100
  ) throws(CodeReadingError) -> GreyImage {
    switch content {
    case .pages(let pages):
      return try pages.image(ofPage: page, pixelsPerInch: pixelsPerInch)
    case .bytes(let bytes):
      switch format {
      case .png: return try GreyImage(png: bytes)
      case .jpeg: return try GreyImage(jpeg: bytes)
      case .svg, .pdf: return try GreyImage(svg: bytes, pixelsPerInch: pixelsPerInch)
      }
    }
  }

  /// Each code as often as it was found in the search that found it more often.
  private static func union(of found: [FoundCode], _ more: [FoundCode]) -> [FoundCode] {
    var left: [[UInt8]: Int] = [:]
    for code in found { left[code.bytes, default: 0] += 1 }
    var all = found
    for code in more {
      let count = left[code.bytes, default: 0]
      if count > 0 { left[code.bytes] = count - 1 } else { all.append(code) }
    }
    return all
  }
}
