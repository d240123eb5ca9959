internal import Campaign

/// Fills the pages of a leaflet from top to bottom.
struct LeafletFlow: ~Copyable {
  private typealias Box = PosterLayout.Box

  /// The parts of the best size that are tried; in the last one everything has its smallest.
  static let scales = [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.45]

  private static let page = Box(x: 0, y: 0, width: 210, height: 297)
  private static let printable = page.inset(12)
  private static let left = 18.0
  private static let right = 192.0
  private static let top = 12.5
  private static let bottom = 278.0
  private static let foot = 280.0
  /// What is between two columns.
  private static let gutter = 6.0
  /// The part of the width that the main language has beside the other, which is in smaller type.
  private static let mainPart = 0.515

  /// The smallest that the code may be, in millimetres without its quiet zone.
  private static let leastCode = 30.5

  /// The letters that are set at once: more than go on a page in the smallest type.
  private static let mostLetters = 20_000

  /// How a text looks, and how small it may become.
  private struct Look {
    var style: TextStyle
    var colour = PosterColour.black
    /// How far it is moved in, in millimetres.
    var indent = 0.0
    /// Whether it has a bar at its left, so that it is found at once.
    var hasBar = false
  }

  /// What is on one page.
  private struct Side {
    var elements: [PosterElement] = []
    var blocks: [PosterLayout.Block] = []
    var code: PosterLayout.Symbol?
  }

  private let setter: Typesetter
  private let scale: Double
  private var sides = [Side()]
  private var y = LeafletFlow.top
  /// Where lines begin and end.
  private var column = LeafletFlow.left...LeafletFlow.right

  private init(scale: Double) throws(PosterError) {
    setter = try Typesetter(family: KitLeaflet.family)
    self.scale = scale
  }

  /// Sets a leaflet with its texts at a part of their best size.
  static func pages(
    of leaflet: KitLeaflet, scale: Double
  ) throws(PosterError) -> [PosterPage] {
    var flow = try LeafletFlow(scale: scale)
    try flow.addTexts(of: leaflet)
    try flow.addCode(of: leaflet)
    try flow.addFeet(leaflet.mark)
    return flow.finished(leaflet)
  }

  private func finished(_ leaflet: KitLeaflet) -> [PosterPage] {
    sides.map { side in
      PosterPage(
        face: PosterFace(
          width: LeafletFlow.page.width, height: LeafletFlow.page.height,
          elements: side.elements, symbol: side.code == nil ? nil : leaflet.install,
          layout: PosterLayout.Face(
            printable: LeafletFlow.printable, symbol: side.code, blocks: side.blocks)),
        title: leaflet.title, author: "checkin", madeAtSecond: 0)
    }
  }

  private func style(
    _ size: Double, least: Double, _ weight: TextStyle.Weight = .regular, lineHeight: Double = 0.88
  ) -> TextStyle {
    TextStyle(size: max(least, size * scale), weight: weight, lineHeight: lineHeight)
  }

  // MARK: Texts

  private mutating func addTexts(of leaflet: KitLeaflet) throws(PosterError) {
    if let heading = leaflet.heading {
      try add(heading, Look(style: style(24, least: 14, .bold), colour: .accent))
      y += 6 * scale
    }
    try add(instructions: leaflet.instructions)
    // Alone on its page, an announcement is set so that a reader can hold it at arm's length.
    let isAlone = leaflet.instructions.isEmpty
    for (index, passage) in leaflet.announcements.enumerated() {
      let isMain = index == 0
      let size = isMain ? (isAlone ? 19.0 : 14) : (isAlone ? 14.0 : 11)
      let look = Look(
        style: style(size, least: isMain ? 12 : 9, lineHeight: isMain ? 0.92 : 0.88), indent: 5,
        hasBar: true)
      let gap = (isAlone ? 2.5 : 1) * scale
      if let tenths = passage.tenths {
        try add(
          LeafletWords.readAloud(passage.language, tenths: tenths),
          Look(style: style(10.5, least: 9, .bold), colour: .accent),
          keeping: try height(of: passage.text, look, gap: gap))
        y += 0.8
      }
      try add(lines: passage.text, look, gap: gap)
      y += 2.5 * scale
    }
  }

  /// Adds two languages beside each other where the page has the room, and else one below the other.
  private mutating func add(instructions passages: [KitLeaflet.Passage]) throws(PosterError) {
    if passages.count == 2 {
      let (before, top) = (sides, y)
      let width = LeafletFlow.right - LeafletFlow.left - LeafletFlow.gutter
      let middle = LeafletFlow.left + LeafletFlow.mainPart * width
      var bottom = y
      for (index, passage) in passages.enumerated() where sides.count == before.count {
        column =
          index == 0
          ? LeafletFlow.left...middle : middle + LeafletFlow.gutter...LeafletFlow.right
        y = top
        try add(instructions: passage, isMain: index == 0)
        bottom = max(bottom, y)
      }
      column = LeafletFlow.left...LeafletFlow.right
      y = bottom
      if sides.count == before.count { return }
      (sides, y) = (before, top)
    }
    for (index, passage) in passages.enumerated() {
      try add(instructions: passage, isMain: index == 0)
    }
  }

