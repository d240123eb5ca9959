internal import ForeignCodes
public import VenueCodes

/// The 12 bytes that a phone with Bluezone says for a quarter of an hour.
public struct BluezoneIdentifier: Hashable, Sendable {
  /// The first eight bytes, big-endian.
  public let high: UInt64
  /// The last four bytes, big-endian.
  public let low: UInt32

  /// The bytes of an identifier.
  public static let length: Int = 12

  /// Makes an identifier of its two parts.
  public init(high: UInt64, low: UInt32) {
    self.high = high
    self.low = low
  }

  /// Reads 24 hexadecimal digits in any case, or returns nil.
  public init?(hexadecimal text: ArraySlice<UInt8>) {
    guard text.count == 2 * Self.length, let bytes = HexText.bytes(of: text) else { return nil }
    self.init(
      high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
      low: bytes.suffix(4).reduce(0) { $0 << 8 | UInt32($1) })
  }

  /// Appends the 24 digits in upper case, as Bluezone's files have them.
  public func append(to text: inout [UInt8]) {
    for shift in stride(from: 60, through: 0, by: -4) {
      text.append(Self.digit(UInt8(truncatingIfNeeded: high >> UInt64(shift)) & 15))
    }
    for shift in stride(from: 28, through: 0, by: -4) {
      text.append(Self.digit(UInt8(truncatingIfNeeded: low >> UInt32(shift)) & 15))
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") - 10 + value
  }
}

extension BluezoneIdentifier: CustomStringConvertible {
  /// The 24 digits in upper case.
  public var description: String {
    var text: [UInt8] = []
    append(to: &text)
    return String(decoding: text, as: UTF8.self)
  }
}

/// Bluezone's key of one UTC day, from which the 96 identifiers of that day follow.
///
/// The key of the next day is a hash of this one, so whoever keeps a key can follow its phone for
/// ever after, and the key of the phone's first day, which the app calls the base key, opens
/// everything. So a key is read for the one day that it is stated for, its identifiers are made, and
/// it is dropped: there is nothing here that makes a key of another.
///
/// Facts after the published module of the app that makes identifiers; the salt's spelling is theirs.
public struct BluezoneDayKey: Sendable {
  /// The bytes of a key.
  public static let length: Int = 32
  /// How many identifiers a day has.
  public static let identifierCount: Int = 96
  /// How long one identifier is said, in seconds.
  public static let slotSeconds: Int64 = 900

  /// The UTC day.
  public let day: LocalDay

  private let bytes: [UInt8]

  private static let salt = Array("bluzonesubkey".utf8)

  /// Takes a key.
  ///
  /// - Parameters:
  ///   - bytes: 32 bytes.
  ///   - day: The UTC day that it is stated for.
  /// - Throws: `ProximityFormatError.Code.badKey`.
  public init(_ bytes: [UInt8], day: LocalDay) throws(ProximityFormatError) {
    guard bytes.count == Self.length else {
      throw ProximityFormatError(
        .badKey, "a day key of Bluezone has \(Self.length) bytes, and this has \(bytes.count)")
    }
    self.bytes = bytes
    self.day = day
  }

  /// Whether the key is these bytes.
  func has(_ other: [UInt8]) -> Bool { bytes == other }

  /// The first second of the key's day.
  public var start: Int64 { UTCDay.start(of: day) }

  /// Returns the identifiers of the day, in the order of its quarters of an hour.
  ///
  /// - Complexity: 96 hashes.
  public func identifiers() -> [BluezoneIdentifier] {
    var identifiers: [BluezoneIdentifier] = []
    identifiers.reserveCapacity(Self.identifierCount)
    SHA256.forEachLink(from: bytes + Self.salt, count: Self.identifierCount) { _, digest in
      identifiers.append(Self.identifier(of: digest))
    }
    return identifiers
  }

  /// Returns the identifiers of the day with the times at which they are said.
  public func slots() -> [RadioSlot<BluezoneIdentifier>] {
    identifiers().enumerated().map { number, identifier in
      let from = start + Int64(number) * Self.slotSeconds
      return RadioSlot(identifier, from: from, to: from + Self.slotSeconds)
    }
  }

  /// Twelve of a hash's 32 bytes: every fourth up to 16, every second from there.
  private static func identifier(of digest: Span<UInt8>) -> BluezoneIdentifier {
    var high: UInt64 = 0
    for place in stride(from: 0, through: 12, by: 4) { high = high << 8 | UInt64(digest[place]) }
    for place in stride(from: 16, through: 22, by: 2) { high = high << 8 | UInt64(digest[place]) }
    var low: UInt32 = 0
    for place in stride(from: 24, through: 30, by: 2) { low = low << 8 | UInt32(digest[place]) }
    return BluezoneIdentifier(high: high, low: low)
  }
}

extension BluezoneDayKey: CustomStringConvertible, CustomReflectable {
  /// A fixed word: a key never prints itself.
  public var description: String { "BluezoneDayKey(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
