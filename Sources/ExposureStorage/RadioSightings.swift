internal import Bluetooth
public import Presence
public import VenueCodes

/// What radio evidence says that is in no visit and no encounter.
public struct RadioSightings: Sendable {
  /// A receiver at a venue heard a phone.
  public struct Receiver: Hashable, Sendable {
    /// Whose phone.
    public let person: Pseudonym
    /// Where the receiver stands.
    public let venue: VenueID
    /// When, in Unix seconds.
    public let moment: Int64
    /// The evidence.
    public let evidence: EvidenceID
  }

  /// A phone heard an identifier that nobody is known to own.
  public struct Unresolved: Hashable, Sendable {
    /// Whose phone heard it.
    public let person: Pseudonym
    /// The identifier.
    public let identifier: Pseudonym
    /// When, in Unix seconds by the phone's own clock.
    public let moment: Int64
  }

  /// Where receivers heard whom, by day and in the order of arrival.
  public internal(set) var receivers: [Receiver] = []
  /// What the phones asked about heard of nobody known, by day and in the order of arrival.
  public internal(set) var unresolved: [Unresolved] = []

  /// Makes sightings of days on which there are none.
  public init() {}
}

extension ExposureStore {
  /// Returns what radio evidence of some local days says that is in no visit and no encounter.
  ///
  /// - Parameters:
  ///   - first: The first day.
  ///   - last: The last day, which is included.
  ///   - people: Whose unresolved sightings are wanted.
  ///   - heard: Of whom it is wanted what receivers heard; nil for everybody.
  /// - Returns: What receivers heard, and what these people's phones heard of nobody known.
  /// - Throws: `corrupt`, `closed`, `busy`.
  /// - Complexity: O(n) in the evidence of the days, of which a few columns are looked at.
  public func radioSightings(
    from first: LocalDay, to last: LocalDay, unresolvedOf people: [Pseudonym] = [],
    heardOf heard: [Pseudonym]? = nil
  ) throws(StoreError) -> RadioSightings {
    let wanted = try catalogNumbers(naming: people)
    let heardOf = try heard.map { people throws(StoreError) in
      Set(try catalogNumbers(naming: people).keys)
    }
    let rows = try ExposureStore.retryingChanges { () throws(StoreError) in
      try sightingRows(from: first, to: last, wanted, heardOf: heardOf)
    }
    let numbers = Set(rows.flatMap { [$0.subject] + ($0.venue == nil ? [$0.peer] : []) }).sorted()
    let names = Dictionary(
      uniqueKeysWithValues: zip(numbers, try pseudonyms(of: numbers)))
    let owners = Dictionary(
      grouping: try aliases(
        of: rows.compactMap { $0.isRotating ? names[$0.identifier] : nil }),
      by: \.credential)
    var found = RadioSightings()
    for row in rows {
      guard let subject = names[row.subject] else { continue }
      if let venue = row.venue {
        let person =
          row.isRotating
          ? Self.owner(of: owners[subject] ?? [], at: row.moment, within: Self.receiverReach)
          : subject
        guard let person, heard?.contains(person) ?? true else { continue }
        found.receivers.append(
          RadioSightings.Receiver(
            person: person, venue: venue, moment: row.moment, evidence: row.id))
      } else if let identifier = names[row.peer],
        Self.owner(
          of: owners[identifier] ?? [], at: row.moment,
          within: CredentialAlias.longestClockDifference) == nil
      {
        found.unresolved.append(
          RadioSightings.Unresolved(
            person: wanted[row.subject] ?? subject, identifier: identifier, moment: row.moment))
      }
    }
    return found
  }

  /// Returns the numbers by which rows name people, whose each is: a phone may be known by itself, or by
  /// the identifiers it said itself.
  private func catalogNumbers(naming people: [Pseudonym]) throws(StoreError) -> [UInt32: Pseudonym]
  {
    var numbers: [UInt32: Pseudonym] = [:]
    for person in people {
      guard let number = try catalogNumber(of: person) else { continue }
      numbers[number] = person
      for own in try credentialNumbers(ofPerson: number) { numbers[own] = person }
    }
    return numbers
  }

  /// A row that may be wanted, in the numbers of the catalog.
  private struct SightingRow {
    var id: EvidenceID
    var subject: UInt32
    var peer: UInt32
    var venue: VenueID?
    var moment: Int64
    var isRotating: Bool

    /// The one who was heard.
    var identifier: UInt32 { venue == nil ? peer : subject }
  }

  /// Reads sightings by receivers, and those of unowned identifiers by some people.
  private func sightingRows(
    from first: LocalDay, to last: LocalDay, _ wanted: [UInt32: Pseudonym],
    heardOf: Set<UInt32>?
  ) throws(StoreError) -> [SightingRow] {
    let kind = Evidence.Kind.bleSighting.rawValue
    let accepted = Evidence.Status.accepted.rawValue
    let log = try evidenceLog(from: first, to: last)
    var rows: [SightingRow] = []
    for extent in log.days {
      try log.read(of: extent, [.statements, .identities]) { columns, places, _ in
        for place in places where columns.kind[place] == kind {
          let status = columns.status[place]
          let venue = VenueID(rawValue: columns.venue[place])
          let isRotating = Evidence.Status(rawValue: status)?.heardRotates ?? false
          guard
            venue != nil
              ? (isRotating || status == accepted)
                && heardOf?.contains(columns.subject[place]) ?? true
              : isRotating && wanted[columns.subject[place]] != nil
          else { continue }
          rows.append(
            SightingRow(
              id: columns.id(at: place), subject: columns.subject[place],
              peer: columns.peer[place], venue: venue, moment: columns.start[place],
              isRotating: isRotating))
        }
        return true
      }
    }
    return rows
  }

  /// Returns the numbers of a person's identifiers that are named by any evidence.
  private func credentialNumbers(ofPerson number: UInt32) throws(StoreError) -> [UInt32] {
    try withCatalog { catalog throws(StoreError) in
      try catalog.run(
        """
        SELECT DISTINCT subject.number FROM alias
        JOIN subject ON subject.pseudonym = alias.credential WHERE alias.person = ?1
        """
      ) { row throws(StoreError) in
        row.bind(Int64(number), at: 1)
        var found: [UInt32] = []
        while try row.step() {
          guard let own = row.integer(0).flatMap({ UInt32(exactly: $0) }) else {
            throw StoreError(.corrupt, subject: catalog.path)
          }
          found.append(own)
        }
        return found
      }
    }
  }

  /// How far from its slot a receiver may hear an identifier, in seconds: its clock is right, so that
  /// what is later is a replay, or of a phone whose clock is wrong.
  private static let receiverReach = EncounterRule().slotTolerance + ClockRule().usualError

  /// Whose an identifier was when it was heard; nil when nobody is known, or two are said to be.
  private static func owner(
    of aliases: [CredentialAlias], at moment: Int64, within reach: Int64
  ) -> Pseudonym? {
    let people = Set(
      aliases.filter { $0.from - reach <= moment && moment < $0.to + reach }.map(\.person))
    return people.count == 1 ? people.first : nil
  }
}
