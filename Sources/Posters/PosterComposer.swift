internal import VenueCodes

/// Puts the parts of a poster in their places.
///
/// The page is three bands: what calls and names (from the top), the code, and what explains (from
/// the bottom). The first and the last are measured, the code gets the room between them.
struct PosterComposer: ~Copyable {
  typealias Box = PosterLayout.Box

  /// A finished page.
  struct Draft {
    var elements: [PosterElement] = []
    var layout: PosterLayout

    /// Puts a paragraph so that its lines begin at a place and are aligned within a width.
    mutating func put(
      _ paragraph: Paragraph, x: Double, y: Double, width: Double, _ colour: PosterColour
    ) {
      // A paragraph set in one line, or in a narrower measure, is aligned here.
      let measure = paragraph.measure ?? paragraph.extent.width
      let left =
        switch paragraph.style.alignment {
        case .left: x
        case .centre: x + (width - measure) / 2
        case .right: x + width - measure
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

  /// A part that knows its height before its place.
  private struct Section {
    var height: Double
    var place: (inout Draft, Double) -> Void
  }

  private static let page = Box(x: 0, y: 0, width: 210, height: 297)
  private static let left = 12.0
  private static let width = 186.0
  private static let top = 9.0
  private static let bottom = 289.0

  let title: String
  /// The sheet with its texts checked and composed.
  let sheet: PosterSheet
  private let texts: [PosterLanguage]
  private let symbol: QRSymbol
  private var setter: Typesetter

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
    guard let main = sheet.languages.first else { throw .empty(.heading) }
    self.sheet = clean
    self.texts = sheet.languages
    self.symbol = symbol
    self.title = "\(main.texts(for: sheet.direction).heading) – \(clean.name)"
    self.setter = setter
  }

  /// Sets the page, in smaller and smaller type until the code has its room.
  mutating func draft() throws(PosterError) -> Draft {
    var problem = PosterError.noRoom(.name)
    // A name that can be read from across a hall is worth more than large notes below the code.
    let trials = [(1, 24), (0.92, 22), (0.84, 20), (0.84, 14), (0.76, 11), (0.68, 11)]
    for (density, leastName) in trials {
      do throws(PosterError) {
        _ = try draft(density: density, leastName: Double(leastName))
        setter.evensLines = true
        return try draft(density: density, leastName: Double(leastName))
      } catch {
        guard case .noRoom = error else { throw error }
        problem = error
      }
    }
    throw problem
  }

  private func draft(density: Double, leastName: Double) throws(PosterError) -> Draft {
    let page = PosterComposer.page
    let side = Poster.symbolMillimetres
    let quiet = side / Double(symbol.side) * Double(QRSymbol.quietZone)
    var draft = Draft(
      layout: PosterLayout(
        page: page,
        printable: Box(
          x: PosterComposer.left, y: PosterComposer.top, width: PosterComposer.width,
          height: PosterComposer.bottom - PosterComposer.top),
        symbol: page, quietZone: page, blocks: []))

    var y = PosterComposer.top
    for section in [try authority(density), try band(density)] {
      section.place(&draft, y)
      y += section.height
    }
    let lower = [try typedCode(density), try steps(density), try record(density)]
    let lowerTop = PosterComposer.bottom - lower.reduce(0) { $0 + $1.height }
    let place = try venue(
      density, leastName: leastName, height: lowerTop - y - side - 2 * quiet)
    place.place(&draft, y)
    y += place.height

    let slack = lowerTop - y - side - 2 * quiet
    draft.layout.quietZone = Box(
      x: (page.width - side) / 2 - quiet, y: y + slack / 2, width: side + 2 * quiet,
      height: side + 2 * quiet)
    draft.layout.symbol = draft.layout.quietZone.inset(quiet)
    y = lowerTop
    for section in lower {
      section.place(&draft, y)
      y += section.height
    }
    return draft
  }

  // MARK: - Above the code

  /// Who issues the poster.
  private func authority(_ density: Double) throws(PosterError) -> Section {
    guard let text = sheet.authority else { return Section(height: 0) { _, _ in } }
    let style = TextStyle(size: 11 * density, weight: .bold, alignment: .centre, tracking: 30)
    let paragraph = try setter.fitted(
      text.uppercased(), as: .authority, in: style, least: 7, width: PosterComposer.width,
      height: 9, mostLines: 2)
    return Section(height: paragraph.extent.height + 1.5) { draft, y in
      draft.put(paragraph, x: PosterComposer.left, y: y, width: PosterComposer.width, .accent)
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
    for (index, language) in texts.enumerated() {
      let words = language.texts(for: sheet.direction)
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
    return Section(height: height) { [heading, tag, direction = sheet.direction] draft, y in
      let band = Box(
        x: PosterComposer.left, y: y, width: PosterComposer.width, height: height)
      draft.elements.append(.fill(band, radius: 2, .accent))
      var line = y + (height - headingHeight) / 2
      for paragraph in heading {
        draft.put(paragraph, x: band.x + padding, y: line, width: headingWidth, .white)
        line += paragraph.extent.height
      }
      let field = Box(
        x: band.maxX - tagWidth - margin, y: y + margin, width: tagWidth,
        height: height - 2 * margin)
      draft.elements.append(.fill(field, radius: 1, .white))
      draft.elements.append(
        .direction(
          direction,
          Box(x: field.x + 3.5, y: y + (height - icon) / 2, width: icon, height: icon), .accent))
      line = y + (height - tagHeight) / 2
      for paragraph in tag {
        draft.put(
          paragraph, x: field.x + icon + 5, y: line, width: field.width - icon - 7, .accent)
        line += paragraph.extent.height
      }
    }
  }

  /// The venue's name and where it is, in what the code leaves of the page's height.
  private func venue(_ density: Double, leastName: Double, height: Double) throws(PosterError)
    -> Section
  {
    let gap = 3.0 * density
    var lines: [(Paragraph, PosterColour)] = []
    if let zone = sheet.zone {
      let labels = texts.map(\.zone).joined(separator: " / ")
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
    let others = lines.reduce(gap) { $0 + $1.0.extent.height }
    let name = try setter.fitted(
      sheet.name, as: .name,
      in: TextStyle(size: 34, weight: .bold, alignment: .centre, lineHeight: 0.88),
      least: leastName, width: PosterComposer.width, height: min(26, height - others))
    lines.insert((name, .black), at: 0)
    return Section(height: others + name.extent.height) { [lines] draft, y in
      var line = y + gap
      for (paragraph, colour) in lines {
        draft.put(
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
    for (index, language) in texts.enumerated() {
      let style = TextStyle(
        size: (index == 0 ? 11 : 9) * density, weight: index == 0 ? .bold : .regular)
      hints.append(
        try setter.fitted(
          try setter.printable(language.linkTexts(host: sheet.host).hint, in: .typedCode),
          as: .typedCode, in: style, least: 6, width: hintWidth, height: 14 * density))
    }
    let hintHeight = hints.reduce(0) { $0 + $1.extent.height }
    let height = max(code.extent.height, hintHeight) + 3 * density
    return Section(height: height + 3 * density) { [hints] draft, y in
      let box = Box(
        x: PosterComposer.left, y: y, width: PosterComposer.width, height: height)
      draft.elements.append(.frame(box, radius: 2, line: 0.5, .accent))
      var line = y + (height - hintHeight) / 2
      for (index, hint) in hints.enumerated() {
        draft.put(
          hint, x: box.x + padding, y: line, width: hintWidth, index == 0 ? .black : .grey)
        line += hint.extent.height
      }
      draft.put(
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
      for (index, language) in texts.enumerated() {
        let text =
          switch step {
          case 0: language.pointCamera
          case 1: language.linkTexts(host: sheet.host).step
          default: language.texts(for: sheet.direction).lastStep
          }
        lines.append(
          try setter.fitted(
            try setter.printable(text, in: .steps), as: .steps,
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
    return Section(height: height + 2.5 * density) { [columns] draft, y in
      for (index, column) in columns.enumerated() {
        let x = PosterComposer.left + Double(index) * (columnWidth + gap)
        draft.elements.append(
          .fill(Box(x: x, y: y, width: disc, height: disc), radius: disc / 2, .accent))
        // Digits have no descenders: centre what is seen, not the line.
        let ink = column.number.ink
        draft.put(
          column.number, x: x, y: y + disc / 2 - (ink.y + ink.height / 2), width: disc, .white)
        var line = y
        for (index, paragraph) in column.lines.enumerated() {
          draft.put(
            paragraph, x: x + disc + 2, y: line, width: textWidth, index == 0 ? .black : .grey)
          line += paragraph.extent.height
        }
      }
    }
  }

  /// Dates, print number and hotline under a rule, and the notice under them.
  private func record(_ density: Double) throws(PosterError) -> Section {
    func labels(_ label: (PosterLanguage) -> String) -> String {
      texts.map(label).joined(separator: " · ")
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
    return Section(height: height) { [set, notice] draft, y in
      draft.elements.append(
        .fill(
          Box(x: PosterComposer.left, y: y, width: PosterComposer.width, height: 0.4), radius: 0,
          .accent))
      for (index, cell) in set.enumerated() {
        let x = PosterComposer.left + Double(index) * (cellWidth + gap)
        draft.put(cell.label, x: x, y: y + rule, width: cellWidth, .grey)
        draft.put(cell.value, x: x, y: y + rule + labelHeight, width: cellWidth, .black)
      }
      if let notice {
        draft.put(
          notice, x: PosterComposer.left, y: y + rule + labelHeight + valueHeight,
          width: PosterComposer.width, .grey)
      }
    }
  }

  /// The date that is so many days after 1970-01-01.
  static func day(since1970 days: Int) -> LocalDay {
    LocalDay(daysSince2020: Int32(clamping: days - LocalDay.epochOffset))
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
