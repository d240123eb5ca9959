internal import CPango

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

/// A paragraph that was set: broken into lines and measured, ready to be drawn.
///
/// A class, because it owns a PangoLayout and is kept in a list; it never leaves the call that
/// made it.
final class Paragraph {
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
  fileprivate let layout: OpaquePointer

  /// How long the lines are together, in millimetres.
  var naturalWidth: Double {
    var units: Int32 = 0
    for line in 0..<pango_layout_get_line_count(layout) {
      var logical = PangoRectangle()
      pango_layout_line_get_extents(pango_layout_get_line_readonly(layout, line), nil, &logical)
      units += logical.width
    }
    return Double(units) / Double(PANGO_SCALE) / Measure.pointsPerMillimetre
  }

  fileprivate init(
    part: PosterPart, text: String, style: TextStyle, measure: Double?, layout: OpaquePointer
  ) {
    self.part = part
    self.measure = measure
    self.text = text
    self.style = style
    self.layout = layout
    var inkUnits = PangoRectangle()
    var logicalUnits = PangoRectangle()
    pango_layout_get_extents(layout, &inkUnits, &logicalUnits)
    self.ink = Paragraph.box(inkUnits)
    self.extent = Paragraph.box(logicalUnits)
    self.lineCount = Int(pango_layout_get_line_count(layout))
  }

  deinit { g_object_unref(UnsafeMutableRawPointer(layout)) }

  /// Draws the paragraph with its origin at the drawing's current point.
  ///
  /// The C function is `pango_cairo_show_layout`.
  func draw(on cairo: OpaquePointer) { pango_cairo_show_layout(cairo, layout) }

  private static func box(_ rectangle: PangoRectangle) -> PosterLayout.Box {
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
struct Typesetter: ~Copyable {
  private let family: String
  private let context: OpaquePointer
  private let fonts: [TextStyle.Weight: UnsafeMutablePointer<PangoFont>]

  /// Looks the typeface up.
  ///
  /// - Parameter family: The name of the typeface.
  /// - Throws: `PosterError.fontMissing`.
  init(family: String = "Noto Sans") throws(PosterError) {
    // The font map belongs to this thread and keeps its fonts for the next poster.
    guard let map = pango_cairo_font_map_get_default(),
      let context = pango_font_map_create_context(map)
    else { throw .drawingFailed(reason: "no font map") }
    pango_cairo_context_set_resolution(context, 72)  // one unit is a point
    pango_context_set_round_glyph_positions(context, 0)
    let options = cairo_font_options_create()
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    pango_cairo_context_set_font_options(context, options)
    cairo_font_options_destroy(options)

    var fonts: [TextStyle.Weight: UnsafeMutablePointer<PangoFont>] = [:]
    var problem: PosterError?
    for weight in [TextStyle.Weight.regular, .bold] {
      let wanted = Typesetter.description(family, TextStyle(size: 10, weight: weight))
      defer { pango_font_description_free(wanted) }
      guard let font = pango_context_load_font(context, wanted) else {
        problem = .fontMissing(family: family, instead: "nothing")
        continue
      }
      fonts[weight] = font
      let actual = pango_font_describe(font)
      defer { pango_font_description_free(actual) }
      let name = pango_font_description_get_family(actual).map { String(cString: $0) } ?? "nothing"
      if name != family
        || pango_font_description_get_weight(actual) != pango_font_description_get_weight(wanted)
      {
        problem = .fontMissing(family: family, instead: name)
      }
    }
    if let problem {
      for font in fonts.values { g_object_unref(font) }
      g_object_unref(UnsafeMutableRawPointer(context))
      throw problem
    }
    self.family = family
    self.context = context
    self.fonts = fonts
  }

  deinit {
    for font in fonts.values { g_object_unref(font) }
    g_object_unref(UnsafeMutableRawPointer(context))
  }

  /// Brings a text to composed form (NFC) and checks that every character of it can be printed.
  ///
  /// - Throws: `PosterError.characterNotPrintable` or `.glyphMissing`.
  func printable(_ text: String, in part: PosterPart) throws(PosterError) -> String {
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
      for font in fonts.values where pango_font_has_char(font, scalar.value) == 0 {
        throw .glyphMissing(scalar, part: part, family: family)
      }
    }
    return composed
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
    guard let layout = pango_layout_new(context) else {
      throw .drawingFailed(reason: "no memory for a paragraph")
    }
    let description = Typesetter.description(family, style)
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
    let paragraph = Paragraph(part: part, text: text, style: style, measure: width, layout: layout)
    try check(layout)
    return paragraph
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
    // A word is broken only when no size lets it stand whole.
    for breakingWords in [false, true] {
      var size = style.size
      while true {
        let paragraph = try paragraph(
          text, as: part, in: style.sized(size), width: width, breakingWords: breakingWords)
        let extent = paragraph.extent
        if extent.height <= height, extent.width <= width, paragraph.lineCount <= mostLines {
          return paragraph
        }
        guard size > least else { break }
        // The area that letters cover grows with the square of their size; rounding up and going
        // down by a point at least makes this a search that passes no size by much.
        let ratio = min(
          (height / extent.height).squareRoot(), width / extent.width,
          mostLines == 1 ? width / paragraph.naturalWidth : 1)
        size = max(least, min(size - 1, (size * ratio).rounded(.up)))
      }
    }
    throw .noRoom(part)
  }

  /// Sets a paragraph again with lines of about one length, so that a long name does not leave one
  /// word alone on its last line; its height stays.
  func evened(_ paragraph: Paragraph) throws(PosterError) -> Paragraph {
    guard paragraph.lineCount > 1, let width = paragraph.measure else { return paragraph }
    let equal = paragraph.naturalWidth / Double(paragraph.lineCount)
    for measure in [1.04, 1.12, 1.22, 1.32].map({ $0 * equal }) where measure < width {
      let trial = try self.paragraph(
        paragraph.text, as: paragraph.part, in: paragraph.style, width: measure,
        breakingWords: false)
      if trial.lineCount <= paragraph.lineCount, trial.extent.width <= measure { return trial }
    }
    return paragraph
  }

  /// Sees that all letters were set, and in no other typeface.
  private func check(_ layout: OpaquePointer) throws(PosterError) {
    let runs = pango_layout_get_iter(layout)
    defer { pango_layout_iter_free(runs) }
    repeat {
      guard let run = pango_layout_iter_get_run_readonly(runs) else { continue }
      let actual = pango_font_describe(run.pointee.item.pointee.analysis.font)
      defer { pango_font_description_free(actual) }
      let name = pango_font_description_get_family(actual).map { String(cString: $0) } ?? "nothing"
      guard name == family else { throw .fontMissing(family: family, instead: name) }
    } while pango_layout_iter_next_run(runs) != 0
    guard pango_layout_get_unknown_glyphs_count(layout) == 0 else {
      throw .fontMissing(family: family, instead: "an empty box")
    }
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
