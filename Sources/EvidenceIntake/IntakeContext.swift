public import Presence
public import ProximityFormats
public import VenueCodes
public import VenueRegistry
internal import ForeignCodes

/// What rows and scans are read against: the venues, the key of pseudonyms, and the time.
public struct IntakeContext: Sendable {
  /// How far ahead of the store's clock a time may be before it is refused, in seconds.
  ///
  /// A day: a file from a machine whose clock or zone is wrong is believed to be late or early, but
  /// evidence of next week is not.
  public static let futureToleranceSeconds: Int64 = 86_400

  /// The store's calendar.
  public let calendar: LocalCalendar
  /// When the evidence is received, in Unix seconds.
  public let receivedAt: Int64

  /// The most that a code is worth.
  public let gradeLimit: Int8

  package let subjectHash: PseudonymHash
  let verifier: VenueCodeVerifier
  let models: DeviceModels
  /// Every venue with the first day on which it is out of use, if there is one.
  private let retirements: [VenueID: LocalDay?]
  /// Lower-case aliases; nil is an alias of more than one venue.
  private let aliases: [String: VenueID?]

  /// Prepares the look-ups.
  ///
  /// - Parameters:
  ///   - registry: The venues that evidence may name.
  ///   - verifier: What verifies codes.
  ///   - subjectHash: What makes pseudonyms of subjects.
  ///   - calendar: The store's calendar.
  ///   - receivedAt: The time of the import, in Unix seconds.
  ///   - models: How loud models of phones are.
  ///   - gradeLimit: The most that a code is worth: less at a door whose keys and revocations are past
  ///     their time.
  public init(
    registry: Registry, verifier: VenueCodeVerifier, subjectHash: PseudonymHash,
    calendar: LocalCalendar, receivedAt: Int64, models: DeviceModels = .none,
    gradeLimit: Int8 = 3
  ) {
    self.gradeLimit = gradeLimit
    self.models = models
    self.calendar = calendar
    self.receivedAt = receivedAt
    self.subjectHash = subjectHash
    self.verifier = verifier
    var retirements: [VenueID: LocalDay?] = [:]
    var aliases: [String: VenueID?] = [:]
    for venue in registry.venues where retirements[venue.id] == nil {
      retirements[venue.id] = .some(venue.retiredOn)
      for alias in Set(venue.aliases.map { $0.lowercased() }) {
        aliases[alias] = .some(aliases[alias] == nil ? venue.id : nil)
      }
    }
    self.retirements = retirements
    self.aliases = aliases
  }

  /// Returns the pseudonym of what a file or a pass calls a person.
  public func pseudonym(of subject: Span<UInt8>) -> Pseudonym {
    let (high, low) = subjectHash.hash(subject)
    return Pseudonym(high: high, low: low)
  }

  /// Returns the pseudonym of a subject given as text, without the spaces around it.
  ///
  /// - Throws: `IntakeRejection` when it is empty, too long, has control characters or lost letters.
  public func pseudonym(of subject: String) throws(IntakeRejection) -> Pseudonym {
    let bytes = Array(subject.utf8)
    return try pseudonym(ofSlice: bytes[...].trimmed, column: "subject")
  }

  /// Returns the venue of an id or an alias, in any case; nil when the registry has no such venue.
  func knownVenue(_ text: ArraySlice<UInt8>) -> VenueID? {
    if let id = try? VenueID(parsing: text.span), retirements[id] != nil { return id }
    return aliases[alias(text)] ?? nil
  }

  /// Whether a text is an alias, of one venue or of several.
  func isKnown(alias text: ArraySlice<UInt8>) -> Bool {
    aliases[alias(text)] != nil
  }

  /// Whether the registry has a venue.
  func hasVenue(_ venue: VenueID) -> Bool {
    retirements[venue] != nil
  }

  /// Reads a venue's id or alias.
  func venue(_ text: ArraySlice<UInt8>, column: String) throws(IntakeRejection) -> VenueID {
    if let id = knownVenue(text) { return id }
    guard aliases[alias(text)] == nil else {
      throw IntakeRejection(
        .badVenue, column, "more than one venue is known by this name: give the venue's id")
    }
    let id: VenueID
    do {
      id = try VenueID(parsing: text.span)
    } catch {
      throw IntakeRejection(.badVenue, column, "\(error)")
    }
    throw IntakeRejection(
      .unknownVenue, column, "no venue \(id) in the registry: check the id, or add the venue")
  }

  private func alias(_ text: ArraySlice<UInt8>) -> String {
    String(decoding: text, as: UTF8.self).lowercased()
  }

  /// Whether the registry says that a venue was retired by the day of a moment.
  func isRetired(_ venue: VenueID, at time: Int64) -> Bool {
    guard let known = retirements[venue], let retiredOn = known else { return false }
    return calendar.day(of: time) >= retiredOn
  }

