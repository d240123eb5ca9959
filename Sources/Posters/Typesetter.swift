internal import CPango
internal import Synchronization

/// Millimetres and points: pages are measured in the first, type in the second.
enum Measure {
  /// Points in a millimetre.
  static let pointsPerMillimetre = 72 / 25.4
}

/// How a paragraph looks.
struct TextStyle: Hashable {
  enum Weight: Hashable { case regular, bold }
  enum Alignment: Hashable { case left, centre }

  var size: Double  // points
  var weight = Weight.regular
  var alignment = Alignment.left
  /// Additional space between letters, in thousandths of the size.
  var tracking = 0.0
  /// Line height as a part of the typeface's own, which is generous.
  var lineHeight = 0.92

  /// The same style in another size.
  func sized(_ size: Double) -> TextStyle {
    var style = self
    style.size = size
    return style
  }
}

/// A paragraph that was set: broken into lines and measured, every letter in its place.
///
/// A class, because paragraphs that many pages have in common are set once and told apart by identity;
/// it never changes.
final class Paragraph {
  /// A letter's picture and where its origin stands.
  struct Glyph {
    /// Its number in the typeface.
    var id: UInt32
    /// From the paragraph's origin to the right, in points.
    var x: Double
    /// From the paragraph's origin down to the baseline, in points.
    var y: Double
    /// The bytes of the text that it stands for; none for a mark that belongs to the glyph before it.
    var text: Range<Int>
  }

  let part: PosterPart
  let text: String
  let style: TextStyle
  /// The width at which its lines break, in millimetres; nil for one line.
  let measure: Double?
  let lineCount: Int
  /// What the lines take up, from the paragraph's origin, in millimetres.
  let extent: PosterLayout.Box
  /// What the letters cover, from the paragraph's origin, in millimetres.
  let ink: PosterLayout.Box
  /// How long the lines are together, in millimetres.
  let naturalWidth: Double
  /// The typeface of all letters.
  let typeface: Typeface
  /// The letters, line after line.
  let glyphs: [Glyph]

  fileprivate init(
    part: PosterPart, text: String, style: TextStyle, measure: Double?, trial: borrowing Trial,
    ink: PosterLayout.Box, typeface: Typeface, glyphs: [Glyph]
  ) {
    self.part = part
    self.text = text
    self.style = style
    self.measure = measure
    self.lineCount = trial.lineCount
    self.extent = trial.extent
    self.ink = ink
    self.naturalWidth = trial.naturalWidth
    self.typeface = typeface
    self.glyphs = glyphs
  }
}

/// Lines that were broken to see whether they fit; most are thrown away.
private struct Trial: ~Copyable {
  let layout: OpaquePointer
  let extent: PosterLayout.Box
  let lineCount: Int

  init(layout: OpaquePointer) {
    self.layout = layout
    var logical = PangoRectangle()
    pango_layout_get_extents(layout, nil, &logical)
    extent = Trial.box(logical)
    lineCount = Int(pango_layout_get_line_count(layout))
  }

  deinit { g_object_unref(UnsafeMutableRawPointer(layout)) }

  /// How long the lines are together, in millimetres.
  var naturalWidth: Double {
    if lineCount == 1 { return extent.width }
    var units: Int32 = 0
    for line in 0..<Int32(lineCount) {
      var logical = PangoRectangle()
      pango_layout_line_get_extents(pango_layout_get_line_readonly(layout, line), nil, &logical)
      units += logical.width
    }
    return Double(units) / Double(PANGO_SCALE) / Measure.pointsPerMillimetre
  }

  static func box(_ rectangle: PangoRectangle) -> PosterLayout.Box {
    let unit = 1 / Double(PANGO_SCALE) / Measure.pointsPerMillimetre
    return PosterLayout.Box(
      x: Double(rectangle.x) * unit, y: Double(rectangle.y) * unit,
      width: Double(rectangle.width) * unit, height: Double(rectangle.height) * unit)
  }
}

