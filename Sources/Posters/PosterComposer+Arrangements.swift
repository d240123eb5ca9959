extension PosterComposer {
  /// One above the other: what calls and names, the code, what explains.
  func stacked(symbolSide: Double, leastName: Double) throws(PosterError) -> PosterFace {
    let area = geometry.printable
    let column = Column(x: area.x, width: area.width, alignment: .centre)
    let upper = [try authority(column), try wideBand(column)]
    let location = try location(column)
    let lower = [try wideTypedCode(column), try steps(inRow: column), try record(column, cells: 4)]
    let quietSide = quietSide(symbolSide)
    let gap = distance(3)
    let room =
      area.height - quietSide - upper.height - gap - location.height - lower.height
    let name = try name(column, least: leastName, height: min(measure(26), room))

    var items = SheetItems(isMono: style.isMono)
    upper.place(&items, area.y)
    let nameTop = area.y + upper.height + gap
    name.place(&items, nameTop)
    location.place(&items, nameTop + name.height)
    lower.place(&items, area.maxY - lower.height)
    // What is left over goes above and below the code in equal parts.
    let slack = room - name.height
    return try finished(
      items,
      place(
        symbolSide, x: (geometry.width - quietSide) / 2,
        y: area.maxY - lower.height - quietSide - slack / 2))
  }

  /// The code at the left, all else beside it.
  func sideBySide(symbolSide: Double, leastName: Double) throws(PosterError) -> PosterFace {
    let area = geometry.printable
    let quietSide = quietSide(symbolSide)
    // The quiet zone is a distance already.
    let gap = geometry.isBrief ? 0 : measure(5)
    let column = Column(
      x: area.x + quietSide + gap, width: area.width - quietSide - gap, alignment: .left)
    guard quietSide <= area.height + 1e-9, column.width > 0 else { throw .noRoom(.symbol) }
    let upper =
      geometry.isBrief
      ? [try tallBand(column)] : [try authority(column), try tallBand(column)]
    let location = try location(column)
    let lower =
      geometry.isBrief
      ? [try tallTypedCode(column), try briefRecord(column)]
      : [
        try tallTypedCode(column), try steps(inColumn: column), try record(column, cells: 2),
      ]
    let nameGap = distance(4)
    let room = area.height - upper.height - nameGap - location.height - lower.height
    let name = try name(column, least: leastName, height: min(area.height * 0.36, room))

    var items = SheetItems(isMono: style.isMono)
    upper.place(&items, area.y)
    let nameTop = area.y + upper.height + nameGap
    name.place(&items, nameTop)
    location.place(&items, nameTop + name.height)
    lower.place(&items, area.maxY - lower.height)
    return try finished(
      items, place(symbolSide, x: area.x, y: area.y + (area.height - quietSide) / 2))
  }

  /// One above the other, the name under the code as on a label.
  func label(symbolSide: Double, leastName: Double) throws(PosterError) -> PosterFace {
    let area = geometry.printable
    let column = Column(x: area.x, width: area.width, alignment: .centre)
    let quietSide = quietSide(symbolSide)
    let band = try tallBand(column)
    let lower = [try location(column), try tallTypedCode(column), try briefRecord(column)]
    let room = area.height - quietSide - band.height - lower.height
    let name = try name(column, least: leastName, height: min(measure(30), room))

    var items = SheetItems(isMono: style.isMono)
    band.place(&items, area.y)
    let slack = room - name.height
    let quietTop = area.y + band.height + slack / 3
    name.place(&items, quietTop + quietSide)
    lower.place(&items, area.maxY - lower.height)
    return try finished(
      items, place(symbolSide, x: (geometry.width - quietSide) / 2, y: quietTop))
  }
}