  /// Reads a subject: an identifier of the radio, a document's number, or whatever else stands for a person as it is.
  ///
  /// What a scanner or a program puts before it, a symbology mark or a byte order mark, is no part
  /// of anybody's name: with it one person would be two.
  func pseudonym(
    ofSlice text: ArraySlice<UInt8>, column: String
  ) throws(IntakeRejection) -> Pseudonym {
    let subject = Self.unmarked(text)
    guard !subject.isEmpty else {
      throw IntakeRejection(.missing, column, "\(column) is missing")
    }
    if let identifier = try radioIdentifier(subject, column: column) {
      return pseudonym(of: identifier.text.utf8.span)
    }
    // A document may be longer than any other name, and only its number is used.
    if let identity = try documentIdentity(in: subject, column: column) {
      return pseudonym(of: identity.canonicalText.utf8.span)
    }
    guard subject.count <= 256 else {
      throw IntakeRejection(.badSubject, column, "\(column) is longer than 256 bytes")
    }
    guard !subject.hasControlCharacters else {
      throw IntakeRejection(.badSubject, column, "\(column) has control characters")
    }
    // What stands for letters that a program could not read is nobody's name: two people whose
    // letters were lost alike would become one.
    let lost: [UInt8] = [0xEF, 0xBF, 0xBD]
    guard !subject.contains(lost[0]) || subject.firstRange(of: lost) == nil else {
      throw IntakeRejection(
        .badSubject, column,
        "\(column) has letters that were lost when the file was saved: write them again")
    }
    if let holder = try passHolder(subject, column: column) { return holder }
    return pseudonym(of: subject.span)
  }

  /// Returns the identifier of the radio that a text is; nil when it names no service of such.
  ///
  /// An identifier is told by the word before its colon, so that it is the same in whatever letters
  /// and from whatever file it comes.
  ///
  /// - Throws: `IntakeRejection` when it names a service and is no identifier of it.
  func radioIdentifier(
    _ text: ArraySlice<UInt8>, column: String
  ) throws(IntakeRejection) -> RadioIdentifier? {
    guard let scheme = RadioIdentifier.scheme(of: text) else { return nil }
    guard let identifier = RadioIdentifier(utf8: text) else {
      let form =
        switch scheme {
        case .bluezone: "24 hexadecimal digits"
        case .rollingProximity: "32 hexadecimal digits"
        case .temporary: "84 characters of base64"
        }
      throw IntakeRejection(
        .badIdentifier, column, "\(column) is no identifier: after \(scheme.rawValue): come \(form)"
      )
    }
    return identifier
  }

  private static func unmarked(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isMarked = text.first == UInt8(ascii: "]") || text.starts(with: [0xEF, 0xBB, 0xBF])
    return isMarked ? TypedLine.withoutWrapping(text) : text
  }

  /// Reads a subject that has to be a person: an identifier of the radio is nobody's name.
  ///
  /// Only a sighting has the moment at which an identifier was said, by which it is found whose it is.
  func person(
    ofSlice text: ArraySlice<UInt8>, column: String
  ) throws(IntakeRejection) -> Pseudonym {
    guard RadioIdentifier.scheme(of: Self.unmarked(text)) == nil else {
      throw IntakeRejection(
        .badSubject, column,
        "\(column) is an identifier and no person: import what was heard as sightings")
    }
    return try pseudonym(ofSlice: text, column: column)
  }

  /// Refuses a key of a day on which no phone can have used it.
  ///
  /// A key of a mistyped year would stay until that year is past its time.
  func checkKey(of day: LocalDay, column: String) throws(IntakeRejection) {
    let start = (Int64(day.daysSince2020) + Int64(LocalDay.epochOffset)) * 86_400
    guard start >= RadioClock.earliest else {
      throw IntakeRejection(
        .badDate, column, "no phone had such keys before 2001: check the year")
    }
    guard start <= receivedAt else {
      throw IntakeRejection(
        .future, column, "the day of the key has not come yet, in UTC: check the date")
    }
  }

  /// Refuses what has not happened yet.
  func checkNotFuture(_ time: Int64, column: String) throws(IntakeRejection) {
    guard time <= receivedAt + Self.futureToleranceSeconds else {
      throw IntakeRejection(
        .future, column,
        "the time is in the future: check the clock of the machine it comes from")
    }
  }
}

extension ArraySlice<UInt8> {
  /// Whether any byte is an ASCII control character.
  var hasControlCharacters: Bool {
    contains { $0 < 0x20 || $0 == 0x7f }
  }

  /// The bytes without white space and control characters around them.
  public var trimmed: ArraySlice<UInt8> {
    var slice = self
    while let first = slice.first, first <= 0x20 || first == 0x7f { slice.removeFirst() }
    while let last = slice.last, last <= 0x20 || last == 0x7f { slice.removeLast() }
    return slice
  }
}
