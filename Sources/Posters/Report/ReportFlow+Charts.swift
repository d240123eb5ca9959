extension ReportFlow {
  /// A bar of a chart: a name, and three lengths that lie over each other.
  struct Bar {
    var name: String
    var whole: Int
    var part: Int
    var inner: Int
    /// The numbers as they are written at the end.
    var text: String
  }

  /// A square of an ink with what it means.
  typealias Key = (colour: PosterColour, text: String)

  /// Adds bars that lie over each other: the whole, a part of it, and a thin one in the middle.
  mutating func addBars(_ bars: [Bar], keys: [Key]) throws(PosterError) {
    let nameWidth = 62.0
    let textWidth = 28.0
    let room = ReportPage.measure - nameWidth - textWidth
    let most = Double(max(1, bars.map { max($0.whole, $0.part, $0.inner) }.max() ?? 1))
    try addKeys(keys)
    for bar in bars {
      let name = try paragraph(bar.name, Look.cell, width: nameWidth - 2)
      let height = max(5, name.extent.height + 1)
      reserve(height)
      mark(
        .text(
          name, x: ReportPage.left + nameWidth - 2 - name.extent.width,
          y: y + (height - name.extent.height) / 2, .black))
      let x = ReportPage.left + nameWidth
      let middle = y + height / 2
      func box(_ value: Int, _ thickness: Double) -> PosterLayout.Box {
        PosterLayout.Box(
          x: x, y: middle - thickness / 2, width: room * Double(value) / most, height: thickness)
      }
      mark(.fill(box(bar.whole, 3.6), .light))
      if bar.part > 0 { mark(.fill(box(bar.part, 3.6), .middle)) }
      if bar.inner > 0 { mark(.fill(box(bar.inner, 1.2), .accent)) }
      let text = try paragraph(bar.text, Look.cell, width: nil)
      mark(
        .text(
          text,
          x: x + room * Double(max(bar.whole, bar.part, bar.inner)) / most + 1.5,
          y: middle - text.extent.height / 2, .black))
      y += height
    }
    mark(
      .line(
        [(ReportPage.left + nameWidth, y), (ReportPage.right, y)], width: 0.15, .rule))
    y += 4
  }

  private mutating func addKeys(_ keys: [Key]) throws(PosterError) {
    reserve(16)
    var x = ReportPage.left
    for key in keys {
      let text = try paragraph(key.text, Look.cell, width: nil)
      if x + text.extent.width + 6 > ReportPage.right {
        x = ReportPage.left
        y += 5
      }
      mark(.fill(PosterLayout.Box(x: x, y: y + 0.6, width: 3, height: 2.4), key.colour))
      mark(.text(text, x: x + 4.2, y: y, .black))
      x += text.extent.width + 10
    }
    y += 6
  }

  /// A row of numbers over days.
  struct Series {
    var values: [Int]
    var colour: PosterColour
    var isColumns: Bool
  }

  /// Adds a chart of numbers over days.
  ///
  /// - Parameters:
  ///   - title: What it shows.
  ///   - series: Numbers, as many as labels.
  ///   - keys: What the inks mean; none for a single row of numbers.
  ///   - labels: The days; every seventh from the end is written.
  ///   - height: The height of the axis in millimetres.
  ///   - number: How numbers are written at the axis.
  /// - Throws: What `paragraph` throws.
  mutating func addDays(
    _ title: String, _ series: [Series], keys: [Key], labels: [String], height: Double = 38,
    number: (Int) -> String
  ) throws(PosterError) {
    guard !labels.isEmpty else { return }
    reserve(height + 20)
    let heading = try paragraph(
      title, Look(size: 9, isBold: true, isPlain: true), width: ReportPage.measure)
    mark(.text(heading, x: ReportPage.left, y: y, .black))
    y += heading.extent.height + 1
    if !keys.isEmpty { try addKeys(keys) }
    let left = ReportPage.left + 16
    let right = ReportPage.right
    let base = y + height
    let (step, top) = Self.ticks(to: series.flatMap(\.values).max() ?? 0)
    for tick in stride(from: 0, through: top, by: step) {
      let place = base - height * Double(tick) / Double(top)
      mark(.line([(left, place), (right, place)], width: tick == 0 ? 0.25 : 0.1, .rule))
      let text = try paragraph(number(tick), Look(size: 6.5, isPlain: true), width: nil)
      mark(
        .text(
          text, x: left - 1.5 - text.extent.width, y: place - text.extent.height / 2, .black))
    }
    let slot = (right - left) / Double(labels.count)
    for row in series {
      let points = row.values.enumerated().map { index, value in
        (
          x: left + slot * (Double(index) + 0.5),
          y: base - height * Double(value) / Double(top)
        )
      }
      if row.isColumns {
        for point in points where point.y < base {
          mark(
            .fill(
              PosterLayout.Box(
                x: point.x - slot * 0.36, y: point.y, width: slot * 0.72, height: base - point.y),
              row.colour))
        }
      } else {
        mark(.line(points, width: 0.6, row.colour))
        for point in points {
          mark(
            .fill(
              PosterLayout.Box(x: point.x - 0.6, y: point.y - 0.6, width: 1.2, height: 1.2),
              row.colour))
        }
      }
    }
    for (index, label) in labels.enumerated() where (labels.count - 1 - index) % 7 == 0 {
      let text = try paragraph(label, Look(size: 6.5, isPlain: true), width: nil)
      mark(
        .text(
          text, x: left + slot * (Double(index) + 0.5) - text.extent.width / 2, y: base + 0.8,
          .black))
    }
    y = base + 7
  }

  /// Round steps of an axis: 1, 2 or 5 times a power of ten, at most five of them.
  static func ticks(to most: Int) -> (step: Int, top: Int) {
    var step = 1
    var factor = 0
    while most > 5 * step {
      step = factor % 3 == 1 ? step / 2 * 5 : step * 2
      factor += 1
    }
    return (step, max(1, (most + step - 1) / step) * step)
  }
}