/// Sets paragraphs in one typeface, and refuses what it cannot set truly.
///
/// Pango puts another typeface, or an empty box, wherever a letter is missing. On an official sheet
/// either is an error, so substitution is switched off, every character is looked up beforehand, and
/// the typeface that the system came up with is compared with the one that was asked for.
///
/// Fonts, and paragraphs that were set lately, are kept from one typesetter to the next: most of a
/// poster says the same as the one before it.
struct Typesetter: ~Copyable {
  private let shop: TypeShop

  /// Looks the typeface up.
  ///
  /// - Parameter family: The name of the typeface.
  /// - Throws: `PosterError.fontMissing`.
  init(family: String = "Noto Sans") throws(PosterError) {
    self.shop = try TypeShop.free(family: family)
  }

  deinit { TypeShop.give(back: shop) }

  /// Brings a text to composed form (NFC) and checks that every character of it can be printed.
  ///
  /// - Throws: `PosterError.characterNotPrintable` or `.glyphMissing`.
  func printable(_ text: String, in part: PosterPart) throws(PosterError) -> String {
    try shop.printable(text, in: part)
  }

  /// Sets a text that `printable` has returned.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - part: What it is, for errors and layouts.
  ///   - style: How it looks.
  ///   - width: Where lines break, in millimetres; nil for one line.
  ///   - breakingWords: Whether a word too long for a line may be broken; else it sticks out.
  /// - Returns: The paragraph, not yet in a place.
  /// - Throws: `PosterError.fontMissing` when the system used another typeface after all.
  func paragraph(
    _ text: String, as part: PosterPart, in style: TextStyle, width: Double?,
    breakingWords: Bool = true
  ) throws(PosterError) -> Paragraph {
    try shop.remembered(
      .plain(text, part, style, width: width, breakingWords: breakingWords)
    ) { () throws(PosterError) in
      let trial = try shop.trial(text, in: style, width: width, breakingWords: breakingWords)
      return try shop.paragraph(trial, text, as: part, in: style, width: width)
    }
  }

  /// Sets a text as large as fits into a box, from the style's size downward.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - part: What it is, for errors and layouts.
  ///   - style: How it looks at best.
  ///   - least: The smallest size in points.
  ///   - width: The box's width in millimetres.
  ///   - height: The box's height in millimetres.
  ///   - mostLines: The number of lines that are allowed.
  /// - Returns: The paragraph, not yet in a place.
  /// - Throws: `PosterError.noRoom` when it does not fit in the smallest size either.
  func fitted(
    _ text: String, as part: PosterPart, in style: TextStyle, least: Double, width: Double,
    height: Double, mostLines: Int = .max
  ) throws(PosterError) -> Paragraph {
    try shop.remembered(
      .fitted(
        text, part, style, least: least, width: width, height: height, mostLines: mostLines)
    ) { () throws(PosterError) in
      // A word is broken only when no size lets it stand whole.
      for breakingWords in [false, true] {
        var size = style.size
        while true {
          let trial = try shop.trial(
            text, in: style.sized(size), width: width, breakingWords: breakingWords)
          let extent = trial.extent
          if extent.height <= height, extent.width <= width, trial.lineCount <= mostLines {
            return try shop.paragraph(trial, text, as: part, in: style.sized(size), width: width)
          }
          guard size > least else { break }
          // The area that letters cover grows with the square of their size; rounding up and going
          // down by a point at least makes this a search that passes no size by much.
          let ratio = min(
            (height / extent.height).squareRoot(), width / extent.width,
            mostLines == 1 ? width / trial.naturalWidth : 1)
          size = max(least, min(size - 1, (size * ratio).rounded(.up)))
        }
      }
      throw .noRoom(part)
    }
  }

  /// Sets a paragraph again with lines of about one length, so that a long name does not leave one
  /// word alone on its last line; its height stays.
  func evened(_ paragraph: Paragraph) throws(PosterError) -> Paragraph {
    guard paragraph.lineCount > 1, let width = paragraph.measure else { return paragraph }
    return try shop.remembered(
      .evened(paragraph.text, paragraph.part, paragraph.style, width: width)
    ) { () throws(PosterError) in
      let equal = paragraph.naturalWidth / Double(paragraph.lineCount)
      for measure in [1.04, 1.12, 1.22, 1.32].map({ $0 * equal }) where measure < width {
        let trial = try shop.trial(
          paragraph.text, in: paragraph.style, width: measure, breakingWords: false)
        if trial.lineCount <= paragraph.lineCount, trial.extent.width <= measure {
          return try shop.paragraph(
            trial, paragraph.text, as: paragraph.part, in: paragraph.style, width: measure)
        }
      }
      return paragraph
    }
  }
}

