internal import CHarfBuzz
internal import CPango

/// One weight of a typeface: its file, to be drawn with and to be embedded.
///
/// What the C libraries hold here counts its references by atomic operations and is only read.
final class Typeface {
  /// The name that programs know it by, such as `NotoSans-Bold`.
  let postScriptName: String
  /// The parts of the square of type, 1,000 or 2,048 as a rule.
  let unitsPerEm: Double
  /// HarfBuzz's face, the file with its tables.
  let face: OpaquePointer
  /// What a PDF tells of a typeface beside its file.
  let metrics: Metrics
  private let font: OpaquePointer
  private let drawn: OpaquePointer

  /// Measures that all letters have in common, in thousandths of the size.
  struct Metrics {
    var ascent = 0.0
    var descent = 0.0
    var capHeight = 0.0
    /// Left, bottom, right and top of a box that holds every letter.
    var box = [0.0, 0, 0, 0]
    var isBold = false
  }

  /// Takes the file out of a font.
  ///
  /// The C functions are `pango_font_get_hb_font` and `pango_cairo_font_get_scaled_font`.
  ///
  /// - Throws: `PosterError.drawingFailed` for a typeface without TrueType outlines, which is what the
  ///   pages embed.
  init(_ pango: UnsafeMutablePointer<PangoFont>) throws(PosterError) {
    guard let shaping = pango_font_get_hb_font(pango), let face = hb_font_get_face(shaping),
      let scaled = pango_cairo_font_get_scaled_font(OpaquePointer(pango)),
      let drawn = cairo_scaled_font_get_font_face(scaled), let font = hb_font_create(face)
    else { throw .drawingFailed(reason: "a typeface without a file") }
    var length: UInt32 = 128
    var name = [CChar](repeating: 0, count: 128)
    hb_ot_name_get_utf8(
      face, hb_ot_name_id_t(HB_OT_NAME_ID_POSTSCRIPT_NAME), nil, &length, &name)
    postScriptName = String(
      decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    unitsPerEm = Double(hb_face_get_upem(face))
    self.face = hb_face_reference(face)
    self.drawn = cairo_font_face_reference(drawn)
    self.font = font
    metrics = Typeface.metrics(of: face, unitsPerEm: unitsPerEm)
    guard !Typeface.table("loca", of: face).isEmpty else {
      throw .drawingFailed(reason: "\(postScriptName) has no TrueType outlines")
    }
  }

  deinit {
    hb_font_destroy(font)
    cairo_font_face_destroy(drawn)
    hb_face_destroy(face)
  }

  /// How far a glyph moves the pen, in thousandths of the size.
  ///
  /// The C function is `hb_font_get_glyph_h_advance`.
  func advance(of glyph: UInt32) -> Double {
    Double(hb_font_get_glyph_h_advance(font, glyph)) * 1_000 / unitsPerEm
  }

  /// Makes this the typeface of a drawing.
  ///
  /// The C function is `cairo_set_font_face`.
  func use(on cairo: OpaquePointer) { cairo_set_font_face(cairo, drawn) }

  /// Reads the measures from the tables `head`, `hhea` and `OS/2`.
  private static func metrics(of face: OpaquePointer, unitsPerEm: Double) -> Metrics {
    func number(_ table: [UInt8], _ place: Int) -> Double {
      guard place + 2 <= table.count else { return 0 }
      let bits = UInt16(table[place]) << 8 | UInt16(table[place + 1])
      return Double(Int16(bitPattern: bits)) * 1_000 / unitsPerEm
    }
    let (head, lines, system) = (
      table("head", of: face), table("hhea", of: face), table("OS/2", of: face)
    )
    return Metrics(
      ascent: number(lines, 4), descent: number(lines, 6), capHeight: number(system, 88),
      box: [36, 38, 40, 42].map { number(head, $0) },
      isBold: head.count > 45 && head[45] & 1 != 0)
  }

  /// The bytes of a table of the file, or none.
  private static func table(_ tag: StaticString, of face: OpaquePointer) -> [UInt8] {
    let blob = hb_face_reference_table(face, Typeface.tag(tag))
    defer { hb_blob_destroy(blob) }
    var count: UInt32 = 0
    guard let bytes = hb_blob_get_data(blob, &count) else { return [] }
    return Array(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
  }

  /// A file with only some glyphs, without hints and without the tables that layout needs.
  struct Subset {
    let file: [UInt8]
    /// The number that each glyph has in the file.
    let numbers: [UInt32: UInt32]
  }

  /// Makes a file with only some glyphs.
  ///
  /// The C functions are `hb_subset_plan_create_or_fail` and `hb_subset_plan_execute_or_fail`.
  ///
  /// - Throws: `PosterError.drawingFailed`.
  func subset(of glyphs: Set<UInt32>) throws(PosterError) -> Subset {
    guard let input = hb_subset_input_create_or_fail() else {
      throw .drawingFailed(reason: "no memory for a typeface")
    }
    defer { hb_subset_input_destroy(input) }
    for glyph in glyphs { hb_set_add(hb_subset_input_glyph_set(input), glyph) }
    hb_subset_input_set_flags(input, HB_SUBSET_FLAGS_NO_HINTING.rawValue)
    let dropped = hb_subset_input_set(input, HB_SUBSET_SETS_DROP_TABLE_TAG)
    for tag: StaticString in ["GSUB", "GPOS", "GDEF", "cmap", "name", "post", "OS/2", "STAT"] {
      hb_set_add(dropped, Typeface.tag(tag))
    }
    guard let plan = hb_subset_plan_create_or_fail(face, input) else {
      throw .drawingFailed(reason: "\(postScriptName) cannot be subset")
    }
    defer { hb_subset_plan_destroy(plan) }
    guard let reduced = hb_subset_plan_execute_or_fail(plan) else {
      throw .drawingFailed(reason: "\(postScriptName) cannot be subset")
    }
    defer { hb_face_destroy(reduced) }
    let mapping = hb_subset_plan_old_to_new_glyph_mapping(plan)
    let blob = hb_face_reference_blob(reduced)
    defer { hb_blob_destroy(blob) }
    var count: UInt32 = 0
    guard let bytes = hb_blob_get_data(blob, &count) else {
      throw .drawingFailed(reason: "no memory for a typeface")
    }
    return Subset(
      file: Array(UnsafeRawBufferPointer(start: bytes, count: Int(count))),
      numbers: Dictionary(uniqueKeysWithValues: glyphs.map { ($0, hb_map_get(mapping, $0)) }))
  }

  /// Four letters as the number that files of type know a table by.
  private static func tag(_ name: StaticString) -> hb_tag_t {
    name.withUTF8Buffer { $0.reduce(0) { $0 << 8 | hb_tag_t($1) } }
  }
}
