internal import Synchronization
public import VenueCodes

/// What a centre gives to one door, in the clear only in memory.
public struct DoorSecrets: ~Copyable, Sendable {
  /// The key that makes inner pseudonyms.
  public let pseudonyms: SecretBytes
  /// The packed keys of the door's screens, of which there may be none; see `ScreenKeyRing`.
  public let screens: SecretBytes
  /// The secret of passes with its id in front, or nothing for a door that may not check them.
  public let passes: SecretBytes

  /// Takes secrets.
  ///
  /// - Parameters:
  ///   - pseudonyms: 32 bytes.
  ///   - screens: Entries of `ScreenKeyRing.entryLength` bytes.
  ///   - passes: A byte, the id, and 32 secret ones.
  public init(
    pseudonyms: consuming SecretBytes, screens: consuming SecretBytes,
    passes: consuming SecretBytes
  ) {
    self.pseudonyms = pseudonyms
    self.screens = screens
    self.passes = passes
  }
}

extension DoorSecrets {
  /// The bytes in which they travel, sealed to the door: version 1; the door key; the length of the
  /// keys of screens (4 bytes, big-endian) and they; the secret of passes.
  ///
  /// The caller wipes what it gets.
  public borrowing func parcel() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(5 + pseudonyms.count + screens.count + passes.count)
    bytes.append(1)
    pseudonyms.withUnsafeBytes { bytes.append(contentsOf: $0) }
    for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: screens.count >> shift)) }
    screens.withUnsafeBytes { bytes.append(contentsOf: $0) }
    passes.withUnsafeBytes { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Reads what travelled.
  ///
  /// - Throws: `KeyError.wrongLength` when it is no parcel of this version.
  public init(parcel: borrowing SecretBytes) throws(KeyError) {
    let head = 1 + KeyedHash.keyLength + 4
    let count = parcel.count
    let length = parcel.withUnsafeBytes { bytes in
      count >= head && bytes[0] == 1
        ? bytes[(head - 4)..<head].reduce(0) { $0 << 8 | Int($1) } : Int.max
    }
    guard length <= count - min(head, count) else {
      throw .wrongLength(expected: head, found: count)
    }
    func piece(_ range: Range<Int>) throws(KeyError) -> SecretBytes {
      try parcel.withUnsafeBytes { bytes throws(KeyError) in
        try SecretBytes(
          copying: UnsafeRawBufferPointer(rebasing: bytes[range]).bindMemory(to: UInt8.self).span)
      }
    }
    let passes = try piece((head + length)..<count)
    guard passes.count == 0 || passes.count == 1 + PassMasterKey.length else {
      throw .wrongLength(expected: 1 + PassMasterKey.length, found: passes.count)
    }
    self.init(
      pseudonyms: try piece(1..<(1 + KeyedHash.keyLength)),
      screens: try piece(head..<(head + length)), passes: passes)
  }
}

/// The names of a door's sealed files.
///
///     keys/door-signing.sealed      the key by which the centre knows the door
///     keys/door-box.sealed          the key to which the centre encrypts
///     keys/door-pseudonyms.sealed   the door key: makes inner pseudonyms
///     keys/door-screens-N.sealed    keys of its screens, a thousand a file
///     keys/door-passes.sealed       the secret of passes, when it may check them
enum DoorSecret {
  static let signing = "door-signing"
  static let box = "door-box"
  static let pseudonyms = "door-pseudonyms"
  static let passes = "door-passes"
  static func screens(_ number: Int) -> String { "door-screens-\(number)" }
  /// How many screens' keys are in one sealed file.
  static let screensOfFile = 1_000
}

extension KeyVault {
  /// Whether the store is a door's: it then has no key of a centre.
  public var isOfDoor: Bool { FileOperation.exists("\(folder)/\(DoorSecret.pseudonyms).sealed") }

  /// Whether this store's own people are hashed twice, so that it can enrol doors.
  ///
  /// - Throws: `secretLost` when the key for it is gone.
  public func canEnrolDoors() throws(VaultError) -> Bool {
    guard !isOfDoor else { return false }
    return try hasDoorKey()
  }

  // MARK: At the door

  /// Returns the door's own keys, which are made when there are none.
  ///
  /// They are sealed before anything is sent, so that an enrolment that was cut off can be repeated
  /// with the same keys.
  ///
  /// - Returns: The key that signs requests, and the one that opens what the centre sends.
  /// - Throws: `sealed`, `key`, `file`.
  public func doorKeys() throws(VaultError) -> (
    signing: Ed25519.SigningKey, box: SealedBox.ReceiverKey
  ) {
    for name in [DoorSecret.signing, DoorSecret.box]
    where !FileOperation.exists("\(folder)/\(name).sealed") {
      var generator = SystemRandomNumberGenerator()
      let seed = try KeyVault.keyed { () throws(KeyError) in
        try SecretBytes(randomCount: 32, using: &generator)
      }
      try seal(seed, as: name)
    }
    let signing = try openSealed(DoorSecret.signing)
    let box = try openSealed(DoorSecret.box)
    return (
      try KeyVault.keyed { () throws(KeyError) in try Ed25519.SigningKey(seed: signing) },
      try KeyVault.keyed { () throws(KeyError) in try SealedBox.ReceiverKey(seed: box) }
    )
  }

