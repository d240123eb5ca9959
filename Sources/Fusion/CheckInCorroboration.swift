public import Presence
public import VenueCodes

/// What Bluetooth says of a check-in that stands on a poster's code alone.
///
/// Whoever has a photograph of a poster can check in from anywhere, so such a check-in is of grade 1.
/// A phone cannot be where it hears nobody and is heard by nobody who is there. This is derived from
/// evidence and never changes it.
///
/// - *Confirmed* (grade 3): during the visit the phone and that of somebody who was checked in there
///   heard each other or one the other, or the venue's own receiver heard it.
/// - *Contradicted* (grade −1): around the moment of the scan it was heard by a receiver of another
///   venue, or it and the phone of somebody who was certainly at another venue heard each other; or,
///   while it worked, it and at least `crowdOfPhones` working phones of others who were there heard
///   nothing of each other for `silence` seconds.
/// - A venue and one that it is in, as a shop and its mall, are one place.
/// - More witnesses decide; as many on both sides leave the check-in as it is. Silence speaks only
///   when nobody was heard there.
///
/// Around the moment of the scan only, since most visits end by estimate: whoever is heard elsewhere
/// later may just have left.
public struct CheckInCorroboration: Hashable, Sendable {
  /// What it comes to.
  public enum Verdict: Sendable, CaseIterable {
    /// Bluetooth shows that the person was not there.
    case contradicted
    /// Bluetooth says nothing, or as much for as against.
    case open
    /// Bluetooth shows that the person was there.
    case confirmed

    /// The word in output.
    public var name: String {
      switch self {
      case .contradicted: "contradicted"
      case .open: "open"
      case .confirmed: "confirmed"
      }
    }
  }

  /// One thing that speaks for or against a check-in.
  public struct Reason: Hashable, Sendable {
    /// What it is.
    public enum Fact: Hashable, Sendable {
      /// Somebody who was checked in at the same place was heard.
      case heardThere(Pseudonym, Range<Int64>)
      /// The venue's receiver heard the phone.
      case receiverThere(Int64)
      /// Somebody who was certainly at another venue was heard.
      case heardElsewhere(Pseudonym, VenueID, Range<Int64>)
      /// A receiver of another venue heard the phone.
      case receiverElsewhere(VenueID, Int64)
      /// So many working phones of others who were there heard nothing of this one, nor it of them;
      /// nobody counts further than `crowdOfPhones`.
      case silence(phones: Int)
    }

    /// What it is.
    public var fact: Fact
    /// The sightings or encounters it stands on, ascending; none for silence, which leaves no trace.
    public var evidence: [EvidenceID]

    /// Makes a reason of its parts.
    public init(_ fact: Fact, evidence: [EvidenceID] = []) {
      self.fact = fact
      self.evidence = evidence
    }

    /// Whether it speaks for the check-in.
    public var confirms: Bool {
      switch fact {
      case .heardThere, .receiverThere: true
      case .heardElsewhere, .receiverElsewhere, .silence: false
      }
    }
  }

  /// How many phones of others that hear nothing contradict a check-in.
  public static let crowdOfPhones = 5
  /// How long two working phones at one place must have been silent for it to say anything, in
  /// seconds: Bluezone scanned for 40 s in every 300.
  public static let silence: Int64 = 600
  /// How long after a scan its visitor was there, in seconds, when nothing else is known.
  public static let aroundScan: Int64 = 900

  /// What it comes to.
  public let verdict: Verdict
  /// What speaks for and against it, in order of time; silence last.
  ///
  /// No fact is there twice.
  public let reasons: [Reason]

  /// Judges a check-in by what was heard.
  ///
  /// - Parameter reasons: What speaks for and against it, in any order; evidence of one fact is joined.
  public init(_ reasons: [Reason]) {
    // Each witness counts once, however often phones repeat themselves.
    var witnesses: [Bool: Set<Witness>] = [:]
    var phones = 0
    for reason in reasons {
      switch reason.fact {
      case .heardThere(let person, _), .heardElsewhere(let person, _, _):
        witnesses[reason.confirms, default: []].insert(.person(person))
      case .receiverThere: witnesses[true, default: []].insert(.receiver(nil))
      case .receiverElsewhere(let venue, _):
        witnesses[false, default: []].insert(.receiver(venue))
      case .silence(let count): phones = max(phones, count)
      }
    }
    let (confirming, contradicting) = (
      witnesses[true, default: []].count, witnesses[false, default: []].count
    )
    let isSilent = confirming == 0 && phones >= Self.crowdOfPhones
    self.verdict =
      confirming > contradicting
      ? .confirmed : contradicting > confirming || isSilent ? .contradicted : .open
    var evidence: [Reason.Fact: Set<EvidenceID>] = [:]
    for reason in reasons { evidence[reason.fact, default: []].formUnion(reason.evidence) }
    self.reasons = evidence.map { Reason($0.key, evidence: $0.value.sorted()) }
      .sorted { Self.key($0.fact) < Self.key($1.fact) }
  }

  /// Who or what heard, or was heard.
  private enum Witness: Hashable {
    case person(Pseudonym)
    case receiver(VenueID?)
  }

  /// The grade that the check-in is worth now: −1, 1 or 3.
  public var grade: Int8 {
    switch verdict {
    case .contradicted: -1
    case .open: 1
    case .confirmed: 3
    }
  }

  /// What the chance that the person was there is multiplied by.
  ///
  /// A confirmation adds nothing, since a check-in is believed until something speaks against it; a
  /// contradiction leaves a tenth, since phones are left at home and carried by others.
  public var factor: Double { verdict == .contradicted ? 0.1 : 1 }

  private static func key(_ fact: Reason.Fact) -> (Int64, Int64, Int, UInt64, UInt64) {
    switch fact {
    case .heardThere(let person, let span):
      (span.lowerBound, span.upperBound, 0, person.high, person.low)
    case .receiverThere(let moment): (moment, moment, 1, 0, 0)
    case .heardElsewhere(let person, _, let span):
      (span.lowerBound, span.upperBound, 2, person.high, person.low)
    case .receiverElsewhere(let venue, let moment): (moment, moment, 3, venue.rawValue, 0)
    case .silence(let phones): (.max, .max, 4, UInt64(phones), 0)
    }
  }
}
