import Foundation
import TestSupport
import Testing
import VenueCodes

@Suite("VenueCode") struct VenueCodeTests {
  fileprivate struct Golden: CustomTestStringConvertible, Sendable {
    let name: String
    let token: VenueToken?
    let body: String
    let signature: String
    let digits: String
    var testDescription: String { name }
  }

  // Assembled by hand from the table of the wire format and signed with another binding of the
  // library; the decimal numbers come from another big-number implementation.
  fileprivate static let goldens = [
    Golden(
      name: "compact, every field different",
      token: try? VenueToken(
        kind: .entrance, keyID: 7, venue: VenueID(parsing: "C0FFEE00Y"), zone: 3,
        firstDay: LocalDay(daysSince2020: 2_400), weeksValid: 26, category: 12, defaultStay: 18,
        serial: 5),
      body: "11" + "07" + "601ef73800" + "03" + "0960" + "1a" + "0c" + "12" + "05",
      signature: "3ca13eead56ab0edc00644ad7a6d8fee023e6574b1cfbdd857a4e8a100ff1166"
        + "abea57da7541adba6e9b1557e12d991039e1d36f26afc2dcff7301b1c9a48c04",
      digits: "046308598767955903298311490186003224762743696615275066617063913239888346756056"
        + "17689630266283856437904254007656998190332397844478061585973257819569216009173226194156"
        + "360432086552669835267076"),
    Golden(
      name: "named, every other field zero",
      token: VenueID(rawValue: 0x12_3456_789a).flatMap {
        try? VenueToken(
          kind: .inAndOut, keyID: 0, venue: $0, firstDay: VenueToken.earliestDay, weeksValid: 0,
          name: "Khách sạn Hải Âu")
      },
      body: "10" + "00" + "123456789a" + "00" + "0000" + "00" + "00" + "00" + "00" + "16"
        + "4b68c3a163682073e1baa16e2048e1baa36920c38275",
      signature: "2efaecf83e5defb8a3465a477a47537364a69ab81b1e784e2f508a47db597b89"
        + "fa97ed54cd23d6e2654bcb45479be62a19f87fb6d74f5f0760eb15871ade6a05",
      digits: "010669008315230900642273309395340996943491077807607761510628609962072976749630350899"
        + "55064132006486531309321612568770132211242320052681866968083832442096428680094957635577"
        + "63953862457566312574286646701763827540238187087502086948983375098529344005"),
  ]

