/// Fills pages from top to bottom: paragraphs, tables whose headings come again, and boxes of a height.
struct ReportFlow: ~Copyable {
  /// How a text of a report looks.
  struct Look {
    var size: Double  // points
    var isBold = false
    var isCentred = false
    var colour = PosterColour.black
    /// Tables and charts are in the plain typeface, which is narrower and clearer in small type.
    var isPlain = false

    static let body = Look(size: 13)
    static let small = Look(size: 8, colour: .grey, isPlain: true)
    static let cell = Look(size: 7.5, isPlain: true)
  }

  /// A column of a table.
  struct Column {
    var heading: String
    var second: String?
    var width: Double
    var isNumber = false
  }

  /// A row of a table.
  struct Row {
    var cells: [String]
    var isBold = false
    /// A row whose first cell goes over all columns.
    var isHeading = false
    /// How far the first cell is moved in, in millimetres.
    var indent = 0.0
  }

  private let serif: Typesetter
  private let plain: Typesetter
  private(set) var pages = [ReportPage()]
  /// Where the next thing goes.
  var y = ReportPage.top

  private init(serif: consuming Typesetter, plain: consuming Typesetter) {
    self.serif = serif
    self.plain = plain
  }

  /// Begins the first page.
  static func making() throws(PosterError) -> ReportFlow {
    let serif = try Typesetter(family: "Noto Serif")
    let plain = try Typesetter(family: "Noto Sans")
    return ReportFlow(serif: serif, plain: plain)
  }

  // MARK: Texts

