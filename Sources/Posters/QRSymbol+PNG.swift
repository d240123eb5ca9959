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
    let pixelsPerMetre = (Double(side * scale) / symbolMillimetres * 1_000).rounded()
    guard scale > 0, (side + 2 * QRSymbol.quietZone) * scale <= 32_767, symbolMillimetres > 0,
      (1...Double(Int32.max)).contains(pixelsPerMetre)
    else {
      throw .sizeOutOfRange(what: "a PNG of \(scale) pixels a module at \(symbolMillimetres) mm")
    }
    let pixels = (side + 2 * QRSymbol.quietZone) * scale
    return try PNGPicture.bytes(
      width: pixels, height: pixels, kind: .blackAndWhite, rows: rows(scale: scale),
      pixelsPerMetre: Int(pixelsPerMetre))
  }

  /// The rows of the picture, each after a byte that says it is not filtered.
  private func rows(scale: Int) -> [UInt8] {
    let pixels = (side + 2 * QRSymbol.quietZone) * scale
    let pitch = 1 + (pixels + 7) / 8
    return [UInt8](unsafeUninitializedCapacity: pitch * pixels) { rows, count in
      rows.initialize(repeating: 0xff)
      for row in 0..<side {
        let first = (row + QRSymbol.quietZone) * scale * pitch
        let line = UnsafeMutableBufferPointer(rebasing: rows[(first + 1)..<(first + pitch)])
        var column = 0
        while column < side {
          let start = column
          while column < side, modules[row * side + column] != 0 { column += 1 }
          if column > start {
            QRSymbol.darken(
              line, (start + QRSymbol.quietZone) * scale..<(column + QRSymbol.quietZone) * scale)
          }
          column += 1
        }
        for copy in 1..<scale {
          let place = first + copy * pitch
          _ = rows[place..<(place + pitch)].update(fromContentsOf: rows[first..<(first + pitch)])
        }
      }
      for row in 0..<pixels { rows[row * pitch] = 0 }
      count = pitch * pixels
    }
  }

  /// Clears a range of a row's bits that neither begins nor ends with the row.
  private static func darken(_ line: UnsafeMutableBufferPointer<UInt8>, _ bits: Range<Int>) {
    let (first, last) = (bits.lowerBound / 8, bits.upperBound / 8)
    let head = UInt8(0xff) >> UInt8(bits.lowerBound % 8)
    let tail = ~(UInt8(0xff) >> UInt8(bits.upperBound % 8))
    if first == last {
      line[first] &= ~(head & tail)
    } else {
      line[first] &= ~head
      line[(first + 1)..<last].update(repeating: 0)
      line[last] &= ~tail
    }
  }
}