/// What is asked of a typesetter; the same question has the same answer.
private enum SettingRequest: Hashable {
  case plain(String, PosterPart, TextStyle, width: Double?, breakingWords: Bool)
  case fitted(
    String, PosterPart, TextStyle, least: Double, width: Double, height: Double, mostLines: Int)
  case evened(String, PosterPart, TextStyle, width: Double)
}

/// Fonts of one family and what was set with them lately.
///
/// Making one takes milliseconds, so they are lent out and taken back.
///
/// Unchecked: pango's objects may be used by any thread but by one at a time. A shop belongs to the
/// one typesetter that took it, has a font map of its own, and paragraphs keep nothing of pango's.
private final class TypeShop: @unchecked Sendable {
  private let family: String
  private let map: UnsafeMutablePointer<PangoFontMap>
  private let context: OpaquePointer
  private let typefaces: [TextStyle.Weight: Typeface]
  /// A font of either weight, to look characters up.
  private let samples: [UnsafeMutablePointer<PangoFont>]
  /// Fonts whose typeface was compared; held, so that no other font gets the address of one.
  private var compared: Set<UnsafeMutablePointer<PangoFont>> = []
  private var paragraphs: [SettingRequest: Paragraph] = [:]
  private var printableTexts: [String: String] = [:]

  /// How many paragraphs are kept; when one more comes, all are dropped.
  ///
  /// A run of posters needs about ten new ones a poster, and thirty that stay the same.
  private static let capacity = 1_024

  private static let idle = Mutex<[TypeShop]>([])

  /// Takes a shop that nobody uses, or makes one.
  static func free(family: String) throws(PosterError) -> TypeShop {
    let found = idle.withLock { shops in
      shops.lastIndex { $0.family == family }.map { shops.remove(at: $0) }
    }
    if let found { return found }
    return try TypeShop(family: family)
  }

  static func give(back shop: TypeShop) { idle.withLock { $0.append(shop) } }

  private init(family: String) throws(PosterError) {
    guard let map = pango_cairo_font_map_new(), let context = pango_font_map_create_context(map)
    else { throw .drawingFailed(reason: "no font map") }
    pango_cairo_context_set_resolution(context, 72)  // one unit is a point
    pango_context_set_round_glyph_positions(context, 0)
    let options = cairo_font_options_create()
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    pango_cairo_context_set_font_options(context, options)
    cairo_font_options_destroy(options)

    var samples: [UnsafeMutablePointer<PangoFont>] = []
    var typefaces: [TextStyle.Weight: Typeface] = [:]
    var problem: PosterError?
    for weight in [TextStyle.Weight.regular, .bold] {
      let wanted = TypeShop.description(family, TextStyle(size: 10, weight: weight))
      defer { pango_font_description_free(wanted) }
      guard let font = pango_context_load_font(context, wanted) else {
        problem = .fontMissing(family: family, instead: "nothing")
        continue
      }
      samples.append(font)
      let actual = pango_font_describe(font)
      defer { pango_font_description_free(actual) }
      let name = pango_font_description_get_family(actual).map { String(cString: $0) } ?? "nothing"
      if name != family
        || pango_font_description_get_weight(actual) != pango_font_description_get_weight(wanted)
      {
        problem = .fontMissing(family: family, instead: name)
        continue
      }
      do { typefaces[weight] = try Typeface(font) } catch { problem = error }
    }
    if let problem {
      for font in samples { g_object_unref(font) }
      g_object_unref(UnsafeMutableRawPointer(context))
      g_object_unref(map)
      throw problem
    }
    self.family = family
    self.map = map
    self.context = context
    self.samples = samples
    self.typefaces = typefaces
  }

