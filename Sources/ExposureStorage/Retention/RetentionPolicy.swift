public import Presence
public import VenueCodes

/// How long what is kept: days after the local day of the evidence.
public struct RetentionPolicy: Hashable, Sendable {
  /// Scans, visits and what staff noted.
  public var scans: Int
  /// Bluetooth sightings and encounters.
  public var bluetooth: Int
  /// Lines of the audit log.
  public var audit: Int
  /// Cases, after they were closed.
  public var cases: Int

  /// Makes a policy; the defaults are 21 days, 14 days and five years.
  public init(scans: Int = 21, bluetooth: Int = 14, audit: Int = 1_826, cases: Int = 1_826) {
    self.scans = scans
    self.bluetooth = bluetooth
    self.audit = audit
    self.cases = cases
  }

  /// The days a policy may name: fewer than one would delete today.
  public static let range = 1...36_500
}

/// What a run of retention deleted, or would delete.
public struct RetentionReport: Hashable, Sendable {
  /// What became of one local day.
  public struct Day: Hashable, Sendable {
    /// The local day.
    public let day: LocalDay
    /// The rows that are gone.
    public let deleted: Int
    /// The rows that stay: not yet past their time, or linked to a case.
    public let kept: Int
    /// The rows among them that are past their time and stay for a case.
    public let linked: Int
  }

  /// The days that lost rows, or have rows only for a case, in order.
  public internal(set) var days: [Day] = []
  /// The people nothing is known of any more, whose pseudonyms were deleted.
  public internal(set) var forgotten: Set<Pseudonym> = []
  /// The aliases of identifiers that are gone.
  public internal(set) var aliases = 0
  /// The sealed contact details that are gone with the evidence they came with.
  public internal(set) var contacts = 0
  /// The refused pieces of evidence that are gone.
  public internal(set) var conflicts = 0
  /// The closed cases that are gone.
  public internal(set) var cases = 0
  /// The lines of the audit log that are gone.
  public internal(set) var auditLines = 0
  /// The files in which a pseudonym of a person or an identifier, or sealed contact details, that went
  /// were still found; empty is the proof.
  public internal(set) var filesWithTraces: [String] = []

  /// The rows that are gone.
  public var deletedRows: Int { days.reduce(0) { $0 + $1.deleted } }
  /// The rows that stay for a case though they are past their time.
  public var linkedRows: Int { days.reduce(0) { $0 + $1.linked } }
}
