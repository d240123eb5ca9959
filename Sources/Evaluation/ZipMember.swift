/// The one file of a ZIP archive, repacked as gzip: both hold the same compressed bytes.
///
/// It reads what data sets come in: one file, stored by the deflate method, not encrypted, below 4 GiB.
public enum ZipMember {
  /// What an archive begins with.
  public static let magic: [UInt8] = [0x50, 0x4b, 0x03, 0x04]

  private static let centralMagic: [UInt8] = [0x50, 0x4b, 0x01, 0x02]
  private static let endMagic: [UInt8] = [0x50, 0x4b, 0x05, 0x06]
  private static let endLength = 22
  private static let centralLength = 46
  private static let localLength = 30
  private static let longestComment = 65_535

  /// Returns the only file of an archive as gzip.
  ///
  /// Folders and files of a Mac's own (`__MACOSX/`) are not counted.
  ///
  /// - Throws: What kind of archive it is that cannot be read.
  /// - Complexity: O(n).
  public static func gzip(ofOnlyFileIn archive: [UInt8]) throws(ZipMemberError) -> [UInt8] {
    let earliest = max(0, archive.count - endLength - longestComment)
    guard archive.count >= endLength,
      let end = (earliest...(archive.count - endLength)).last(where: {
        archive[$0...].starts(with: endMagic)
      })
    else { throw .notAnArchive }
    let count = number(archive, end + 10, bytes: 2)
    var place = number(archive, end + 16, bytes: 4)
    var members: [(central: Int, local: Int)] = []
    for _ in 0..<count {
      guard place + centralLength <= archive.count, archive[place...].starts(with: centralMagic)
      else { throw .notAnArchive }
      let nameLength = number(archive, place + 28, bytes: 2)
      let next =
        place + centralLength + nameLength + number(archive, place + 30, bytes: 2)
        + number(archive, place + 32, bytes: 2)
      guard next <= archive.count else { throw .notAnArchive }
      let name = archive[(place + centralLength)..<(place + centralLength + nameLength)]
      if name.last != UInt8(ascii: "/"), !name.starts(with: Array("__MACOSX/".utf8)) {
        members.append((place, number(archive, place + 42, bytes: 4)))
      }
      place = next
    }
    guard members.count == 1, let member = members.first else { throw .notOneFile }
    guard number(archive, member.central + 8, bytes: 2) & 1 == 0,
      number(archive, member.central + 10, bytes: 2) == 8
    else { throw .unknownMethod }
    guard member.local + localLength <= archive.count,
      archive[member.local...].starts(with: magic)
    else { throw .notAnArchive }
    let start =
      member.local + localLength + number(archive, member.local + 26, bytes: 2)
      + number(archive, member.local + 28, bytes: 2)
    let length = number(archive, member.central + 20, bytes: 4)
    guard start <= archive.count, length <= archive.count - start else { throw .notAnArchive }
    let checksum = archive[(member.central + 16)..<(member.central + 20)]
    let size = archive[(member.central + 24)..<(member.central + 28)]
    return [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff] + archive[start..<(start + length)] + checksum
      + size
  }

  /// A number of few bytes, the lowest first.
  private static func number(_ bytes: [UInt8], _ place: Int, bytes count: Int) -> Int {
    (0..<count).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
  }
}

/// Why a ZIP archive cannot be read.
public enum ZipMemberError: String, Error, CaseIterable, Sendable, CustomStringConvertible {
  /// It is cut off or damaged.
  case notAnArchive = "not-an-archive"
  /// It holds no file or several.
  case notOneFile = "not-one-file"
  /// It is encrypted, or compressed by another method than deflate.
  case unknownMethod = "unknown-method"

  /// The fault as a sentence.
  public var description: String {
    switch self {
    case .notAnArchive: "the ZIP archive is cut off or damaged"
    case .notOneFile: "the ZIP archive holds no file or several: give it with one"
    case .unknownMethod: "the ZIP archive is encrypted or packed otherwise: pack it anew"
    }
  }
}
