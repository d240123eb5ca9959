import Evaluation
import Testing

@Suite("The one file of a ZIP archive")
struct ZipMemberTests {
  /// An archive as Info-ZIP makes it: members with names, each stored as given.
  private static func archive(
    _ names: [String], method: UInt8 = 8, flags: UInt8 = 0, comment: Int = 0
  ) -> [UInt8] {
    // "hi\n" by deflate, with its checksum.
    let packed: [UInt8] = [0xcb, 0xc8, 0xe4, 0x02, 0x00]
    let checksum: [UInt8] = [0x7a, 0x7a, 0x6f, 0xed]
    var bytes: [UInt8] = []
    var central: [UInt8] = []
    for name in names {
      let start = UInt8(bytes.count)
      let common: [UInt8] =
        [20, 0, flags, 0, method, 0, 0, 0, 0, 0] + checksum + [5, 0, 0, 0, 3, 0, 0, 0]
        + [UInt8(name.utf8.count), 0, 0, 0]
      bytes += ZipMember.magic + common + Array(name.utf8) + packed
      central += [0x50, 0x4b, 1, 2, 20, 0] + common
      central += [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, start, 0, 0, 0] + Array(name.utf8)
    }
    let count = UInt8(names.count)
    bytes +=
      central + [0x50, 0x4b, 5, 6, 0, 0, 0, 0, count, 0, count, 0]
      + [UInt8(central.count), 0, 0, 0, UInt8(bytes.count), 0, 0, 0, UInt8(comment), 0]
    return bytes + [UInt8](repeating: 0x20, count: comment)
  }

  @Test("It comes out as gzip with its checksum and length", arguments: [0, 40])
  func repacks(comment: Int) throws {
    let gzip = try ZipMember.gzip(
      ofOnlyFileIn: Self.archive(["d/", "a.dat", "__MACOSX/x"], comment: comment))
    #expect(gzip.prefix(3) == [0x1f, 0x8b, 8])
    #expect(
      gzip.dropFirst(10) == [0xcb, 0xc8, 0xe4, 2, 0, 0x7a, 0x7a, 0x6f, 0xed, 3, 0, 0, 0])
  }

  @Test("Other archives are refused")
  func refuses() {
    #expect(throws: ZipMemberError.notOneFile) {
      try ZipMember.gzip(ofOnlyFileIn: Self.archive(["a", "b"]))
    }
    #expect(throws: ZipMemberError.unknownMethod) {
      try ZipMember.gzip(ofOnlyFileIn: Self.archive(["a"], method: 0))
    }
    #expect(throws: ZipMemberError.unknownMethod) {
      try ZipMember.gzip(ofOnlyFileIn: Self.archive(["a"], flags: 1))
    }
    #expect(throws: ZipMemberError.notAnArchive) { try ZipMember.gzip(ofOnlyFileIn: []) }
    let whole = Self.archive(["a.dat"])
    for length in 0..<whole.count {
      #expect(throws: ZipMemberError.self) {
        try ZipMember.gzip(ofOnlyFileIn: Array(whole.prefix(length)))
      }
    }
  }
}
