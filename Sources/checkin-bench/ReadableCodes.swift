internal import Foundation
internal import Posters
internal import SyntheticCity
internal import VenueCodes

/// A code of the hotel that the reading benchmark is about.
struct ReadableCode {
  let name: String
  /// Whether it is ours.
  let isOurs: Bool
  let symbol: QRSymbol

  /// What is compared: ours, and what other systems would print for the same hotel.
  ///
  /// Their codes have the layout, lengths and level of the real ones, as published; the keys and
  /// signatures in them are random bytes, which a decoder cannot tell.
  static func all() throws -> [ReadableCode] {
    var generator = SeededGenerator(seed: 1)
    func random(_ count: Int) -> [UInt8] {
      (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }
    let prefix = "https://qr.haiphong.gov.vn/#"
    let hotel = "Khách sạn Mercure Hải Phòng"
    let address = "12 Lạch Tray, Ngô Quyền, Hải Phòng"
    func ours(
      _ name: String, _ bytes: Int, _ level: QRSymbol.Level = .quartile
    ) throws -> ReadableCode {
      ReadableCode(
        name: name, isOurs: true,
        symbol: try QRSymbol(prefix: prefix, digits: decimal(random(bytes)), level: level))
    }
    func theirs(
      _ name: String, _ text: String, leastVersion: Int = 1
    ) throws -> ReadableCode {
      ReadableCode(
        name: name, isOurs: false,
        symbol: try QRSymbol(text: text, level: .medium, leastVersion: leastVersion))
    }
    // 14 bytes, the signature, and a name with its length.
    let fullName = 78 + 1 + hotel.utf8.count
    let header = #"{"alg":"ES256","kid":"YrqeLTq8z-ofH5nzlaSGnYRfB9bu9yPlWYU_2b6qXOQ"}"#
    let claims = #"{"id":"4WT59M5Y","opn":"\#(hotel)","vt":"005","pc":"180000"}"#
    let nhs =
      "UKC19TRACING:1:" + base64(Array(header.utf8)) + "." + base64(Array(claims.utf8)) + "."
      + base64(random(64))
    let location: [UInt8] = [8, 1] + field(2, Array(hotel.utf8)) + field(3, Array(address.utf8))
    let keys: [UInt8] = [8, 1] + field(2, random(96)) + field(3, random(16))
    let kind: [UInt8] = [8, 1, 16, 9, 24, 0xD8, 4]
    let cwa =
      "https://e.coronawarn.app?v=1#"
      + base64([8, 1] + field(2, location) + field(3, keys) + field(4, kind))
    let poster =
      #"{"gln":"7000000243950","ver":"c19:1","typ":"entry","opn":"\#(hotel)","adr":"\#(address)"}"#
    let nz = "NZCOVIDTRACER:" + Data(poster.utf8).base64EncodedString()
    let clea = "https://tac.gouv.fr?v=0#"
    return [
      try ours("rotating", 28), try ours("compact", 78), try ours("named", 78 + 1 + 20),
      try ours("full name", fullName), try ours("full name, level M", fullName, .medium),
      try theirs("NHS", nhs), try theirs("Corona-Warn-App", cwa),
      // The published standard asks for version 13 whatever the content.
      try theirs("NZ COVID Tracer", nz, leastVersion: 13),
      try theirs("Cléa", clea + base64(random(175))),
      try theirs("Cléa without contact", clea + base64(random(110))),
    ]
  }

  /// Version and level, as people write them.
  var designation: String { "\(symbol.version)-\(symbol.level.letter)" }

  /// A field of a protocol buffer that holds bytes.
  private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    let length =
      bytes.count < 128
      ? [UInt8(bytes.count)] : [UInt8(bytes.count & 127 | 128), UInt8(bytes.count >> 7)]
    return [number << 3 | 2] + length + bytes
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
      .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
  }

  /// Bytes as one decimal number with the digits that a code of ours has.
  private static func decimal(_ bytes: [UInt8]) -> String {
    var digits = [UInt8](repeating: 0, count: (8 * bytes.count * 30_103 + 99_999) / 100_000)
    for byte in bytes {
      var carry = Int(byte)
      for place in digits.indices.reversed() {
        carry += Int(digits[place]) * 256
        digits[place] = UInt8(carry % 10)
        carry /= 10
      }
    }
    return digits.map(String.init).joined()
  }
}
