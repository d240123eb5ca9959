internal import VenueCodes

/// Puts the parts of a poster in their places.
///
/// The page is three bands: what calls and names (from the top), the code, and what explains (from
/// the bottom). The first and the last are measured, the code gets the room between them.
struct PosterComposer: ~Copyable {
  typealias Box = PosterLayout.Box

  /// What is on a page, before its lines are evened out.
  private struct Items {
    enum Item {
      case shape(PosterElement)
      case text(Paragraph, x: Double, y: Double, width: Double, PosterColour)
    }
    var list: [Item] = []

    mutating func draw(_ element: PosterElement) { list.append(.shape(element)) }

    /// Puts a paragraph so that its lines begin at a place and are aligned within a width.
    mutating func put(
      _ paragraph: Paragraph, x: Double, y: Double, width: Double, _ colour: PosterColour
    ) {
      list.append(.text(paragraph, x: x, y: y, width: width, colour))
    }
  }

  /// A part that knows its height before its place.
  private struct Section {
    var height: Double
    var place: (inout Items, Double) -> Void
  }

  /// The fixed texts of one language, for this sheet, checked.
  private struct Words {
    var heading: String
    var tag: String
    var hint: String
    var steps: [String]
    var zone: String
    var issued: String
    var expires: String
    var printSerial: String
    var hotline: String
  }

  private static let page = Box(x: 0, y: 0, width: 210, height: 297)
  /// The printed width of the code without its quiet zone: what the directive asks for.
  private static let symbolMillimetres = 150.0
  private static let left = 12.0
  private static let width = 186.0
  private static let top = 9.0
  private static let bottom = 289.0
  private static let nameGap = 3.0
  private static let nameStyle = TextStyle(
    size: 34, weight: .bold, alignment: .centre, lineHeight: 0.88)

  let title: String
  /// The sheet with its texts checked and composed.
  let sheet: PosterSheet
  private let words: [Words]
  private let symbol: QRSymbol
  private let setter: Typesetter

  /// Checks the sheet's texts and looks the typeface up.
  init(sheet: PosterSheet, symbol: QRSymbol, family: String) throws(PosterError) {
    let setter = try Typesetter(family: family)
    var clean = sheet
    clean.name = try setter.required(sheet.name, .name)
    clean.typedCode = try setter.required(sheet.typedCode, .typedCode)
    clean.address = try setter.optional(sheet.address, .address)
    clean.zone = try setter.optional(sheet.zone, .zone)
    clean.district = try setter.optional(sheet.district, .district)
    clean.agency = try setter.optional(sheet.agency, .district)
    clean.authority = try setter.optional(sheet.authority, .authority)
    clean.hotline = try setter.optional(sheet.hotline, .record)
    clean.notice = try setter.optional(sheet.notice, .notice)
    clean.host = try setter.optional(sheet.host, .steps)
    var words: [Words] = []
    for language in sheet.languages {
      let texts = language.texts(for: sheet.direction)
      let link = language.linkTexts(host: clean.host)
      words.append(
        Words(
          heading: try setter.required(texts.heading, .heading),
          tag: try setter.required(texts.tag, .direction),
          hint: try setter.required(link.hint, .typedCode),
          steps: [
            try setter.required(language.pointCamera, .steps),
            try setter.required(link.step, .steps),
            try setter.required(texts.lastStep, .steps),
          ],
          zone: try setter.required(language.zone, .zone),
          issued: try setter.required(language.issued, .record),
          expires: try setter.required(language.expires, .record),
          printSerial: try setter.required(language.printSerial, .record),
          hotline: try setter.required(language.hotline, .record)))
    }
    guard let main = words.first else { throw .empty(.heading) }
    self.sheet = clean
    self.words = words
    self.symbol = symbol
    self.title = "\(main.heading) – \(clean.name)"
    self.setter = setter
  }

