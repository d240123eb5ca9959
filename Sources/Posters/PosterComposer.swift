internal import VenueCodes

/// Puts the parts of a face in their places.
///
/// A face has what calls and names, the code, and what explains. The first and the last are measured,
/// the code gets the room between or beside them. The sections are the same on all sheets; the
/// geometry says how large they are and how they are arranged.
struct PosterComposer {
  typealias Box = PosterLayout.Box

  /// The fixed texts of one language, for this sheet, checked.
  struct Words {
    var heading: String
    var tag: String
    var hint: String
    var steps: [String]
    var zone: String
    var issued: String
    var expires: String
    var printSerial: String
    var hotline: String
    var preview: String
    /// What sets them.
    var type: TypeFamily
  }

  /// A typesetter that several languages can share.
  final class TypeFamily {
    let family: String
    let setter: Typesetter

    init(_ family: String) throws(PosterError) {
      self.family = family
      setter = try Typesetter(family: family)
    }
  }

  let kind: SheetKind
  let style: SheetStyle
  let geometry: SheetGeometry
  let symbol: QRSymbol
  let title: String
  /// The sheet with its texts checked and composed.
  let sheet: PosterSheet
  let words: [Words]
  let type: TypeFamily
  /// How tight the texts are set: a part of their best size.
  var density = 1.0
  /// A part of the code's best size.
  var shrink = 1.0

  /// Checks the sheet's texts and looks the typefaces up.
  init(
    sheet: PosterSheet, symbol: QRSymbol, kind: SheetKind, style: SheetStyle, family: String
  ) throws(PosterError) {
    // What the main language is set in sets the names as well.
    let family = sheet.languages.first?.family ?? family
    let type = try TypeFamily(family)
    var clean = sheet
    clean.name = try type.required(sheet.name, .name)
    clean.typedCode = try type.required(sheet.typedCode, .typedCode)
    clean.address = try type.optional(sheet.address, .address)
    clean.zone = try type.optional(sheet.zone, .zone)
    clean.district = try type.optional(sheet.district, .district)
    clean.agency = try type.optional(sheet.agency, .district)
    clean.authority = try type.optional(sheet.authority, .authority)
    clean.hotline = try type.optional(sheet.hotline, .record)
    clean.notice = try type.optional(sheet.notice, .notice)
    clean.host = try type.optional(sheet.host, .steps)
    var words: [Words] = []
    for language in sheet.languages {
      var own = type
      if let wanted = language.family, wanted != family {
        if let known = words.first(where: { $0.type.family == wanted }) {
          own = known.type
        } else {
          own = try TypeFamily(wanted)
        }
      }
      words.append(try Words(language, clean, own))
    }
    guard let main = words.first else { throw .empty(.heading) }
    self.kind = kind
    self.style = style
    self.geometry = SheetGeometry(kind)
    self.sheet = clean
    self.words = words
    self.symbol = symbol
    self.type = type
    let name = "\(main.heading) – \(clean.name)"
    title = style.isPreview ? "\(main.preview.uppercased()) – \(name)" : name
  }

  // MARK: - Sizes

  /// A distance of the A4 poster, on this sheet.
  func distance(_ millimetres: Double) -> Double { millimetres * geometry.scale * density }

  /// A measure that does not yield to long texts.
  func measure(_ millimetres: Double) -> Double { millimetres * geometry.scale }

  /// A style of the A4 poster, on this sheet.
  func style(
    _ size: Double, _ weight: TextStyle.Weight = .regular,
    _ alignment: TextStyle.Alignment = .left, tracking: Double = 0, lineHeight: Double = 0.92
  ) -> TextStyle {
    TextStyle(
      size: max(geometry.leastText, size * geometry.scale * density), weight: weight,
      alignment: alignment, tracking: tracking, lineHeight: lineHeight)
  }

  /// Sets a text in a box, as large as fits; sizes are the A4 poster's.
  func set(
    _ text: String, as part: PosterPart, in style: TextStyle, least: Double, width: Double,
    height: Double, mostLines: Int = .max, by type: TypeFamily? = nil
  ) throws(PosterError) -> Paragraph {
    try (type ?? self.type).setter.fitted(
      text, as: part, in: style,
      least: min(style.size, max(geometry.leastText, least * geometry.scale)), width: width,
      height: height, mostLines: mostLines)
  }

