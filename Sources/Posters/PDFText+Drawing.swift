extension PDFText {
  /// Sets the colour of letters and areas.
  mutating func append(fill colour: PosterColour) {
    append(components: colour)
    append(colour.isBlackOrWhite ? "g\n" : "rg\n")
  }

  /// Sets the colour of lines.
  mutating func append(stroke colour: PosterColour) {
    append(components: colour)
    append(colour.isBlackOrWhite ? "G\n" : "RG\n")
  }

  /// One number for black and white, which print shops then print with black ink alone.
  private mutating func append(components colour: PosterColour) {
    let (red, green, blue) = colour.components
    append(red)
    guard !colour.isBlackOrWhite else { return }
    append(green)
    append(blue)
  }

  mutating func append(_ path: PosterPath) {
    for step in path.steps {
      switch step {
      case .move(let point):
        append(point)
        append("m\n")
      case .line(let point):
        append(point)
        append("l\n")
      case .curve(let first, let second, let end):
        append(first)
        append(second)
        append(end)
        append("c\n")
      case .close: append("h\n")
      }
    }
  }

  /// Fills the outlines of the dark modules: one path, so that no viewer shows seams.
  mutating func append(_ symbol: QRSymbol, in box: PosterLayout.Box) {
    append("q 0 g ")
    append(box.width / Double(symbol.side))
    append("0 0 ")
    append(box.height / Double(symbol.side))
    append(box.x)
    append(box.y)
    append("cm\n")
    for outline in symbol.outlines() {
      for (index, corner) in outline.enumerated() {
        append(corner.column)
        append(" ")
        append(corner.row)
        append(index == 0 ? " m\n" : " l\n")
      }
      append("h\n")
    }
    append("f Q\n")
  }
}

extension PosterColour {
  fileprivate var isBlackOrWhite: Bool { self == .black || self == .white }
}

/// The operators that set one paragraph.
struct PDFTextLine {
  private var text = PDFText()
  private let size: Double
  /// Where the next letter would stand by itself, in points; nil before the first.
  private var pen: (x: Double, y: Double)?
  private var isInArray = false
  private var isInString = false

  init(font: String, size: Double) {
    self.size = size
    text.append("BT/")
    text.append(font)
    text.append(" ")
    text.append(size)
    text.append("Tf\n")
  }

  /// Appends a letter whose origin stands at a place in points, counted downward.
  mutating func append(code: UInt16, x: Double, y: Double, advance: Double) {
    var start = x
    if let pen, pen.y == y {
      // Thousandths of the size to the left.
      let gap = ((pen.x - x) * 1_000 / size).rounded()
      start = pen.x - gap * size / 1_000
      if gap != 0 {
        beginArray()
        endString()
        text.append(Int(gap))
      }
    } else {
      endArray()
      let unit = 1 / Measure.pointsPerMillimetre
      text.append(unit)
      text.append("0 0 ")
      text.append(-unit)
      text.append(x * unit)
      text.append(y * unit)
      text.append("Tm\n")
    }
    beginArray()
    if !isInString { text.append("<") }
    isInString = true
    text.append(hexadecimal: code)
    pen = (start + advance * size / 1_000, y)
  }

  /// Begins letters that mean something together.
  mutating func beginSpan(meaning: String) {
    endArray()
    text.append("/Span<</ActualText")
    text.append(string: meaning)
    text.append(">>BDC\n")
  }

  /// Ends what `beginSpan` began.
  mutating func endSpan() {
    endArray()
    text.append("EMC\n")
  }

  /// Returns the operators of the whole paragraph.
  consuming func finished() -> PDFText {
    endArray()
    text.append("ET\n")
    return text
  }

  private mutating func beginArray() {
    if !isInArray { text.append("[") }
    isInArray = true
  }

  private mutating func endString() {
    if isInString { text.append(">") }
    isInString = false
  }

  private mutating func endArray() {
    endString()
    if isInArray { text.append("]TJ\n") }
    isInArray = false
  }
}
