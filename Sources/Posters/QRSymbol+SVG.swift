extension QRSymbol {
  /// Draws the symbol and its quiet zone as an SVG whose unit is the module.
  ///
  /// The dark modules are one path of outlines, so that no renderer can show seams between them.
  ///
  /// - Parameters:
  ///   - title: What the picture is, for screen readers and as a tooltip.
  ///   - symbolMillimetres: The printed width of the symbol without its quiet zone.
  /// - Returns: The bytes of the file, UTF-8.
  /// - Throws: `PosterError.sizeOutOfRange`.
  public func svg(title: String, symbolMillimetres: Double = 150) throws(PosterError) -> [UInt8] {
    guard (1...10_000).contains(symbolMillimetres) else {
      throw .sizeOutOfRange(what: "an SVG of \(symbolMillimetres) mm")
    }
    let total = side + 2 * QRSymbol.quietZone
    let width = decimal(symbolMillimetres * Double(total) / Double(side))
    var path = ""
    for outline in outlines() {
      guard let first = outline.first else { continue }
      path += "M\(first.column + QRSymbol.quietZone) \(first.row + QRSymbol.quietZone)"
      var previous = first
      for corner in outline.dropFirst() {
        // Sides alternate between the two directions; the last one is drawn by `z`.
        path +=
          corner.row == previous.row
          ? "h\(corner.column - previous.column)" : "v\(corner.row - previous.row)"
        previous = corner
      }
      path += "z"
    }
    let text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)mm" height="\(width)mm" \
      viewBox="0 0 \(total) \(total)" role="img" shape-rendering="crispEdges">
      <title>\(escaped(title))</title>
      <rect width="\(total)" height="\(total)" fill="#fff"/>
      <path fill="#000" d="\(path)"/>
      </svg>

      """
    return Array(text.utf8)
  }

  /// A length with three decimals at most, which is a thousandth of a millimetre.
  private func decimal(_ value: Double) -> String {
    let thousandths = Int((value * 1_000).rounded())
    let (whole, rest) = thousandths.quotientAndRemainder(dividingBy: 1_000)
    guard rest != 0 else { return String(whole) }
    var digits = String(1_000 + rest).dropFirst()
    while digits.last == "0" { digits.removeLast() }
    return "\(whole).\(digits)"
  }

  /// Text as XML takes it: five characters written out, and what XML 1.0 forbids left out.
  private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&apos;"
      case "\u{FFFE}", "\u{FFFF}": continue
      default:
        if scalar.value < 0x20 && scalar != "\t" && scalar != "\n" { continue }
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
