import TestSupport
import Testing
import VenueCodes

@Suite("Carrier") struct CarrierTests {
  /// The decimal digits of a number of bytes, worked out one digit at a time by schoolbook long
  /// division: slow, and nothing like the code under test.
  private func plainDigits(of bytes: [UInt8]) -> String {
    var number = bytes
    var digits: [Character] = []
    while number.contains(where: { $0 != 0 }) {
      var rest = 0
      for place in number.indices {
        rest = rest << 8 | Int(number[place])
        number[place] = UInt8(rest / 10)
        rest %= 10
      }
      digits.append(Character(String(rest)))
    }
    return String(digits.reversed())
  }

  private func padded(_ digits: String, to count: Int) -> String {
    String(repeating: "0", count: max(0, count - digits.count)) + digits
  }

  @Test("A byte that is no digit is found at its place, wherever it stands among digits")
  func findsOtherBytes() {
    let others: [UInt8] = [0x00, 0x2f, 0x3a, 0x40, 0x7f, 0x80, 0xb0, 0xb9, 0xba, 0xd0, 0xff]
    var wrong: [String] = []
    for place in 1..<188 {
      for (other, filling) in others.flatMap({ [($0, UInt8(0x30)), ($0, UInt8(0x39))] }) {
        var text = [UInt8](repeating: filling, count: 188)
        text[place] = other
        let bytes = text
        do {
          _ = try Carrier().bytes(decoding: bytes.span)
          wrong.append("\(other) at \(place) was read")
        } catch {
          if error != .notDigits(at: place) { wrong.append("\(other) at \(place): \(error)") }
        }
      }
    }
    #expect(wrong.isEmpty)
  }

  @Test("n bytes have exactly as many digits as 256^n − 1, for every n")
  func countsDigits() {
    var wrong: [Int] = []
    for count in 1...120 {
      let largest = plainDigits(of: [UInt8](repeating: 255, count: count)).count
      if Carrier.digitCount(ofBytes: count) != largest { wrong.append(count) }
    }
    #expect(wrong.isEmpty)
    #expect(Carrier.digitCount(ofBytes: 78) == 188)
    #expect(Carrier.digitCount(ofBytes: 100) == 241)
    #expect(Carrier.digitCount(ofBytes: 120) == 289)
    #expect(Carrier.maximumDigitCount == 289)
  }

  @Test("Digits agree with long division and lead back to the bytes", arguments: [1, 7])
  func agreesWithLongDivision(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let carrier = Carrier()
    var wrong: [[UInt8]] = []
    for length in 1...120 {
      var samples = [
        [UInt8](repeating: 0, count: length), [UInt8](repeating: 255, count: length),
        [UInt8](repeating: 0, count: length - 1) + [1],
        [1] + [UInt8](repeating: 0, count: length - 1),
      ]
      samples += (0..<2).map { _ in generator.bytes(length) }
      for bytes in samples {
        let digits = Carrier.digits(of: bytes.span)
        let expected = padded(plainDigits(of: bytes), to: Carrier.digitCount(ofBytes: length))
        if digits != expected { wrong.append(bytes) }
        if (try? carrier.bytes(decoding: digits)) != bytes { wrong.append(bytes) }
      }
    }
    #expect(wrong.isEmpty, "seed \(seed)")
  }

  @Test("Numbers round 10^19, where the chunks meet, are right")
  func chunkEdges() {
    let carrier = Carrier()
    var wrong: [String] = []
    for zeros in 15...42 {
      for text in [
        "1" + String(repeating: "0", count: zeros), String(repeating: "9", count: zeros),
      ] {
        let digits = padded(text, to: Carrier.digitCount(ofBytes: 20))
        guard let bytes = try? carrier.bytes(decoding: digits),
          Carrier.digits(of: bytes.span) == digits, padded(plainDigits(of: bytes), to: 49) == digits
        else {
          wrong.append(digits)
          continue
        }
      }
    }
    #expect(wrong.isEmpty)
  }