  /// Sets the page, in smaller and smaller type until the code has its room.
  func face() throws(PosterError) -> PosterFace {
    // A name that can be read from across a hall is worth more than large notes below the code.
    let trials: [(density: Double, leastName: Double)] = [
      (1, 24), (0.92, 22), (0.84, 20), (0.84, 14), (0.76, 11), (0.68, 11),
    ]
    var problem = PosterError.noRoom(.name)
    // The height of all but name and code, in full size, as soon as it is known.
    var others: Double?
    for trial in trials {
      if let others, trial.density > 0.76 {
        let name = try setter.paragraph(
          sheet.name, as: .name, in: PosterComposer.nameStyle.sized(trial.leastName),
          width: PosterComposer.width)
        let needed = others * trial.density + name.extent.height
        if needed > PosterComposer.bottom - PosterComposer.top - quietSide { continue }
      }
      do throws(PosterError) {
        return try face(density: trial.density, leastName: trial.leastName, others: &others)
      } catch {
        guard case .noRoom = error else { throw error }
        problem = error
      }
    }
    throw problem
  }

  /// The code's side with its quiet zone.
  private var quietSide: Double {
    PosterComposer.symbolMillimetres / Double(symbol.side)
      * Double(symbol.side + 2 * QRSymbol.quietZone)
  }

  private func face(
    density: Double, leastName: Double, others: inout Double?
  ) throws(PosterError) -> PosterFace {
    let upper = [try authority(density), try band(density)]
    let location = try location(density)
    let lower = [try typedCode(density), try steps(density), try record(density)]
    func height(_ sections: [Section]) -> Double { sections.reduce(0) { $0 + $1.height } }
    let fixed = height(upper) + location.height + height(lower)
    others = others ?? fixed / density

    let room = PosterComposer.bottom - PosterComposer.top - quietSide - fixed
    let name = try setter.fitted(
      sheet.name, as: .name, in: PosterComposer.nameStyle, least: leastName,
      width: PosterComposer.width, height: min(26, room))

    var items = Items()
    var y = PosterComposer.top
    for section in upper {
      section.place(&items, y)
      y += section.height
    }
    y += PosterComposer.nameGap * density
    items.put(name, x: PosterComposer.left, y: y, width: PosterComposer.width, .black)
    location.place(&items, y + name.extent.height)
    y = PosterComposer.bottom - height(lower)
    for section in lower {
      section.place(&items, y)
      y += section.height
    }

    // What is left over goes above and below the code in equal parts.
    let slack = room - name.extent.height
    let page = PosterComposer.page
    let quietZone = Box(
      x: (page.width - quietSide) / 2,
      y: PosterComposer.bottom - height(lower) - quietSide - slack / 2, width: quietSide,
      height: quietSide)
    var symbolBox = quietZone.inset((quietSide - PosterComposer.symbolMillimetres) / 2)
    symbolBox.width = PosterComposer.symbolMillimetres
    symbolBox.height = PosterComposer.symbolMillimetres
    return try finished(
      items,
      PosterLayout.Face(
        printable: Box(
          x: PosterComposer.left, y: PosterComposer.top, width: PosterComposer.width,
          height: PosterComposer.bottom - PosterComposer.top),
        symbol: PosterLayout.Symbol(modules: symbolBox, quietZone: quietZone), blocks: []))
  }

  /// Evens the lines out and gives every paragraph its final place.
  private func finished(
    _ items: Items, _ place: PosterLayout.Face
  ) throws(PosterError) -> PosterFace {
    var layout = place
    var elements: [PosterElement] = []
    for item in items.list {
      switch item {
      case .shape(let element): elements.append(element)
      case .text(let rough, let x, let y, let width, let colour):
        let paragraph = try setter.evened(rough)
        // A paragraph set in one line, or in a narrower measure, is aligned here.
        let measure = paragraph.measure ?? paragraph.extent.width
        let left =
          switch paragraph.style.alignment {
          case .left: x
          case .centre: x + (width - measure) / 2
          }
        let top = y - paragraph.extent.y
        elements.append(.text(paragraph, x: left, y: top, colour))
        layout.blocks.append(
          PosterLayout.Block(
            part: paragraph.part, text: paragraph.text, frame: paragraph.extent.moved(left, top),
            ink: paragraph.ink.moved(left, top), pointSize: paragraph.style.size,
            lineCount: paragraph.lineCount))
      }
    }
    return PosterFace(
      width: PosterComposer.page.width, height: PosterComposer.page.height, elements: elements,
      symbol: symbol, layout: layout)
  }

