internal import ForeignCodes

/// From when until when a certificate is valid (RFC 5280), for who looks after it.
///
/// Only the dates are read, and nothing is verified: what a client makes of the certificate is the
/// client's to say.
struct CertificateDates: Hashable, Sendable {
  /// The first second, in Unix seconds.
  let notBefore: Int64
  /// The last second.
  let notAfter: Int64

  /// Reads the first certificate of a PEM file; nil when there is none that can be read.
  init?(pem: String) {
    let begin = "-----BEGIN CERTIFICATE-----"
    guard let first = pem.utf8.firstRange(of: Array(begin.utf8)),
      let last = pem.utf8[first.upperBound...].firstRange(of: Array("-----END".utf8))
    else { return nil }
    let text = pem.utf8[first.upperBound..<last.lowerBound].filter { $0 > 0x20 }
    guard let bytes = Base64Text.bytes(of: text[...], .standard, isPadded: true) else {
      return nil
    }
    self.init(der: bytes)
  }

  /// Reads a certificate; nil when it is none.
  init?(der: [UInt8]) {
    var file = DERReader(bytes: der[...])
    guard var certificate = file.open(0x30), var body = certificate.open(0x30) else { return nil }
    // The version is there in all but the oldest; the serial, the algorithm and the issuer follow.
    _ = body.open(0xA0)
    guard body.open(0x02) != nil, body.open(0x30) != nil, body.open(0x30) != nil,
      var validity = body.open(0x30), let notBefore = validity.time(),
      let notAfter = validity.time()
    else { return nil }
    self.notBefore = notBefore
    self.notAfter = notAfter
  }
}

/// Walks through values of DER (X.690).
private struct DERReader {
  var bytes: ArraySlice<UInt8>

  /// Takes the next value when it has a tag; nil, and nothing is taken, when it has not.
  mutating func open(_ tag: UInt8) -> DERReader? {
    guard bytes.first == tag, let content = content() else { return nil }
    return DERReader(bytes: content)
  }

  private mutating func content() -> ArraySlice<UInt8>? {
    var rest = bytes.dropFirst()
    guard let first = rest.popFirst() else { return nil }
    var length = Int(first)
    if first >= 0x80 {
      let count = Int(first & 0x7F)
      guard (1...4).contains(count), rest.count >= count else { return nil }
      length = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(count)
    }
    guard length <= rest.count else { return nil }
    bytes = rest.dropFirst(length)
    return rest.prefix(length)
  }

  /// Takes a time in UTC: of two digits for the year, or of four.
  mutating func time() -> Int64? {
    let hasCentury = bytes.first == 0x18
    guard let text = open(hasCentury ? 0x18 : 0x17)?.bytes else { return nil }
    let digits = text.dropLast().map { Int($0) - 0x30 }
    guard text.last == UInt8(ascii: "Z"), digits.count == (hasCentury ? 14 : 12),
      digits.allSatisfy({ (0...9).contains($0) })
    else { return nil }
    var year = digits[0] * 10 + digits[1]
    var place = 2
    if hasCentury {
      year = year * 100 + digits[2] * 10 + digits[3]
      place = 4
    } else {
      year += year >= 50 ? 1_900 : 2_000
    }
    let parts = stride(from: place, to: digits.count, by: 2).map {
      Int64(digits[$0] * 10 + digits[$0 + 1])
    }
    guard (1...12).contains(parts[0]), (1...31).contains(parts[1]), parts[2] < 24, parts[3] < 60,
      parts[4] < 61
    else { return nil }
    // Days of the civil calendar since 1970, counted from March.
    let shifted = Int64(year) - (parts[0] <= 2 ? 1 : 0)
    let century = shifted / 400
    let ofCentury = shifted - century * 400
    let month = (parts[0] + 9) % 12
    let dayOfYear = (153 * month + 2) / 5 + parts[1] - 1
    let days = century * 146_097 + ofCentury * 365 + ofCentury / 4 - ofCentury / 100 + dayOfYear
    return (days - 719_468) * 86_400 + parts[2] * 3_600 + parts[3] * 60 + parts[4]
  }
}
