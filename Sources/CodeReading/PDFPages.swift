internal import CProof

/// A PDF file whose pages are turned into pictures one by one.
///
/// A page is read from the disk when it is asked for, so that a file of ten thousand takes little
/// memory. A value is one thread's at a time; several threads open the file several times.
public struct PDFPages: ~Copyable {
  /// How many pages the file has.
  public let count: Int

  private let document: UnsafeMutableRawPointer?

  /// Opens a file on the disk.
  ///
  /// - Parameter path: Where it is.
  /// - Throws: `CodeReadingError.pictureUnreadable`, or `.libraryMissing` without poppler.
  public init(path: String) throws(CodeReadingError) {
    var opened = checkin_proof_document()
    let status = checkin_proof_open_pdf_file(path, &opened)
    try self.init(taking: opened, status: status)
  }

  /// Opens a file in memory.
  ///
  /// - Parameter bytes: A whole file, from anywhere: nothing in it is trusted.
  /// - Throws: `CodeReadingError.pictureUnreadable`, or `.libraryMissing` without poppler.
  public init(_ bytes: [UInt8]) throws(CodeReadingError) {
    var opened = checkin_proof_document()
    let status = bytes.withUnsafeBufferPointer {
      checkin_proof_open_pdf($0.baseAddress, $0.count, &opened)
    }
    try self.init(taking: opened, status: status)
  }

  private init(taking opened: checkin_proof_document, status: Int32) throws(CodeReadingError) {
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
  ///   - pixelsPerInch: The resolution; a large page gets a lower one, with 8,192 pixels along its
  ///     longer side.
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
