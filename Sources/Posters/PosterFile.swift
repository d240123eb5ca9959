internal import Glibc
internal import Synchronization

/// A finished file in memory, together with what its codes must say.
///
/// Nothing is written before it was read back: the bytes are rendered the way a printer or a screen
/// would, and the code found in the picture is compared with what was meant.
///
///     let file = try PosterFile.sheet(PosterPage(sheet, symbol, as: .a4))
///     try file.write(to: "Output/K7Q2M9X4T.pdf")  // proves first; leaves no file on a mismatch
public struct PosterFile: Hashable, Sendable {
  /// The kind of file.
  public let format: PosterFormat

  /// The whole file.
  public let bytes: [UInt8]

  /// The texts of the codes that must be found in it, each as often as it is there, and no others.
  public let texts: [String]

  /// Where in it they must be found, as parts of its width and height; nil where nobody said.
  private var places: [PosterLayout.Box]?

  /// Takes the bytes of a file that was made elsewhere.
  ///
  /// - Parameters:
  ///   - format: The kind of file.
  ///   - bytes: The whole file.
  ///   - texts: What its codes must say.
  public init(format: PosterFormat, bytes: [UInt8], texts: [String]) {
    self.format = format
    self.bytes = bytes
    self.texts = texts
  }

  /// Draws a sheet: a PDF of paper, a PNG of a screen.
  ///
  /// - Parameter page: The sheet, set.
  /// - Returns: The file, not yet proved.
  /// - Throws: `PosterError.drawingFailed`.
  public static func sheet(_ page: PosterPage) throws(PosterError) -> PosterFile {
    var file =
      page.pixelsPerMillimetre == nil
      ? PosterFile(format: .pdf, bytes: try page.pdf(), texts: page.texts)
      : PosterFile(format: .png, bytes: try page.png(), texts: page.texts)
    file.places = page.symbolPlaces
    return file
  }

  /// Draws a bare symbol in pixels.
  ///
  /// - Parameters:
  ///   - symbol: The code.
  ///   - scale: Pixels along a module's side.
  ///   - symbolMillimetres: The printed width of the symbol without its quiet zone.
  /// - Returns: The file, not yet proved.
  /// - Throws: What `QRSymbol.png` throws.
  public static func png(
    _ symbol: QRSymbol, scale: Int = 10, symbolMillimetres: Double = 150
  ) throws(PosterError) -> PosterFile {
    PosterFile(
      format: .png,
      bytes: try symbol.png(scale: scale, symbolMillimetres: symbolMillimetres),
      texts: [symbol.text])
  }

  /// Draws a bare symbol in outlines.
  ///
  /// - Parameters:
  ///   - symbol: The code.
  ///   - title: What the picture is.
  ///   - symbolMillimetres: The printed width of the symbol without its quiet zone.
  /// - Returns: The file, not yet proved.
  /// - Throws: What `QRSymbol.svg` throws.
  public static func svg(
    _ symbol: QRSymbol, title: String, symbolMillimetres: Double = 150
  ) throws(PosterError) -> PosterFile {
    PosterFile(
      format: .svg,
      bytes: try symbol.svg(title: title, symbolMillimetres: symbolMillimetres),
      texts: [symbol.text])
  }

  /// Reads the codes back out of the bytes and compares them with what was meant.
  ///
  /// - Parameter subject: How to call the file in an error, such as its path.
  /// - Throws: `PosterError.proofUnreadable`, `.proofMismatch`, or what rendering throws.
  public func prove(as subject: String? = nil) throws(PosterError) {
    let subject = subject ?? "the \(format.rawValue.uppercased()) file"
    let image =
      switch format {
      case .pdf: try GreyImage(pdf: bytes)
      case .png: try GreyImage(png: bytes)
      case .svg: try GreyImage(svg: bytes)
      }
    try SheetProof.prove(image, shows: texts, in: places, as: subject)
  }

  /// Proves the file and writes it: whole, or not at all.
  ///
  /// The bytes go to a hidden file beside the target, which then takes the target's name, so that a
  /// reader sees the old file or the new one. Nothing is forced to the disk: a poster can be made
  /// again.
  ///
  /// - Parameters:
  ///   - path: Where to; a file that is there is replaced, its folder must exist.
  ///   - subject: How to call the file when it cannot be read back; its path when nil.
  /// - Throws: What `prove` throws, or `PosterError.notWritten`.
  public func write(to path: String, provedAs subject: String? = nil) throws(PosterError) {
    try prove(as: subject ?? path)
    try writeUnproved(to: path)
  }

  /// Writes the file without reading it back, for measuring what the proof costs.
  package func writeUnproved(to path: String) throws(PosterError) {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw .notWritten(path: path, reason: "this is no file name")
    }
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    let number = PosterFile.partials.add(1, ordering: .relaxed).newValue
    let partial = "\(folder).checkin-\(getpid())-\(number).partial"
    let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .notWritten(path: path, reason: QRSymbol.message(errno)) }
    var failure = PosterFile.write(bytes, to: descriptor)
    if close(descriptor) != 0 && failure == 0 { failure = errno }
    if failure == 0 && rename(partial, path) != 0 { failure = errno }
    guard failure == 0 else {
      unlink(partial)
      throw .notWritten(path: path, reason: QRSymbol.message(failure))
    }
  }

  /// Counts the hidden files of this process, so that two writers never share one.
  private static let partials = Atomic<UInt64>(0)

  /// Writes all bytes; returns 0 or the error's number.
  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return count < 0 ? errno : EIO }
        written += count
      }
      return 0
    }
  }
}
