internal import VenueCodes

/// A PDF file of any number of pages, each of which is on its way to the disk as soon as it is drawn.
///
/// Ten thousand posters take no more memory than one: kept are the letters that were used, the places
/// of the objects, and the paragraphs of the last pages.
///
///     try PosterDocument.write(to: "Output/Quận Ngô Quyền.pdf", title: …, author: …, …) { document in
///       for venue in venues { try document.append(PosterPage(sheet(of: venue), symbol(of: venue))) }
///     }
///
/// What is written is not read back here; prove the pages that matter with `PosterFile`.
public struct PosterDocument: ~Copyable {
  private var writer: PDFWriter
  private let catalog: PDFWriter.Reference
  private let information: PDFWriter.Reference
  private let tree: PDFWriter.Reference
  private let fontList: PDFWriter.Reference
  private var fonts: [PDFFont] = []
  /// The pages are in groups, so that a viewer finds one of thousands at once.
  private var groups: [(reference: PDFWriter.Reference, pages: [PDFWriter.Reference])] = []
  private var pageCount = 0
  /// The language of the first page, which readers take for the file's.
  private var language = "vi"
  /// What paragraphs look like in the file; a paragraph is held, so that its identity stays its own.
  private var fragments: [ObjectIdentifier: (paragraph: Paragraph, text: PDFText)] = [:]
  private let properties: (title: String, author: String, madeAtSecond: Int64)

  private static let groupSize = 100
  private static let fragmentCapacity = 1_024

  /// Begins a file.
  ///
  /// - Parameters:
  ///   - title: What the file's properties call it.
  ///   - author: Who issues it.
  ///   - madeAtSecond: The time of making, in seconds since 1970.
  ///   - sink: Takes the bytes, some tens of thousands at a time.
  /// - Throws: `PosterError.drawingFailed` when memory runs out.
  package init(
    title: String, author: String, madeAtSecond: Int64,
    to sink: @escaping ([UInt8]) throws(PosterError) -> Void
  ) throws(PosterError) {
    writer = try PDFWriter(to: sink)
    catalog = writer.reserve()
    information = writer.reserve()
    tree = writer.reserve()
    fontList = writer.reserve()
    properties = (title, author, madeAtSecond)
  }

  /// Writes a file of pages: whole, or not at all.
  ///
  /// - Parameters:
  ///   - path: Where to; a file that is there is replaced, its folder must exist.
  ///   - title: What the file's properties call it.
  ///   - author: Who issues it.
  ///   - madeAtSecond: The time of making, in seconds since 1970; with the same one, the same pages give
  ///     the same bytes.
  ///   - pages: Appends the pages, one at least.
  /// - Throws: What the closure throws, or `PosterError.notWritten`.
  public static func write(
    to path: String, title: String, author: String, madeAtSecond: Int64,
    pages: (inout PosterDocument) throws -> Void
  ) throws {
    var draft = try FileDraft(path: path)
    let descriptor = draft.descriptor
    var document = try PosterDocument(
      title: title, author: author, madeAtSecond: madeAtSecond
    ) { bytes throws(PosterError) in
      try FileDraft.write(bytes, to: descriptor, path: path)
    }
    try pages(&document)
    try document.finish()
    try draft.publish()
  }

