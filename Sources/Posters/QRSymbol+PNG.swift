internal import CPNG

extension QRSymbol {
  /// Draws the symbol and its quiet zone as a black and white PNG.
  ///
  /// A module is `scale` pixels a side, so that no edge is ever blurred; the print size is told in
  /// the file (pHYs), and layout programs place it at that size.
  ///
  /// - Parameters:
  ///   - scale: Pixels along a module's side.
  ///   - symbolMillimetres: The printed width of the symbol without its quiet zone.
  /// - Returns: The bytes of the file.
  /// - Throws: `PosterError.sizeOutOfRange`, or `.drawingFailed` when memory runs out.
  public func png(scale: Int = 10, symbolMillimetres: Double = 150) throws(PosterError) -> [UInt8] {
    let pixelsPerMetre = Double(side * scale) / symbolMillimetres * 1_000
    guard scale > 0, (side + 2 * QRSymbol.quietZone) * scale <= 32_767, symbolMillimetres > 0,
      (1...Double(Int32.max)).contains(pixelsPerMetre.rounded())
    else {
      throw .sizeOutOfRange(what: "a PNG of \(scale) pixels a module at \(symbolMillimetres) mm")
    }
    var result = checkin_png_result()
    let status = modules.withUnsafeBufferPointer {
      checkin_png_write_symbol(
        $0.baseAddress, UInt32(side), UInt32(QRSymbol.quietZone), UInt32(scale),
        UInt32(pixelsPerMetre.rounded()), &result)
    }
    defer { checkin_png_free(result.bytes) }
    guard status == CHECKIN_PNG_OK.rawValue else {
      throw .drawingFailed(reason: QRSymbol.words(result.message))
    }
    return Array(UnsafeBufferPointer(start: result.bytes, count: result.count))
  }

  /// Reads the NUL-ended text of a C array of characters, whose type is a tuple in Swift.
  private static func words<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
