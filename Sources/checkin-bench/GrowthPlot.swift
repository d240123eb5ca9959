internal import CommandKit
internal import Foundation

/// `checkin-bench plot`: figures of several sizes as one picture with logarithmic axes.
///
/// The figures are a table `series,visits,value`, as the growth runs of docs/performance.md write
/// them; the picture is SVG, so that it stays sharp and its numbers can be read in the text.
struct PlotBenchmark: Sendable {
  var table = Path("")
  var output = Path("growth.svg")
  var title = "Growth with the number of visits"
  var unit = "seconds"

  static let command = Command(
    "plot", "Draws a table of figures by size as SVG", PlotBenchmark(),
    [
      .argument("TABLE", \.table, help: "CSV with the columns series, visits and value"),
      .option("--output", \.output, help: "The SVG file"),
      .option("--title", \.title, help: "What stands above"),
      .option("--unit", \.unit, help: "What the values are"),
    ],
    run: { options, _ in
      try options.run()
      return .done
    })

  private func run() throws {
    let text = try String(contentsOfFile: table.string, encoding: .utf8)
    var series: [GrowthPlot.Series] = []
    for (place, line) in text.split(separator: "\n").dropFirst().enumerated() {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      guard cells.count == 3, let visits = Double(cells[1]), let value = Double(cells[2]),
        visits > 0, value > 0
      else {
        throw CommandError(
          "not a series, a number of visits and a value",
          hint: "give numbers above 0", file: table.string, line: place + 2)
      }
      let name = String(cells[0])
      if let known = series.firstIndex(where: { $0.name == name }) {
        series[known].points.append((visits, value))
      } else {
        series.append(GrowthPlot.Series(name: name, points: [(visits, value)]))
      }
    }
    guard !series.isEmpty else {
      throw CommandError("no figures in the table", hint: "add rows", file: table.string)
    }
    let plot = GrowthPlot(title: title, unit: unit, series: series)
    try plot.svg.write(toFile: output.string, atomically: true, encoding: .utf8)
  }
}

/// Lines over logarithmic axes.
struct GrowthPlot {
  struct Series {
    let name: String
    var points: [(size: Double, value: Double)]
  }

  let title: String
  let unit: String
  let series: [Series]

  private static let width = 860.0
  private static let height = 520.0
  private static let frame = (left: 80.0, right: 600.0, top: 50.0, bottom: 460.0)

  /// The picture.
  var svg: String {
    let all = series.flatMap(\.points)
    let sizes = decades(all.map(\.size))
    let values = decades(all.map(\.value))
    func x(_ size: Double) -> Double {
      let part = (log10(size) - Double(sizes.lowerBound)) / Double(sizes.count - 1)
      return Self.frame.left + part * (Self.frame.right - Self.frame.left)
    }
    func y(_ value: Double) -> Double {
      let part = (log10(value) - Double(values.lowerBound)) / Double(values.count - 1)
      return Self.frame.bottom - part * (Self.frame.bottom - Self.frame.top)
    }
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" \
      font-family="sans-serif" font-size="13">
      <rect width="100%" height="100%" fill="white"/>
      <text x="\(Self.frame.left)" y="26" font-size="17">\(Drawing.escaped(title))</text>

      """
    for decade in sizes {
      let place = Drawing.short(x(pow(10, Double(decade))))
      text += """
        <line x1="\(place)" x2="\(place)" y1="\(Self.frame.top)" y2="\(Self.frame.bottom)" \
        stroke="#ddd"/>
        <text x="\(place)" y="\(Self.frame.bottom + 20)" text-anchor="middle">\(Self.name(decade))\
        </text>

        """
    }
    for decade in values {
      let place = Drawing.short(y(pow(10, Double(decade))))
      text += """
        <line x1="\(Self.frame.left)" x2="\(Self.frame.right)" y1="\(place)" y2="\(place)" \
        stroke="#ddd"/>
        <text x="\(Self.frame.left - 8)" y="\(place)" dy="4" text-anchor="end">\
        \(Self.name(decade))</text>

        """
    }
    text += """
      <text x="\((Self.frame.left + Self.frame.right) / 2)" y="\(Self.frame.bottom + 44)" \
      text-anchor="middle">visits</text>
      <text transform="translate(20 \((Self.frame.top + Self.frame.bottom) / 2)) rotate(-90)" \
      text-anchor="middle">\(Drawing.escaped(unit))</text>

      """
    for (place, line) in series.enumerated() {
      let colour = Drawing.colours[place % Drawing.colours.count]
      let points = line.points.sorted { $0.size < $1.size }
      let path = points.map { "\(Drawing.short(x($0.size))),\(Drawing.short(y($0.value)))" }
        .joined(separator: " ")
      text +=
        "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"/>\n"
      for point in points {
        text += """
          <circle cx="\(Drawing.short(x(point.size)))" cy="\(Drawing.short(y(point.value)))" r="3.5" \
          fill="\(colour)"><title>\(Drawing.escaped(line.name)): \(point.value)</title></circle>

          """
      }
      let legend = Self.frame.top + 10 + Double(place) * 22
      text += """
        <line x1="\(Self.frame.right + 14)" x2="\(Self.frame.right + 34)" y1="\(legend)" \
        y2="\(legend)" stroke="\(colour)" stroke-width="3"/>
        <text x="\(Self.frame.right + 40)" y="\(legend + 4)">\(Drawing.escaped(line.name))</text>

        """
    }
    return text + "</svg>\n"
  }

  /// The powers of ten around some numbers, at least two.
  private func decades(_ numbers: [Double]) -> ClosedRange<Int> {
    let low = Int(log10(numbers.min() ?? 1).rounded(.down))
    let high = Int(log10(numbers.max() ?? 1).rounded(.up))
    return low...max(high, low + 1)
  }

  /// A power of ten as people write it.
  private static func name(_ decade: Int) -> String {
    switch decade {
    case 0: "1"
    case 1: "10"
    case 2: "100"
    case 3: "1,000"
    case 6: "1 M"
    case 7: "10 M"
    case 8: "100 M"
    case 9: "1 G"
    case -1: "0.1"
    case -2: "0.01"
    case -3: "0.001"
    default: "10^\(decade)"
    }
  }
}
