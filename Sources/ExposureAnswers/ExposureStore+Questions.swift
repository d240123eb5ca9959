package import ExposureStorage
package import Presence
package import Tracing
package import VenueRegistry

extension ExposureStore {
  /// The history of all evidence in the store, judged by the venues of a registry.
  package func history(of registry: Registry) throws -> ExposureHistory {
    try history(
      stayRules: StayRules(registry: registry, calendar: calendar),
      openVenues: registry.openVenues, venuesWithoutTail: registry.venuesWithoutTail,
      surroundings: registry.surroundings)
  }

  /// When people were isolated, by the registered cases, closed ones among them; the earliest counts.
  package func isolations() throws -> [Pseudonym: Int64] {
    var isolations: [Pseudonym: Int64] = [:]
    for record in try caseRecords(openOnly: false) {
      guard let isolation = record.isolation else { continue }
      isolations[record.subject] = min(isolations[record.subject] ?? isolation, isolation)
    }
    return isolations
  }
}

extension CaseRecord {
  /// The case as the trace takes it.
  package func confirmedCase() throws -> Case {
    try Case(
      id: id, subject: subject, onset: onset, specimen: specimen, isolation: isolation,
      from: from, to: to, closedAt: closedAt)
  }

  /// The record of a case that was read.
  package init(_ confirmed: Case, createdAt: Int64) {
    self.init(
      id: confirmed.id, subject: confirmed.subject, onset: confirmed.onset,
      specimen: confirmed.specimen, isolation: confirmed.isolation, from: confirmed.from,
      to: confirmed.to, createdAt: createdAt, closedAt: confirmed.closedAt)
  }
}
