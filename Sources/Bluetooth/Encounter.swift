public import Presence

/// Two people near each other for a time, by Bluetooth: `[start, end)` in Unix seconds.
///
/// An encounter has no direction: A near B is B near A, and `first` is the smaller number.
public struct Encounter: Hashable, Sendable {
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
  /// How well it is known.
  public let quality: EncounterQuality
  /// The evidence it stands on.
  public let evidence: EvidenceID

  /// Makes the encounter of two people, in either order, or nil when they are the same person.
  public init?(
    _ one: SubjectNumber, _ other: SubjectNumber, start: Int64, end: Int64, attenuation: Int16,
    quality: EncounterQuality = .given, evidence: EvidenceID
  ) {
    guard one != other else { return nil }
    self.first = min(one, other)
    self.second = max(one, other)
    self.start = start
    self.end = end
    self.attenuation = attenuation
    self.quality = quality
    self.evidence = evidence
  }
}