  @Test("The least number too large for its bytes is refused, the one before it is not")
  func refusesTooLarge() {
    let carrier = Carrier()
    var wrong: [Int] = []
    for length in 1...120 {
      let largest = Carrier.digits(of: [UInt8](repeating: 255, count: length).span)
      if failure(VenueCodeError.self, { try carrier.bytes(decoding: largest) }) != nil {
        wrong.append(length)
      }
      // 256^n never ends in 9 …: the last digit of 256^n − 1 is 5, so adding one needs no carry.
      let tooLarge = String(largest.dropLast()) + "6"
      if failure(VenueCodeError.self, { try carrier.bytes(decoding: tooLarge) }) != .numberTooLarge
      {
        wrong.append(length)
      }
      let nines = String(repeating: "9", count: largest.count)
      if failure(VenueCodeError.self, { try carrier.bytes(decoding: nines) }) != .numberTooLarge {
        wrong.append(length)
      }
    }
    #expect(wrong.isEmpty)
  }

  @Test("Only digit counts that whole bytes have are read")
  func refusesDigitCounts() {
    let carrier = Carrier()
    let good = Set((1...120).map { Carrier.digitCount(ofBytes: $0) })
    var wrong: [Int] = []
    for count in 1...700 {
      let result = failure(VenueCodeError.self) {
        try carrier.bytes(decoding: String(repeating: "0", count: count))
      }
      if result != (good.contains(count) ? nil : .wrongDigitCount(count)) { wrong.append(count) }
    }
    #expect(good.count == 120)
    #expect(wrong.isEmpty)
  }

