/// What a poster says: venue, zone, validity and the rest, version 1 of the wire format.
///
/// Every token has one byte string and every byte string at most one token; a token that could be
/// written in two ways is not one. The signature is no part of it: see `VenueCode`.
public struct VenueToken: Hashable, Sendable {
  /// The version of the wire format that this program writes.
  public static let version: UInt8 = 1

  /// The most UTF-8 bytes of a name.
  public static let maximumNameLength: Int = 41

  /// The first day that two bytes can hold, 2020-01-01.
  public static let earliestDay: LocalDay = LocalDay(daysSince2020: 0)

  /// The last day that two bytes can hold, in the year 2199.
  public static let latestDay: LocalDay = LocalDay(daysSince2020: Int32(UInt16.max))

  /// What the code is for.
  public let kind: PosterKind
  /// Which key of the published key set signs.
  public let keyID: UInt8
  /// The venue.
  public let venue: VenueID
  /// The entrance, room, table or carriage; 0 is the whole venue.
  public let zone: UInt8
  /// The first day the code holds.
  public let firstDay: LocalDay
  /// How many weeks it holds from then; 0 is that day only.
  public let weeksValid: UInt8
  /// The venue category, by the registry's table.
  public let category: UInt8
  /// The stay taken when nobody checks out, in 5-minute units; 0 is until check-out.
  public let defaultStay: UInt8
  /// Tells one print from the next, so that a stolen one is revoked alone.
  public let serial: UInt8
  /// The short name shown on the visitor's phone, or nil in a compact token.
  public let name: String?

  /// Makes a token.
  ///
  /// - Parameters:
  ///   - kind: What the code is for.
  ///   - keyID: Which key of the published key set signs.
  ///   - venue: The venue.
  ///   - zone: The zone; 0 is the whole venue.
  ///   - firstDay: The first day it holds, from 2020-01-01 to `latestDay`.
  ///   - weeksValid: How many weeks it holds; 0 is that day only.
  ///   - category: The category, by the registry's table.
  ///   - defaultStay: 5-minute units; 0 is until check-out.
  ///   - serial: The print's serial.
  ///   - name: 1 to 41 bytes of UTF-8 in normalization form C without control, format,
  ///     line-breaking, private or unassigned characters; nil makes a compact token.
  /// - Throws: `.firstDayOutOfRange`, `.nameEmpty`, `.nameTooLong`, `.nameForbiddenCharacter` or
  ///   `.nameNotNFC`.
  public init(
    kind: PosterKind, keyID: UInt8, venue: VenueID, zone: UInt8 = 0, firstDay: LocalDay,
    weeksValid: UInt8, category: UInt8 = 0, defaultStay: UInt8 = 0, serial: UInt8 = 0,
    name: String? = nil
  ) throws(VenueCodeError) {
    guard firstDay >= VenueToken.earliestDay, firstDay <= VenueToken.latestDay else {
      throw .firstDayOutOfRange(firstDay)
    }
    if let name { try NameRule.check(name) }
    self.kind = kind
    self.keyID = keyID
    self.venue = venue
    self.zone = zone
    self.firstDay = firstDay
    self.weeksValid = weeksValid
    self.category = category
    self.defaultStay = defaultStay
    self.serial = serial
    self.name = name
  }

  /// The last day the code holds, itself included.
  public var lastDay: LocalDay {
    VenueToken.lastDay(from: firstDay, weeks: weeksValid)
  }

  /// Returns the last day of a code that holds for some weeks from a day; 0 is that day only.
  public static func lastDay(from firstDay: LocalDay, weeks: UInt8) -> LocalDay {
    firstDay.advanced(by: max(0, Int(weeks) * 7 - 1))
  }

  /// Returns whether the code holds on a day of the venue's local calendar.
  public func isValid(on day: LocalDay) -> Bool {
    firstDay <= day && day <= lastDay
  }

