/// The parts of a request that an app sends as a form (RFC 7578), with or without the request's own
/// header before it.
struct MultipartBody {
  /// One part.
  struct Part {
    /// The name of the form's field.
    var name: String
    /// Whether the part is a file.
    var isFile: Bool
    /// The line of the request in which the content begins, from 1.
    var line: Int
    /// What the part holds, without the line's end before the next boundary.
    var content: ArraySlice<UInt8>
  }

  private(set) var parts: [Part] = []

  private static let longestBoundary = 200
  private static let mostParts = 64
  private static let mostHeaderLines = 64

  /// Reads a request, or returns nil when the text is none.
  ///
  /// - Throws: `ProximityFormatError.Code.badMultipart` when it is one and has no parts that can be
  ///   told apart.
  init?(_ text: ArraySlice<UInt8>) throws(ProximityFormatError) {
    var lines = Lines(text)
    let start = text.prefix(5)
    let boundary: ArraySlice<UInt8>
    if start.starts(with: "--".utf8), let first = lines.next() {
      boundary = first.dropFirst(2)
    } else if start.starts(with: "POST ".utf8) {
      guard let named = Self.boundary(inHeader: &lines) else {
        throw ProximityFormatError(
          .badMultipart, "the request does not say in its header where its parts begin")
      }
      boundary = named
      // What stands before the first boundary is for nobody.
      while let line = lines.next(), !Self.divides(line, boundary) {}
    } else {
      return nil
    }
    guard (1...Self.longestBoundary).contains(boundary.count) else {
      throw ProximityFormatError(.badMultipart, "the parts of the request cannot be told apart")
    }
    while let part = try Self.part(&lines, boundary) {
      guard parts.count < Self.mostParts else {
        throw ProximityFormatError(.badMultipart, "the request has too many parts")
      }
      parts.append(part)
    }
  }

  /// Reads a header up to its empty line and returns the boundary that it names.
  private static func boundary(inHeader lines: inout Lines) -> ArraySlice<UInt8>? {
    var boundary: ArraySlice<UInt8>?
    for _ in 0..<mostHeaderLines {
      guard let line = lines.next(), !line.isEmpty else { break }
      if let value = parameter("boundary", of: line) { boundary = value }
    }
    return boundary
  }

  private static func part(
    _ lines: inout Lines, _ boundary: ArraySlice<UInt8>
  ) throws(ProximityFormatError) -> Part? {
    guard !lines.isAtEnd else { return nil }
    var name: ArraySlice<UInt8>?
    var isFile = false
    var isEnded = false
    for _ in 0..<mostHeaderLines {
      guard let line = lines.next() else { return nil }
      if line.isEmpty {
        isEnded = true
        break
      }
      name = parameter("name", of: line) ?? name
      isFile = isFile || parameter("filename", of: line) != nil
    }
    guard isEnded else {
      throw ProximityFormatError(.badMultipart, "a part of the request has no end of its header")
    }
    let firstLine = lines.number
    let first = lines.place
    var last = first
    while let line = lines.next() {
      if divides(line, boundary) {
        // Behind the last boundary, which ends with two hyphens more, stands nothing.
        if line.count > 2 + boundary.count { lines.skipToEnd() }
        break
      }
      last = lines.contentEnd
    }
    let content = lines.text[first..<last]
    return Part(
      name: name.map { String(decoding: $0, as: UTF8.self) } ?? "", isFile: isFile, line: firstLine,
      content: content)
  }

  private static func divides(_ line: ArraySlice<UInt8>, _ boundary: ArraySlice<UInt8>) -> Bool {
    guard line.starts(with: "--".utf8), line.dropFirst(2).starts(with: boundary) else {
      return false
    }
    let rest = line.dropFirst(2 + boundary.count)
    return rest.isEmpty || rest.starts(with: "--".utf8)
  }

  /// Returns a parameter of a header line, without quotes around it.
  private static func parameter(
    _ name: String, of line: ArraySlice<UInt8>
  ) -> ArraySlice<UInt8>? {
    for piece in line.split(separator: UInt8(ascii: ";")).dropFirst() {
      let piece = piece.drop { $0 == 0x20 || $0 == 0x09 }
      guard piece.count > name.utf8.count,
        zip(piece, name.utf8).allSatisfy({ $0 | 0x20 == $1 | 0x20 }),
        piece[piece.startIndex + name.utf8.count] == UInt8(ascii: "=")
      else { continue }
      var value = piece.dropFirst(name.utf8.count + 1)
      if value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"") {
        value = value.dropFirst().dropLast()
      }
      return value
    }
    return nil
  }

  /// Lines that end with LF or CR LF.
  private struct Lines {
    let text: ArraySlice<UInt8>
    /// Where the next line begins.
    private(set) var place: Int
    /// Where the content of the line last read ends.
    private(set) var contentEnd: Int
    /// The number of the next line, from 1.
    private(set) var number = 1

    init(_ text: ArraySlice<UInt8>) {
      self.text = text
      self.place = text.startIndex
      self.contentEnd = text.startIndex
    }

    var isAtEnd: Bool { place >= text.endIndex }

    mutating func next() -> ArraySlice<UInt8>? {
      guard !isAtEnd else { return nil }
      let end = text[place...].firstIndex(of: UInt8(ascii: "\n")) ?? text.endIndex
      var line = text[place..<end]
      if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
      contentEnd = line.endIndex
      place = min(end + 1, text.endIndex)
      number += 1
      return line
    }

    mutating func skipToEnd() { place = text.endIndex }
  }
}
