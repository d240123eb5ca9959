internal import CSodium

/// The derived keys of some screens, as a door has them: it can tell their codes and no others'.
///
/// The master key stays at the centre, since whoever has it can show any venue's code. The keys are in
/// one piece of wiped memory, because a door of a bus company has hundreds.
public final class ScreenKeyRing: Sendable {
  /// The id of the master key that they were derived from.
  public let masterID: UInt8

  private let places: [UInt64: Int]
  private let secret: SecretBytes

  /// Takes keys as they were packed.
  ///
  /// - Parameter packed: Entries of 39 bytes: the master key's id, the venue's five bytes, the zone's
  ///   one, the key's 32. All of one master key.
  /// - Throws: `KeyError.wrongLength` when it is no whole number of entries or of two master keys.
  public init(packed: consuming SecretBytes) throws(KeyError) {
    var places: [UInt64: Int] = [:]
    var masters: Set<UInt8> = []
    packed.withUnsafeBytes { bytes in
      for start in stride(
        from: 0, to: bytes.count - bytes.count % Self.entryLength, by: Self.entryLength)
      {
        masters.insert(bytes[start])
        let place = bytes[(start + 1)..<(start + 7)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        places[place] = start + 7
      }
    }
    guard packed.count % Self.entryLength == 0, masters.count <= 1 else {
      throw .wrongLength(expected: Self.entryLength, found: packed.count)
    }
    self.masterID = masters.first ?? 0
    self.places = places
    self.secret = packed
  }

  /// The bytes of one packed entry.
  public static let entryLength: Int = 39

  /// The number of screens.
  public var count: Int { places.count }

  /// Appends the packed entry of a screen's key; the caller wipes the buffer.
  public static func append(_ key: ScreenKey, to bytes: inout [UInt8]) {
    bytes.append(key.masterID)
    appendBigEndian(key.venue.rawValue, byteCount: 5, to: &bytes)
    bytes.append(key.zone)
    key.withRawRepresentation { bytes.append(contentsOf: $0) }
  }

  /// Returns whether a code's authentication code was made with the key of its place; nil when the
  /// ring has no key of it.
  ///
  /// - Complexity: Two hashes.
  public func isGenuine(_ code: RotatingCode) -> Bool? {
    guard code.keyID == masterID,
      let offset = places[code.venue.rawValue << 8 | UInt64(code.zone)]
    else { return nil }
    let expected = secret.withUnsafeBytes { secret in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: HMACSHA256.length) { memory in
        defer { sodium_memzero(memory.baseAddress, memory.count) }
        guard let output = memory.baseAddress else { return nil as AuthenticationCode? }
        var authenticator = HMACSHA256(
          key: UnsafeRawBufferPointer(
            rebasing: secret[offset..<(offset + ScreenKey.length)]))
        authenticator.append(ScreenKey.purpose + [0])
        authenticator.append(code.statement)
        authenticator.finish(into: output)
        return AuthenticationCode(output)
      }
    }
    return expected?.agrees(with: code.authentication) == true
  }
}

extension ScreenKeyRing: CustomStringConvertible, CustomReflectable {
  /// A fixed word: keys never print themselves.
  public var description: String { "ScreenKeyRing(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