  /// The stay taken when nobody checks out, in minutes, or nil when it lasts until check-out.
  public var defaultStayMinutes: Int? {
    defaultStay == 0 ? nil : Int(defaultStay) * 5
  }

  /// The bytes of the signed code: 78 when compact, 79 and the name's when named.
  public var sizeInBytes: Int {
    VenueToken.fixedLength + (name.map { 1 + $0.utf8.count } ?? 0) + Ed25519.signatureLength
  }

  /// What the signature covers: the domain string and every byte before the signature.
  public var signedBytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(VenueToken.domain.count + sizeInBytes)
    bytes.append(contentsOf: VenueToken.domain)
    append(to: &bytes)
    return bytes
  }

  /// Keeps a signature of this program from being one of anything else.
  static let domain = Array("checkin/venue-code/v1\0".utf8)

  /// The bytes before the name and the signature.
  static let fixedLength = 14

  /// Appends every byte before the signature.
  func append(to bytes: inout [UInt8]) {
    bytes.append(VenueToken.version << 4 | kind.rawValue)
    bytes.append(keyID)
    for shift in stride(from: UInt64(32), through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: venue.rawValue >> shift))
    }
    bytes.append(zone)
    bytes.append(UInt8(truncatingIfNeeded: firstDay.daysSince2020 >> 8))
    bytes.append(UInt8(truncatingIfNeeded: firstDay.daysSince2020))
    bytes.append(weeksValid)
    bytes.append(category)
    bytes.append(defaultStay)
    bytes.append(serial)
    if let name {
      bytes.append(UInt8(name.utf8.count))
      bytes.append(contentsOf: name.utf8)
    }
  }

  /// The lengths that some code of version 1 has; `ScannedCode` reads those that are no poster's.
  private static func isKnownLength(_ count: Int) -> Bool {
    isPosterLength(count)
      || [RotatingCode.length, VisitorPass.length, CheckInReceipt.length].contains(count)
  }

  /// Returns whether a poster can have so many bytes; 79 would be a name of none, which is written
  /// as no name.
  private static func isPosterLength(_ count: Int) -> Bool {
    let compact = fixedLength + Ed25519.signatureLength
    return count == compact || (compact + 2...compact + 1 + maximumNameLength).contains(count)
  }

  /// Reads a token from the bytes of a whole code, signature included but not looked at.
  ///
  /// In the order of the design: length, then version, then kind and what the kind decides. The
  /// total length alone tells a compact token from a named one, and the length byte must agree.
  init(codeBytes bytes: Span<UInt8>) throws(VenueCodeError) {
    guard VenueToken.isKnownLength(bytes.count) else { throw .wrongLength(bytes.count) }
    guard bytes[0] >> 4 == VenueToken.version else { throw .unknownVersion(bytes[0] >> 4) }
    guard let kind = PosterKind(rawValue: bytes[0] & 0x0f) else {
      throw .unknownKind(bytes[0] & 0x0f)
    }
    guard VenueToken.isPosterLength(bytes.count) else { throw .wrongLength(bytes.count) }
    var name: String?
    let body = bytes.count - Ed25519.signatureLength
    if body > VenueToken.fixedLength {
      let found = body - VenueToken.fixedLength - 1
      let declared = Int(bytes[VenueToken.fixedLength])
      guard declared == found else { throw .wrongNameLength(declared: declared, found: found) }
      let span = bytes.extracting(VenueToken.fixedLength + 1..<body)
      name = span.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) }
      guard name != nil else { throw .nameNotUTF8 }
    }
    var venue: UInt64 = 0
    for place in 2..<7 { venue = venue << 8 | UInt64(bytes[place]) }
    try self.init(
      kind: kind, keyID: bytes[1], venue: VenueID(unchecked: venue), zone: bytes[7],
      firstDay: LocalDay(daysSince2020: Int32(bytes[8]) << 8 | Int32(bytes[9])),
      weeksValid: bytes[10], category: bytes[11], defaultStay: bytes[12], serial: bytes[13],
      name: name)
  }
}
