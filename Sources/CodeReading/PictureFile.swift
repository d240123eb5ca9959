/// A picture file of any kind that is read.
///
/// The kind is told by the content, never by the name. A PDF has pages, everything else is one:
///
///     let file = try PictureFile(bytes)
///     for page in 0..<file.pageCount { print(try file.codes(onPage: page)) }
public struct PictureFile: Hashable, Sendable {
  /// The kind of file.
  public let format: PictureFormat

  /// The number of pages, at least 1.
  public let pageCount: Int

  private let bytes: [UInt8]

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
    self.format = format
    self.bytes = bytes
    pageCount = format == .pdf ? try PDFPages(bytes).count : 1
    guard (1...PictureFile.mostPages).contains(pageCount) else {
      throw .pictureUnreadable(
        format: format, reason: pageCount == 0 ? "it has no page" : "it has too many pages")
    }
  }

  /// Finds the symbols of a page.
  ///
  /// A page of a PDF and an SVG are drawn at two sizes, if need be, so that small stickers are read
  /// and large sheets stay quick.
  ///
  /// - Parameter page: Counted from 0.
  /// - Returns: What was found, in no particular order; empty when there is nothing.
  /// - Throws: `CodeReadingError`.
  public func codes(onPage page: Int = 0) throws(CodeReadingError) -> [FoundCode] {
    precondition((0..<pageCount).contains(page), "a page of the file")
    switch format {
    case .png: return try CodeReader.codes(in: GreyImage(png: bytes))
    case .jpeg: return try CodeReader.codes(in: GreyImage(jpeg: bytes))
    case .pdf, .svg:
      for pixelsPerInch in [150.0, 300] {
        let image =
          try format == .pdf
          ? GreyImage(pdf: bytes, page: page, pixelsPerInch: pixelsPerInch)
          : GreyImage(svg: bytes, pixelsPerInch: pixelsPerInch)
        let found = try CodeReader.codes(in: image)
        if !found.isEmpty { return found }
      }
      return []
    }
  }
}