  /// Keeps what the centre gave, and removes every key that a door must not have.
  ///
  /// - Parameters:
  ///   - secrets: What the centre gave.
  ///   - keySet: The centre's public keys, which codes are checked with from now on.
  /// - Throws: `sealed`, `key`, `file`, `keySet`.
  public func keepDoorSecrets(
    _ secrets: borrowing DoorSecrets, keySet: KeySet
  ) throws(VaultError) {
    try FileOperation.locking(folder: folder) { () throws(VaultError) in
      try keepScreens(secrets)
      let passes = DoorSecret.passes
      if secrets.passes.count > 0 {
        try seal(secrets.passes, as: passes)
      } else {
        _ = FileOperation.remove("\(folder)/\(passes).sealed")
      }
      try KeyVault.filed { () throws(StoreError) in
        try FileOperation.writeAtomically(keySet.json, to: folder + "/keyset.json", mode: 0o644)
      }
      // Last: with this file the store is a door's.
      try seal(secrets.pseudonyms, as: DoorSecret.pseudonyms)
      try removeSecretsOfCentre()
    } failed: {
      .file($0)
    }
  }

  private func keepScreens(_ secrets: borrowing DoorSecrets) throws(VaultError) {
    var bytes: [UInt8] = []
    defer { for place in bytes.indices { bytes[place] = 0 } }
    bytes.reserveCapacity(secrets.screens.count)
    secrets.screens.withUnsafeBytes { bytes.append(contentsOf: $0) }
    let size = ScreenKeyRing.entryLength * DoorSecret.screensOfFile
    var number = 0
    for start in stride(from: 0, to: bytes.count, by: size) {
      let end = min(start + size, bytes.count)
      let piece = bytes.span.extracting(start..<end)
      let secret: SecretBytes
      do { secret = try SecretBytes(copying: piece) } catch { throw .key(error) }
      number += 1
      try seal(secret, as: DoorSecret.screens(number))
    }
    while FileOperation.remove("\(folder)/\(DoorSecret.screens(number + 1)).sealed") { number += 1 }
  }

  /// The secrets that a door checks codes with.
  func doorCodeSecrets() throws(VaultError) -> CodeSecrets {
    var rings: [ScreenKeyRing] = []
    var number = 1
    while FileOperation.exists("\(folder)/\(DoorSecret.screens(number)).sealed") {
      let packed = try openSealed(DoorSecret.screens(number))
      do { rings.append(try ScreenKeyRing(packed: packed)) } catch { throw .key(error) }
      number += 1
    }
    var passes: [PassMasterKey] = []
    if FileOperation.exists("\(folder)/\(DoorSecret.passes).sealed") {
      let packed = try openSealed(DoorSecret.passes)
      do {
        passes.append(try KeyVault.passKey(packed))
      } catch {
        throw .key(error)
      }
    }
    return CodeSecrets(passes: passes, rings: rings)
  }

  private static func passKey(_ packed: borrowing SecretBytes) throws(KeyError) -> PassMasterKey {
    let secret = try packed.withUnsafeBytes { bytes throws(KeyError) in
      guard bytes.count == 1 + PassMasterKey.length else {
        throw .wrongLength(expected: 1 + PassMasterKey.length, found: bytes.count)
      }
      return try SecretBytes(
        copying: UnsafeRawBufferPointer(rebasing: bytes.dropFirst()).bindMemory(to: UInt8.self)
          .span)
    }
    let id = packed.withUnsafeBytes { $0[0] }
    return try PassMasterKey(id: id, secret: secret)
  }

  // MARK: At the centre

  /// Returns what one door is given, for its own places only.
  ///
  /// The master key of screens does not leave: each place gets a key derived from it.
  ///
  /// - Parameters:
  ///   - places: The venues and zones that the door stands at.
  ///   - mayCheckPasses: Whether it gets the secret of passes, with which passes can be made too.
  /// - Returns: Bytes to be encrypted to the door: see `DoorSecrets.parcel()`.
  /// - Throws: `noDoors`, `secretLost`, `sealed`, `key`, `file`.
  public func secretsForDoor(
    places: [(venue: VenueID, zone: UInt8)], mayCheckPasses: Bool
  ) throws(VaultError) -> DoorSecrets {
    guard !isOfDoor else { throw .isOfDoor(folder) }
    guard try hasDoorKey() else { throw .noDoors(folder) }
    let master = try screenMasterKey()
    var packed: [UInt8] = []
    // Grown once: what a growing array leaves behind would not be wiped.
    packed.reserveCapacity(places.count * ScreenKeyRing.entryLength)
    defer { for place in packed.indices { packed[place] = 0 } }
    for place in places {
      do {
        ScreenKeyRing.append(
          try master.screenKey(venue: place.venue, zone: place.zone), to: &packed)
      } catch {
        throw .key(error)
      }
    }
    var passes: [UInt8] = []
    passes.reserveCapacity(64)
    defer { for place in passes.indices { passes[place] = 0 } }
    if mayCheckPasses { try appendPassSecret(to: &passes) }
    let pseudonyms = try doorKey()
    do {
      let screens = try SecretBytes(copying: packed.span)
      let pass = try SecretBytes(copying: passes.span)
      return DoorSecrets(pseudonyms: pseudonyms, screens: screens, passes: pass)
    } catch {
      throw .key(error)
    }
  }
}
