internal import VenueCodes

/// The poster of the Corona-Warn-App, or of NotifyMe from which it took the message: CrowdNotifier.
///
/// There is no signature: anyone can make one.
public struct TraceLocationPoster: Hashable, Sendable {
  /// Which lengths of the secret seed are read.
  public enum SeedRule: Sendable {
    /// The one that real posters have: 16 bytes, or 32 of NotifyMe.
    case published
    /// Any, as the Android app reads and its test samples need.
    case any
  }

  /// The service whose address it is.
  public let format: ForeignFormat
  /// What the place is called.
  public let name: String
  /// Where it is.
  public let address: String
  /// When an event begins and ends, in Unix seconds; nil for a place that lasts.
  public let interval: ClosedRange<Int64>?
  /// What kind of place the Corona-Warn-App takes it for; 0 when it does not say.
  public let placeType: UInt32
  /// How long a stay is taken to be, in minutes; nil when it does not say.
  public let usualStayMinutes: UInt32?
  /// The length of the seed, of which nothing else is of use here.
  public let seedLength: Int

  private let payload: [UInt8]

  static let coronaWarnAppOrigin = "https://e.coronawarn.app"
  static let notifyMeOrigin = "https://qr.notify-me.ch"
  static let maximumLength = 4_096

  /// Reads the text of a poster.
  ///
  /// - Parameters:
  ///   - text: The address with what stands behind its `#`.
  ///   - seedRule: Which lengths of the seed are taken.
  /// - Throws: `ForeignCodeError`.
  public init(_ text: String, seedRule: SeedRule) throws(ForeignCodeError) {
    try self.init(Array(text.utf8)[...], seedRule: seedRule)
  }

  init(
    _ text: ArraySlice<UInt8>, seedRule: SeedRule = .published
  ) throws(ForeignCodeError) {
    let isNotifyMe = text.dropping(origin: Self.notifyMeOrigin) != nil
    let format: ForeignFormat = isNotifyMe ? .crowdNotifier : .coronaWarnApp
    func fail(_ fault: ForeignCodeError.Fault) -> ForeignCodeError { .init(format, fault) }
    guard text.count <= Self.maximumLength else { throw fail(.tooLong) }
    let origin = isNotifyMe ? Self.notifyMeOrigin : Self.coronaWarnAppOrigin
    guard var rest = text.dropping(origin: origin) else { throw fail(.malformed) }
    if rest.first == UInt8(ascii: "/") { rest.removeFirst() }
    guard let versioned = rest.dropping("?v=") else {
      // Two forms that were withdrawn had the version in the path.
      throw fail(rest.first?.isLetter == true ? .unknownVersion : .malformed)
    }
    let version = versioned.prefix { $0 != UInt8(ascii: "#") }
    let isKnown =
      isNotifyMe
      ? version.elementsEqual("3".utf8) || version.elementsEqual("4".utf8)
      : version.elementsEqual("1".utf8)
    guard isKnown else { throw fail(.unknownVersion) }
    // NotifyMe's own library wrote base64 with padding as often as without.
    guard
      let payload = Base64Text.bytes(
        of: versioned.dropFirst(version.count + 1), .either, isPadded: isNotifyMe)
    else { throw fail(.badEncoding) }
    try self.init(payload: payload, format: format, seedRule: seedRule)
  }

