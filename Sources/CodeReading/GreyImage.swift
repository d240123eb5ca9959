internal import CJPEG
internal import CPNG
internal import CProof

/// A picture in shades of grey, as the code reader takes it.
public struct GreyImage: Hashable, Sendable {
  /// The pixels of a row.
  public let width: Int

  /// The number of rows.
  public let height: Int

  /// Row after row without padding, 0 black to 255 white.
  public let pixels: [UInt8]

  /// The most pixels that are read from a file: more than any phone takes, and little enough memory.
  public static let mostPixels = 64_000_000

  /// Makes a picture of pixels, or returns nil when their number does not fit.
  public init?(width: Int, height: Int, pixels: [UInt8]) {
    guard width > 0, height > 0,
      width.multipliedReportingOverflow(by: height) == (pixels.count, false)
    else { return nil }
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// Reads a PNG of any kind; what is transparent becomes white.
  ///
  /// - Parameter bytes: A whole file, from anywhere: nothing in it is trusted.
  /// - Throws: `CodeReadingError.pictureUnreadable` or `.pictureTooLarge`.
  public init(png bytes: [UInt8]) throws(CodeReadingError) {
    var result = checkin_png_result()
    let status = bytes.withUnsafeBufferPointer {
      checkin_png_read_grey($0.baseAddress, $0.count, UInt64(GreyImage.mostPixels), &result)
    }
    defer { checkin_png_free(result.bytes) }
    switch UInt32(status) {
    case CHECKIN_PNG_OK.rawValue:
      self.width = Int(result.width)
      self.height = Int(result.height)
      self.pixels = Array(UnsafeBufferPointer(start: result.bytes, count: result.count))
    case CHECKIN_PNG_NOT_A_PNG.rawValue:
      throw .pictureUnreadable(format: .png, reason: "it does not begin as a PNG; convert it first")
    case CHECKIN_PNG_TOO_LARGE.rawValue:
      throw .pictureTooLarge(width: Int(result.width), height: Int(result.height))
    case CHECKIN_PNG_OUT_OF_MEMORY.rawValue:
      throw .pictureTooLarge(width: Int(result.width), height: Int(result.height))
    default:
      throw .pictureUnreadable(format: .png, reason: String(cMessage: result.message))
    }
  }

  /// Reads a JPEG of any kind, and a frame of a motion-JPEG camera.
  ///
  /// How the picture is to be turned is not looked at, since a code is read either way.
  ///
  /// - Parameter bytes: A whole file, from anywhere: nothing in it is trusted.
  /// - Throws: `CodeReadingError.pictureUnreadable` or `.pictureTooLarge`.
  public init(jpeg bytes: [UInt8]) throws(CodeReadingError) {
    self = try bytes.withUnsafeBufferPointer { buffer throws(CodeReadingError) in
      try GreyImage(jpeg: buffer)
    }
  }

  init(jpeg bytes: UnsafeBufferPointer<UInt8>) throws(CodeReadingError) {
    var result = checkin_jpeg_result()
    let status = checkin_jpeg_read_grey(
      bytes.baseAddress, bytes.count, UInt64(GreyImage.mostPixels), &result)
    defer { checkin_jpeg_free(result.pixels) }
    switch UInt32(status) {
    case CHECKIN_JPEG_OK.rawValue:
      self.width = Int(result.width)
      self.height = Int(result.height)
      self.pixels = Array(UnsafeBufferPointer(start: result.pixels, count: width * height))
    case CHECKIN_JPEG_NOT_A_JPEG.rawValue:
      throw .pictureUnreadable(
        format: .jpeg, reason: "it does not begin as a JPEG; convert it first")
    case CHECKIN_JPEG_TOO_LARGE.rawValue, CHECKIN_JPEG_OUT_OF_MEMORY.rawValue:
      throw .pictureTooLarge(width: Int(result.width), height: Int(result.height))
    default:
      throw .pictureUnreadable(format: .jpeg, reason: String(cMessage: result.message))
    }
  }

  /// Renders a page of a PDF on white.
  ///
  /// - Parameters:
  ///   - bytes: A whole file.
  ///   - page: Counted from 0.
  ///   - pixelsPerInch: The resolution; 100 is what a poor copy of a poster shows.
  /// - Throws: `CodeReadingError.pictureUnreadable`, or `.libraryMissing` without
  ///   poppler.
  public init(
    pdf bytes: [UInt8], page: Int = 0, pixelsPerInch: Double = 100
  ) throws(CodeReadingError) {
    self = try PDFPages(bytes).image(ofPage: page, pixelsPerInch: pixelsPerInch)
  }

  /// Renders an SVG on white at the size it states, or larger, so that it is 600 pixels wide.
  ///
  /// A drawing that states no size has that of its `viewBox`. No side has more than 8,192 pixels.
  ///
  /// - Parameters:
  ///   - bytes: A whole file.
  ///   - pixelsPerInch: The resolution of the size it states.
  /// - Throws: `CodeReadingError.pictureUnreadable`, or `.libraryMissing` without
  ///   librsvg.
  public init(svg bytes: [UInt8], pixelsPerInch: Double = 100) throws(CodeReadingError) {
    var image = checkin_proof_image()
    let status = bytes.withUnsafeBufferPointer {
      checkin_proof_render_svg($0.baseAddress, $0.count, pixelsPerInch, 600, &image)
    }
    try self.init(taking: &image, status: status, format: .svg)
  }

  /// Makes a picture of pixels whose number is known to fit.
  init(unchecked size: (width: Int, height: Int), _ pixels: [UInt8]) {
    self.width = size.width
    self.height = size.height
    self.pixels = pixels
  }

  /// Takes over what a renderer made.
  init(
    taking image: inout checkin_proof_image, status: Int32, format: PictureFormat
  ) throws(CodeReadingError) {
    defer { checkin_proof_free(image.pixels) }
    guard status == CHECKIN_PROOF_OK.rawValue else {
      throw GreyImage.failure(
        of: status, message: String(cMessage: image.message), format: format)
    }
    self.width = Int(image.width)
    self.height = Int(image.height)
    self.pixels = Array(UnsafeBufferPointer(start: image.pixels, count: width * height))
  }

  /// What a renderer's status means.
  static func failure(
    of status: Int32, message: String, format: PictureFormat
  ) -> CodeReadingError {
    switch UInt32(status) {
    case CHECKIN_PROOF_NO_POPPLER.rawValue:
      .libraryMissing(
        library: "libpoppler-glib.so.8", package: "libpoppler-glib8", reason: message)
    case CHECKIN_PROOF_NO_RSVG.rawValue:
      .libraryMissing(library: "librsvg-2.so.2", package: "librsvg2-2", reason: message)
    case CHECKIN_PROOF_NO_SIZE.rawValue:
      .pictureUnreadable(format: format, reason: "it states no size")
    case CHECKIN_PROOF_OUT_OF_MEMORY.rawValue:
      .pictureUnreadable(format: format, reason: "there is not enough memory to render it")
    default:
      .pictureUnreadable(
        format: format, reason: message.isEmpty ? "the renderer refuses it" : message)
    }
  }
}

extension String {
  /// Reads the NUL-ended text of a C array of characters, whose type is a tuple in Swift.
  init<Characters>(cMessage characters: Characters) {
    self = withUnsafeBytes(of: characters) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
