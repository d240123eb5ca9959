/// A typeface in a PDF file: which of its letters were used, and what each of them means.
///
/// Letters are numbered in the order in which they are met, by glyph and by the text they stand for, so
/// that a page can be written before anybody knows which letters the last one needs, and so that copied
/// and searched text is the text that was set.
struct PDFFont {
  /// The name by which pages call it.
  let name: String
  /// The object that pages refer to.
  let reference: PDFWriter.Reference
  /// The typeface's own name; the same file may be open more than once.
  var postScriptName: String { typeface.postScriptName }
  private let typeface: Typeface
  private var codes: [Letter: UInt16] = [:]
  /// The letters by their codes; code 0 is the one that must not be used.
  private var letters: [Letter] = [Letter(glyph: 0, text: "")]

  /// A glyph and the text it stands for; none for a part of a letter.
  private struct Letter: Hashable {
    let glyph: UInt32
    let text: String
  }

  init(_ typeface: Typeface, name: String, reference: PDFWriter.Reference) {
    self.typeface = typeface
    self.name = name
    self.reference = reference
  }

  /// The code of a letter, a new one if it was not used before.
  mutating func code(of glyph: UInt32, meaning text: String) throws(PosterError) -> UInt16 {
    let letter = Letter(glyph: glyph, text: text)
    if let code = codes[letter] { return code }
    guard let code = UInt16(exactly: letters.count) else {
      throw .drawingFailed(reason: "more than 65,535 letters in one file")
    }
    letters.append(letter)
    codes[letter] = code
    return code
  }

  /// Writes the font's objects, when all letters are known.
  func write(to writer: inout PDFWriter) throws(PosterError) {
    let glyphs = Set(letters.map(\.glyph))
    let subset = try typeface.subset(of: glyphs)
    let file = writer.reserve()
    let descriptor = writer.reserve()
    let descendant = writer.reserve()
    let glyphNumbers = writer.reserve()
    let meanings = writer.reserve()
    let name = "\(PDFFont.tag(of: glyphs))+\(typeface.postScriptName)"

    var length = PDFText()
    length.append("/Length1 ")
    length.append(subset.file.count)
    try writer.write(stream: subset.file, entries: length, as: file)
    try writer.write(descriptorEntries(name: name, file: file), as: descriptor)
    try writer.write(
      stream: letters.flatMap { letter in
        let number = UInt16(truncatingIfNeeded: subset.numbers[letter.glyph] ?? 0)
        return [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
      }, as: glyphNumbers)
    try writer.write(stream: toUnicode.bytes, as: meanings)

    var entries = PDFText()
    entries.append("<</Type/Font/Subtype/CIDFontType2/BaseFont/")
    entries.append(name)
    entries.append("/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>")
    entries.append("/FontDescriptor ")
    entries.append(descriptor)
    entries.append("/CIDToGIDMap ")
    entries.append(glyphNumbers)
    entries.append("/DW 0/W[0[")
    for letter in letters { entries.append(typeface.advance(of: letter.glyph)) }
    entries.append("]]>>")
    try writer.write(entries, as: descendant)

    entries = PDFText()
    entries.append("<</Type/Font/Subtype/Type0/BaseFont/")
    entries.append(name)
    entries.append("/Encoding/Identity-H/DescendantFonts[")
    entries.append(descendant)
    entries.append("]/ToUnicode ")
    entries.append(meanings)
    entries.append(">>")
    try writer.write(entries, as: reference)
  }

  private func descriptorEntries(name: String, file: PDFWriter.Reference) -> PDFText {
    let metrics = typeface.metrics
    var entries = PDFText()
    entries.append("<</Type/FontDescriptor/FontName/")
    entries.append(name)
    // Symbolic, which says no more than that codes are not those of a standard encoding.
    entries.append("/Flags 4/ItalicAngle 0/StemV ")
    entries.append(metrics.isBold ? 140 : 80)
    entries.append("/FontBBox[")
    for edge in metrics.box { entries.append(edge) }
    entries.append("]/Ascent ")
    entries.append(metrics.ascent)
    entries.append("/Descent ")
    entries.append(metrics.descent)
    entries.append("/CapHeight ")
    entries.append(metrics.capHeight)
    entries.append("/FontFile2 ")
    entries.append(file)
    entries.append(">>")
    return entries
  }

  /// The table from codes to texts, in groups of a hundred, the most that it may have.
  private var toUnicode: PDFText {
    var map = PDFText()
    map.append(
      """
      /CIDInit/ProcSet findresource begin
      12 dict begin
      begincmap
      /CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def
      /CMapName/Adobe-Identity-UCS def
      /CMapType 2 def
      1 begincodespacerange
      <0000><ffff>
      endcodespacerange

      """)
    let meant = letters.indices.filter { !letters[$0].text.isEmpty }
    for start in stride(from: 0, to: meant.count, by: 100) {
      let group = meant[start..<min(start + 100, meant.count)]
      map.append(group.count)
      map.append(" beginbfchar\n")
      for code in group {
        map.append("<")
        map.append(hexadecimal: UInt16(code))
        map.append("><")
        for unit in letters[code].text.utf16 { map.append(hexadecimal: unit) }
        map.append(">\n")
      }
      map.append("endbfchar\n")
    }
    map.append("endcmap\nCMapName currentdict/CMap defineresource pop\nend\nend\n")
    return map
  }

  /// Six letters that tell subsets apart, from the glyphs that are in it.
  private static func tag(of glyphs: Set<UInt32>) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for glyph in glyphs.sorted() { hash = (hash ^ UInt64(glyph)) &* 0x100_0000_01b3 }
    return String(
      (0..<6).map { _ in
        let letter = Character(Unicode.Scalar(UInt8(ascii: "A") + UInt8(hash % 26)))
        hash /= 26
        return letter
      })
  }
}
