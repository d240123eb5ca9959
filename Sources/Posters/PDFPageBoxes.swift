/// Says in a PDF where a print shop is to cut, which cairo has no words for.
///
/// Nothing of the file is changed: new versions of its page objects and a table that points to them are
/// appended, as the format foresees for a file that was edited ("incremental update", ISO 32000-1,
/// 7.5.6).
struct PDFPageBoxes {
  /// What the page is larger than the sheet, on each side, in points.
  let slug: Double
  /// What of that is bleed, in points.
  let bleed: Double

  /// Returns what is to be appended to a file that cairo has written.
  ///
  /// - Parameter file: The whole file, with a plain table of objects.
  /// - Returns: The bytes after the file's.
  /// - Throws: `PosterError.drawingFailed` when the file is not as cairo writes it.
  func update(of file: [UInt8]) throws(PosterError) -> [UInt8] {
    let text = PDFText(file)
    let problem = PosterError.drawingFailed(reason: "the PDF has no table of its pages")
    guard let start = text.last("startxref\n"), let table = text.number(after: start),
      text.has("xref\n0 ", at: table), let count = text.number(after: table + 7),
      let first = text.line(after: table + 7),
      let trailer = text.next("trailer\n", after: first), let size = text.entry("/Size", trailer),
      let root = text.entry("/Root", trailer)
    else { throw problem }
    let info = text.entry("/Info", trailer)
    var update = ""
    var offsets: [(object: Int, offset: Int)] = []
    for object in 0..<count {
      let entry = first + 20 * object
      guard entry + 20 <= file.count else { throw problem }
      guard file[entry + 17] == UInt8(ascii: "n"), let offset = text.number(after: entry),
        let body = text.line(after: offset), text.has("<< /Type /Page ", at: body),
        let end = text.next("endobj\n", after: body)
      else { continue }
      let page = String(decoding: file[body..<end], as: UTF8.self)
      guard let box = page.firstRange(of: "/MediaBox [ 0 0 "),
        let close = page[box.upperBound...].firstIndex(of: "]")
      else { throw problem }
      let numbers = page[box.upperBound..<close].split(separator: " ").compactMap { Double($0) }
      guard numbers.count == 2 else { throw problem }
      func rectangle(_ inset: Double) -> String {
        "[ \(inset) \(inset) \(numbers[0] - inset) \(numbers[1] - inset) ]"
      }
      offsets.append((object, file.count + update.utf8.count))
      update += "\(object) 0 obj\n"
      update += page[..<box.lowerBound]
      update += "/TrimBox \(rectangle(slug))\n   /BleedBox \(rectangle(slug - bleed))\n   "
      update += page[box.lowerBound...]
      update += "endobj\n"
    }
    guard !offsets.isEmpty else { throw problem }
    let newTable = file.count + update.utf8.count
    update += "xref\n"
    for (object, offset) in offsets {
      let digits = String(offset)
      let padded = String(repeating: "0", count: max(0, 10 - digits.count)) + digits
      update += "\(object) 1\n\(padded) 00000 n \n"
    }
    update += "trailer\n<< /Size \(size)\n   /Root \(root)\n"
    if let info { update += "   /Info \(info)\n" }
    update += "   /Prev \(table)\n>>\nstartxref\n\(newTable)\n%%EOF\n"
    return Array(update.utf8)
  }
}

/// Finds words in the bytes of a PDF.
private struct PDFText {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func has(_ word: String, at place: Int) -> Bool {
    place >= 0 && place + word.utf8.count <= bytes.count
      && bytes[place..<place + word.utf8.count].elementsEqual(word.utf8)
  }

  /// Where the last such word ends.
  func last(_ word: String) -> Int? {
    var place = bytes.count - word.utf8.count
    while place >= 0 {
      if has(word, at: place) { return place + word.utf8.count }
      place -= 1
    }
    return nil
  }

  /// Where the next such word begins.
  func next(_ word: String, after start: Int) -> Int? {
    guard let first = word.utf8.first else { return nil }
    var place = start
    while place < bytes.count {
      if bytes[place] == first, has(word, at: place) { return place }
      place += 1
    }
    return nil
  }

  /// Where the next line begins.
  func line(after start: Int) -> Int? {
    guard start >= 0, start <= bytes.count else { return nil }
    return bytes[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
  }

  /// The decimal number at a place.
  func number(after start: Int) -> Int? {
    guard start >= 0, start < bytes.count else { return nil }
    let digits = bytes[start...].prefix {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
    }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  /// What stands behind a key up to the end of its line.
  func entry(_ key: String, _ start: Int) -> String? {
    guard let place = next(key, after: start), let end = line(after: place) else { return nil }
    let value = bytes[place + key.utf8.count..<end - 1]
    return String(decoding: value, as: UTF8.self).split(separator: " ").joined(separator: " ")
  }
}
