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
    let (own, contacts) = try evidence(of: open, registry: registry, rules: rules)
    return own.union(contacts)
  }

  /// The evidence that cases rest on: what is known of the persons in their infectious windows, and
  /// what made their contacts, in which the persons' own is too.
  ///
  /// - Complexity: That of a trace of the cases.
  package func evidence(
    of cases: [Case], registry: Registry, rules: RuleSet
  ) throws -> (own: Set<EvidenceID>, contacts: Set<EvidenceID>) {
    let history = try history(of: registry)
    var own: Set<EvidenceID> = []
    for one in cases {
      let window = rules.window(of: one, in: calendar)
      for milestone in try history.milestones(
        of: one.subject, from: window.lowerBound, to: window.upperBound)
      {
        own.formUnion(milestone.evidence)
      }
    }
    var contacts = ContactEvidence()
    _ = try Tracer(history: history, rules: rules, calendar: calendar)
      .trace(cases: cases, into: &contacts)
    return (own, contacts.evidence)
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