  /// Draws a page after those that are there.
  ///
  /// - Parameter page: The page.
  /// - Throws: `PosterError.notWritten` or `.drawingFailed`; the file is then of no use.
  public mutating func append(_ page: PosterPage) throws(PosterError) {
    if pageCount == 0, let tag = page.language { language = tag }
    let points = Measure.pointsPerMillimetre
    let (width, height) = (page.layout.page.width * points, page.layout.page.height * points)
    var content = PDFText()
    // From here on, millimetres from the top left corner.
    content.append(points)
    content.append("0 0 ")
    content.append(-points)
    content.append("0 ")
    content.append(height)
    content.append("cm\n")
    var forms: [ObjectIdentifier: PDFWriter.Reference] = [:]
    for placement in page.placements {
      let place = placement.matrix
      let identity = ObjectIdentifier(placement.face)
      content.append("q ")
      for number in [place.xx, place.yx, place.xy, place.yy, place.x0, place.y0] {
        content.append(number)
      }
      content.append("cm\n")
      if page.placements.filter({ $0.face === placement.face }).count == 1 {
        try draw(placement.face, on: &content)
      } else {
        // A face that stands in many places is drawn once and shown in each.
        if forms[identity] == nil { forms[identity] = try form(of: placement.face) }
        if let form = forms[identity] {
          content.append("/X")
          content.append(form.number)
          content.append(" Do\n")
        }
      }
      content.append("Q\n")
    }
    let contents = writer.reserve()
    try writer.write(stream: content.bytes, as: contents)

    if pageCount % PosterDocument.groupSize == 0 { groups.append((writer.reserve(), [])) }
    let reference = writer.reserve()
    var entries = PDFText()
    entries.append("<</Type/Page/Parent ")
    entries.append(groups[groups.count - 1].reference)
    entries.append("/MediaBox[0 0 ")
    entries.append(width)
    entries.append(height)
    entries.append("]")
    if let trim = page.trim {
      // A print shop's program cuts at the first and lets ink run to the second.
      for (name, bleed) in [("TrimBox", 0), ("BleedBox", PosterPage.bleed)] {
        entries.append("/\(name)[")
        entries.append((trim.x - bleed) * points)
        entries.append(height - (trim.maxY + bleed) * points)
        entries.append((trim.maxX + bleed) * points)
        entries.append(height - (trim.y - bleed) * points)
        entries.append("]")
      }
    }
    entries.append("/Resources<</Font ")
    entries.append(fontList)
    if !forms.isEmpty {
      entries.append("/XObject<<")
      for form in forms.values.sorted(by: { $0.number < $1.number }) {
        entries.append("/X")
        entries.append(form.number)
        entries.append(" ")
        entries.append(form)
      }
      entries.append(">>")
    }
    entries.append(">>/Contents ")
    entries.append(contents)
    entries.append(">>")
    try writer.write(entries, as: reference)
    groups[groups.count - 1].pages.append(reference)
    pageCount += 1
  }

  /// Writes what the pages have in common, after which the file is whole.
  ///
  /// - Throws: `PosterError.notWritten` or `.drawingFailed`, the latter also when there is no page.
  package consuming func finish() throws(PosterError) {
    guard pageCount > 0 else { throw .drawingFailed(reason: "a PDF without a page") }
    var entries = PDFText()
    for group in groups {
      entries = PDFText()
      entries.append("<</Type/Pages/Parent ")
      entries.append(tree)
      PosterDocument.append(kids: group.pages, pageCount: group.pages.count, to: &entries)
      try writer.write(entries, as: group.reference)
    }
    entries = PDFText()
    entries.append("<</Type/Pages")
    PosterDocument.append(
      kids: groups.map(\.reference), pageCount: pageCount, to: &entries)
    try writer.write(entries, as: tree)

    entries = PDFText()
    entries.append("<<")
    for font in fonts {
      entries.append("/")
      entries.append(font.name)
      entries.append(" ")
      entries.append(font.reference)
      try font.write(to: &writer)
    }
    entries.append(">>")
    try writer.write(entries, as: fontList)

    entries = PDFText()
    entries.append("<</Type/Catalog/Pages ")
    entries.append(tree)
    entries.append("/Lang(\(language))/ViewerPreferences<</DisplayDocTitle true>>>>")
    try writer.write(entries, as: catalog)

    entries = PDFText()
    entries.append("<</Title ")
    entries.append(string: properties.title)
    entries.append("/Author ")
    entries.append(string: properties.author)
    entries.append("/Creator(checkin)/Producer(checkin)/CreationDate(D:")
    entries.append(PosterDocument.timestamp(properties.madeAtSecond))
    entries.append(")>>")
    try writer.write(entries, as: information)
    try writer.finish(catalog: catalog, information: information)
  }

  private static func append(
    kids: [PDFWriter.Reference], pageCount: Int, to entries: inout PDFText
  ) {
    entries.append("/Count ")
    entries.append(pageCount)
    entries.append("/Kids[")
    for kid in kids {
      entries.append(kid)
      entries.append(" ")
    }
    entries.append("]>>")
  }

  // MARK: - Faces

  /// Writes a face as a form, which pages show by its number.
  private mutating func form(of face: PosterFace) throws(PosterError) -> PDFWriter.Reference {
    var content = PDFText()
    try draw(face, on: &content)
    // With room for what stands out of the face, such as bleed.
    let margin = 20.0
    var entries = PDFText()
    entries.append("/Type/XObject/Subtype/Form/BBox[")
    for edge in [-margin, -margin, face.width + margin, face.height + margin] {
      entries.append(edge)
    }
    entries.append("]/Resources<</Font ")
    entries.append(fontList)
    entries.append(">>")
    let reference = writer.reserve()
    try writer.write(stream: content.bytes, entries: entries, as: reference)
    return reference
  }

