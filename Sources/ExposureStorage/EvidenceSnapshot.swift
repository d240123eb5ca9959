public import Presence
public import VenueCodes

/// The evidence of some days as it was at one moment, ready to be streamed.
///
/// Evidence is append-only, so a moment is a row number for each day: no lock is held and no
/// writer waits, however long the reading takes. The people are all the store knew at that moment,
/// sorted, and rows name them by their place in that order.
///
///     let snapshot = try store.snapshot(from: day, to: day)
///     try snapshot.forEachRow { row in print(snapshot.people[Int(row.subject)], row.start) }
///
/// - Complexity: Memory is 24 bytes for each person the store knows, whatever the number of rows.
public struct EvidenceSnapshot: Sendable {
  /// Everyone the store knew, sorted; a row's people are places in it.
  public let people: [Pseudonym]
  /// The names of gateways, of which the first is empty: unknown; a row's gateway is a place in it.
  public let gateways: [String]
  /// The days that have evidence, in order.
  public var days: [DayExtent] { log.days }

  /// The same rows in the numbers of the store.
  package let log: EvidenceLog

  /// The place in `people` of each number of the subject table; `.max` where there is nobody.
  private let places: [UInt32]
  /// The number in the subject table of each place in `people`.
  private let numbers: [UInt32]

  /// The number of rows in all days.
  public var rowCount: Int { days.reduce(0) { $0 + $1.rowCount } }

  /// Returns the place of a person, or nil when the store did not know them.
  ///
  /// - Complexity: O(log n) in the number of people.
  public func number(of pseudonym: Pseudonym) -> SubjectNumber? {
    var low = 0
    var high = people.count
    while low < high {
      let middle = (low + high) / 2
      if people[middle] < pseudonym { low = middle + 1 } else { high = middle }
    }
    return low < people.count && people[low] == pseudonym ? SubjectNumber(low) : nil
  }

  /// Returns the evidence that a row of this snapshot is.
  public func evidence(of row: EvidenceRow) -> Evidence {
    row.evidence(
      subject: people[Int(row.subject)], peer: row.peer.map { people[Int($0)] },
      gateway: gateways[Int(row.gateway)])
  }

  /// Calls `body` with each row, by day and in the order of arrival.
  ///
  /// - Parameters:
  ///   - subject: Only rows about this person, or in which they are the peer.
  ///   - venue: Only rows of this venue.
  ///   - body: Gets each row; what it throws ends the reading.
  /// - Throws: `StoreError`, and what `body` throws.
  /// - Complexity: O(n) in the rows of all days, also when few are asked for.
  public func forEachRow(
    about subject: SubjectNumber? = nil, at venue: VenueID? = nil,
    _ body: (EvidenceRow) throws -> Void
  ) throws {
    for extent in days {
      try forEachRow(of: extent, about: subject, at: venue, body)
    }
  }

  /// Calls `body` with each row of one day, in the order of arrival; see `forEachRow`.
  ///
  /// Days may be read at the same time from different threads.
  public func forEachRow(
    of extent: DayExtent, about subject: SubjectNumber? = nil, at venue: VenueID? = nil,
    _ body: (EvidenceRow) throws -> Void
  ) throws {
    var bodyFailure: (any Error)?
    try read(extent, about: subject, at: venue) { row in
      do {
        try body(row)
        return true
      } catch {
        bodyFailure = error
        return false
      }
    }
    if let bodyFailure { throw bodyFailure }
  }

  /// Returns all rows in one array, by day and in the order of arrival.
  public func rows(
    about subject: SubjectNumber? = nil, at venue: VenueID? = nil
  ) throws(StoreError) -> [EvidenceRow] {
    var rows: [EvidenceRow] = []
    if subject == nil, venue == nil { rows.reserveCapacity(rowCount) }
    for extent in days {
      try read(extent, about: subject, at: venue) { row in
        rows.append(row)
        return true
      }
    }
    return rows
  }

