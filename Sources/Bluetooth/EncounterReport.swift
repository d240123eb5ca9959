public import Presence

/// What one phone says of another: that it heard it from `start` to `end`.
public struct EncounterReport: Hashable, Sendable {
  /// Whose phone heard.
  public let subject: SubjectNumber
  /// Whose phone was heard.
  public let peer: SubjectNumber
  /// The first second, in Unix seconds.
  public let start: Int64
  /// The first second after; at least `start`.
  public let end: Int64
  /// The attenuation in dB; small is near.
  public let attenuation: Int16
  /// The evidence this is made of.
  public let evidence: EvidenceID

  /// Makes a report; an `end` before `start` becomes `start`.
  public init(
    of subject: SubjectNumber, hearing peer: SubjectNumber, start: Int64, end: Int64,
    attenuation: Int16, evidence: EvidenceID
  ) {
    self.subject = subject
    self.peer = peer
    self.start = start
    self.end = max(start, end)
    self.attenuation = attenuation
    self.evidence = evidence
  }
}

/// Joins the reports of one encounter: those that its two phones made, and repeats.
///
/// Reports of one pair, in either direction, whose starts are within the tolerance and whose ends
/// are, are one encounter. It lasts from the first start to the last end and has the smaller of the
/// attenuations, since bodies and bags between two phones only ever make it larger. Reports that
/// overlap otherwise are left apart, because each has an attenuation for its own time.
///
/// Joining keeps the union of the minutes. Where a limit on attenuation lies between the reports'
/// attenuations, the joined encounter is near for all of its time, which is up to the tolerance
/// more at each end than the nearer report alone.
///
/// The order in which reports are given does not matter.
public enum EncounterMerger {
  /// How far apart clocks put the same moment, in seconds.
  public static let tolerance: Int64 = 5

  /// Returns the encounters that reports are about.
  ///
  /// - Parameters:
  ///   - reports: Reports in any order; one of a person about themself is left out.
  ///   - tolerance: How far apart the ends of one encounter may be, in seconds.
  /// - Returns: Encounters by pair, start, end, attenuation and evidence.
  /// - Complexity: O(n log n) in the number of reports.
  public static func encounters(
    from reports: [EncounterReport], tolerance: Int64 = tolerance
  ) -> [Encounter] {
    let sorted = reports.filter { $0.subject != $0.peer }.sorted {
      ($0.low, $0.high, $0.start, $0.end, $0.evidence)
        < ($1.low, $1.high, $1.start, $1.end, $1.evidence)
    }
    var encounters: [Encounter] = []
    encounters.reserveCapacity(sorted.count)
    forEachGroup(
      of: sorted[...],
      while: { first, next in
        first.low == next.low && first.high == next.high && next.start - first.start <= tolerance
      },
      do: { sameStart in
        let byEnd = sameStart.sorted {
          ($0.end, $0.start, $0.evidence) < ($1.end, $1.start, $1.evidence)
        }
        forEachGroup(
          of: byEnd[...], while: { first, next in next.end - first.end <= tolerance },
          do: { group in
            if let encounter = joined(group) { encounters.append(encounter) }
          })
      })
    // Groups come by the first start; ends and attenuations inside them may be out of order.
    encounters.sort {
      ($0.first, $0.second, $0.start, $0.end, $0.attenuation, $0.evidence)
        < ($1.first, $1.second, $1.start, $1.end, $1.attenuation, $1.evidence)
    }
    return encounters
  }

  private static func forEachGroup(
    of reports: ArraySlice<EncounterReport>,
    while belongs: (EncounterReport, EncounterReport) -> Bool,
    do body: (ArraySlice<EncounterReport>) -> Void
  ) {
    var rest = reports
    while let first = rest.first {
      let end = rest.firstIndex { !belongs(first, $0) } ?? rest.endIndex
      body(rest[..<end])
      rest = rest[end...]
    }
  }

  private static func joined(_ reports: ArraySlice<EncounterReport>) -> Encounter? {
    guard let one = reports.first else { return nil }
    var (start, end, attenuation) = (one.start, one.end, one.attenuation)
    var witness: UInt8 = 0
    for report in reports {
      start = min(start, report.start)
      end = max(end, report.end)
      attenuation = min(attenuation, report.attenuation)
      witness |= report.subject == one.low ? 1 : 2
    }
    let evidence = reports.map(\.evidence).sorted()
    return Encounter(
      first: one.low, second: one.high, start: start, end: end, attenuation: attenuation,
      witness: Encounter.Witness(rawValue: witness) ?? .unknown, evidence: evidence[0],
      furtherEvidence: Array(evidence.dropFirst()))
  }
}

extension EncounterReport {
  fileprivate var low: SubjectNumber { min(subject, peer) }
  fileprivate var high: SubjectNumber { max(subject, peer) }
}