  /// Sets a text in one line, or in more when it would be much smaller in one.
  func setShort(
    _ text: String, as part: PosterPart, in style: TextStyle, least: Double, width: Double,
    mostLines: Int, by type: TypeFamily? = nil
  ) throws(PosterError) -> Paragraph {
    let least = min(style.size, max(geometry.leastText, least * geometry.scale))
    let setter = (type ?? self.type)
    for lines in 1..<mostLines {
      do throws(PosterError) {
        return try setter.setter.fitted(
          text, as: part, in: style, least: max(least, style.size * 0.72), width: width,
          height: .infinity, mostLines: lines)
      } catch {
        guard case .noRoom = error else { throw error }
      }
    }
    return try setter.setter.fitted(
      text, as: part, in: style, least: least, width: width, height: .infinity,
      mostLines: mostLines)
  }

  // MARK: - The face

  /// Sets the face, in smaller and smaller type until the code has its room; only then, and where the
  /// authority lets it, is the code made smaller.
  func face() throws(PosterError) -> PosterFace {
    let sizes = try symbolSizes()
    var problem = PosterError.noRoom(.name)
    for size in sizes {
      // A name that can be read from across a hall is worth more than large notes below the code.
      for (density, leastName) in PosterComposer.trials {
        var composer = self
        composer.density = density
        let least = max(geometry.leastText, leastName * geometry.nameSize)
        do throws(PosterError) {
          return switch geometry.arrangement {
          case .stacked: try composer.stacked(symbolSide: size, leastName: least)
          case .sideBySide: try composer.sideBySide(symbolSide: size, leastName: least)
          case .label: try composer.label(symbolSide: size, leastName: least)
          }
        } catch {
          guard case .noRoom = error else { throw error }
          problem = error
        }
      }
    }
    throw problem
  }

  private static let trials: [(density: Double, leastName: Double)] = [
    (1, 0.7), (0.92, 0.65), (0.84, 0.59), (0.78, 0.53), (0.78, 0.41), (0.68, 0.32),
  ]

  /// The sides of the code to try, best first.
  private func symbolSizes() throws(PosterError) -> [Double] {
    let shrinks = [1, 0.92, 0.84, 0.76]
    let modules = Double(symbol.side)
    guard let minimum = kind.authorityMinimum else {
      return shrinks.map { geometry.side(of: symbol, shrink: $0) }
    }
    let readable = SheetKind.leastModule * modules
    let room = geometry.room(for: symbol)
    let best = min(room, max(geometry.side(of: symbol, shrink: 1), readable))
    guard !style.allowsBelowMinimum else { return shrinks.map { best * $0 } }
    let least = max(minimum, readable)
    // Lengths of millimetres have no use for more exactness than this.
    guard best >= least - 1e-9 else {
      throw .belowMinimum(sheet: kind, size: best, module: best / modules, minimum: minimum)
    }
    return shrinks.map { best * $0 }.filter { $0 >= least - 1e-9 }
  }

  /// Where a code stands whose quiet zone begins at a place.
  func place(_ side: Double, x: Double, y: Double) -> PosterLayout.Symbol {
    let quiet = side / Double(symbol.side) * Double(QRSymbol.quietZone)
    let x = geometry.snapped(x)
    let y = geometry.snapped(y)
    return PosterLayout.Symbol(
      modules: Box(x: x + quiet, y: y + quiet, width: side, height: side),
      quietZone: Box(x: x, y: y, width: side + 2 * quiet, height: side + 2 * quiet))
  }

  /// The side of a code with its quiet zone.
  func quietSide(_ side: Double) -> Double {
    side / Double(symbol.side) * Double(symbol.side + 2 * QRSymbol.quietZone)
  }

  /// Evens the lines out and gives every paragraph its final place.
  func finished(
    _ items: SheetItems, _ place: PosterLayout.Symbol
  ) throws(PosterError) -> PosterFace {
    var layout = PosterLayout.Face(printable: geometry.printable, symbol: place, blocks: [])
    var elements: [PosterElement] = []
    for item in items.list {
      switch item {
      case .shape(let element):
        elements.append(element)
        layout.shapes += element.shapes
      case .text(let rough, let x, let y, let width, let colour, let type):
        let paragraph = try (type ?? self.type).setter.evened(rough)
        let (block, element) = PosterComposer.placed(paragraph, x: x, y: y, width: width, colour)
        elements.append(element)
        layout.blocks.append(block)
      }
    }
    return PosterFace(
      width: geometry.width, height: geometry.height, elements: elements, symbol: symbol,
      layout: layout)
  }