  private mutating func draw(_ face: PosterFace, on content: inout PDFText) throws(PosterError) {
    for element in face.elements {
      switch element.drawing {
      case .text(let paragraph, let x, let y, let colour):
        content.append(fill: colour)
        content.append("q 1 0 0 1 ")
        content.append(x)
        content.append(y)
        content.append("cm\n")
        content.append(try fragment(of: paragraph))
        content.append("Q\n")
      case .path(let path, let line, let colour):
        content.append(path)
        if let line {
          content.append(stroke: colour)
          content.append(line)
          content.append("w S\n")
        } else {
          content.append(fill: colour)
          content.append("f\n")
        }
      }
    }
    if let symbol = face.symbol, let box = face.layout.symbol?.modules {
      content.append(symbol, in: box)
    }
  }

  // MARK: - Text

  /// What a paragraph looks like in the file, with its origin at 0.
  private mutating func fragment(of paragraph: Paragraph) throws(PosterError) -> PDFText {
    let identity = ObjectIdentifier(paragraph)
    if let known = fragments[identity] { return known.text }
    let text = try text(of: paragraph)
    if fragments.count >= PosterDocument.fragmentCapacity {
      fragments.removeAll(keepingCapacity: true)
    }
    fragments[identity] = (paragraph, text)
    return text
  }

  private mutating func text(of paragraph: Paragraph) throws(PosterError) -> PDFText {
    let place = placeOfFont(for: paragraph.typeface)
    let size = paragraph.style.size
    let bytes = Array(paragraph.text.utf8)
    var line = PDFTextLine(font: fonts[place].name, size: size)
    var next = 0
    while next < paragraph.glyphs.count {
      // A letter, and the marks that came with it.
      let start = next
      repeat {
        next += 1
      } while next < paragraph.glyphs.count
        && paragraph.glyphs[next].text.isEmpty
      let meaning = String(decoding: bytes[paragraph.glyphs[start].text], as: UTF8.self)
      let isPlain = next == start + 1
      if !isPlain { line.beginSpan(meaning: meaning) }
      // Marks go first: readers take the room up to the last glyph's end for the letter's, and see a
      // blank where it ends under the letter.
      for glyph in paragraph.glyphs[start..<next].reversed() {
        line.append(
          code: try fonts[place].code(of: glyph.id, meaning: isPlain ? meaning : ""), x: glyph.x,
          y: glyph.y, advance: paragraph.typeface.advance(of: glyph.id))
      }
      if !isPlain { line.endSpan() }
    }
    return line.finished()
  }

  private mutating func placeOfFont(for typeface: Typeface) -> Int {
    if let place = fonts.firstIndex(where: { $0.postScriptName == typeface.postScriptName }) {
      return place
    }
    fonts.append(PDFFont(typeface, name: "F\(fonts.count)", reference: writer.reserve()))
    return fonts.count - 1
  }

  /// A time as PDF properties take it, in UTC.
  private static func timestamp(_ second: Int64) -> String {
    let bounded = min(max(second, 0), 253_402_300_799)  // to the end of the year 9999
    let (day, rest) = bounded.quotientAndRemainder(dividingBy: 86_400)
    func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let date = LocalDay(daysSince2020: Int32(clamping: Int(day) - LocalDay.epochOffset))
    return "\(date)".filter { $0 != "-" }
      + "\(padded(rest / 3_600))\(padded(rest / 60 % 60))\(padded(rest % 60))Z"
  }
}

extension PosterPage {
  /// Draws the page as a file of its own.
  ///
  /// The same sheet and code give the same bytes with the same libraries and fonts, because the
  /// time in the file's properties is the sheet's.
  ///
  /// - Returns: The bytes of a PDF of one page, fonts embedded.
  /// - Throws: `PosterError.drawingFailed`.
  public func pdf() throws(PosterError) -> [UInt8] {
    let bytes = ByteSink()
    var document = try PosterDocument(
      title: title, author: author, madeAtSecond: madeAtSecond
    ) { (more) throws(PosterError) in bytes.bytes += more }
    try document.append(self)
    try document.finish()
    return bytes.bytes
  }
}

/// Collects what a document writes.
private final class ByteSink {
  var bytes: [UInt8] = []
}
