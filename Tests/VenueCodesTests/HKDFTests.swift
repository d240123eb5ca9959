import Foundation
import TestSupport
import Testing
import VenueCodes

@Suite("HKDF") struct HKDFTests {
  fileprivate struct Row: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let secret: [UInt8]
    var salt: [UInt8] = []
    var info: [UInt8] = []
    let output: String
  }

  // The SHA-256 cases of RFC 5869, appendix A.
  fileprivate static let rows = [
    Row(
      testDescription: "A.1, basic", secret: [UInt8](repeating: 0x0b, count: 22),
      salt: Array(0...0x0c), info: Array(0xf0...0xf9),
      output: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    ),
    Row(
      testDescription: "A.2, longer inputs and output", secret: Array(0...0x4f),
      salt: Array(0x60...0xaf), info: Array(0xb0...0xff),
      output: "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac78272"
        + "71cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
    ),
    Row(
      testDescription: "A.3, no salt and no info", secret: [UInt8](repeating: 0x0b, count: 22),
      output: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    ),
  ]

  private static func derived(_ row: Row, count: Int) throws -> [UInt8] {
    let secret = try SecretBytes(copying: row.secret.span)
    return try HKDF.derivedKey(of: secret, salt: row.salt, info: row.info, count: count)
      .withUnsafeBytes { Array($0) }
  }

  @Test("The vectors of RFC 5869 come out, and so does every shorter output", arguments: rows)
  fileprivate func rfc5869(row: Row) throws {
    let expected = try bytes(hexadecimal: row.output)
    for count in 1...expected.count {
      #expect(try Self.derived(row, count: count) == Array(expected[..<count]), "\(count) bytes")
    }
  }

  private struct Wycheproof: Decodable {
    struct Group: Decodable {
      struct Test: Decodable {
        let tcId: Int
        let ikm: String
        let salt: String
        let info: String
        let size: Int
        let okm: String
        let result: String
      }
      let tests: [Test]
    }
    let numberOfTests: Int
    let testGroups: [Group]
  }

  @Test("All 86 cases of Wycheproof come out as they should")
  func wycheproof() throws {
    let file = try JSONDecoder().decode(
      Wycheproof.self, from: fixture("hkdf_sha256_test.json"))
    var wrong: [Int] = []
    var counts: [String: Int] = [:]
    for test in file.testGroups.flatMap(\.tests) {
      counts[test.result, default: 0] += 1
      // The invalid ones ask for more than the function gives, which is a programmer's error here.
      guard test.result != "invalid" else {
        if test.size <= HKDF.maximumCount { wrong.append(test.tcId) }
        continue
      }
      let row = Row(
        testDescription: "", secret: try bytes(hexadecimal: test.ikm),
        salt: try bytes(hexadecimal: test.salt), info: try bytes(hexadecimal: test.info),
        output: "")
      let output = try bytes(hexadecimal: test.okm)
      if try Self.derived(row, count: test.size) != output { wrong.append(test.tcId) }
    }
    #expect(wrong.isEmpty)
    #expect(file.numberOfTests == 86)
    #expect(counts["valid"] == 83 && counts["invalid"] == 3)
  }
}
