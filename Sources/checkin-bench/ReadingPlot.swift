/// The share of frames read by width: a panel for each decoder, a line for each code.
struct ReadingPlot {
  let title: String
  let widths: [Int]
  let codes: [(name: String, designation: String, isOurs: Bool)]
  let decoders: [String]
  let share: (_ decoder: String, _ code: String, _ width: Int) -> Double

  init(
    title: String, widths: [Int], codes: [(name: String, designation: String, isOurs: Bool)],
    decoders: [String], share: @escaping (String, String, Int) -> Double
  ) {
    self.title = title
    self.widths = widths
    self.codes = codes
    self.decoders = decoders
    self.share = share
  }

  private static let panel = (width: 560.0, height: 200.0, gap: 46.0, left: 60.0, top: 60.0)

  /// Colours that people who see few still tell apart (Okabe and Ito), ours and theirs.
  private static let ours = ["#0072b2", "#009e73", "#56b4e9", "#000000", "#999933"]
  private static let theirs = ["#d55e00", "#e69f00", "#cc79a7", "#882255", "#aa4466"]

  /// The picture.
  var svg: String {
    let panel = Self.panel
    let height = panel.top + Double(decoders.count) * (panel.height + panel.gap) + 20
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 \(Int(height))" \
      font-family="sans-serif" font-size="13">
      <rect width="100%" height="100%" fill="white"/>
      <text x="\(panel.left)" y="28" font-size="17">\(Drawing.escaped(title))</text>

      """
    for (place, decoder) in decoders.enumerated() {
      let top = panel.top + Double(place) * (panel.height + panel.gap)
      text += frame(decoder, top: top)
      for (number, code) in codes.enumerated() {
        let points = widths.map { width in
          let y = top + panel.height * (1 - share(decoder, code.name, width))
          return "\(Drawing.short(x(width))),\(Drawing.short(y))"
        }
        text += """
          <polyline points="\(points.joined(separator: " "))" fill="none" \
          stroke="\(colour(number))" stroke-width="2"\(code.isOurs ? "" : " stroke-dasharray=\"6 3\"")/>

          """
      }
    }
    for (number, code) in codes.enumerated() {
      let y = panel.top + 12 + Double(number) * 22
      let x = panel.left + panel.width + 16
      text += """
        <line x1="\(x)" x2="\(x + 26)" y1="\(y)" y2="\(y)" stroke="\(colour(number))" \
        stroke-width="3"\(code.isOurs ? "" : " stroke-dasharray=\"6 3\"")/>
        <text x="\(x + 32)" y="\(y + 4)">\(Drawing.escaped(code.name)), \(code.designation)</text>

        """
    }
    return text + "</svg>\n"
  }

  private func frame(_ decoder: String, top: Double) -> String {
    let panel = Self.panel
    let right = panel.left + panel.width
    var text = """
      <text x="\(panel.left)" y="\(top - 8)" font-weight="bold">\(Drawing.escaped(decoder))</text>

      """
    for part in [0, 25, 50, 75, 95, 100] {
      let y = Drawing.short(top + panel.height * (1 - Double(part) / 100))
      text += """
        <line x1="\(panel.left)" x2="\(right)" y1="\(y)" y2="\(y)" \
        stroke="\(part == 95 ? "#999" : "#ddd")"/>
        <text x="\(panel.left - 6)" y="\(y)" dy="4" text-anchor="end" font-size="11">\(part) %</text>

        """
    }
    for width in stride(from: 80, through: widths.last ?? 80, by: 40) {
      let place = Drawing.short(x(width))
      text += """
        <line x1="\(place)" x2="\(place)" y1="\(top)" y2="\(top + panel.height)" stroke="#ddd"/>
        <text x="\(place)" y="\(top + panel.height + 16)" text-anchor="middle" font-size="11">\
        \(width)</text>

        """
    }
    return text
  }

  private func colour(_ number: Int) -> String {
    let before = codes[..<number].count { $0.isOurs == codes[number].isOurs }
    let colours = codes[number].isOurs ? Self.ours : Self.theirs
    return colours[before % colours.count]
  }

  private func x(_ width: Int) -> Double {
    let low = Double(widths.first ?? 0)
    let high = Double(widths.last ?? 1)
    return Self.panel.left + (Double(width) - low) / (high - low) * Self.panel.width
  }
}