  private func read(
    _ extent: DayExtent, about subject: SubjectNumber?, at venue: VenueID?,
    _ body: (EvidenceRow) -> Bool
  ) throws(StoreError) {
    // Who is nobody here has no number in the table either, and 0 is nobody's.
    let about = subject.map { Int($0) < numbers.count ? numbers[Int($0)] : 0 }
    let venueNumber = venue?.rawValue
    try log.read(of: extent) { columns, places, _ throws(StoreError) in
      for place in places {
        if let about, columns.subject[place] != about, columns.peer[place] != about { continue }
        if let venueNumber, columns.venue[place] != venueNumber { continue }
        guard var row = EvidenceRow(columns, at: place), let who = self.place(of: row.subject),
          Int(row.gateway) < gateways.count
        else { throw StoreError(.corrupt, subject: extent.path) }
        row.subject = who
        if let peer = row.peer {
          guard let other = self.place(of: peer) else {
            throw StoreError(.corrupt, subject: extent.path)
          }
          row.peerNumber = other
        }
        guard body(row) else { return false }
      }
      return true
    }
  }

  private func place(of number: UInt32) -> SubjectNumber? {
    guard Int(number) < places.count else { return nil }
    let place = places[Int(number)]
    return place == .max ? nil : place
  }
}

extension EvidenceSnapshot {
  /// Adds the names to a moment; they are read after it, because they were there before it.
  init(
    _ log: EvidenceLog, names catalog: () throws(StoreError) -> Names
  ) throws(StoreError) {
    let names = try catalog()
    self.log = log
    self.people = names.people
    self.numbers = names.numbers
    self.gateways = names.gateways
    var places = [UInt32](repeating: .max, count: Int(names.numbers.max() ?? 0) + 1)
    for (place, number) in names.numbers.enumerated() { places[Int(number)] = UInt32(place) }
    self.places = places
  }

  /// What the numbers of a store stand for.
  struct Names: Sendable {
    var people: [Pseudonym] = []
    var numbers: [UInt32] = []
    var gateways: [String] = [""]

    /// Reads all names; the index of the subject table is in the order that is asked for.
    init(in catalog: borrowing Connection) throws(StoreError) {
      var people: [Pseudonym] = []
      var numbers: [UInt32] = []
      try catalog.run("SELECT pseudonym, number FROM subject ORDER BY pseudonym") {
        row throws(StoreError) in
        while try row.step() {
          guard let halves = row.halves(0), let number = row.integer(1),
            let short = UInt32(exactly: number), short < .max
          else { throw StoreError(.corrupt, subject: catalog.path) }
          people.append(Pseudonym(high: halves.high, low: halves.low))
          numbers.append(short)
        }
      }
      var gateways = [""]
      try catalog.run("SELECT number, name FROM gateway ORDER BY number") {
        row throws(StoreError) in
        while try row.step() {
          guard let number = row.integer(0), let name = row.text(1), number > 0,
            number < 1 << 24
          else { throw StoreError(.corrupt, subject: catalog.path) }
          // A gap is a gateway that was deleted; no row names it.
          while gateways.count < number { gateways.append("") }
          gateways.append(name)
        }
      }
      self.people = people
      self.numbers = numbers
      self.gateways = gateways
    }
  }
}

extension ExposureStore {
  /// Takes a snapshot of the evidence that begins on some local days.
  ///
  /// A visit lives in the day it begins: to see all visits that reach into a day, begin earlier, by
  /// the longest stay that is believed.
  ///
  /// - Parameters:
  ///   - first: The first day.
  ///   - last: The last day, which is included.
  /// - Returns: The snapshot.
  /// - Throws: `corrupt`, `closed`, `busy`.
  public func snapshot(
    from first: LocalDay, to last: LocalDay
  ) throws(StoreError) -> EvidenceSnapshot {
    let log = try evidenceLog(from: first, to: last)
    return try EvidenceSnapshot(log) { () throws(StoreError) in
      try withCatalog { catalog throws(StoreError) in
        try EvidenceSnapshot.Names(in: catalog)
      }
    }
  }

  /// Calls `body` with each piece of evidence that begins on some local days, by day and in the
  /// order of arrival.
  ///
  /// - Parameters:
  ///   - first: The first day.
  ///   - last: The last day, which is included.
  ///   - body: Gets each piece; what it throws ends the reading.
  /// - Throws: `StoreError`, and what `body` throws.
  public func forEachEvidence(
    from first: LocalDay, to last: LocalDay, _ body: (Evidence) throws -> Void
  ) throws {
    let snapshot = try snapshot(from: first, to: last)
    try snapshot.forEachRow { row in try body(snapshot.evidence(of: row)) }
  }

  /// Returns the days that have a file, in order.
  public func storedDays() throws(StoreError) -> [LocalDay] {
    try layout.storedDays()
  }
}
