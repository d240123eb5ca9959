internal import CProof

/// A PDF file whose pages are turned into pictures one by one.
///
/// A page is read from the disk when it is asked for, so that a file of ten thousand takes little
/// memory. A value is one thread's at a time; several threads open the file several times.
public struct PDFPages: ~Copyable {
  /// How many pages the file has.
  public let count: Int

  private let document: UnsafeMutableRawPointer?

  /// Opens a file.
  ///
  /// - Parameter path: Where it is.
  /// - Throws: `CodeReadingError.pictureUnreadable`, or `.libraryMissing` without poppler.
  public init(path: String) throws(CodeReadingError) {
    var opened = checkin_proof_document()
    let status = checkin_proof_open_pdf(path, &opened)
    guard status == CHECKIN_PROOF_OK.rawValue else {
      throw GreyImage.failure(
        of: status, message: String(cMessage: opened.message), format: .pdf)
    }
    document = opened.document
    count = Int(opened.pages)
  }

  deinit { checkin_proof_close_pdf(document) }

  /// Renders a page on white.
  ///
  /// - Parameters:
  ///   - number: Counted from 0.
  ///   - pixelsPerInch: The resolution.
  /// - Returns: The picture.
  /// - Throws: `CodeReadingError.pictureUnreadable`.
  public func image(
    ofPage number: Int, pixelsPerInch: Double = 100
  ) throws(CodeReadingError) -> GreyImage {
    guard (0..<count).contains(number) else {
      throw .pictureUnreadable(format: .pdf, reason: "it has no page \(number + 1)")
    }
    var image = checkin_proof_image()
    let status = checkin_proof_render_page(document, UInt32(number), pixelsPerInch, &image)
    return try GreyImage(taking: &image, status: status, format: .pdf)
  }
}
