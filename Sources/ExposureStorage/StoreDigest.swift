internal import Presence
internal import VenueCodes

/// BLAKE2b-256 of unambiguous encodings.
enum StoreDigest {
  /// Returns the digest of bytes.
  static func digest(of bytes: [UInt8]) -> [UInt8] {
    ContentDigest.longDigest(of: bytes.span)
  }

  /// Returns the digest of bytes in memory of any kind.
  static func digest(of bytes: Span<UInt8>) -> [UInt8] {
    ContentDigest.longDigest(of: bytes)
  }

  /// Returns the digest of what a piece of evidence states: all but when and from where it came.
  static func digest(of evidence: Evidence) -> [UInt8] {
    var bytes: [UInt8] = []
    append(evidence.id.high, to: &bytes)
    append(evidence.id.low, to: &bytes)
    bytes.append(evidence.kind.rawValue)
    append(evidence.subject.high, to: &bytes)
    append(evidence.subject.low, to: &bytes)
    append(optional: evidence.venue.map { Int64($0.rawValue) }, to: &bytes)
    bytes.append(evidence.zone)
    append(optional: evidence.peer.map { Int64(bitPattern: $0.high) }, to: &bytes)
    append(optional: evidence.peer.map { Int64(bitPattern: $0.low) }, to: &bytes)
    append(UInt64(bitPattern: evidence.start), to: &bytes)
    append(optional: evidence.end, to: &bytes)
    append(optional: evidence.attenuation.map(Int64.init), to: &bytes)
    append(
      optional: (evidence.statedStay ?? evidence.attenuationUncertainty).map(Int64.init),
      to: &bytes)
    bytes.append(UInt8(bitPattern: evidence.grade))
    bytes.append(evidence.status.rawValue)
    return digest(of: bytes)
  }

  /// Returns numbers as 16 hexadecimal digits each.
  static func hexadecimal(_ numbers: [UInt64]) -> String {
    numbers.map { number in
      let digits = String(number, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    .joined()
  }

  /// Returns bytes as hexadecimal digits.
  static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
  }

  /// Returns the bytes that lower-case hexadecimal digits stand for, or nil when they are none.
  static func bytes(hexadecimal text: some StringProtocol) -> [UInt8]? {
    var digits: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits.append(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digits.append(byte - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    guard digits.count % 2 == 0 else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  /// Appends a number as eight big-endian bytes.
  static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
  }

  /// Appends a text with its length before it, so that no two lists of texts look alike.
  static func append(_ text: String, to bytes: inout [UInt8]) {
    append(UInt64(text.utf8.count), to: &bytes)
    bytes.append(contentsOf: text.utf8)
  }

  private static func append(optional number: Int64?, to bytes: inout [UInt8]) {
    bytes.append(number == nil ? 0 : 1)
    append(UInt64(bitPattern: number ?? 0), to: &bytes)
  }
}