  // MARK: - Above the code

  /// Who issues the poster.
  private func authority(_ density: Double) throws(PosterError) -> Section {
    guard let text = sheet.authority else { return Section(height: 0) { _, _ in } }
    let style = TextStyle(size: 11 * density, weight: .bold, alignment: .centre, tracking: 30)
    let paragraph = try setter.fitted(
      text.uppercased(), as: .authority, in: style, least: 7, width: PosterComposer.width,
      height: 9, mostLines: 2)
    return Section(height: paragraph.extent.height + 1.5) { items, y in
      items.put(paragraph, x: PosterComposer.left, y: y, width: PosterComposer.width, .accent)
    }
  }

  /// The call to scan and, in a field of its own, the word for the door.
  private func band(_ density: Double) throws(PosterError) -> Section {
    let tagWidth = 48.0
    let icon = 9.0 * density
    let margin = 2.0
    let padding = 5.0
    let headingWidth = PosterComposer.width - tagWidth - margin - 2 * padding
    var heading: [Paragraph] = []
    var tag: [Paragraph] = []
    for (index, words) in words.enumerated() {
      let first = index == 0
      heading.append(
        try setter.fitted(
          first ? words.heading.uppercased() : words.heading, as: .heading,
          in: TextStyle(
            size: (first ? 26 : 15) * density, weight: first ? .bold : .regular, lineHeight: 0.9),
          least: first ? 12 : 8, width: headingWidth, height: 14, mostLines: 1))
      tag.append(
        try setter.fitted(
          first ? words.tag.uppercased() : words.tag, as: .direction,
          in: TextStyle(
            size: (first ? 19 : 12) * density, weight: first ? .bold : .regular,
            alignment: .centre, lineHeight: 0.9),
          least: first ? 10 : 7, width: tagWidth - icon - 7, height: 10, mostLines: 1))
    }
    let headingHeight = heading.reduce(0) { $0 + $1.extent.height }
    let tagHeight = tag.reduce(0) { $0 + $1.extent.height }
    let height = max(headingHeight, tagHeight + 2 * margin) + 4 * density
    return Section(height: height) { [heading, tag, direction = sheet.direction] items, y in
      let band = Box(
        x: PosterComposer.left, y: y, width: PosterComposer.width, height: height)
      items.draw(.fill(band, radius: 2, .accent))
      var line = y + (height - headingHeight) / 2
      for paragraph in heading {
        items.put(paragraph, x: band.x + padding, y: line, width: headingWidth, .white)
        line += paragraph.extent.height
      }
      let field = Box(
        x: band.maxX - tagWidth - margin, y: y + margin, width: tagWidth,
        height: height - 2 * margin)
      items.draw(.fill(field, radius: 1, .white))
      items.draw(
        .direction(
          direction,
          Box(x: field.x + 3.5, y: y + (height - icon) / 2, width: icon, height: icon), .accent))
      line = y + (height - tagHeight) / 2
      for paragraph in tag {
        items.put(
          paragraph, x: field.x + icon + 5, y: line, width: field.width - icon - 7, .accent)
        line += paragraph.extent.height
      }
    }
  }

