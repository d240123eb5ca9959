internal import Foundation

/// One frame with axes, lines and dots; several make up a picture.
struct ChartPanel {
  /// How an axis runs.
  enum Scale {
    /// Evenly between two numbers, with marks.
    case linear(ClosedRange<Double>, marks: [Double])
    /// By powers between two numbers above 0, with marks.
    case logarithmic(ClosedRange<Double>, marks: [Double])

    var marks: [Double] {
      switch self {
      case .linear(_, let marks), .logarithmic(_, let marks): marks
      }
    }

    /// Where a number is, from 0 to 1.
    func part(_ value: Double) -> Double {
      switch self {
      case .linear(let range, _):
        (min(max(value, range.lowerBound), range.upperBound) - range.lowerBound)
          / (range.upperBound - range.lowerBound)
      case .logarithmic(let range, _):
        log(min(max(value, range.lowerBound), range.upperBound) / range.lowerBound)
          / log(range.upperBound / range.lowerBound)
      }
    }
  }

  /// A line, or dots with whiskers.
  struct Series {
    var name: String
    var colour: String
    var points: [(x: Double, y: Double)]
    var whiskers: [(x: Double, low: Double, high: Double)] = []
    var isLine = true
    var isDashed = false
  }

  var title: String
  var left: Double
  var top: Double
  var width: Double
  var height: Double
  var x: Scale
  var y: Scale
  var xTitle: String
  var yTitle: String
  var xNames: [String] = []
  var series: [Series]

  private func place(_ x: Double, _ y: Double) -> (x: String, y: String) {
    (
      Drawing.short(left + self.x.part(x) * width),
      Drawing.short(top + height - self.y.part(y) * height)
    )
  }

  /// The frame and what is in it.
  var svg: String {
    var text = """
      <text x="\(left)" y="\(top - 8)" font-weight="bold">\(Drawing.escaped(title))</text>
      <rect x="\(left)" y="\(top)" width="\(width)" height="\(height)" fill="none" stroke="#999"/>

      """
    for (number, mark) in x.marks.enumerated() {
      let x = Drawing.short(left + x.part(mark) * width)
      let name = xNames.isEmpty ? Self.name(mark) : xNames[number]
      text += """
        <line x1="\(x)" x2="\(x)" y1="\(top)" y2="\(top + height)" stroke="#e4e4e4"/>
        <text x="\(x)" y="\(top + height + 16)" text-anchor="middle" font-size="11">\
        \(Drawing.escaped(name))</text>

        """
    }
    for mark in y.marks {
      let y = Drawing.short(top + height - y.part(mark) * height)
      text += """
        <line x1="\(left)" x2="\(left + width)" y1="\(y)" y2="\(y)" stroke="#e4e4e4"/>
        <text x="\(left - 6)" y="\(y)" dy="4" text-anchor="end" font-size="11">\(Self.name(mark))\
        </text>

        """
    }
    text += """
      <text x="\(left + width / 2)" y="\(top + height + 34)" text-anchor="middle">\
      \(Drawing.escaped(xTitle))</text>
      <text transform="translate(\(left - 40) \(top + height / 2)) rotate(-90)" \
      text-anchor="middle">\(Drawing.escaped(yTitle))</text>

      """
    for line in series { text += draw(line) }
    return text
  }

  private func draw(_ line: Series) -> String {
    var text = ""
    if line.isLine, line.points.count > 1 {
      let path = line.points.map { point in
        let place = place(point.x, point.y)
        return "\(place.x),\(place.y)"
      }
      text += """
        <polyline points="\(path.joined(separator: " "))" fill="none" stroke="\(line.colour)" \
        stroke-width="2"\(line.isDashed ? " stroke-dasharray=\"6 3\"" : "")/>

        """
    }
    for whisker in line.whiskers {
      let (low, high) = (place(whisker.x, whisker.low), place(whisker.x, whisker.high))
      text += """
        <line x1="\(low.x)" x2="\(high.x)" y1="\(low.y)" y2="\(high.y)" stroke="\(line.colour)"/>

        """
    }
    if !line.isLine {
      for point in line.points {
        let place = place(point.x, point.y)
        text += """
          <circle cx="\(place.x)" cy="\(place.y)" r="4" fill="\(line.colour)"/>

          """
      }
    }
    return text
  }

  /// The names of series beside their colours.
  static func legend(_ series: [Series], x: Double, y: Double) -> String {
    series.enumerated().map { place, line in
      let y = y + 22 * Double(place)
      return """
        <line x1="\(x)" x2="\(x + 26)" y1="\(y)" y2="\(y)" stroke="\(line.colour)" \
        stroke-width="3"\(line.isDashed ? " stroke-dasharray=\"6 3\"" : "")/>
        <text x="\(x + 32)" y="\(y + 4)">\(Drawing.escaped(line.name))</text>

        """
    }.joined()
  }

  private static func name(_ mark: Double) -> String {
    var text = String(format: "%.4f", mark)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }
}
