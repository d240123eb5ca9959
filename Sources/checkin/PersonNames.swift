internal import CommandKit
internal import ExposureStorage
internal import Presence
internal import VenueCodes

/// How people are printed: the short form of the pseudonym, or the string that made it.
struct PersonNames {
  private var known: [Pseudonym: String] = [:]

  /// Reads the strings that may be printed.
  init(_ file: Path?, workspace: Workspace) throws {
    guard let file else { return }
    let hash = try workspace.vault().subjectHash()
    var lines = LineReader(try InputFile(path: file.string))
    while let line = try lines.next() {
      guard case .bytes(let bytes) = line, !bytes.isEmpty else { continue }
      let text = String(decoding: bytes, as: UTF8.self)
      let (high, low) = hash.hash(text)
      known[Pseudonym(high: high, low: low)] = text
    }
  }

  /// Returns how a person is printed.
  func name(of person: Pseudonym) -> String {
    known[person] ?? "\(person)"
  }
}
