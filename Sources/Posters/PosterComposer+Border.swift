extension PosterComposer {
  /// Sets the words that tell a preview from a print along all edges of each face, in the margins,
  /// where they touch nothing that a print has.
  func previewBorders(
    around faces: [PosterPlacement]
  ) throws(PosterError) -> [PosterPlacement] {
    let across = [
      try strip(length: geometry.width, margin: geometry.top),
      try strip(length: geometry.width, margin: geometry.bottom),
    ]
    let upright = try strip(length: geometry.height, margin: geometry.side)
    return faces.flatMap { face in
      // Faces stand upright or on their head; what is the top of one is the bottom of the other.
      let (top, bottom) = face.turn == .half ? (across[1], across[0]) : (across[0], across[1])
      return [
        PosterPlacement(face: top, x: face.x, y: face.y),
        PosterPlacement(
          face: bottom, x: face.x, y: face.y + geometry.height - bottom.height),
        PosterPlacement(face: upright, x: face.x, y: face.y, turn: .threeQuarters),
        PosterPlacement(
          face: upright, x: face.x + geometry.width - upright.height, y: face.y, turn: .quarter),
      ]
    }
  }

  /// One edge's words, repeated as often as they fit between the corners.
  private func strip(length: Double, margin: Double) throws(PosterError) -> PosterFace {
    let size = max(
      geometry.leastText,
      min(margin * 0.42 * Measure.pointsPerMillimetre, 9 * max(1, geometry.scale)))
    let style = TextStyle(size: size, weight: .bold, alignment: .centre, tracking: 60)
    let words = jointly(self.words.map(\.preview)).map { $0.uppercased() }
      .joined(separator: " · ")
    func line(_ count: Int) throws(PosterError) -> Paragraph {
      try type.setter.paragraph(
        [String](repeating: words, count: count).joined(separator: "   —   "), as: .preview,
        in: style, width: nil)
    }
    // The corners belong to the upright edges.
    let room = length - 2 * max(geometry.side, geometry.top, geometry.bottom)
    var count = 1
    var paragraph = try line(1)
    while true {
      let longer = try line(count + 1)
      guard longer.extent.width <= room else { break }
      paragraph = longer
      count += 1
    }
    let (block, element) = PosterComposer.placed(
      paragraph, x: 0, y: (margin - paragraph.extent.height) / 2, width: length,
      self.style.isMono ? PosterColour.alarm.mono : .alarm)
    return PosterFace(
      width: length, height: margin, elements: [element], symbol: nil,
      layout: PosterLayout.Face(
        printable: Box(x: 0, y: 0, width: length, height: margin), symbol: nil, blocks: [block]))
  }
}

extension SheetGeometry {
  /// The lines that a knife or a fold follows, outside of what is kept.
  ///
  /// - Parameters:
  ///   - sheet: Where the sheet lies on the page.
  ///   - hasCropMarks: Whether the sheet itself is cut out of the page.
  /// - Returns: What is to be drawn; nothing for a poster without crop marks.
  func marks(around sheet: Box, hasCropMarks: Bool) -> [PosterElement] {
    let line = 0.1
    var marks: [PosterElement] = []
    func across(_ x: Double, _ y: Double, _ length: Double) {
      marks.append(
        .fill(Box(x: x, y: y - line / 2, width: length, height: line), radius: 0, .black))
    }
    func upright(_ x: Double, _ y: Double, _ length: Double) {
      marks.append(
        .fill(Box(x: x - line / 2, y: y, width: line, height: length), radius: 0, .black))
    }
    if hasCropMarks {
      let gap = PosterPage.bleed + 0.5
      let length = PosterPage.slug - gap - 1
      for y in [sheet.y, sheet.maxY] {
        across(sheet.x - gap - length, y, length)
        across(sheet.maxX + gap, y, length)
      }
      for x in [sheet.x, sheet.maxX] {
        upright(x, sheet.y - gap - length, length)
        upright(x, sheet.maxY + gap, length)
      }
    }
    if isFolded {
      for x in [sheet.x, sheet.maxX - 5] { across(x, sheet.y + height, 5) }
    }
    guard isCut else { return marks }
    let xs = Set(places.flatMap { [$0.x, $0.x + width] }).map { sheet.x + $0 }.sorted()
    let ys = Set(places.flatMap { [$0.y, $0.y + height] }).map { sheet.y + $0 }.sorted()
    guard let left = xs.first, let right = xs.last, let top = ys.first, let bottom = ys.last
    else { return marks }
    // Ticks that a ruler is laid to, and crosses where four pieces meet.
    let tick = 3.5
    for y in ys {
      across(left - 1 - tick, y, tick)
      across(right + 1, y, tick)
    }
    for x in xs {
      upright(x, top - 1 - tick, tick)
      upright(x, bottom + 1, tick)
    }
    let arm = 1.2
    for x in xs.dropFirst().dropLast() {
      for y in ys.dropFirst().dropLast() {
        across(x - arm, y, 2 * arm)
        upright(x, y - arm, 2 * arm)
      }
    }
    return marks
  }
}