  /// A paragraph whose lines begin at a place and are aligned within a width.
  static func placed(
    _ paragraph: Paragraph, x: Double, y: Double, width: Double, _ colour: PosterColour
  ) -> (PosterLayout.Block, PosterElement) {
    // A paragraph set in one line, or in a narrower measure, is aligned here.
    let measure = paragraph.measure ?? paragraph.extent.width
    let left =
      switch paragraph.style.alignment {
      case .left: x
      case .centre: x + (width - measure) / 2
      }
    let top = y - paragraph.extent.y
    return (
      PosterLayout.Block(
        part: paragraph.part, text: paragraph.text, frame: paragraph.extent.moved(left, top),
        ink: paragraph.ink.moved(left, top), pointSize: paragraph.style.size,
        lineCount: paragraph.lineCount),
      .text(paragraph, x: left, y: top, colour)
    )
  }
}

/// A part that knows its height before its place.
struct SheetSection {
  var height: Double
  var place: (inout SheetItems, Double) -> Void

  /// Nothing.
  static var none: SheetSection { SheetSection(height: 0) { _, _ in } }
}

extension [SheetSection] {
  var height: Double { reduce(0) { $0 + $1.height } }

  /// Places the sections one below the other.
  func place(_ items: inout SheetItems, _ top: Double) {
    var y = top
    for section in self {
      section.place(&items, y)
      y += section.height
    }
  }
}

/// What is on a face, before its lines are evened out.
struct SheetItems {
  enum Item {
    case shape(PosterElement)
    case text(
      Paragraph, x: Double, y: Double, width: Double, PosterColour, PosterComposer.TypeFamily?)
  }

  /// Whether everything that is not white is black.
  let isMono: Bool
  private(set) var list: [Item] = []

  init(isMono: Bool) { self.isMono = isMono }

  mutating func draw(_ element: PosterElement) {
    list.append(.shape(isMono ? element.mono : element))
  }

  /// Puts a paragraph so that its lines begin at a place and are aligned within a width.
  mutating func put(
    _ paragraph: Paragraph, x: Double, y: Double, width: Double, _ colour: PosterColour,
    _ type: PosterComposer.TypeFamily? = nil
  ) {
    list.append(
      .text(paragraph, x: x, y: y, width: width, isMono ? colour.mono : colour, type))
  }
}

extension PosterColour {
  /// The ink of a printer without colour: a tint that a copier drops would be no ink at all.
  var mono: PosterColour { self == .white ? .white : .black }
}

extension PosterElement {
  /// The same in the ink of a printer without colour.
  fileprivate var mono: PosterElement {
    switch self {
    case .text(let paragraph, let x, let y, let colour):
      .text(paragraph, x: x, y: y, colour.mono)
    case .fill(let box, let radius, let colour): .fill(box, radius: radius, colour.mono)
    case .direction(let direction, let box, let colour): .direction(direction, box, colour.mono)
    case .frame(let box, let radius, let line, let colour):
      .frame(box, radius: radius, line: line, colour.mono)
    case .line(let points, let width, let colour): .line(points, width: width, colour.mono)
    }
  }
}

extension PosterComposer.Words {
  fileprivate init(
    _ language: PosterLanguage, _ sheet: PosterSheet, _ type: PosterComposer.TypeFamily
  ) throws(PosterError) {
    let texts = language.texts(for: sheet.direction)
    let link = language.linkTexts(host: sheet.host)
    self.init(
      heading: try type.required(texts.heading, .heading),
      tag: try type.required(texts.tag, .direction),
      hint: try type.required(link.hint, .typedCode),
      steps: [
        try type.required(language.pointCamera, .steps), try type.required(link.step, .steps),
        try type.required(texts.lastStep, .steps),
      ],
      zone: try type.required(language.zone, .zone),
      issued: try type.required(language.issued, .record),
      expires: try type.required(language.expires, .record),
      printSerial: try type.required(language.printSerial, .record),
      hotline: try type.required(language.hotline, .record),
      preview: try type.required(language.preview, .preview), type: type)
  }
}

extension PosterComposer.TypeFamily {
  /// Checks a text that may be left out; one of blanks counts as left out.
  fileprivate func optional(_ text: String?, _ part: PosterPart) throws(PosterError) -> String? {
    guard let text, !text.allSatisfy(\.isWhitespace) else { return nil }
    return try setter.printable(text, in: part)
  }

  /// Checks a text that must be there.
  fileprivate func required(_ text: String, _ part: PosterPart) throws(PosterError) -> String {
    guard let text = try optional(text, part) else { throw .empty(part) }
    return text
  }
}