  deinit {
    for font in compared { g_object_unref(font) }
    for font in samples { g_object_unref(font) }
    g_object_unref(UnsafeMutableRawPointer(context))
    g_object_unref(map)
  }

  func printable(_ text: String, in part: PosterPart) throws(PosterError) -> String {
    if let known = printableTexts[text] { return known }
    // Before anything goes to C, where a NUL would cut the text short.
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
        throw .characterNotPrintable(scalar, part: part)
      default: continue
      }
    }
    guard let bytes = g_utf8_normalize(text, -1, G_NORMALIZE_DEFAULT_COMPOSE) else {
      throw .drawingFailed(reason: "no memory for a text")
    }
    defer { g_free(bytes) }
    let composed = String(cString: bytes)
    for scalar in composed.unicodeScalars {
      for font in samples where pango_font_has_char(font, scalar.value) == 0 {
        throw .glyphMissing(scalar, part: part, family: family)
      }
    }
    if printableTexts.count >= TypeShop.capacity { printableTexts.removeAll(keepingCapacity: true) }
    printableTexts[text] = composed
    return composed
  }

  /// Returns the answer to a request from memory or by working it out.
  func remembered(
    _ request: SettingRequest, _ set: () throws(PosterError) -> Paragraph
  ) throws(PosterError) -> Paragraph {
    if let paragraph = paragraphs[request] { return paragraph }
    let paragraph = try set()
    if paragraphs.count >= TypeShop.capacity { paragraphs.removeAll(keepingCapacity: true) }
    paragraphs[request] = paragraph
    return paragraph
  }

  /// Breaks a text into lines.
  func trial(
    _ text: String, in style: TextStyle, width: Double?, breakingWords: Bool
  ) throws(PosterError) -> Trial {
    guard let layout = pango_layout_new(context) else {
      throw .drawingFailed(reason: "no memory for a paragraph")
    }
    let description = TypeShop.description(family, style)
    pango_layout_set_font_description(layout, description)
    pango_font_description_free(description)

    let attributes = pango_attr_list_new()
    pango_attr_list_insert(attributes, pango_attr_fallback_new(0))
    if style.tracking != 0 {
      let units = style.size * style.tracking / 1_000 * Double(PANGO_SCALE)
      pango_attr_list_insert(attributes, pango_attr_letter_spacing_new(Int32(units)))
    }
    pango_layout_set_attributes(layout, attributes)
    pango_attr_list_unref(attributes)

    pango_layout_set_line_spacing(layout, Float(style.lineHeight))
    pango_layout_set_alignment(layout, style.alignment.pango)
    pango_layout_set_wrap(layout, breakingWords ? PANGO_WRAP_WORD_CHAR : PANGO_WRAP_WORD)
    if let width {
      let units = width * Measure.pointsPerMillimetre * Double(PANGO_SCALE)
      pango_layout_set_width(layout, Int32(units))
    }
    pango_layout_set_text(layout, text, Int32(text.utf8.count))
    return Trial(layout: layout)
  }

  /// Takes the letters out of lines that fit, and sees that all were set and in no other typeface.
  func paragraph(
    _ trial: borrowing Trial, _ text: String, as part: PosterPart, in style: TextStyle,
    width: Double?
  ) throws(PosterError) -> Paragraph {
    guard let typeface = typefaces[style.weight] else {
      throw .fontMissing(family: family, instead: "nothing")
    }
    var ink = PangoRectangle()
    pango_layout_get_extents(trial.layout, &ink, nil)
    let bytes = Array(text.utf8)
    var glyphs: [Paragraph.Glyph] = []
    glyphs.reserveCapacity(bytes.count)
    let lines = pango_layout_get_iter(trial.layout)
    defer { pango_layout_iter_free(lines) }
    repeat {
      var logical = PangoRectangle()
      pango_layout_iter_get_line_extents(lines, nil, &logical)
      let baseline = pango_layout_iter_get_baseline(lines)
      var pen = logical.x
      var next = pango_layout_iter_get_line_readonly(lines)?.pointee.runs
      while let node = next {
        next = node.pointee.next
        guard let run = node.pointee.data?.assumingMemoryBound(to: PangoGlyphItem.self).pointee
        else { continue }
        try compare(run.item.pointee.analysis.font)
        try append(run, of: bytes, baseline: baseline, pen: &pen, to: &glyphs)
      }
    } while pango_layout_iter_next_line(lines) != 0
    return Paragraph(
      part: part, text: text, style: style, measure: width, trial: trial, ink: Trial.box(ink),
      typeface: typeface, glyphs: glyphs)
  }

  /// Takes the letters out of a run, from left to right.
  private func append(
    _ run: PangoGlyphItem, of bytes: [UInt8], baseline: Int32, pen: inout Int32,
    to glyphs: inout [Paragraph.Glyph]
  ) throws(PosterError) {
    let unit = 1 / Double(PANGO_SCALE)
    let string = run.glyphs.pointee
    let (start, end) = (Int(run.item.pointee.offset), Int(run.item.pointee.length))
    pen += run.start_x_offset
    for place in 0..<Int(string.num_glyphs) {
      let glyph = string.glyphs[place]
      let first = Int(string.log_clusters[place])
      let isFirst = place == 0 || Int(string.log_clusters[place - 1]) != first
      var after = place + 1
      while after < Int(string.num_glyphs), Int(string.log_clusters[after]) == first { after += 1 }
      let last = after < Int(string.num_glyphs) ? Int(string.log_clusters[after]) : end
      guard glyph.glyph & PangoGlyph(0x1000_0000) == 0 else {
        throw .fontMissing(family: family, instead: "an empty box")
      }
      if glyph.glyph != PangoGlyph(0x0fff_ffff) {  // what takes room and shows nothing
        var meant = start + first..<start + (isFirst ? max(first, last) : first)
        if let before = glyphs.indices.last, TypeShop.beginsWithMark(bytes[meant]) {
          // A mark of its own belongs to its letter: readers of the file take it out together.
          let letter = glyphs[...before].lastIndex { !$0.text.isEmpty } ?? before
          glyphs[letter].text = glyphs[letter].text.lowerBound..<meant.upperBound
          meant = meant.upperBound..<meant.upperBound
        }
        glyphs.append(
          Paragraph.Glyph(
            id: glyph.glyph, x: Double(pen + glyph.geometry.x_offset) * unit,
            y: Double(baseline + glyph.geometry.y_offset - run.y_offset) * unit, text: meant))
      }
      pen += glyph.geometry.width
    }
    pen += run.end_x_offset
  }

  /// Tells whether some bytes of a text begin with a character that is put on the one before it.
  private static func beginsWithMark(_ bytes: ArraySlice<UInt8>) -> Bool {
    // The first such character is U+0300.
    guard let first = bytes.first, first >= 0xcc,
      let scalar = String(decoding: bytes, as: UTF8.self).unicodeScalars.first
    else { return false }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: return true
    default: return false
    }
  }

  /// Sees that a font is of the family; each font is looked at once.
  private func compare(_ font: UnsafeMutablePointer<PangoFont>?) throws(PosterError) {
    guard let font else { throw .fontMissing(family: family, instead: "nothing") }
    if compared.contains(font) { return }
    let actual = pango_font_describe(font)
    defer { pango_font_description_free(actual) }
    let name = pango_font_description_get_family(actual).map { String(cString: $0) } ?? "nothing"
    guard name == family else { throw .fontMissing(family: family, instead: name) }
    g_object_ref(font)
    compared.insert(font)
  }

  private static func description(_ family: String, _ style: TextStyle) -> OpaquePointer? {
    let description = pango_font_description_new()
    pango_font_description_set_family(description, family)
    pango_font_description_set_weight(
      description, style.weight == .bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL)
    pango_font_description_set_size(description, Int32(style.size * Double(PANGO_SCALE)))
    return description
  }
}

extension TextStyle.Alignment {
  fileprivate var pango: PangoAlignment {
    switch self {
    case .left: PANGO_ALIGN_LEFT
    case .centre: PANGO_ALIGN_CENTER
    }
  }
}
