internal import CodeReading

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

  /// What must be found in it.
  private let proof: SheetProof

  /// The texts of the codes that must be found in it, each as often as it is there, and no others.
  public var texts: [String] { proof.texts }

  /// Takes the bytes of a file that was made elsewhere.
  ///
  /// - Parameters:
  ///   - format: The kind of file.
  ///   - bytes: The whole file.
  ///   - texts: What its codes must say.
  public init(format: PosterFormat, bytes: [UInt8], texts: [String]) {
    self.format = format
    self.bytes = bytes
    proof = SheetProof(texts: texts)
  }

  private init(_ format: PosterFormat, _ bytes: [UInt8], _ proof: SheetProof) {
    self.format = format
    self.bytes = bytes
    self.proof = proof
  }

  /// Draws a sheet: a PDF of paper, a PNG of a screen.
  ///
  /// - Parameter page: The sheet, set.
  /// - Returns: The file, not yet proved.
  /// - Throws: `PosterError.drawingFailed`.
  public static func sheet(_ page: PosterPage) throws(PosterError) -> PosterFile {
    page.pixelsPerMillimetre == nil
      ? PosterFile(.pdf, try page.pdf(), SheetProof(of: page))
      : PosterFile(.png, try page.png(), SheetProof(of: page))
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
    let image: GreyImage
    do {
      image =
        switch format {
        case .pdf: try GreyImage(pdf: bytes)
        case .png: try GreyImage(png: bytes)
        case .svg: try GreyImage(svg: bytes)
        }
    } catch {
      throw .proofFailed(error)
    }
    try proof.check(image, as: subject)
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
  ///   - access: Who may read it.
  /// - Throws: What `prove` throws, or `PosterError.notWritten`.
  public func write(
    to path: String, provedAs subject: String? = nil, access: FileAccess = .everybody
  ) throws(PosterError) {
    try prove(as: subject ?? path)
    try writeUnproved(to: path, access: access)
  }

  /// Writes the file without reading it back, for measuring what the proof costs.
  package func writeUnproved(
    to path: String, access: FileAccess = .everybody
  ) throws(PosterError) {
    var draft = try FileDraft(path: path, access: access)
    try FileDraft.write(bytes, to: draft.descriptor, path: path)
    try draft.publish()
  }
}
