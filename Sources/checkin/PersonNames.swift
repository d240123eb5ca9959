internal import CommandKit
internal import ExposureStorage
internal import ForeignCodes
internal import Presence
internal import VenueCodes

/// How people are printed: the short form of the pseudonym, or the string that made it.
struct PersonNames: Sendable {
  private var known: [Pseudonym: String] = [:]

  /// Reads the strings that may be printed.
  init(_ file: Path?, workspace: Workspace) throws {
    guard let file else { return }
    let hash = try workspace.vault().subjectHash()
    var lines = LineReader(try InputFile(path: file.string))
    while let line = try lines.next() {
      guard case .bytes(let bytes) = line else { continue }
      let text = Self.subject(in: lines.number == 1 ? Self.withoutByteOrderMark(bytes) : bytes[...])
      guard !text.isEmpty else { continue }
      // A document in the list is known by its number, as everywhere, and not printed.
      if case .document(let document)? = try? ForeignCode(recognizing: text) {
        let (high, low) = hash.hash(document.identity.canonicalText)
        known[Pseudonym(high: high, low: low)] = document.identity.maskedNumber
        continue
      }
      let (high, low) = hash.hash(text)
      known[Pseudonym(high: high, low: low)] = text
    }
  }

  /// The string of a line without what stands around it, as an import takes subjects.
  private static func subject(in line: ArraySlice<UInt8>) -> String {
    func isBlank(_ byte: UInt8) -> Bool { byte <= 0x20 || byte == 0x7f }
    let head = line.drop(while: isBlank)
    let end = head.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? head.startIndex
    return String(decoding: head[..<end], as: UTF8.self)
  }

  private static func withoutByteOrderMark(_ line: [UInt8]) -> ArraySlice<UInt8> {
    line.starts(with: [0xef, 0xbb, 0xbf]) ? line.dropFirst(3) : line[...]
  }

  /// Returns how a person is printed.
  func name(of person: Pseudonym) -> String {
    known[person] ?? "\(person)"
  }

  /// Returns the string that made a person, when it is known; nil when none is of anybody.
  var knownName: (@Sendable (Pseudonym) -> String?)? {
    guard !known.isEmpty else { return nil }
    let known = known
    return { known[$0] }
  }
}