  fileprivate struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let text: String
    let expected: VenueCodeError?
    var testDescription: String { name }
  }

  fileprivate static let rows = [
    Row(name: "bare digits", text: "00255", expected: nil),
    Row(name: "the prefix", text: "https://qr.haiphong.gov.vn/#00255", expected: nil),
    Row(name: "no slash", text: "https://qr.haiphong.gov.vn#00255", expected: nil),
    Row(
      name: "scheme and host in capitals", text: "HTTPS://QR.HAIPHONG.GOV.VN/#00255",
      expected: nil),
    Row(
      name: "an older prefix with a path", text: "https://ks.example:8443/q/#00255",
      expected: nil),
    Row(
      name: "that path without its slash", text: "https://KS.example:8443/q#00255",
      expected: nil),
    Row(
      name: "that path in capitals", text: "https://ks.example:8443/Q/#00255",
      expected: .foreignURL),
    Row(name: "two slashes", text: "https://qr.haiphong.gov.vn//#00255", expected: .foreignURL),
    Row(name: "nothing", text: "", expected: .empty),
    Row(name: "nothing behind the prefix", text: "https://qr.haiphong.gov.vn/#", expected: .empty),
    Row(name: "no number sign", text: "https://qr.haiphong.gov.vn/00255", expected: .foreignURL),
    Row(name: "the page itself", text: "https://qr.haiphong.gov.vn/", expected: .foreignURL),
    Row(name: "part of the prefix", text: "https://qr.haiphong", expected: .foreignURL),
    Row(
      name: "another host", text: "https://qr.haiphong.gov.vn.evil.example/#00255",
      expected: .foreignURL),
    Row(name: "another scheme", text: "http://qr.haiphong.gov.vn/#00255", expected: .foreignURL),
    Row(
      name: "a foreign code", text: "UKC19TRACING:1:eyJhbGciOiJFUzI1NiJ9",
      expected: .foreignURL),
    Row(name: "a word", text: "hello", expected: .notDigits(at: 0)),
    Row(name: "a letter within", text: "00a55", expected: .notDigits(at: 2)),
    Row(
      name: "a letter behind the prefix", text: "https://qr.haiphong.gov.vn/#0025x",
      expected: .notDigits(at: 32)),
    Row(name: "a sign", text: "-0255", expected: .notDigits(at: 0)),
    Row(name: "a space in front", text: " 00255", expected: .notDigits(at: 0)),
    Row(name: "a line end", text: "00255\r\n", expected: .notDigits(at: 5)),
    Row(name: "full-width digits", text: "００２５５", expected: .notDigits(at: 0)),
    Row(name: "Arabic digits", text: "٠٠٢٥٥", expected: .notDigits(at: 0)),
    Row(name: "a zero byte", text: "00\u{0}55", expected: .notDigits(at: 2)),
    Row(name: "one digit short", text: "0255", expected: .wrongDigitCount(4)),
    Row(name: "one more than two bytes hold", text: "65536", expected: .numberTooLarge),
    Row(name: "a query behind the digits", text: "00255?x=1", expected: .notDigits(at: 5)),
  ]

  @Test("A text is read as its bytes or refused with its own error", arguments: rows)
  fileprivate func reads(row: Row) throws {
    let carrier = try Carrier(
      prefixes: [
        URLPrefix("https://qr.haiphong.gov.vn/#"), URLPrefix("https://ks.example:8443/q/"),
      ])
    do {
      let bytes = try carrier.bytes(decoding: row.text)
      #expect(row.expected == nil && bytes == [0, 255])
    } catch {
      #expect(error == row.expected)
    }
  }

  @Test("Bytes that are no text are refused, not read")
  func refusesNonUTF8() {
    let carrier = Carrier()
    for bytes: [UInt8] in [[0xff, 0xfe], [0xc0, 0xb0], [0x80], [0x30, 0xff]] {
      let place = bytes[0] == 0x30 ? 1 : 0
      #expect(
        failure(VenueCodeError.self) { try carrier.bytes(decoding: bytes.span) }
          == .notDigits(at: place))
    }
  }

  @Test("A megabyte of digits is refused for its count")
  func refusesOverlong() {
    let text = String(repeating: "7", count: 1_000_000)
    #expect(
      failure(VenueCodeError.self) { try Carrier().bytes(decoding: text) }
        == .wrongDigitCount(1_000_000))
  }

  fileprivate struct PrefixRow: CustomTestStringConvertible, Sendable {
    let text: String
    let expected: URLPrefixError?
    var printed: String?
    var testDescription: String { text }
  }

  fileprivate static let prefixRows = [
    PrefixRow(text: "https://qr.haiphong.gov.vn/#", expected: nil),
    PrefixRow(
      text: "https://qr.haiphong.gov.vn/", expected: nil,
      printed: "https://qr.haiphong.gov.vn/#"),
    PrefixRow(text: "https://a", expected: nil, printed: "https://a#"),
    PrefixRow(
      text: "https://a.vn:443/x/y-z_~.", expected: nil,
      printed: "https://a.vn:443/x/y-z_~.#"),
    PrefixRow(text: "https://a2345678901234567890123456789012", expected: .tooLong(41)),
    PrefixRow(text: "", expected: .notHTTPS),
    PrefixRow(text: "HTTPS://a.vn/", expected: .notHTTPS),
    PrefixRow(text: "http://a.vn/", expected: .notHTTPS),
    PrefixRow(text: "https://", expected: .badHost),
    PrefixRow(text: "https:///x", expected: .badHost),
    PrefixRow(text: "https://A.vn/", expected: .badHost),
    PrefixRow(text: "https://a..vn/", expected: .badHost),
    PrefixRow(text: "https://-a.vn/", expected: .badHost),
    PrefixRow(text: "https://u@a.vn/", expected: .badHost),
    PrefixRow(text: "https://a.vn:/", expected: .badHost),
    PrefixRow(text: "https://a.vn:0/", expected: .badHost),
    PrefixRow(text: "https://a.vn:65536/", expected: .badHost),
    PrefixRow(text: "https://a.vn:1:2/", expected: .badHost),
    PrefixRow(text: "https://hải.vn/", expected: .badHost),
    PrefixRow(text: "https://a.vn?x#", expected: .badHost),
    PrefixRow(text: "https://a.vn/?x#", expected: .badPath),
    PrefixRow(text: "https://a.vn/##", expected: .badPath),
    PrefixRow(text: "https://a.vn/A#", expected: .badPath),
    PrefixRow(text: "https://a.vn/x y", expected: .badPath),
  ]

  @Test(
    "A prefix of the configuration is taken or refused with its own error",
    arguments: prefixRows)
  fileprivate func readsPrefix(row: PrefixRow) {
    do {
      let prefix = try URLPrefix(row.text)
      #expect(row.expected == nil && prefix.text == row.printed ?? row.text)
    } catch {
      #expect(error == row.expected)
    }
  }
}