  /// Where the venue is, under its name.
  private func location(_ density: Double) throws(PosterError) -> Section {
    var lines: [(Paragraph, PosterColour)] = []
    if let zone = sheet.zone {
      let labels = words.map(\.zone).joined(separator: " / ")
      let style = TextStyle(size: 15 * density, weight: .bold, alignment: .centre)
      lines.append(
        (
          try setter.fitted(
            "\(labels): \(zone)", as: .zone, in: style, least: 8, width: PosterComposer.width,
            height: 14 * density, mostLines: 2), .accent
        ))
    }
    if let address = sheet.address {
      let style = TextStyle(size: 12 * density, alignment: .centre)
      lines.append(
        (
          try setter.fitted(
            address, as: .address, in: style, least: 7, width: PosterComposer.width,
            height: 11 * density, mostLines: 2), .black
        ))
    }
    let area = [sheet.district, sheet.agency].compactMap(\.self).joined(separator: "  ·  ")
    if !area.isEmpty {
      let style = TextStyle(size: 10.5 * density, alignment: .centre)
      lines.append(
        (
          try setter.fitted(
            area, as: .district, in: style, least: 7, width: PosterComposer.width,
            height: 10 * density, mostLines: 2), .grey
        ))
    }
    let height = lines.reduce(PosterComposer.nameGap * density) { $0 + $1.0.extent.height }
    return Section(height: height) { [lines] items, y in
      var line = y
      for (paragraph, colour) in lines {
        items.put(
          paragraph, x: PosterComposer.left, y: line, width: PosterComposer.width, colour)
        line += paragraph.extent.height
      }
    }
  }

  // MARK: - Below the code

  /// The code people type when they cannot scan.
  private func typedCode(_ density: Double) throws(PosterError) -> Section {
    let codeWidth = 70.0
    let padding = 4.0
    let hintWidth = PosterComposer.width - codeWidth - 3 * padding
    let code = try setter.fitted(
      sheet.typedCode, as: .typedCode,
      in: TextStyle(size: 30 * density, weight: .bold, alignment: .centre, tracking: 40),
      least: 12, width: codeWidth, height: 14, mostLines: 1)
    var hints: [Paragraph] = []
    for (index, words) in words.enumerated() {
      let style = TextStyle(
        size: (index == 0 ? 11 : 9) * density, weight: index == 0 ? .bold : .regular)
      hints.append(
        try setter.fitted(
          words.hint,
          as: .typedCode, in: style, least: 6, width: hintWidth, height: 14 * density))
    }
    let hintHeight = hints.reduce(0) { $0 + $1.extent.height }
    let height = max(code.extent.height, hintHeight) + 3 * density
    return Section(height: height + 3 * density) { [hints] items, y in
      let box = Box(
        x: PosterComposer.left, y: y, width: PosterComposer.width, height: height)
      items.draw(.frame(box, radius: 2, line: 0.5, .accent))
      var line = y + (height - hintHeight) / 2
      for (index, hint) in hints.enumerated() {
        items.put(
          hint, x: box.x + padding, y: line, width: hintWidth, index == 0 ? .black : .grey)
        line += hint.extent.height
      }
      items.put(
        code, x: box.maxX - padding - codeWidth, y: y + (height - code.extent.height) / 2,
        width: codeWidth, .accent)
    }
  }

