import ByteCompression
import Testing

@Suite("Packed bodies")
struct ContentCodingTests {
  private let text = Array(String(repeating: "check-in ", count: 10_000).utf8)

  @Test("What was packed comes back")
  func roundTrip() throws {
    let packed = try #require(ContentCoding.zstandard(text))
    #expect(packed.count < 1_000)
    #expect(try ContentCoding.zstd.unpacked(packed, limit: text.count) == text)
  }

  @Test("What unpacks to more than the limit is refused", arguments: [0, 1, 65_536, 89_999])
  func refusesBombs(limit: Int) throws {
    let packed = try #require(ContentCoding.zstandard(text))
    #expect(throws: UnpackingError.tooLarge) {
      try ContentCoding.zstd.unpacked(packed, limit: limit)
    }
  }

  @Test("What is cut off, empty or no such format is refused", arguments: ContentCoding.allCases)
  func refusesDamage(coding: ContentCoding) throws {
    let packed = try #require(ContentCoding.zstandard(text))
    for bytes in [[], Array(packed.dropLast()), Array(text.prefix(40)), [0x1F, 0x8B, 8, 0]] {
      #expect(throws: UnpackingError.damaged) {
        try coding.unpacked(bytes, limit: 1 << 20)
      }
    }
  }
}
