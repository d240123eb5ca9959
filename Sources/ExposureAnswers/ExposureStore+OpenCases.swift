package import ExposureStorage
package import Presence
package import Tracing
package import VenueRegistry

extension ExposureStore {
  /// Returns the evidence that open cases rest on: what is known of the person in the infectious
  /// window, and what made their contacts.
  ///
  /// Retention keeps it.
  ///
  /// - Complexity: That of a trace of all open cases.
  package func evidenceOfOpenCases(
    registry: Registry, rules: RuleSet
  ) throws -> Set<EvidenceID> {
    let open = try caseRecords(openOnly: true).map { try $0.confirmedCase() }
    guard !open.isEmpty else { return [] }
    let history = try history(of: registry)
    var linked: Set<EvidenceID> = []
    for one in open {
      let window = rules.window(of: one, in: calendar)
      for milestone in try history.milestones(
        of: one.subject, from: window.lowerBound, to: window.upperBound)
      {
        linked.formUnion(milestone.evidence)
      }
    }
    var contacts = ContactEvidence()
    _ = try Tracer(history: history, rules: rules, calendar: calendar)
      .trace(cases: open, into: &contacts)
    return linked.union(contacts.evidence)
  }
}

/// A sink that keeps the evidence of everybody who was more than briefly exposed.
private struct ContactEvidence: ExposureSink {
  private(set) var evidence: Set<EvidenceID> = []

  var wantsEvidence: Bool { true }

  func preparation() -> @Sendable (ExposureBlock) throws -> [EvidenceID] {
    { block in
      block.rows.filter { $0.exposureClass != .brief }.flatMap { block.evidence(of: $0) }
    }
  }

  mutating func take(_ prepared: [EvidenceID]) {
    evidence.formUnion(prepared)
  }
}
