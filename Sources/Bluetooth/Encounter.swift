public import Presence

/// Two people near each other for a time, by Bluetooth: `[start, end)` in Unix seconds.
///
/// An encounter has no direction: A near B is B near A, and `first` is the smaller number.
public struct Encounter: Hashable, Sendable {
  /// Whose phone heard the other's.
  public enum Witness: UInt8, Sendable, CaseIterable {
    /// It is not known whose phone heard.
    case unknown = 0
    /// Only the phone of `first`.
    case first = 1
    /// Only the phone of `second`.
    case second = 2
    /// Both phones.
    case both = 3
  }

  /// The smaller of the two people.
  public let first: SubjectNumber
  /// The larger of the two people.
  public let second: SubjectNumber
  /// The first second near.
  public let start: Int64
  /// The first second after; at least `start`.
  public let end: Int64
  /// The attenuation in dB; small is near.
  public let attenuation: Int16
  /// Whose phone heard the other's.
  public let witness: Witness
  /// The evidence it stands on; the smallest id where there are more.
  public let evidence: EvidenceID
  /// The other evidence it stands on, ascending; mostly none.
  public let furtherEvidence: [EvidenceID]

  /// Makes the encounter of two people, in either order, or nil when they are the same person.
  public init?(
    _ one: SubjectNumber, _ other: SubjectNumber, start: Int64, end: Int64, attenuation: Int16,
    evidence: EvidenceID
  ) {
    guard one != other else { return nil }
    self.init(
      first: min(one, other), second: max(one, other), start: start, end: end,
      attenuation: attenuation, witness: .unknown, evidence: evidence, furtherEvidence: [])
  }

  init(
    first: SubjectNumber, second: SubjectNumber, start: Int64, end: Int64, attenuation: Int16,
    witness: Witness, evidence: EvidenceID, furtherEvidence: [EvidenceID]
  ) {
    self.first = first
    self.second = second
    self.start = start
    self.end = end
    self.attenuation = attenuation
    self.witness = witness
    self.evidence = evidence
    self.furtherEvidence = furtherEvidence
  }

  /// Everything it stands on, ascending.
  public var allEvidence: [EvidenceID] { [evidence] + furtherEvidence }

  /// Whether only one of the two phones heard the other, as with two iPhones in the background.
  public var isOneSided: Bool { witness == .first || witness == .second }
}