  /// What to do, in three columns.
  private func steps(_ density: Double) throws(PosterError) -> Section {
    let disc = 8.0 * density
    let gap = 5.0
    let columnWidth = (PosterComposer.width - 2 * gap) / 3
    let textWidth = columnWidth - disc - 2
    var columns: [(number: Paragraph, lines: [Paragraph])] = []
    for step in 0..<3 {
      var lines: [Paragraph] = []
      for (index, words) in words.enumerated() {
        lines.append(
          try setter.fitted(
            words.steps[step], as: .steps,
            in: TextStyle(
              size: (index == 0 ? 10.5 : 8.5) * density, weight: index == 0 ? .bold : .regular),
            least: 6, width: textWidth, height: 20 * density))
      }
      let number = try setter.paragraph(
        "\(step + 1)", as: .steps,
        in: TextStyle(size: 14 * density, weight: .bold, alignment: .centre), width: nil)
      columns.append((number, lines))
    }
    let heights = columns.map { $0.lines.reduce(0) { $0 + $1.extent.height } }
    let height = max(disc, heights.max() ?? 0)
    return Section(height: height + 2.5 * density) { [columns] items, y in
      for (index, column) in columns.enumerated() {
        let x = PosterComposer.left + Double(index) * (columnWidth + gap)
        items.draw(
          .fill(Box(x: x, y: y, width: disc, height: disc), radius: disc / 2, .accent))
        // Digits have no descenders: centre what is seen, not the line.
        let ink = column.number.ink
        items.put(
          column.number, x: x, y: y + disc / 2 - (ink.y + ink.height / 2), width: disc, .white)
        var line = y
        for (index, paragraph) in column.lines.enumerated() {
          items.put(
            paragraph, x: x + disc + 2, y: line, width: textWidth, index == 0 ? .black : .grey)
          line += paragraph.extent.height
        }
      }
    }
  }

  /// Dates, print number and hotline under a rule, and the notice under them.
  private func record(_ density: Double) throws(PosterError) -> Section {
    func labels(_ label: (Words) -> String) -> String {
      words.map(label).joined(separator: " · ")
    }
    var cells = [
      (labels(\.issued), PosterLanguage.date(sheet.issued)),
      (labels(\.expires), PosterLanguage.date(sheet.expires)),
      (labels(\.printSerial), "\(sheet.printSerial)"),
    ]
    if let hotline = sheet.hotline { cells.append((labels(\.hotline), hotline)) }
    let gap = 3.0
    let cellWidth =
      (PosterComposer.width - gap * Double(cells.count - 1)) / Double(cells.count)
    var set: [(label: Paragraph, value: Paragraph)] = []
    for (label, value) in cells {
      set.append(
        (
          try setter.fitted(
            label, as: .record, in: TextStyle(size: 7.5 * density), least: 5, width: cellWidth,
            height: 8, mostLines: 1),
          try setter.fitted(
            value, as: .record, in: TextStyle(size: 11 * density, weight: .bold), least: 6,
            width: cellWidth, height: 8, mostLines: 2)
        ))
    }
    var notice: Paragraph?
    if let text = sheet.notice {
      notice = try setter.fitted(
        text, as: .notice, in: TextStyle(size: 8 * density, alignment: .centre), least: 6,
        width: PosterComposer.width, height: 8 * density, mostLines: 2)
    }
    let labelHeight = set.map(\.label.extent.height).max() ?? 0
    let valueHeight = set.map(\.value.extent.height).max() ?? 0
    let rule = 1.5 * density
    let height = rule + labelHeight + valueHeight + (notice?.extent.height ?? 0)
    return Section(height: height) { [set, notice] items, y in
      items.draw(
        .fill(
          Box(x: PosterComposer.left, y: y, width: PosterComposer.width, height: 0.4), radius: 0,
          .accent))
      for (index, cell) in set.enumerated() {
        let x = PosterComposer.left + Double(index) * (cellWidth + gap)
        items.put(cell.label, x: x, y: y + rule, width: cellWidth, .grey)
        items.put(cell.value, x: x, y: y + rule + labelHeight, width: cellWidth, .black)
      }
      if let notice {
        items.put(
          notice, x: PosterComposer.left, y: y + rule + labelHeight + valueHeight,
          width: PosterComposer.width, .grey)
      }
    }
  }
}

extension Typesetter {
  /// Checks a text that may be left out; one of blanks counts as left out.
  fileprivate func optional(_ text: String?, _ part: PosterPart) throws(PosterError) -> String? {
    guard let text, !text.allSatisfy(\.isWhitespace) else { return nil }
    return try printable(text, in: part)
  }

  /// Checks a text that must be there.
  fileprivate func required(_ text: String, _ part: PosterPart) throws(PosterError) -> String {
    guard let text = try optional(text, part) else { throw .empty(part) }
    return text
  }
}
