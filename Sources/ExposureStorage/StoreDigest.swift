internal import Presence
internal import VenueCodes

/// BLAKE2b-256 of unambiguous encodings.
enum StoreDigest {
  /// Returns the digest of bytes.
  static func digest(of bytes: [UInt8]) -> [UInt8] {
    ContentDigest.longDigest(of: bytes.span)
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
    append(optional: evidence.statedStay.map(Int64.init), to: &bytes)
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
