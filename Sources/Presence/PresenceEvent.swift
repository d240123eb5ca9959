public import VenueCodes

/// One piece of evidence that puts a person at a venue: what visits are derived from.
public struct PresenceEvent: Hashable, Sendable {
  /// What an event says about coming and going.
  public enum Kind: UInt8, Sendable, CaseIterable {
    /// The person came in.
    case entry = 1
    /// The person went out.
    case exit = 2
    /// The person was at the door; in or out follows from what is known of before.
    case scan = 3
    /// A stay that was given as such, by an import or a paper log.
    case stay = 4
  }

  /// What makes a scan the same as the one before.
  public let evidence: EvidenceID
  /// Where.
  public let venue: VenueID
  /// When, in Unix seconds; for a stay its first second.
  public let time: Int64
  /// The first second after a stay, nil when unknown; always nil for the other kinds.
  public let leave: Int64?
  /// Who.
  public let subject: SubjectNumber
  /// The stay that the scanned code promises: nil when it says nothing, 0 for "until check-out".
  public let defaultStaySeconds: Int32?
  /// The zone of the venue; 0 is the whole venue.
  public let zone: UInt8
  /// What the event says about coming and going.
  public let kind: Kind
  /// How sure the evidence is, as `Evidence.grade`.
  public let grade: Int8

  /// Makes an event.
  ///
  /// - Parameters:
  ///   - kind: What it says about coming and going.
  ///   - subject: Who.
  ///   - venue: Where.
  ///   - zone: The zone of the venue; 0 is the whole venue.
  ///   - time: When; moments outside `ISO8601.range` become its nearest end.
  ///   - leave: The end of a stay, if known; one before `time` becomes `time`.
  ///   - defaultStaySeconds: What the scanned code promises, if anything.
  ///   - evidence: The evidence this is made of.
  ///   - grade: How sure it is.
  public init(
    _ kind: Kind, subject: SubjectNumber, venue: VenueID, zone: UInt8 = 0, time: Int64,
    leave: Int64? = nil, defaultStaySeconds: Int32? = nil, evidence: EvidenceID, grade: Int8 = 0
  ) {
    let time = min(max(time, ISO8601.range.lowerBound), ISO8601.range.upperBound)
    self.evidence = evidence
    self.venue = venue
    self.time = time
    self.leave =
      kind == .stay ? leave.map { min(max($0, time), ISO8601.range.upperBound) } : nil
    self.subject = subject
    self.defaultStaySeconds = defaultStaySeconds
    self.zone = zone
    self.kind = kind
    self.grade = grade
  }

  /// Makes the event of a row of evidence, or nil when the row puts nobody at a venue.
  ///
  /// Rows that do not count (a status that is not accepted) and rows about people, not venues, are
  /// nil. A gateway's scan of a pass has no direction of its own.
  ///
  /// - Parameters:
  ///   - evidence: The row.
  ///   - subject: The number of the person it is about.
  public init?(
    _ evidence: Evidence, subject: SubjectNumber
  ) {
    guard evidence.status == .accepted, let venue = evidence.venue else { return nil }
    let kind: Kind
    switch evidence.kind {
    case .scanIn: kind = .entry
    case .scanOut: kind = .exit
    case .scan, .gatewayScan: kind = .scan
    case .visit: kind = .stay
    case .bleSighting, .bleEncounter, .staffNote, .correction: return nil
    }
    self.init(
      kind, subject: subject, venue: venue, zone: evidence.zone, time: evidence.start,
      leave: evidence.end, defaultStaySeconds: evidence.statedStay.map { Int32($0) * 300 },
      evidence: evidence.id,
      grade: evidence.grade)
  }
}
