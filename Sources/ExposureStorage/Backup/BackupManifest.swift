/// What a backup consists of: the page at its front.
///
/// It is text, one fact a line, and its last line is a digest of the lines before:
///
///     checkin backup 1
///     store 8f0c…
///     made 1596646800
///     file 3b9a… 73728 days/2020-08-06.12-5f1e.sqlite
///     end 77ab…
///
/// Parsing takes nothing on trust: a page that was cut off, changed, or names a file outside its
/// folder is refused.
package struct BackupManifest: Hashable, Sendable {
  /// One file of a backup.
  package struct File: Hashable, Sendable {
    /// The path in the backup's folder.
    package var name: String
    /// How long it is.
    package var bytes: Int
    /// Its BLAKE2b-256 digest.
    package var digest: [UInt8]

    /// Makes the line of a file.
    package init(name: String, bytes: Int, digest: [UInt8]) {
      self.name = name
      self.bytes = bytes
      self.digest = digest
    }
  }

  /// The store that was copied.
  package var storeID: String
  /// When the copying began, in Unix seconds.
  package var madeAt: Int64
  /// The files, in the order of their names.
  package var files: [File]

  /// Makes the page of a backup.
  package init(storeID: String, madeAt: Int64, files: [File]) {
    self.storeID = storeID
    self.madeAt = madeAt
    self.files = files.sorted { $0.name < $1.name }
  }

  /// The page as bytes.
  package var text: [UInt8] {
    var text = "checkin backup 1\nstore \(storeID)\nmade \(madeAt)\n"
    for file in files {
      text += "file \(StoreDigest.hexadecimal(file.digest)) \(file.bytes) \(file.name)\n"
    }
    return BackupManifest.sealing(Array(text.utf8))
  }

  /// Puts the last line under the others.
  package static func sealing(_ lines: [UInt8]) -> [UInt8] {
    lines + Array("end \(StoreDigest.hexadecimal(StoreDigest.digest(of: lines)))\n".utf8)
  }

  /// Reads a page, or returns nil when it is not one that `text` made.
  package init?(text bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.popLast() == "", let end = lines.popLast(), end.hasPrefix("end ") else {
      return nil
    }
    let body = lines.map { $0 + "\n" }.joined()
    guard end.dropFirst(4) == StoreDigest.hexadecimal(StoreDigest.digest(of: Array(body.utf8))),
      lines.count >= 3, lines[0] == "checkin backup 1", lines[1].hasPrefix("store "),
      lines[2].hasPrefix("made "), let madeAt = Int64(lines[2].dropFirst(5))
    else { return nil }
    var files: [File] = []
    for line in lines.dropFirst(3) {
      let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
      guard words.count == 4, words[0] == "file", let bytes = Int(words[2]), bytes >= 0,
        let digest = StoreDigest.bytes(hexadecimal: words[1]), digest.count == 32,
        BackupManifest.isPlain(words[3]), files.last.map({ $0.name < words[3] }) ?? true
      else { return nil }
      files.append(File(name: String(words[3]), bytes: bytes, digest: digest))
    }
    self.storeID = String(lines[1].dropFirst(6))
    self.madeAt = madeAt
    self.files = files
  }

  /// Whether a path stays in its folder: at most one folder deep, of letters and digits, dashes and
  /// dots, and no part begins with a dot.
  private static func isPlain(_ name: Substring) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return (1...2).contains(parts.count)
      && parts.allSatisfy { part in
        !part.isEmpty && part.first != "."
          && part.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
              || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
              || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
              || [UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_")].contains($0)
          }
      }
  }
}