  private init(
    payload: [UInt8], format: ForeignFormat, seedRule: SeedRule
  ) throws(ForeignCodeError) {
    func fail(_ fault: ForeignCodeError.Fault) -> ForeignCodeError { .init(format, fault) }
    // The Corona-Warn-App numbered the two times otherwise than the library it built on.
    let isNotifyMe = format == .crowdNotifier
    let startField: UInt32 = isNotifyMe ? 4 : 5
    do {
      let message = try ProtobufMessage(payload[...], known: [1, 2, 3, 4])
      guard message.number(1) != nil, let location = message.bytes(2), !location.isEmpty,
        let notifier = message.bytes(3), !notifier.isEmpty, let vendor = message.bytes(4)
      else { throw fail(.badMessage) }
      let place = try ProtobufMessage(location, known: [1, 2, 3, startField, startField + 1])
      guard let name = place.text(2), let address = place.text(3),
        let start = place.number(startField),
        let end = place.number(startField + 1)
      else { throw fail(.badMessage) }
      let longest = isNotifyMe ? 100 : 255
      guard Self.isLine(name, longest: longest, isOptional: false) else { throw fail(.badName) }
      guard Self.isLine(address, longest: longest, isOptional: isNotifyMe) else {
        throw fail(.badAddress)
      }
      guard let start = Int64(exactly: start), let end = Int64(exactly: end), start <= end else {
        throw fail(.badTimes)
      }
      let keys = try ProtobufMessage(notifier, known: [1, 2, 3])
      guard keys.number(1) != nil, let key = keys.bytes(2), let seed = keys.bytes(3) else {
        throw fail(.badMessage)
      }
      guard (1...256).contains(key.count) else { throw fail(.badMessage) }
      guard seedRule == .any || seed.count == (isNotifyMe ? 32 : 16) else { throw fail(.badSeed) }
      let details = try ProtobufMessage(isNotifyMe ? [] : vendor, known: [1, 2, 3])
      guard let type = details.number(2).flatMap({ UInt32(exactly: $0) }),
        let minutes = details.number(3).flatMap({ UInt32(exactly: $0) })
      else { throw fail(.badMessage) }
      self.format = format
      self.name = name
      self.address = address
      self.interval = start == 0 && end == 0 ? nil : start...end
      self.placeType = type
      self.usualStayMinutes = details.has(3) ? minutes : nil
      self.seedLength = seed.count
      self.payload = payload
    } catch let error as ForeignCodeError {
      throw error
    } catch {
      throw fail(.badMessage)
    }
  }

  private static func isLine(_ text: String, longest: Int, isOptional: Bool) -> Bool {
    if text.isEmpty { return isOptional }
    // A CR with an LF behind it is one character, so the scalars are looked at.
    return text.count <= longest && !text.unicodeScalars.contains { $0 == "\n" || $0 == "\r" }
  }

  /// The id of the place, 32 bytes: SHA-256 of `CWA-GUID` and the message.
  public var locationID: [UInt8] {
    SHA256.digest(of: Array("CWA-GUID".utf8) + payload)
  }

  /// What CrowdNotifier derives from the message; what the service warns of an hour by.
  public var secrets: CrowdNotifierSecrets { CrowdNotifierSecrets(payload: payload) }
}

/// The keys that CrowdNotifier derives from the message in a code.
public struct CrowdNotifierSecrets: Hashable, Sendable {
  /// The first nonce, for the id before the hour is mixed in.
  public let preIdentityNonce: [UInt8]
  /// The second nonce, for the key of an hour.
  public let timeKeyNonce: [UInt8]
  /// The key that warnings to this place are encrypted under.
  public let notificationKey: [UInt8]

  private let payload: [UInt8]

  /// Derives the keys with HKDF-SHA-256.
  public init(payload: [UInt8]) {
    let derived = HKDF.derivedBytes(
      ofPublic: payload, info: Array("CrowdNotifier_v3".utf8), count: 96)
    self.payload = payload
    preIdentityNonce = Array(derived[..<32])
    timeKeyNonce = Array(derived[32..<64])
    notificationKey = Array(derived[64...])
  }

  /// Returns the identity of the place in an hour, under which a visit there is encrypted.
  ///
  /// - Parameter start: The hour's first second, in Unix seconds.
  /// - Returns: 32 bytes.
  public func identity(hourFrom start: Int64) -> [UInt8] {
    let length = Self.bigEndian(Int32(3_600))
    let start = Self.bigEndian(start)
    let preIdentity = SHA256.digest(of: Array("CN-PREID".utf8) + payload + preIdentityNonce)
    let timeKey = SHA256.digest(of: Array("CN-TIMEKEY".utf8) + length + start + timeKeyNonce)
    return SHA256.digest(of: Array("CN-ID".utf8) + preIdentity + length + start + timeKey)
  }

  private static func bigEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }
}
