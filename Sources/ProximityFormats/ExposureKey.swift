internal import ForeignCodes
public import VenueCodes

/// The 16 bytes that a phone with exposure notification says for ten minutes.
public struct RollingProximityIdentifier: Hashable, Sendable {
  /// The bytes of an identifier.
  public static let length: Int = 16

  /// The 16 bytes.
  public let bytes: [UInt8]

  /// Makes an identifier of its bytes, or returns nil when it has another length.
  public init?(bytes: [UInt8]) {
    guard bytes.count == Self.length else { return nil }
    self.bytes = bytes
  }
}

extension RollingProximityIdentifier: CustomStringConvertible {
  /// The 32 hexadecimal digits in lower case.
  public var description: String { HexText.text(of: bytes) }
}

/// A temporary exposure key, from which the identifiers of a day or less follow.
///
/// Facts after the published Exposure Notification Cryptography Specification, version 1.2. Unlike
/// Bluezone's, a key tells nothing of the keys of other days.
public struct ExposureKey: Sendable {
  /// The bytes of a key.
  public static let length: Int = 16
  /// The most intervals that a key is used for: a day.
  public static let maximumRollingPeriod: Int = 144
  /// How long one identifier is said, in seconds.
  public static let intervalSeconds: Int64 = 600

  /// The first interval, counted from 1970 in ten minutes.
  public let rollingStart: UInt32
  /// How many intervals the key is used for, 1 to 144.
  public let rollingPeriod: Int

  private let bytes: [UInt8]

  /// Takes a key.
  ///
  /// - Parameters:
  ///   - bytes: 16 bytes.
  ///   - rollingStart: The first interval.
  ///   - rollingPeriod: How many intervals, 1 to 144.
  /// - Throws: `ProximityFormatError.Code.badKey`.
  public init(
    _ bytes: [UInt8], rollingStart: UInt32, rollingPeriod: Int = maximumRollingPeriod
  ) throws(ProximityFormatError) {
    guard bytes.count == Self.length else {
      throw ProximityFormatError(
        .badKey, "an exposure key has \(Self.length) bytes, and this has \(bytes.count)")
    }
    guard (1...Self.maximumRollingPeriod).contains(rollingPeriod),
      rollingStart <= UInt32.max - UInt32(Self.maximumRollingPeriod)
    else {
      throw ProximityFormatError(
        .badKey, "an exposure key is used for 1 to \(Self.maximumRollingPeriod) intervals")
    }
    self.bytes = bytes
    self.rollingStart = rollingStart
    self.rollingPeriod = rollingPeriod
  }

  /// Takes the key of a UTC day.
  ///
  /// - Throws: `ProximityFormatError.Code.badKey`, or `.badDay` before 1970.
  public init(_ bytes: [UInt8], day: LocalDay) throws(ProximityFormatError) {
    guard let start = UInt32(exactly: UTCDay.start(of: day) / Self.intervalSeconds) else {
      throw ProximityFormatError(.badDay, "no key is of \(day)")
    }
    try self.init(bytes, rollingStart: start)
  }

  /// The key with which identifiers are made, and the key with which what is sent along is hidden.
  ///
  /// Tests compare them with the published vectors; nothing else needs them.
  package var derivedKeys: (identifiers: [UInt8], metadata: [UInt8]) {
    (
      HKDF.derivedBytes(ofPublic: bytes, info: Array("EN-RPIK".utf8), count: 16),
      HKDF.derivedBytes(ofPublic: bytes, info: Array("EN-AEMK".utf8), count: 16)
    )
  }

  /// Returns the identifiers with the times at which they are said.
  ///
  /// - Throws: `ProximityFormatError.Code.noCrypto` when libcrypto cannot be loaded.
  /// - Complexity: One hash, and a block of AES for each interval.
  public func slots() throws(ProximityFormatError) -> [RadioSlot<RollingProximityIdentifier>] {
    var blocks: [UInt8] = []
    blocks.reserveCapacity(rollingPeriod * 16)
    for interval in rollingStart..<rollingStart + UInt32(rollingPeriod) {
      blocks += "EN-RPI".utf8
      blocks += [0, 0, 0, 0, 0, 0]
      withUnsafeBytes(of: interval.littleEndian) { blocks.append(contentsOf: $0) }
    }
    guard let encrypted = AES128.encrypted(blocks, key: derivedKeys.identifiers) else {
      throw ProximityFormatError(
        .noCrypto, "libcrypto cannot be loaded, which makes identifiers of exposure keys")
    }
    return (0..<rollingPeriod).compactMap { place in
      let from = (Int64(rollingStart) + Int64(place)) * Self.intervalSeconds
      return RollingProximityIdentifier(bytes: Array(encrypted[place * 16..<place * 16 + 16]))
        .map { RadioSlot($0, from: from, to: from + Self.intervalSeconds) }
    }
  }

  /// Returns the version and transmit power that were sent along with an identifier, or hides them.
  ///
  /// Both are the same calculation (AES-CTR).
  ///
  /// - Parameters:
  ///   - metadata: The four bytes behind the identifier.
  ///   - identifier: The identifier, which must be one of this key for the answer to mean anything.
  /// - Returns: Four bytes, of which the second is the transmit power in dBm.
  /// - Throws: `ProximityFormatError.Code.badKey` for other than four bytes, or `.noCrypto`.
  public func metadata(
    _ metadata: [UInt8], of identifier: RollingProximityIdentifier
  ) throws(ProximityFormatError) -> [UInt8] {
    guard metadata.count == 4 else {
      throw ProximityFormatError(.badKey, "the metadata of an identifier has four bytes")
    }
    guard let stream = AES128.encrypted(identifier.bytes, key: derivedKeys.metadata) else {
      throw ProximityFormatError(
        .noCrypto, "libcrypto cannot be loaded, which opens the metadata of identifiers")
    }
    return zip(metadata, stream).map { $0 ^ $1 }
  }
}

extension ExposureKey: CustomStringConvertible, CustomReflectable {
  /// A fixed word: a key never prints itself.
  public var description: String { "ExposureKey(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
