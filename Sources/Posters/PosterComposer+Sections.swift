extension PosterComposer {
  /// Where a section may stand, and how its lines are aligned.
  struct Column {
    var x: Double
    var width: Double
    var alignment: TextStyle.Alignment
  }

  // MARK: - What calls and names

  /// Who issues the sheet.
  func authority(_ column: Column) throws(PosterError) -> SheetSection {
    guard let text = sheet.authority else { return .none }
    let paragraph = try set(
      text.uppercased(), as: .authority,
      in: style(11, .bold, column.alignment, tracking: 30), least: 7, width: column.width,
      height: measure(column.alignment == .centre ? 9 : 14),
      mostLines: column.alignment == .centre ? 2 : 3)
    let gap = measure(column.alignment == .centre ? 1.5 : 3)
    return SheetSection(height: paragraph.extent.height + gap) { items, y in
      items.put(paragraph, x: column.x, y: y, width: column.width, .accent)
    }
  }

  /// The call to scan and, in a field of its own at the right, the word for the door.
  func wideBand(_ column: Column) throws(PosterError) -> SheetSection {
    let tagWidth = measure(48)
    let icon = distance(9)
    let margin = measure(2)
    let padding = measure(5)
    let headingWidth = column.width - tagWidth - margin - 2 * padding
    let tagTextWidth = tagWidth - icon - measure(8.5)
    var heading: [Paragraph] = []
    var tag: [Paragraph] = []
    for (index, words) in words.enumerated() {
      let first = index == 0
      let weight = first ? TextStyle.Weight.bold : .regular
      heading.append(
        try setShort(
          first ? words.heading.uppercased() : words.heading, as: .heading,
          in: style(first ? 26 : 15, weight, lineHeight: 0.9), least: first ? 12 : 8,
          width: headingWidth, mostLines: 2, by: words.type))
      tag.append(
        try setShort(
          first ? words.tag.uppercased() : words.tag, as: .direction,
          in: style(first ? 19 : 12, weight, .centre, lineHeight: 0.9), least: first ? 10 : 7,
          width: tagTextWidth, mostLines: 2, by: words.type))
    }
    let headingHeight = heading.reduce(0) { $0 + $1.extent.height }
    let tagHeight = tag.reduce(0) { $0 + $1.extent.height }
    let height = max(headingHeight, tagHeight + 2 * margin) + distance(4)
    let types = words.map(\.type)
    return SheetSection(height: height) { [self, heading, tag] items, y in
      let band = Box(x: column.x, y: y, width: column.width, height: height)
      items.draw(.fill(band, radius: measure(2), .accent))
      var line = y + (height - headingHeight) / 2
      for (paragraph, type) in zip(heading, types) {
        items.put(paragraph, x: band.x + padding, y: line, width: headingWidth, .white, type)
        line += paragraph.extent.height
      }
      let field = Box(
        x: band.maxX - tagWidth - margin, y: y + margin, width: tagWidth,
        height: height - 2 * margin)
      items.draw(.fill(field, radius: measure(1), .white))
      items.draw(
        .direction(
          sheet.direction,
          Box(x: field.x + measure(3.5), y: y + (height - icon) / 2, width: icon, height: icon),
          .accent))
      line = y + (height - tagHeight) / 2
      for (paragraph, type) in zip(tag, types) {
        items.put(
          paragraph, x: field.x + icon + measure(5), y: line, width: tagTextWidth, .accent, type)
        line += paragraph.extent.height
      }
    }
  }

  /// The call to scan and under it, in a field of its own, the word for the door.
  func tallBand(_ column: Column) throws(PosterError) -> SheetSection {
    let padding = geometry.isBrief ? 1.5 : measure(4)
    let margin = geometry.isBrief ? 0.7 : measure(2)
    let icon = geometry.isBrief ? 2.6 * density : distance(8)
    let width = column.width - 2 * padding
    var heading: [Paragraph] = []
    for (index, words) in words.enumerated() {
      let first = index == 0
      heading.append(
        try setShort(
          first ? words.heading.uppercased() : words.heading, as: .heading,
          in: style(
            first ? 24 : 15, first ? .bold : .regular, column.alignment, lineHeight: 0.9),
          least: first ? 12 : 8, width: width, mostLines: 3, by: words.type))
    }
    let tagWidth = column.width - 2 * margin - 2 * padding - icon - padding
    let tags = words.enumerated().map { $0 == 0 ? $1.tag.uppercased() : $1.tag }
    let joined = jointly(tags)
    let tag = try setShort(
      joined.joined(separator: "  ·  "), as: .direction, in: style(15, .bold, lineHeight: 0.9),
      least: 8, width: tagWidth, mostLines: 2)
    let headingHeight = heading.reduce(0) { $0 + $1.extent.height }
    let fieldHeight = max(icon, tag.extent.height) + (geometry.isBrief ? 0.8 : distance(4))
    let space = geometry.isBrief ? 0.7 : distance(2.5)
    let height = space + headingHeight + space + fieldHeight + margin
    let types = words.map(\.type)
    return SheetSection(height: height) { [self, heading] items, y in
      items.draw(
        .fill(
          Box(x: column.x, y: y, width: column.width, height: height), radius: measure(2), .accent))
      var line = y + space
      for (paragraph, type) in zip(heading, types) {
        items.put(paragraph, x: column.x + padding, y: line, width: width, .white, type)
        line += paragraph.extent.height
      }
      let field = Box(
        x: column.x + margin, y: y + height - margin - fieldHeight,
        width: column.width - 2 * margin, height: fieldHeight)
      items.draw(.fill(field, radius: measure(1), .white))
      // Arrow and word stand together where the lines of the column begin.
      let together = icon + padding + tag.extent.width
      let start =
        column.alignment == .left ? field.x + padding : field.x + (field.width - together) / 2
      items.draw(
        .direction(
          sheet.direction,
          Box(x: start, y: field.y + (fieldHeight - icon) / 2, width: icon, height: icon), .accent))
      items.put(
        tag, x: start + icon + padding, y: field.y + (fieldHeight - tag.extent.height) / 2,
        width: tag.extent.width, .accent)
    }
  }

  /// The venue's name.
  func name(
    _ column: Column, least: Double, height: Double
  ) throws(PosterError) -> SheetSection {
    let style = TextStyle(
      size: geometry.nameSize, weight: .bold, alignment: column.alignment, lineHeight: 0.88)
    guard height > 0 else { throw .noRoom(.name) }
    let paragraph = try type.setter.fitted(
      sheet.name, as: .name, in: style, least: min(least, style.size), width: column.width,
      height: height)
    return SheetSection(height: paragraph.extent.height) { items, y in
      items.put(paragraph, x: column.x, y: y, width: column.width, .black)
    }
  }

  /// Where the venue is, under its name.
  func location(_ column: Column) throws(PosterError) -> SheetSection {
    var lines: [(Paragraph, PosterColour)] = []
    let isNarrow = column.alignment == .left
    if let zone = sheet.zone {
      let labels = jointly(words.map(\.zone)).joined(separator: " / ")
      lines.append(
        (
          try set(
            "\(labels): \(zone)", as: .zone, in: style(15, .bold, column.alignment), least: 8,
            width: column.width, height: distance(isNarrow ? 22 : 14),
            mostLines: isNarrow ? 3 : 2), .accent
        ))
    }
    if let address = sheet.address, geometry.arrangement != .label {
      lines.append(
        (
          try set(
            address, as: .address, in: style(12, .regular, column.alignment), least: 7,
            width: column.width, height: distance(isNarrow ? 20 : 11),
            mostLines: isNarrow ? 4 : 2), .black
        ))
    }
    let area = [sheet.district, sheet.agency].compactMap(\.self).joined(separator: "  ·  ")
    if !area.isEmpty, !geometry.isBrief {
      lines.append(
        (
          try set(
            area, as: .district, in: style(10.5, .regular, column.alignment), least: 7,
            width: column.width, height: distance(isNarrow ? 18 : 10),
            mostLines: isNarrow ? 4 : 2), .grey
        ))
    }
    let gap = geometry.isBrief ? 0.6 : distance(3)
    let height = lines.reduce(gap) { $0 + $1.0.extent.height }
    return SheetSection(height: height) { [lines] items, y in
      var line = y
      for (paragraph, colour) in lines {
        items.put(paragraph, x: column.x, y: line, width: column.width, colour)
        line += paragraph.extent.height
      }
    }
  }

  // MARK: - What explains

  /// The code people type when they cannot scan, beside what it is for.
  func wideTypedCode(_ column: Column) throws(PosterError) -> SheetSection {
    let codeWidth = measure(70)
    let padding = measure(4)
    let hintWidth = column.width - codeWidth - 3 * padding
    let code = try set(
      sheet.typedCode, as: .typedCode, in: style(30, .bold, .centre, tracking: 40), least: 12,
      width: codeWidth, height: measure(14), mostLines: 1)
    let hints = try hints(.left, width: hintWidth, height: distance(14))
    let hintHeight = hints.reduce(0) { $0 + $1.extent.height }
    let height = max(code.extent.height, hintHeight) + distance(3)
    let types = words.map(\.type)
    return SheetSection(height: height + distance(3)) { [self, hints] items, y in
      let box = Box(x: column.x, y: y, width: column.width, height: height)
      items.draw(.frame(box, radius: measure(2), line: measure(0.5), .accent))
      var line = y + (height - hintHeight) / 2
      for (index, hint) in hints.enumerated() {
        items.put(
          hint, x: box.x + padding, y: line, width: hintWidth, index == 0 ? .black : .grey,
          types[index])
        line += hint.extent.height
      }
      items.put(
        code, x: box.maxX - padding - codeWidth, y: y + (height - code.extent.height) / 2,
        width: codeWidth, .accent)
    }
  }

  /// The code people type when they cannot scan, under what it is for.
  func tallTypedCode(_ column: Column) throws(PosterError) -> SheetSection {
    let code = try set(
      sheet.typedCode, as: .typedCode,
      in: style(geometry.arrangement == .label ? 20 : 27, .bold, .centre, tracking: 40), least: 12,
      width: column.width - measure(6), height: measure(14), mostLines: 1)
    let hints = try hints(
      column.alignment, width: column.width, height: geometry.isBrief ? 8 : distance(16))
    let hintHeight = hints.reduce(0) { $0 + $1.extent.height }
    let space = geometry.isBrief ? 0.5 : distance(1.5)
    let boxHeight = code.extent.height + (geometry.isBrief ? 0.4 : distance(2))
    let types = words.map(\.type)
    let height = hintHeight + space + boxHeight + (geometry.isBrief ? 0.8 : distance(4))
    return SheetSection(height: height) { [self, hints] items, y in
      var line = y
      for (index, hint) in hints.enumerated() {
        items.put(
          hint, x: column.x, y: line, width: column.width, index == 0 ? .black : .grey,
          types[index])
        line += hint.extent.height
      }
      let box = Box(x: column.x, y: line + space, width: column.width, height: boxHeight)
      items.draw(
        .frame(
          box, radius: measure(2), line: geometry.isBrief ? 0.25 : measure(0.5), .accent))
      items.put(
        code, x: box.x, y: box.y + (boxHeight - code.extent.height) / 2, width: box.width, .accent)
    }
  }

  /// What the typed code is for, in each language.
  private func hints(
    _ alignment: TextStyle.Alignment, width: Double, height: Double
  ) throws(PosterError) -> [Paragraph] {
    var hints: [Paragraph] = []
    for (index, words) in words.enumerated() {
      hints.append(
        try set(
          words.hint, as: .typedCode,
          in: style(index == 0 ? 11 : 9, index == 0 ? .bold : .regular, alignment), least: 6,
          width: width, height: height, by: words.type))
    }
    return hints
  }

  /// One step: its number and its texts.
  private struct Step {
    var number: Paragraph
    var lines: [Paragraph]
    var height: Double
  }

  private func steps(
    textWidth: Double, height: Double
  ) throws(PosterError) -> [Step] {
    var steps: [Step] = []
    for step in 0..<3 {
      var lines: [Paragraph] = []
      for (index, words) in words.enumerated() {
        lines.append(
          try set(
            words.steps[step], as: .steps,
            in: style(index == 0 ? 10.5 : 8.5, index == 0 ? .bold : .regular), least: 6,
            width: textWidth, height: height, by: words.type))
      }
      let number = try type.setter.paragraph(
        "\(step + 1)", as: .steps, in: style(14, .bold, .centre), width: nil)
      steps.append(
        Step(
          number: number, lines: lines,
          height: max(distance(8), lines.reduce(0) { $0 + $1.extent.height })))
    }
    return steps
  }

  private func place(
    _ step: Step, x: Double, y: Double, textWidth: Double, _ items: inout SheetItems
  ) {
    let disc = distance(8)
    items.draw(.fill(Box(x: x, y: y, width: disc, height: disc), radius: disc / 2, .accent))
    // Digits have no descenders: centre what is seen, not the line.
    let ink = step.number.ink
    items.put(
      step.number, x: x, y: y + disc / 2 - (ink.y + ink.height / 2), width: disc, .white)
    var line = y
    for (index, paragraph) in step.lines.enumerated() {
      items.put(
        paragraph, x: x + disc + measure(2), y: line, width: textWidth,
        index == 0 ? .black : .grey, words[index].type)
      line += paragraph.extent.height
    }
  }

  /// What to do, in three columns.
  func steps(inRow column: Column) throws(PosterError) -> SheetSection {
    let gap = measure(5)
    let columnWidth = (column.width - 2 * gap) / 3
    let textWidth = columnWidth - distance(8) - measure(2)
    let steps = try steps(textWidth: textWidth, height: distance(20))
    let height = steps.reduce(0) { max($0, $1.height) }
    return SheetSection(height: height + distance(2.5)) { [self] items, y in
      for (index, step) in steps.enumerated() {
        place(
          step, x: column.x + Double(index) * (columnWidth + gap), y: y, textWidth: textWidth,
          &items)
      }
    }
  }

  /// What to do, one below the other.
  func steps(inColumn column: Column) throws(PosterError) -> SheetSection {
    let textWidth = column.width - distance(8) - measure(2)
    let steps = try steps(textWidth: textWidth, height: distance(24))
    let gap = distance(1.5)
    let height = steps.reduce(0) { $0 + $1.height + gap }
    return SheetSection(height: height + distance(1.5)) { [self] items, y in
      var line = y
      for step in steps {
        place(step, x: column.x, y: line, textWidth: textWidth, &items)
        line += step.height + gap
      }
    }
  }

  /// Dates, print number and hotline under a rule, and the notice under them.
  func record(_ column: Column, cells most: Int) throws(PosterError) -> SheetSection {
    func label(_ label: (Words) -> String) -> String {
      jointly(words.map(label)).joined(separator: " · ")
    }
    var cells = [
      (label(\.issued), PosterLanguage.date(sheet.issued)),
      (label(\.expires), PosterLanguage.date(sheet.expires)),
      (label(\.printSerial), "\(sheet.printSerial)"),
    ]
    if let hotline = sheet.hotline { cells.append((label(\.hotline), hotline)) }
    let count = min(most, cells.count)
    let gap = measure(3)
    let cellWidth = (column.width - gap * Double(count - 1)) / Double(count)
    var rows: [(cells: [(label: Paragraph, value: Paragraph)], label: Double, value: Double)] = []
    for start in stride(from: 0, to: cells.count, by: count) {
      var row: [(label: Paragraph, value: Paragraph)] = []
      for (label, value) in cells[start..<min(start + count, cells.count)] {
        row.append(
          (
            try setShort(
              label, as: .record, in: style(7.5), least: 5, width: cellWidth, mostLines: 3),
            try setShort(
              value, as: .record, in: style(11, .bold), least: 6, width: cellWidth, mostLines: 2)
          ))
      }
      rows.append(
        (
          row, row.reduce(0) { max($0, $1.label.extent.height) },
          row.reduce(0) { max($0, $1.value.extent.height) }
        ))
    }
    var notice: Paragraph?
    if let text = sheet.notice {
      let isNarrow = column.alignment == .left
      notice = try set(
        text, as: .notice, in: style(8, .regular, column.alignment), least: 6, width: column.width,
        height: distance(isNarrow ? 14 : 8), mostLines: isNarrow ? 4 : 2)
    }
    let rule = distance(1.5)
    let rowGap = distance(1)
    let height = rows.reduce(rule + (notice?.extent.height ?? -rowGap)) {
      $0 + $1.label + $1.value + rowGap
    }
    return SheetSection(height: height) { [self, rows, notice] items, y in
      items.draw(
        .fill(
          Box(x: column.x, y: y, width: column.width, height: measure(0.4)), radius: 0, .accent))
      var line = y + rule
      for row in rows {
        for (index, cell) in row.cells.enumerated() {
          let x = column.x + Double(index) * (cellWidth + gap)
          // A label of one line stands at its value also beside one of two.
          let top = line + row.label - cell.label.extent.height
          items.put(cell.label, x: x, y: top, width: cellWidth, .grey)
          items.put(cell.value, x: x, y: line + row.label, width: cellWidth, .black)
        }
        line += row.label + row.value + rowGap
      }
      if let notice { items.put(notice, x: column.x, y: line, width: column.width, .grey) }
    }
  }

  /// The last day and the print's number, in a line.
  func briefRecord(_ column: Column) throws(PosterError) -> SheetSection {
    func label(_ label: (Words) -> String) -> String {
      jointly(words.map(label)).joined(separator: " · ")
    }
    let text =
      "\(label(\.expires)): \(PosterLanguage.date(sheet.expires))  ·  "
      + "\(label(\.printSerial)): \(sheet.printSerial)"
    let paragraph = try set(
      text, as: .record, in: style(10, .regular, column.alignment), least: 6, width: column.width,
      height: 9)
    return SheetSection(height: paragraph.extent.height) { items, y in
      items.put(paragraph, x: column.x, y: y, width: column.width, .grey)
    }
  }

  /// The texts of the languages that share the sheet's typeface, for a line that holds several: equal
  /// ones once; a language with a typeface of its own has lines of its own only.
  func jointly(_ texts: [String]) -> [String] {
    var seen: Set<String> = []
    return zip(texts, words).filter { $0.1.type === type && seen.insert($0.0).inserted }.map(\.0)
  }
}
