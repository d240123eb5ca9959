public import Presence
public import VenueCodes

/// The check-in that a box belongs to: sealed with it, so that a box cannot be moved to another.
public struct ContactPlace: Hashable, Sendable {
  /// Where the visitor checked in.
  public let venue: VenueID
  /// The evidence of the check-in.
  public let evidence: EvidenceID

  /// Names a check-in.
  public init(venue: VenueID, evidence: EvidenceID) {
    self.venue = venue
    self.evidence = evidence
  }
}

/// A visitor's contact details, sealed on their phone to the health authority's key.
///
/// 185 bytes, always: version 1, the id of the key (8), the encapsulation (32), and the 128 padded
/// bytes of the details with the 16 of their tag. Gateways and the centre keep it as it is; nothing on
/// them opens it.
///
///     let box = try ContactBox(sealing: details, of: place, to: key, using: &generator)
///     let details = try box.opened(with: privateKey, of: place)
public struct ContactBox: Hashable, Sendable {
  /// The bytes of a box.
  public static let length: Int =
    sealedStart + ContactDetails.paddedLength + HPKE.tagLength

  /// The bytes of the box.
  public let bytes: [UInt8]

  /// Which key opens it.
  public let keyID: ContactKeyID

  private static let sealedStart = 9 + HPKE.encapsulationLength

  /// Seals details.
  ///
  /// - Parameters:
  ///   - details: How the visitor can be reached.
  ///   - place: The check-in.
  ///   - key: Whose key it is sealed to.
  ///   - generator: The system's generator outside tests.
  /// - Throws: `ContactError.hpke`.
  public init(
    sealing details: ContactDetails, of place: ContactPlace, to key: ContactKey,
    using generator: inout some RandomNumberGenerator
  ) throws(ContactError) {
    let sealed: (encapsulation: [UInt8], ciphertext: [UInt8])
    do {
      sealed = try HPKE.sealed(
        details.padded, to: key.publicKey, info: ContactBox.info,
        additional: ContactBox.additional(place, key.id), using: &generator)
    } catch {
      throw .hpke(error)
    }
    self.keyID = key.id
    self.bytes = [1] + key.id.bytes + sealed.encapsulation + sealed.ciphertext
  }

  /// Reads a box without opening it.
  ///
  /// - Parameter bytes: Of any length and content.
  /// - Throws: `.wrongLength` or `.unknownVersion`.
  public init(bytes: [UInt8]) throws(ContactError) {
    guard bytes.count == ContactBox.length else { throw .wrongLength(bytes.count) }
    guard bytes[0] == 1 else { throw .unknownVersion(bytes[0]) }
    self.bytes = bytes
    self.keyID = ContactKeyID(bytes: bytes[1..<9])
  }

  /// The text that a phone sends: base64url without padding.
  public var text: String { Base64URL.text(of: bytes) }

  /// Reads the text that a phone sends.
  ///
  /// - Throws: `.notBase64URL`, `.wrongLength` or `.unknownVersion`.
  public init(text: String) throws(ContactError) {
    guard text.utf8.count <= 2 * ContactBox.length, let bytes = Base64URL.bytes(of: text) else {
      throw .notBase64URL
    }
    try self.init(bytes: bytes)
  }

  /// Opens the box.
  ///
  /// - Parameters:
  ///   - key: The health authority's private key.
  ///   - place: The check-in that it came with.
  /// - Returns: The details.
  /// - Throws: `.otherKey`, `.hpke` or `.badContent`.
  public func opened(
    with key: X25519.PrivateKey, of place: ContactPlace
  ) throws(ContactError) -> ContactDetails {
    let own = ContactKeyID(of: key.publicKey)
    guard own == keyID else { throw .otherKey(needed: keyID, given: own) }
    let message: [UInt8]
    do {
      message = try HPKE.opened(
        bytes[ContactBox.sealedStart...], encapsulation: bytes[9..<ContactBox.sealedStart],
        with: key, info: ContactBox.info, additional: ContactBox.additional(place, keyID))
    } catch {
      throw .hpke(error)
    }
    return try ContactDetails(padded: message)
  }

  /// What every box is for.
  private static let info = Array("checkin/contact/v1".utf8)

  /// The venue (5 bytes), the evidence (16) and the key (8).
  private static func additional(_ place: ContactPlace, _ key: ContactKeyID) -> [UInt8] {
    var bytes: [UInt8] = []
    for shift in stride(from: UInt64(32), through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: place.venue.rawValue >> shift))
    }
    for half in [place.evidence.high, place.evidence.low] {
      withUnsafeBytes(of: half.bigEndian) { bytes.append(contentsOf: $0) }
    }
    return bytes + key.bytes
  }
}

/// Why contact details cannot be sealed, read or opened.
public enum ContactError: Error, Hashable, Sendable {
  /// The telephone number is not one.
  case badPhone
  /// The name is too long or has characters that no name has.
  case badName
  /// A box has 185 bytes and not so many.
  case wrongLength(Int)
  /// A box of a version this program does not know.
  case unknownVersion(UInt8)
  /// The text is not base64url without padding.
  case notBase64URL
  /// The box is sealed to another key.
  case otherKey(needed: ContactKeyID, given: ContactKeyID)
  /// What the box holds was not written by a sound program.
  case badContent
  /// The box does not open.
  case hpke(HPKEError)
}

extension ContactError: CustomStringConvertible {
  /// The stable word for this failure.
  public var code: String {
    switch self {
    case .badPhone: "contact_bad_phone"
    case .badName: "contact_bad_name"
    case .wrongLength: "contact_wrong_length"
    case .unknownVersion: "contact_unknown_version"
    case .notBase64URL: "contact_not_base64url"
    case .otherKey: "contact_other_key"
    case .badContent: "contact_bad_content"
    case .hpke(let error): error.code
    }
  }

  /// A sentence that never holds the details themselves.
  public var description: String {
    switch self {
    case .badPhone:
      "the telephone number is not one: a plus, the country and 7 to 15 digits in all"
    case .badName:
      "the name is empty, longer than \(ContactDetails.maximumNameLength) bytes or has characters "
        + "that no name has"
    case .wrongLength(let count):
      "a sealed contact has \(ContactBox.length) bytes, and this one has \(count)"
    case .unknownVersion(let version):
      "the sealed contact is of version \(version), which this program does not know: update it"
    case .notBase64URL: "the sealed contact is not base64url without padding"
    case .otherKey(let needed, let given):
      "the sealed contact opens with key \(needed), and this is key \(given)"
    case .badContent: "the sealed contact opens, but holds no contact details"
    case .hpke(let error): error.description
    }
  }
}
