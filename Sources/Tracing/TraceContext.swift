import CrossMatch
import Presence
import VenueCodes

/// What every part of a trace looks at and none changes.
struct TraceContext: Sendable {
  let history: ExposureHistory
  let rules: RuleSet
  let calendar: LocalCalendar
  let criteria: DayJudgement.Criteria
  let days: DayTable
  /// The cases by id, ascending as bytes.
  let cases: [Case]
  /// Whether rows need their evidence.
  let wantsEvidence: Bool
  /// The subjects of the cases, who have no rows.
  let subjects: SubjectSet

  init(_ tracer: Tracer, cases: [Case], wantsEvidence: Bool) throws {
    history = tracer.history
    rules = tracer.rules
    calendar = tracer.calendar
    criteria = DayJudgement.Criteria(tracer.rules)
    let extent = tracer.history.extent ?? ColumnTime.epoch...ColumnTime.epoch
    days = DayTable(
      tracer.calendar,
      extent: extent.lowerBound...(extent.upperBound + Int64(tracer.rules.tail.maximum)))
    self.cases = cases
    self.wantsEvidence = wantsEvidence
    var subjects = SubjectSet(count: tracer.history.people.count)
    for one in cases {
      if let subject = try tracer.history.people.number(of: one.subject) {
        subjects.insert(subject)
      }
    }
    self.subjects = subjects
  }

  func isOpen(_ venue: VenueID) -> Bool { history.openVenues.contains(venue) }

  func leavesTail(_ venue: VenueID) -> Bool {
    !isOpen(venue) && !history.venuesWithoutTail.contains(venue)
  }

  func isNear(_ entry: EncounterEntry) -> Bool { entry.attenuation <= rules.maximumAttenuation }

  /// Returns a person's visits with what is looked at most, in the order of positions.
  func stays(of subject: SubjectNumber) -> [Stay] {
    history.visits.positions(of: subject).compactMap { position in
      let segment = Int(position.segment)
      let row = Int(position.row)
      let segments = history.visits.segments
      guard let venue = VenueID(rawValue: segments[segment].venue(at: row)) else { return nil }
      return Stay(
        venue: venue, zone: segments[segment].zone(at: row), enter: segments[segment].enter[row],
        leave: segments[segment].leave[row], position: position)
    }
  }
}

/// One visit of a person that is looked at more than once.
struct Stay {
  var venue: VenueID
  var zone: UInt8
  var enter: Int32
  var leave: Int32
  var position: VisitPosition
}

/// A set of people as bits, so that millions are asked from the cache.
struct SubjectSet: Sendable {
  private var words: [UInt64]

  /// Makes an empty set.
  ///
  /// - Parameter count: More than the largest number.
  init(count: Int) {
    words = Array(repeating: 0, count: (count + 63) / 64)
  }

  mutating func insert(_ subject: SubjectNumber) {
    words[Int(subject >> 6)] |= 1 << UInt64(subject & 63)
  }

  @inline(__always)
  func contains(_ subject: SubjectNumber) -> Bool {
    words[Int(subject >> 6)] >> UInt64(subject & 63) & 1 != 0
  }
}
