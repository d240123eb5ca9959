/// The bytes of a PDF file: objects one after another, and at the end where each of them begins.
///
/// Version 1.4 and nothing that needs more, so that every print shop's machine reads it. Objects leave
/// as soon as they are whole; only their places are kept.
struct PDFWriter: ~Copyable {
  /// Takes the next bytes of the file.
  typealias Sink = ([UInt8]) throws(PosterError) -> Void

  /// The number of an object.
  struct Reference: Hashable {
    let number: Int
  }

  private let sink: Sink
  private let deflater: Deflater
  private var pending: [UInt8] = []
  private var written = 0
  /// Where each object begins, by its number; nil until it is written.
  private var places: [Int?] = [0]

  /// How many bytes are collected before they leave.
  private static let chunk = 65_536

  init(to sink: @escaping Sink) throws(PosterError) {
    self.sink = sink
    deflater = try Deflater(level: 1)
    // The second line tells programs that the file is not text.
    pending += "%PDF-1.4\n%".utf8
    pending += [0xe2, 0xe3, 0xcf, 0xd3, 0x0a]
  }

  /// Takes a number for an object that is written later.
  mutating func reserve() -> Reference {
    places.append(nil)
    return Reference(number: places.count - 1)
  }

  /// Writes a dictionary, an array or another value.
  mutating func write(_ value: PDFText, as reference: Reference) throws(PosterError) {
    begin(reference)
    pending += value.bytes
    try end()
  }

  /// Writes a stream, compressed.
  ///
  /// - Parameters:
  ///   - content: The bytes before compression.
  ///   - entries: What stands in the dictionary besides length and filter.
  ///   - reference: The object's number.
  /// - Throws: What the sink throws.
  mutating func write(
    stream content: [UInt8], entries: PDFText = PDFText(), as reference: Reference
  ) throws(PosterError) {
    var compressed: [UInt8] = []
    deflater.append(content, to: &compressed)
    begin(reference)
    var head = PDFText()
    head.append("<</Filter/FlateDecode/Length ")
    head.append(compressed.count)
    head.append(entries)
    head.append(">>stream\n")
    pending += head.bytes
    pending += compressed
    pending += "\nendstream".utf8
    try end()
  }

  /// Writes the table of objects, after which the file is whole.
  consuming func finish(catalog: Reference, information: Reference) throws(PosterError) {
    let start = written + pending.count
    var tail = PDFText()
    tail.append("xref\n0 ")
    tail.append(places.count)
    tail.append("\n0000000000 65535 f \n")
    for place in places.dropFirst() {
      guard let place else { throw .drawingFailed(reason: "an object of the PDF was left out") }
      let digits = String(place)
      tail.append(String(repeating: "0", count: max(0, 10 - digits.utf8.count)))
      tail.append(digits)
      tail.append(" 00000 n \n")
    }
    tail.append("trailer\n<</Size ")
    tail.append(places.count)
    tail.append("/Root ")
    tail.append(catalog)
    tail.append("/Info ")
    tail.append(information)
    tail.append(">>\nstartxref\n")
    tail.append(start)
    tail.append("\n%%EOF\n")
    pending += tail.bytes
    try sink(pending)
  }

  private mutating func begin(_ reference: Reference) {
    places[reference.number] = written + pending.count
    var head = PDFText()
    head.append(reference.number)
    head.append(" 0 obj\n")
    pending += head.bytes
  }

  private mutating func end() throws(PosterError) {
    pending += "\nendobj\n".utf8
    guard pending.count >= PDFWriter.chunk else { return }
    try sink(pending)
    written += pending.count
    pending.removeAll(keepingCapacity: true)
  }
}

/// A piece of a PDF file as it is written: names, numbers, operators.
struct PDFText {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  @_disfavoredOverload
  mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func append(_ text: PDFText) { bytes.append(contentsOf: text.bytes) }

  mutating func append(_ reference: PDFWriter.Reference) {
    append(reference.number)
    append(" 0 R")
  }

  mutating func append(_ number: Int) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    // Most numbers of a page have two digits or three.
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var count = 0
    repeat {
      digits[count] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      count += 1
    } while rest > 0
    while count > 0 {
      count -= 1
      bytes.append(digits[count])
    }
  }

  /// Appends a number with four decimals at most, and a blank.
  mutating func append(_ number: Double) {
    let scaled = Int((number * 10_000).rounded())
    if scaled < 0 { bytes.append(UInt8(ascii: "-")) }
    let (whole, part) = scaled.magnitude.quotientAndRemainder(dividingBy: 10_000)
    append(Int(whole))
    if part > 0 {
      bytes.append(UInt8(ascii: "."))
      var rest = part
      var unit: UInt = 1_000
      while rest > 0 {
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / unit))
        rest %= unit
        unit /= 10
      }
    }
    bytes.append(UInt8(ascii: " "))
  }

  mutating func append(_ point: PosterPath.Point) {
    append(point.x)
    append(point.y)
  }

  /// Appends sixteen bits as four hexadecimal digits.
  mutating func append(hexadecimal number: UInt16) {
    for shift in [12, 8, 4, 0] as [UInt16] {
      let digit = UInt8(truncatingIfNeeded: number >> shift & 0xf)
      bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }

  /// Appends any text as a string of UTF-16, which viewers show as it is.
  mutating func append(string text: some StringProtocol) {
    append("<feff")
    for unit in text.utf16 { append(hexadecimal: unit) }
    append(">")
  }
}