  @Test("A token is written byte for byte as the contract says", arguments: goldens)
  fileprivate func writesGolden(golden: Golden) throws {
    let token = try #require(golden.token)
    let code = VenueCode(signing: token, with: try goldenKey())
    #expect(hexadecimal(code.bytes) == golden.body + golden.signature)
    #expect(code.digits == golden.digits)
    #expect(
      token.signedBytes == Array("checkin/venue-code/v1\0".utf8)
        + (try bytes(hexadecimal: golden.body)))
    #expect(token.sizeInBytes == code.bytes.count)
    #expect(
      code.url(prefix: try URLPrefix("https://qr.haiphong.gov.vn/"))
        == "https://qr.haiphong.gov.vn/#" + golden.digits)
    let read = try VenueCode(bytes: bytes(hexadecimal: golden.body + golden.signature))
    #expect(read.token == token)
    #expect(read.isSigned(by: try goldenKey().publicKey))
  }

  @Test("Any token survives signing, writing and reading", arguments: [11, 12, 13])
  func roundTrips(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let key = try Ed25519.SigningKey(using: &generator)
    let carrier = Carrier()
    var wrong: [VenueToken] = []
    for _ in 0..<100 {
      let token = try randomToken(using: &generator)
      let code = VenueCode(signing: token, with: key)
      let read = try VenueCode(bytes: carrier.bytes(decoding: code.digits))
      let isSame =
        read.token == token && read.bytes == code.bytes && read.isSigned(by: key.publicKey)
        && code.bytes.count == token.sizeInBytes
      if !isSame { wrong.append(token) }
    }
    #expect(wrong.isEmpty, "seed \(seed)")
  }

  @Test("No length but a poster's is read, from nothing to 200 bytes")
  func refusesOtherLengths() {
    var wrong: [Int] = []
    for count in 0...200 {
      var bytes = [UInt8](repeating: 0x41, count: count)
      if count > 0 { bytes[0] = 0x10 }
      if count > 78 { bytes[14] = UInt8(truncatingIfNeeded: count - 79) }
      let expected: VenueCodeError? =
        switch count {
        case 78, 80...120: nil
        case 28: nil
        default: .wrongLength(count)
        }
      let result = failure(VenueCodeError.self) { try VenueCode(bytes: bytes) }
      if count == 28 {
        // A rotating code's length; a poster of that length is none.
        if result != .wrongLength(28) { wrong.append(count) }
      } else if result != expected {
        wrong.append(count)
      }
    }
    #expect(wrong.isEmpty)
  }

  @Test("A code cut short or with bytes behind it never reads as genuine")
  func refusesTruncated() throws {
    var wrong: [Int] = []
    let key = try goldenKey()
    for golden in VenueCodeTests.goldens {
      let whole = try bytes(hexadecimal: golden.body + golden.signature)
      for count in 0...200 where count != whole.count {
        let changed =
          Array(whole.prefix(count)) + [UInt8](repeating: 0, count: max(0, count - whole.count))
        if let read = try? VenueCode(bytes: changed), read.isSigned(by: key.publicKey) {
          wrong.append(count)
        }
      }
    }
    #expect(wrong.isEmpty)
  }

  @Test("An unknown version or kind has its own error, before the key is asked for")
  func refusesUnknownVersionsAndKinds() throws {
    var wrong: [UInt8] = []
    for first in UInt8.min...255 {
      for count in [28, 78, 100] {
        var bytes = [UInt8](repeating: 0x41, count: count)
        bytes[0] = first
        if count == 100 { bytes[14] = 21 }
        let expected: VenueCodeError? =
          switch (first >> 4, first & 0xf) {
          // 3 is a minute of a pre-signed day, which is no poster.
          case (1, 0...2), (1, 4): count == 28 ? .wrongLength(28) : nil
          case (1, let kind): .unknownKind(kind)
          case (let version, _): .unknownVersion(version)
          }
        if failure(VenueCodeError.self, { try VenueCode(bytes: bytes) }) != expected {
          wrong.append(first)
        }
      }
    }
    #expect(wrong.isEmpty)
  }

  @Test("A name's length byte must agree with the length of the code")
  func refusesWrongNameLength() throws {
    var wrong: [UInt8] = []
    for declared in UInt8.min...255 {
      var bytes = [UInt8](repeating: 0x41, count: 100)
      bytes[0] = 0x10
      bytes[14] = declared
      let expected: VenueCodeError? =
        declared == 21 ? nil : .wrongNameLength(declared: Int(declared), found: 21)
      if failure(VenueCodeError.self, { try VenueCode(bytes: bytes) }) != expected {
        wrong.append(declared)
      }
    }
    #expect(wrong.isEmpty)
  }

  fileprivate struct NameRow: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let name: [UInt8]
    let expected: VenueCodeError?

    init(_ description: String, _ name: String, _ expected: VenueCodeError?) {
      self.init(description, bytes: Array(name.utf8), expected)
    }

    init(_ description: String, bytes: [UInt8], _ expected: VenueCodeError?) {
      self.testDescription = description
      self.name = bytes
      self.expected = expected
    }
  }

  fileprivate static let nameRows = [
    NameRow("plain", "Hotel", nil),
    NameRow("Vietnamese, precomposed", "Nhà hàng Phở Đặc Biệt", nil),
    NameRow("Vietnamese, decomposed", "Pho\u{31b}\u{309}", .nameNotNFC),
    NameRow("one mark behind its letter", "e\u{301}", .nameNotNFC),
    NameRow("marks in the wrong order", "q\u{307}\u{323}", .nameNotNFC),
    NameRow("marks in the right order that compose to nothing", "q\u{323}\u{307}", nil),
    NameRow("Ångström sign, a second spelling of a letter", "\u{212b}", .nameNotNFC),
    NameRow("Hangul syllables", "한국", nil),
    NameRow("Hangul in parts", "\u{1112}\u{1161}\u{11ab}", .nameNotNFC),
    NameRow("Chinese", "海防", nil),
    NameRow("a Chinese compatibility character", "\u{f900}", .nameNotNFC),
    NameRow("Thai with a vowel mark", "\u{e01}\u{e34}", nil),
    NameRow("emoji", "🚢", nil),
    NameRow("line feed", "a\nb", .nameForbiddenCharacter("\n")),
    NameRow("carriage return and line feed", "a\r\n", .nameForbiddenCharacter("\r")),
    NameRow("zero", "a\u{0}", .nameForbiddenCharacter("\u{0}")),
    NameRow("delete", "a\u{7f}", .nameForbiddenCharacter("\u{7f}")),
    NameRow("escape", "\u{1b}[2J", .nameForbiddenCharacter("\u{1b}")),
    NameRow("next line, a C1 control", "a\u{85}", .nameForbiddenCharacter("\u{85}")),
    NameRow("right-to-left override", "a\u{202e}b", .nameForbiddenCharacter("\u{202e}")),
    NameRow("bidirectional isolate", "a\u{2066}b", .nameForbiddenCharacter("\u{2066}")),
    NameRow("zero-width space", "a\u{200b}b", .nameForbiddenCharacter("\u{200b}")),
    NameRow("soft hyphen", "a\u{ad}b", .nameForbiddenCharacter("\u{ad}")),
    NameRow("line separator", "a\u{2028}b", .nameForbiddenCharacter("\u{2028}")),
    NameRow("private use", "\u{e000}", .nameForbiddenCharacter("\u{e000}")),
    NameRow("not assigned", "\u{378}", .nameForbiddenCharacter("\u{378}")),
    NameRow("tag character", "a\u{e0041}", .nameForbiddenCharacter("\u{e0041}")),
    NameRow("not UTF-8", bytes: [0x41, 0xff], .nameNotUTF8),
    NameRow("overlong UTF-8", bytes: [0xc0, 0x80], .nameNotUTF8),
    NameRow("half a surrogate pair", bytes: [0xed, 0xa0, 0x80], .nameNotUTF8),
    NameRow("cut in a letter", bytes: [0x41, 0xe1, 0xba], .nameNotUTF8),
  ]

  @Test("A name is what the contract allows, in reading and in making", arguments: nameRows)
  fileprivate func checksNames(row: NameRow) throws {
    var bytes = [UInt8](repeating: 0x41, count: 14) + [UInt8(row.name.count)] + row.name
    bytes[0] = 0x10
    bytes += [UInt8](repeating: 0, count: 64)
    #expect(failure(VenueCodeError.self) { try VenueCode(bytes: bytes) } == row.expected)
    if row.expected != .nameNotUTF8 {
      let venue = try VenueID(parsing: "C0FFEE00Y")
      let made = failure(VenueCodeError.self) {
        try VenueToken(
          kind: .inAndOut, keyID: 1, venue: venue, firstDay: VenueToken.earliestDay, weeksValid: 1,
          name: String(decoding: row.name, as: UTF8.self))
      }
      #expect(made == row.expected)
    }
  }

  @Test("Making a token refuses an empty name, a long one and days out of range")
  func refusesInMaking() throws {
    let venue = try VenueID(parsing: "C0FFEE00Y")
    func made(_ day: Int32, _ name: String?) -> VenueCodeError? {
      failure(VenueCodeError.self) {
        try VenueToken(
          kind: .exit, keyID: 1, venue: venue, firstDay: LocalDay(daysSince2020: day),
          weeksValid: 1, name: name)
      }
    }
    #expect(made(0, "") == .nameEmpty)
    #expect(made(0, String(repeating: "a", count: 41)) == nil)
    #expect(made(0, String(repeating: "a", count: 42)) == .nameTooLong(42))
    #expect(made(0, String(repeating: "ạ", count: 14)) == .nameTooLong(42))
    #expect(made(-1, nil) == .firstDayOutOfRange(LocalDay(daysSince2020: -1)))
    #expect(made(65_535, nil) == nil)
    #expect(made(65_536, nil) == .firstDayOutOfRange(LocalDay(daysSince2020: 65_536)))
  }

  @Test("The blocks that skip a check hold nothing that the check is about")
  func quickCheckIsSound() {
    var wrong: [UInt32] = []
    for value in UInt32(0)...0x10ffff {
      guard let scalar = Unicode.Scalar(value) else { continue }
      if NameRule.isLatinLetter(scalar),
        NameRule.isForbidden(scalar) || !NameRule.isAlwaysNFC(scalar)
      {
        wrong.append(value)
      }
      guard NameRule.isAlwaysNFC(scalar) else { continue }
      // Normalization looks at a string bytewise here: String equality would not see a change.
      let text = String(scalar)
      if !text.precomposedStringWithCanonicalMapping.utf8.elementsEqual(text.utf8) {
        wrong.append(value)
      }
      if scalar.properties.canonicalCombiningClass != .notReordered { wrong.append(value) }
    }
    #expect(wrong.isEmpty)
  }

  fileprivate struct DayRow: CustomTestStringConvertible, Sendable {
    let weeks: UInt8
    let last: String
    var testDescription: String { "\(weeks) weeks" }
  }

  fileprivate static let dayRows = [
    DayRow(weeks: 0, last: "2026-07-28"), DayRow(weeks: 1, last: "2026-08-03"),
    DayRow(weeks: 26, last: "2027-01-25"), DayRow(weeks: 255, last: "2031-06-16"),
  ]

  @Test("A code holds from its first day to its last, both included", arguments: dayRows)
  fileprivate func holdsOnItsDays(row: DayRow) throws {
    let first = try #require(LocalDay(iso8601: "2026-07-28"))
    let last = try #require(LocalDay(iso8601: row.last))
    let token = try VenueToken(
      kind: .vehicle, keyID: 1, venue: VenueID(parsing: "C0FFEE00Y"), firstDay: first,
      weeksValid: row.weeks)
    #expect(token.lastDay == last)
    #expect(
      [first.advanced(by: -1), first, last, last.advanced(by: 1)].map { token.isValid(on: $0) }
        == [false, true, true, false])
  }

  @Test("The default stay is in units of five minutes, and none means until check-out")
  func defaultStay() throws {
    let minutes = try [UInt8(0), 1, 18, 255].map { stay in
      try VenueToken(
        kind: .exit, keyID: 1, venue: VenueID(parsing: "C0FFEE00Y"),
        firstDay: VenueToken.earliestDay, weeksValid: 1, defaultStay: stay
      ).defaultStayMinutes
    }
    #expect(minutes == [nil, 5, 90, 1_275])
  }
}
