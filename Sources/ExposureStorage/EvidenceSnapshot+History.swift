internal import Bluetooth
public import Presence
public import Tracing
public import VenueCodes

extension EvidenceSnapshot {
  /// Derives who was where and who was near whom from all evidence of the snapshot.
  ///
  /// Only rows that count are used. Imported encounters are kept as given, also where two phones
  /// report one encounter: the trace counts a second once however many rows cover it.
  ///
  /// - Parameters:
  ///   - rules: What is believed about stays.
  ///   - openVenues: The venues whose category is an open space.
  ///   - venuesWithoutTail: The venues whose category allows no tail.
  /// - Returns: The history, sorted and indexed.
  /// - Throws: `StoreError`, and `ExposureHistoryError` for times that no column can hold.
  /// - Complexity: O(n log n) in the number of rows.
  public func history(
    stayRules rules: StayRules, openVenues: Set<VenueID>, venuesWithoutTail: Set<VenueID> = []
  ) throws -> ExposureHistory {
    var events: [PresenceEvent] = []
    var encounters: [Encounter] = []
    events.reserveCapacity(rowCount)
    try forEachRow { row in
      guard row.status == .accepted else { return }
      if let venue = row.venue, let kind = PresenceEvent.Kind(row.kind) {
        events.append(
          PresenceEvent(
            kind, subject: row.subject, venue: venue, zone: row.zone, time: row.start,
            leave: row.end, defaultStaySeconds: row.statedStay.map { Int32($0) * 300 },
            evidence: row.id, grade: row.grade))
      } else if row.kind == .bleEncounter, let peer = row.peer, let end = row.end,
        let attenuation = row.attenuation,
        let encounter = Encounter(
          row.subject, peer, start: row.start, end: end, attenuation: attenuation,
          evidence: row.id)
      {
        encounters.append(encounter)
      }
    }
    return try ExposureHistory(
      people: people, visits: VisitDeriver(rules: rules).visits(from: events),
      encounters: encounters, openVenues: openVenues, venuesWithoutTail: venuesWithoutTail)
  }
}

extension PresenceEvent.Kind {
  /// The event that a kind of evidence is, or nil when it says nothing about presence.
  fileprivate init?(_ kind: Evidence.Kind) {
    switch kind {
    case .scanIn: self = .entry
    case .scanOut: self = .exit
    case .scan, .gatewayScan: self = .scan
    case .visit: self = .stay
    case .bleSighting, .bleEncounter, .staffNote, .correction: return nil
    }
  }
}