  private mutating func add(
    instructions passage: KitLeaflet.Passage, isMain: Bool
  ) throws(PosterError) {
    let size = isMain ? 10.5 : 9.5
    var text = Substring(passage.text)
    // A heading is followed by an empty line, and is no text of its own.
    if let end = text.firstRange(of: "\n\n") {
      let look = Look(
        style: style(isMain ? 12.5 : 11, least: isMain ? 10 : 9, .bold), colour: .accent)
      for line in text[..<end.lowerBound].split(separator: "\n") {
        try add(String(line), look, keeping: 20)
      }
      y += 1.5 * scale
      text = text[end.upperBound...]
    }
    try add(lines: String(text), Look(style: style(size, least: 9)), gap: 0.5 * scale)
    y += 2.5 * scale
  }

  /// The height of paragraphs, so that they can be kept together; more than a page has is told as no
  /// height at all.
  private func height(
    of text: String, _ look: Look, gap: Double
  ) throws(PosterError) -> Double {
    let most = LeafletFlow.bottom - LeafletFlow.top - 10
    guard text.count < LeafletFlow.mostLetters else { return 0 }
    var height = 0.0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      guard !line.isEmpty else {
        height += 2 * scale
        continue
      }
      let paragraph = try setter.paragraph(
        String(line), as: .document, in: look.style,
        width: column.upperBound - column.lowerBound - look.indent)
      height += paragraph.extent.height + gap
    }
    return height > most ? 0 : height
  }

  /// Adds a paragraph for each line; numbers of a list stand before their paragraphs.
  private mutating func add(lines text: String, _ look: Look, gap: Double) throws(PosterError) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty {
        y += 2 * scale
        continue
      }
      let number = line.prefix { $0.isASCII && $0.isNumber }
      let rest = line.dropFirst(number.count)
      if !number.isEmpty, number.count < 4, rest.hasPrefix(". "), rest.count > 2 {
        let label = try setter.paragraph(
          "\(number).", as: .document, in: look.style, width: nil)
        var inner = look
        inner.indent += max(label.extent.width + 1.5, 0.62 * look.style.size)
        try add(String(rest.dropFirst(2)), inner, label: label, labelIndent: look.indent)
      } else {
        try add(String(line), look)
      }
      y += gap
    }
  }

  /// Adds a paragraph; one that does not fit goes to the next page, and one longer than a page on to
  /// it.
  ///
  /// - Parameters:
  ///   - text: The text, checked.
  ///   - look: How it looks.
  ///   - label: What stands before its first line.
  ///   - labelIndent: How far that is moved in.
  ///   - keeping: The height of what must follow on the same page.
  /// - Throws: `PosterError.noRoom` when not one letter fits on a page.
  private mutating func add(
    _ text: String, _ look: Look, label: Paragraph? = nil, labelIndent: Double = 0,
    keeping: Double = 0
  ) throws(PosterError) {
    let width = column.upperBound - column.lowerBound - look.indent
    var rest = Substring(text)
    var label = label
    while !rest.isEmpty {
      let piece = rest.prefix(LeafletFlow.mostLetters)
      let whole = try setter.paragraph(
        String(piece), as: .document, in: look.style, width: width)
      let isLast = piece.endIndex == rest.endIndex
      let needed = whole.extent.height + keeping
      let first: Paragraph
      if isLast, needed <= LeafletFlow.bottom - y {
        first = whole
        rest = rest[piece.endIndex...]
      } else if y > LeafletFlow.top, needed <= LeafletFlow.bottom - LeafletFlow.top {
        breakPage()
        continue
      } else if let (part, end) = try fitting(piece, look.style, width: width) {
        first = part
        rest = rest[end...].drop { $0 == " " }
      } else if y > LeafletFlow.top {
        breakPage()
        continue
      } else {
        throw .noRoom(.document)
      }
      if let label {
        put(label, x: column.lowerBound + labelIndent, look.colour)
      }
      label = nil
      if look.hasBar {
        sides[sides.count - 1].elements.append(
          .fill(
            Box(x: column.lowerBound, y: y, width: 1.2, height: first.extent.height), radius: 0,
            .accent))
      }
      put(first, x: column.lowerBound + look.indent, look.colour)
      y += first.extent.height
      if !rest.isEmpty { breakPage() }
    }
  }

  /// The longest beginning of a text that fits on the rest of the page, ending with a word where it
  /// can; nil when not one letter does.
  private func fitting(
    _ text: Substring, _ style: TextStyle, width: Double
  ) throws(PosterError) -> (Paragraph, end: Substring.Index)? {
    let ends = text.indices.dropFirst()
    for candidates in [ends.filter { text[$0] == " " }, Array(ends)] {
      var found: (Paragraph, Substring.Index)?
      var range = candidates.indices
      while !range.isEmpty {
        let middle = range.lowerBound + range.count / 2
        let part = try setter.paragraph(
          String(text[..<candidates[middle]]), as: .document, in: style, width: width)
        if part.extent.height <= LeafletFlow.bottom - y {
          found = (part, candidates[middle])
          range = middle + 1..<range.upperBound
        } else {
          range = range.lowerBound..<middle
        }
      }
      if let found { return found }
    }
    return nil
  }

  // MARK: The code

  /// Adds the code with what it is for at its side and its link, to be typed, under it.
  private mutating func addCode(of leaflet: KitLeaflet) throws(PosterError) {
    let symbol = leaflet.install
    let module = max(LeafletFlow.leastCode / Double(symbol.side), SheetKind.leastModule)
    let quiet = module * Double(QRSymbol.quietZone)
    let zone = module * Double(symbol.side) + 2 * quiet
    let x = LeafletFlow.left - quiet  // its dark modules begin where the texts do
    let beside = x + zone + 4
    let width = LeafletFlow.right - beside

    var captions: [(paragraph: Paragraph, colour: PosterColour)] = []
    let languages = leaflet.announcements.map(\.language)
    for (index, language) in languages.enumerated() {
      let isMain = index == 0
      captions.append(
        (
          try setter.fitted(
            LeafletWords.install(language, app: leaflet.app), as: .document,
            in: style(isMain ? 14 : 11, least: 9, isMain ? .bold : .regular), least: 9,
            width: width, height: zone / 4), isMain ? .accent : .black
        ))
    }
    for language in languages {
      guard let text = LeafletWords.unsigned[language] else { continue }
      captions.append(
        (
          try setter.fitted(
            text, as: .document, in: style(9, least: 9), least: 9, width: width,
            height: zone / 4), .grey
        ))
    }
    let links = try lines(of: symbol.text, style(11, least: 9, .bold))
    let captionGap = 1.5
    let captionHeight = captions.reduce(0) { $0 + $1.paragraph.extent.height + captionGap }
    let height =
      max(zone, captionHeight) + links.reduce(0) { $0 + $1.extent.height } + 1
    if y + height > LeafletFlow.bottom, y > LeafletFlow.top { breakPage() }

    let top = y
    sides[sides.count - 1].code = PosterLayout.Symbol(
      modules: Box(
        x: x + quiet, y: top + quiet, width: zone - 2 * quiet, height: zone - 2 * quiet),
      quietZone: Box(x: x, y: top, width: zone, height: zone))
    y = top + max(0, (zone - captionHeight) / 2)
    for caption in captions {
      put(caption.paragraph, x: beside, caption.colour)
      y += caption.paragraph.extent.height + captionGap
    }
    y = top + max(zone, captionHeight) + 1
    for line in links {
      put(line, x: LeafletFlow.left, .black)
      y += line.extent.height
    }
  }

  /// Breaks a link between letters, without the hyphen that a word would get: it is to be typed.
  private func lines(of link: String, _ style: TextStyle) throws(PosterError) -> [Paragraph] {
    var lines: [Paragraph] = []
    var rest = Substring(link)
    while !rest.isEmpty {
      var count = min(rest.count, 200)
      var line = try setter.paragraph(
        String(rest.prefix(count)), as: .document, in: style, width: nil)
      while count > 1, line.extent.width > LeafletFlow.right - LeafletFlow.left {
        count -= 1
        line = try setter.paragraph(
          String(rest.prefix(count)), as: .document, in: style, width: nil)
      }
      lines.append(line)
      rest = rest.dropFirst(count)
    }
    return lines
  }

  // MARK: Pages

  private mutating func breakPage() {
    sides.append(Side())
    y = LeafletFlow.top
  }

  /// Puts a paragraph at the present height.
  private mutating func put(_ paragraph: Paragraph, x: Double, _ colour: PosterColour) {
    let (block, element) = PosterComposer.placed(
      paragraph, x: x, y: y, width: paragraph.extent.width, colour)
    sides[sides.count - 1].elements.append(element)
    sides[sides.count - 1].blocks.append(block)
  }

  /// Writes at the foot of every page, once their number is known.
  private mutating func addFeet(_ mark: String) throws(PosterError) {
    let style = TextStyle(size: 9)
    for index in sides.indices {
      let text = sides.count == 1 ? mark : "\(mark) – \(index + 1)/\(sides.count)"
      let paragraph = try setter.fitted(
        text, as: .document, in: style, least: 9, width: LeafletFlow.right - LeafletFlow.left,
        height: LeafletFlow.printable.maxY - LeafletFlow.foot, mostLines: 1)
      let (block, element) = PosterComposer.placed(
        paragraph, x: LeafletFlow.left, y: LeafletFlow.foot, width: paragraph.extent.width, .grey)
      sides[index].elements += [
        .line(
          [
            PosterPath.Point(x: LeafletFlow.left, y: LeafletFlow.foot - 1),
            PosterPath.Point(x: LeafletFlow.right, y: LeafletFlow.foot - 1),
          ], width: 0.15, .rule), element,
      ]
      sides[index].blocks.append(block)
    }
  }
}
