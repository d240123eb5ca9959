public import VenueCodes

/// A person's number among the people of a store or of one query.
///
/// Numbers are given in any order: comparing them is not comparing pseudonyms.
public typealias SubjectNumber = UInt32

extension SubjectNumber {
  /// More than any person's number: vector instructions that look people up take numbers as signed.
  public static var subjectLimit: SubjectNumber { 1 << 31 }
}

/// One person's stay at one venue, derived from evidence: `[enter, leave)` in Unix seconds.
public struct Visit: Hashable, Sendable {
  /// Why a visit ended when it did, in order of trust.
  public enum EndReason: UInt8, Sendable, CaseIterable {
    /// Both ends were given.
    case given = 0
    /// An exit scan.
    case exitScan = 1
    /// The person's next check-in, elsewhere.
    case nextCheckIn = 2
    /// The venue's closing time.
    case closingTime = 3
    /// The default stay of the code or the category.
    case defaultStay = 4
    /// The longest stay that is believed.
    case cap = 5
  }

  /// Who.
  public var subject: SubjectNumber
  /// Where.
  public var venue: VenueID
  /// The zone of the venue; 0 is the whole venue.
  public var zone: UInt8
  /// The first second inside.
  public var enter: Int64
  /// The first second after; at least `enter`.
  public var leave: Int64
  /// Why the visit ended when it did.
  public var endReason: EndReason
  /// Whether the start is a guess, because there was an exit and no entry.
  public var isStartUnknown: Bool
  /// The earliest end that the evidence allows.
  public var earliestLeave: Int64
  /// The latest end that the evidence allows.
  public var latestLeave: Int64
  /// The evidence that opened the visit.
  public var openedBy: EvidenceID
  /// The evidence that closed it, when some did.
  public var closedBy: EvidenceID?

  /// The evidence that the visit stands on, each piece once: an exit without an entry both opened
  /// and closed its visit.
  public var evidence: [EvidenceID] {
    guard let closedBy, closedBy != openedBy else { return [openedBy] }
    return [openedBy, closedBy]
  }

  /// Makes a visit with both ends known.
  public init(
    subject: SubjectNumber, venue: VenueID, zone: UInt8 = 0, enter: Int64, leave: Int64,
    endReason: EndReason = .given, isStartUnknown: Bool = false, earliestLeave: Int64? = nil,
    latestLeave: Int64? = nil, openedBy: EvidenceID, closedBy: EvidenceID? = nil
  ) {
    self.subject = subject
    self.venue = venue
    self.zone = zone
    self.enter = enter
    self.leave = leave
    self.endReason = endReason
    self.isStartUnknown = isStartUnknown
    self.earliestLeave = earliestLeave ?? leave
    self.latestLeave = latestLeave ?? leave
    self.openedBy = openedBy
    self.closedBy = closedBy
  }
}