  /// Sets a text; what the typeface has no picture for becomes a question mark, because a report about
  /// ten thousand venues must not fail for one name.
  func paragraph(_ text: String, _ look: Look, width: Double?) throws(PosterError) -> Paragraph {
    var text = text
    var composed = ""
    while true {
      do throws(PosterError) {
        composed =
          try look.isPlain
          ? plain.printable(text, in: .document) : serif.printable(text, in: .document)
        break
      } catch {
        switch error {
        case .glyphMissing(let scalar, _, _), .characterNotPrintable(let scalar, _):
          text = String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0 == scalar ? "?" : $0 }))
        default: throw error
        }
      }
    }
    let style = TextStyle(
      size: look.size, weight: look.isBold ? .bold : .regular,
      alignment: look.isCentred ? .centre : .left, lineHeight: 0.95)
    if look.isPlain {
      return try plain.paragraph(composed, as: .document, in: style, width: width)
    }
    return try serif.paragraph(composed, as: .document, in: style, width: width)
  }

  /// Puts a text at a place and returns its height.
  @discardableResult
  mutating func put(
    _ text: String, _ look: Look, x: Double, y: Double, width: Double?
  ) throws(PosterError) -> Double {
    let paragraph = try paragraph(text, look, width: width)
    mark(.text(paragraph, x: x, y: y, look.colour))
    return paragraph.extent.height
  }

  /// Puts a text so that it ends at a place.
  mutating func putRight(
    _ text: String, _ look: Look, right: Double, y: Double
  ) throws(PosterError) {
    let paragraph = try paragraph(text, look, width: nil)
    mark(.text(paragraph, x: right - paragraph.extent.width, y: y, look.colour))
  }

  /// Adds a paragraph over the whole measure.
  mutating func add(_ text: String, _ look: Look, after gap: Double = 2) throws(PosterError) {
    let paragraph = try paragraph(text, look, width: ReportPage.measure)
    reserve(paragraph.extent.height)
    mark(.text(paragraph, x: ReportPage.left, y: y, look.colour))
    y += paragraph.extent.height + gap
  }

  /// Adds a heading that is not left alone at the end of a page.
  mutating func addHeading(
    _ text: String, second: String?, room: Double = 30
  ) throws(PosterError) {
    if y > ReportPage.top { y += 3 }
    reserve(room)
    let look = Look(size: 12, isBold: true)
    var paragraph = try paragraph(text, look, width: nil)
    if paragraph.extent.width > ReportPage.measure {
      paragraph = try self.paragraph(text, look, width: ReportPage.measure)
    }
    mark(.text(paragraph, x: ReportPage.left, y: y, .black))
    if let second {
      let small = Look(size: 9, colour: .grey)
      let beside = ReportPage.left + paragraph.extent.width + 3
      let other = try self.paragraph(second, small, width: nil)
      if beside + other.extent.width <= ReportPage.right {
        mark(
          .text(
            other, x: beside, y: y + paragraph.extent.height - other.extent.height - 0.4, .grey))
      }
    }
    y += paragraph.extent.height + 2
  }

  // MARK: Pages

  /// Begins a page.
  mutating func breakPage() {
    pages.append(ReportPage())
    y = ReportPage.top
  }

  /// Begins a page when so much does not fit on this one.
  mutating func reserve(_ height: Double) {
    if y + height > ReportPage.bottom, y > ReportPage.top { breakPage() }
  }

  mutating func mark(_ mark: ReportMark) { pages[pages.count - 1].marks.append(mark) }

  /// Writes at the foot of every page, once their number is known.
  mutating func addFeet(
    _ text: String, number: (_ page: Int, _ of: Int) -> String
  ) throws(PosterError) {
    let look = Look(size: 8, colour: .grey, isPlain: true)
    for index in pages.indices {
      let left = try paragraph(text, look, width: nil)
      let right = try paragraph(number(index + 1, pages.count), look, width: nil)
      let y = ReportPage.height - 14
      pages[index].marks += [
        .line([(ReportPage.left, y - 1.5), (ReportPage.right, y - 1.5)], width: 0.15, .rule),
        .text(left, x: ReportPage.left, y: y, .grey),
        .text(right, x: ReportPage.right - right.extent.width, y: y, .grey),
      ]
    }
  }

  // MARK: Tables

  /// Adds a table; its heading comes again on every page.
  mutating func add(_ columns: [Column], rows: some Sequence<Row>) throws(PosterError) {
    let headings = try headings(columns)
    var isOpen = false
    for row in rows {
      let cells = try cells(of: row, columns)
      let height = (cells.map(\.extent.height).max() ?? 3) + 1.6
      if !isOpen || y + height > ReportPage.bottom {
        if isOpen {
          breakPage()
        } else {
          reserve(headings.height + 2 * height)
        }
        put(headings, columns)
        isOpen = true
      }
      put(cells, of: row, columns, height: height)
    }
    y += 3
  }

  private struct Headings {
    var texts: [(first: Paragraph, second: Paragraph?)]
    var height: Double
  }

  private func headings(_ columns: [Column]) throws(PosterError) -> Headings {
    var texts: [(first: Paragraph, second: Paragraph?)] = []
    for column in columns {
      let first = try paragraph(
        column.heading, Look(size: 7, isBold: true, isPlain: true), width: column.width - 2)
      var second: Paragraph?
      if let text = column.second {
        second = try paragraph(
          text, Look(size: 6.2, colour: .grey, isPlain: true), width: column.width - 2)
      }
      texts.append((first, second))
    }
    let height =
      texts.map { $0.first.extent.height + ($0.second?.extent.height ?? 0) }.max() ?? 0
    return Headings(texts: texts, height: height + 2.4)
  }

  private mutating func put(_ headings: Headings, _ columns: [Column]) {
    mark(
      .fill(
        PosterLayout.Box(
          x: ReportPage.left, y: y, width: columns.reduce(0) { $0 + $1.width },
          height: headings.height), .pale))
    var x = ReportPage.left
    for (column, text) in zip(columns, headings.texts) {
      mark(.text(text.first, x: x + 1, y: y + 1.2, .black))
      if let second = text.second {
        mark(.text(second, x: x + 1, y: y + 1.2 + text.first.extent.height, .grey))
      }
      x += column.width
    }
    y += headings.height
  }

  private func cells(of row: Row, _ columns: [Column]) throws(PosterError) -> [Paragraph] {
    var look = Look.cell
    look.isBold = row.isBold || row.isHeading
    if row.isHeading {
      return [
        try paragraph(
          row.cells.first ?? "", look, width: columns.reduce(0) { $0 + $1.width } - 2)
      ]
    }
    var cells: [Paragraph] = []
    for (index, (column, cell)) in zip(columns, row.cells).enumerated() {
      let indent = index == 0 ? row.indent : 0
      cells.append(
        try paragraph(cell, look, width: column.isNumber ? nil : column.width - 2 - indent))
    }
    return cells
  }

  private mutating func put(
    _ cells: [Paragraph], of row: Row, _ columns: [Column], height: Double
  ) {
    var x = ReportPage.left
    let width = columns.reduce(0) { $0 + $1.width }
    if row.isHeading {
      mark(
        .fill(PosterLayout.Box(x: x, y: y, width: width, height: height), .pale))
    }
    for (index, (column, cell)) in zip(columns, cells).enumerated() {
      let place =
        column.isNumber && !row.isHeading
        ? x + column.width - 1 - cell.extent.width : x + 1 + (index == 0 ? row.indent : 0)
      mark(.text(cell, x: place, y: y + 0.8, .black))
      x += column.width
    }
    y += height
    mark(
      .line(
        [(ReportPage.left, y), (ReportPage.left + width, y)], width: row.isBold ? 0.3 : 0.12,
        .rule))
  }
}
