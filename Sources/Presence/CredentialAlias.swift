/// Whose an identifier was: what turns a sighting of an identifier that rotates into one of a person.
///
/// Phones of contact-tracing apps do not say who they are but an identifier that changes every few
/// minutes. A store keeps what was heard under the pseudonym of the identifier. Who gets the keys of a
/// day, or opens what the identifier hides, learns whose it was and in which *slot* of time it was
/// said: that is an alias. The keys themselves are kept nowhere.
public struct CredentialAlias: Hashable, Sendable {
  /// The pseudonym of the identifier.
  public let credential: Pseudonym
  /// Who said it.
  public let person: Pseudonym
  /// The first second at which it was said, by the clock of the phone that said it, in Unix seconds.
  public let from: Int64
  /// The first second after.
  public let to: Int64

  /// Makes an alias of its parts.
  public init(credential: Pseudonym, person: Pseudonym, from: Int64, to: Int64) {
    self.credential = credential
    self.person = person
    self.from = from
    self.to = to
  }

  /// The most seconds that two phones' clocks are believed to be apart.
  ///
  /// Phones take their time from the network and are right to seconds; one that was set by hand may
  /// be minutes off. An identifier that was heard longer than this before or after its slot is never
  /// taken for its owner's.
  public static let longestClockDifference: Int64 = 1_800
}
