public import DelimitedText
internal import ForeignCodes
public import Presence
public import ProximityFormats
public import VenueCodes

/// Makes aliases of keys: whose each identifier of a key's day is.
///
/// The key is forgotten with the row. Only keys of single days are taken.
public struct IdentifierKeyReader: Sendable {
  /// The formats that keys come in.
  public enum Format: String, Sendable, CaseIterable {
    /// Bluezone's day key, 32 bytes.
    case bluezone
    /// Exposure notification's temporary exposure key, 16 bytes.
    case gaen
  }

  /// The columns of a table of keys.
  ///
  /// A row without its day is refused as a base key, each by itself, so the column may be missing.
  public static let fields = [
    TableField("subject", isRequired: true), TableField("format", isRequired: true),
    TableField("key", isRequired: true), TableField("date"),
  ]

  private let context: IntakeContext

  /// Makes a reader.
  public init(context: IntakeContext) {
    self.context = context
  }

  /// Reads a row.
  ///
  /// - Parameter record: A row read with `fields`.
  /// - Returns: The alias of each identifier that the key makes: 96 or 144.
  /// - Throws: The first thing that is wrong with the row.
  public func aliases(from record: Record) throws(IntakeRejection) -> [CredentialAlias] {
    let subject = record.trimmed(0)
    let person = try context.pseudonym(ofSlice: subject, column: "subject")
    guard RadioIdentifier.scheme(of: subject) == nil else {
      throw IntakeRejection(
        .badSubject, "subject", "an identifier has no keys: subject is whose the key is")
    }
    let word = String(decoding: try record.trimmed(1).required("format"), as: UTF8.self)
    guard let format = Format(rawValue: word.lowercased()) else {
      throw IntakeRejection(
        .badWord, "format",
        "the format is none of \(Format.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let text = try record.trimmed(2).required("key")
    guard !record.trimmed(3).isEmpty else {
      throw IntakeRejection(
        .baseKey, "date",
        "a key without its day is not taken: it would open more than one day, as a base key does")
    }
    let day = try record.trimmed(3).date(column: "date")
    try context.checkKey(of: day, column: "date")
    do throws(ProximityFormatError) {
      switch format {
      case .bluezone:
        let bytes = try Self.bytes(of: text, count: BluezoneDayKey.length)
        return aliases(ofChecked: try BluezoneDayKey(bytes, day: day), person: person)
      case .gaen:
        let bytes = try Self.bytes(of: text, count: ExposureKey.length)
        return try ExposureKey(bytes, day: day).slots().map { slot in
          CredentialAlias(
            credential: context.pseudonym(of: .rollingProximity(slot.identifier)), person: person,
            from: slot.from, to: slot.to)
        }
      }
    } catch {
      throw IntakeRejection(
        error.code == .badDay ? .badDate : .badKey, error.code == .badDay ? "date" : "key",
        error.reason)
    }
  }

  /// Returns the aliases of a day key of Bluezone.
  ///
  /// - Throws: `badDate` and `future` for a day on which no phone can have said what follows from it.
  /// - Complexity: 96 hashes and as many keyed hashes.
  public func aliases(
    of key: BluezoneDayKey, person: Pseudonym
  ) throws(IntakeRejection) -> [CredentialAlias] {
    try context.checkKey(of: key.day, column: "date")
    return aliases(ofChecked: key, person: person)
  }

  private func aliases(ofChecked key: BluezoneDayKey, person: Pseudonym) -> [CredentialAlias] {
    var aliases: [CredentialAlias] = []
    aliases.reserveCapacity(BluezoneDayKey.identifierCount)
    var pseudonyms = BluezonePseudonyms(context.subjectHash)
    for slot in key.slots() {
      aliases.append(
        CredentialAlias(
          credential: pseudonyms.pseudonym(of: slot.identifier), person: person, from: slot.from,
          to: slot.to))
    }
    return aliases
  }

  /// The longest slot of a temporary id that is believed, in seconds.
  ///
  /// Servers seal a quarter of an hour. A slot of years would make one id that was overheard its
  /// user's for years.
  public static let longestTemporarySlot: Int64 = 86_400

  /// Returns the alias of a temporary id that was opened.
  ///
  /// - Throws: `badDate`, `future` and `contradiction` for a sealed slot in which nobody said it.
  public func alias(
    of identifier: TemporaryID, _ content: TemporaryID.Content
  ) throws(IntakeRejection) -> CredentialAlias {
    guard content.from >= RadioClock.earliest else {
      throw IntakeRejection(
        .badDate, "temp_id", "the slot that is sealed in it begins before 2001")
    }
    try context.checkNotFuture(content.from, column: "temp_id")
    guard content.to > content.from, content.to - content.from <= Self.longestTemporarySlot else {
      throw IntakeRejection(
        .contradiction, "temp_id", "the slot that is sealed in it is longer than a day")
    }
    return CredentialAlias(
      credential: context.pseudonym(of: .temporary(identifier)),
      person: context.pseudonym(of: content.user.utf8.span), from: content.from, to: content.to)
  }

  /// Reads a key in hexadecimal or base64.
  private static func bytes(
    of text: ArraySlice<UInt8>, count: Int
  ) throws(ProximityFormatError) -> [UInt8] {
    let bytes =
      text.count == 2 * count
      ? HexText.bytes(of: text) : Base64Text.bytes(of: text, .standard, isPadded: true)
    guard let bytes, bytes.count == count else {
      throw ProximityFormatError.wrongKey(count: count)
    }
    return bytes
  }
}

/// Makes pseudonyms of Bluezone's identifiers, of which a day has 96.
///
/// They are those of the written form; one buffer serves all.
public struct BluezonePseudonyms: Sendable {
  private let hash: PseudonymHash
  private var text = Array("bluezone:".utf8)

  /// Makes pseudonyms with the key of the store's subjects.
  public init(_ hash: PseudonymHash) {
    self.hash = hash
    text.reserveCapacity(text.count + 2 * BluezoneIdentifier.length)
  }

  /// Returns the pseudonym of an identifier.
  public mutating func pseudonym(of identifier: BluezoneIdentifier) -> Pseudonym {
    identifier.append(to: &text)
    let (high, low) = hash.hash(text.span)
    text.removeLast(2 * BluezoneIdentifier.length)
    return Pseudonym(high: high, low: low)
  }
}
