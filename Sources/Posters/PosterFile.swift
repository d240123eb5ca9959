/// A finished file in memory, together with what its code must say.
///
/// Nothing is written before it was read back: the bytes are rendered the way a printer or a screen
/// would, and the code found in the picture is compared with what was meant.
///
///     let file = try PosterFile.pdf(sheet, symbol)
///     try file.write(to: "Output/K7Q2M9X4T.pdf")  // proves first; leaves no file on a mismatch
public struct PosterFile: Hashable, Sendable {
  /// The kind of file.
  public let format: PosterFormat

  /// The whole file.
  public let bytes: [UInt8]

  /// The text of the one code that must be found in it.
  public let text: String

  /// Takes the bytes of a file that was made elsewhere.
  ///
  /// - Parameters:
  ///   - format: The kind of file.
  ///   - bytes: The whole file.
  ///   - text: What its code must say.
  public init(format: PosterFormat, bytes: [UInt8], text: String) {
    self.format = format
    self.bytes = bytes
    self.text = text
  }

  /// Draws the A4 poster of a venue.
  ///
  /// - Parameters:
  ///   - sheet: What the poster says.
  ///   - symbol: The code it shows.
  /// - Returns: The file, not yet proved.
  /// - Throws: What `PosterPage` throws.
  public static func pdf(_ sheet: PosterSheet, _ symbol: QRSymbol) throws(PosterError) -> PosterFile
  {
    PosterFile(format: .pdf, bytes: try PosterPage(sheet, symbol).pdf(), text: symbol.text)
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
      text: symbol.text)
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
      text: symbol.text)
  }

  /// Reads the code back out of the bytes and compares it with what was meant.
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
    let codes = try CodeReader.codes(in: image, taken: .rendering)
    guard let code = codes.first else { throw .proofUnreadable(subject: subject) }
    guard codes.count == 1, code.bytes == Array(text.utf8) else {
      throw .proofMismatch(subject: subject)
    }
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
    var draft = try FileDraft(path: path)
    try FileDraft.write(bytes, to: draft.descriptor, path: path)
    try draft.publish()
  }
}
