public import CrossMatch
public import Presence
public import VenueCodes

/// A contact of a case: what is known of both, day by day, and what it stands on.
public struct ContactEvidence: Sendable {
  /// Who.
  public let person: Pseudonym
  /// Who, by the number in the history.
  public let number: SubjectNumber
  /// The local days on which anything joins the two, ascending.
  public let days: [PairDay]
}

/// What is known of a case and a contact on one local day, within the window of the case.
public struct PairDay: Sendable {
  /// The day.
  public let day: LocalDay
  /// What a model judges.
  public let evidence: PairEvidence
  /// The encounters that `evidence.radio` comes from, one for each and in its order.
  public let encounters: [EncounterEntry]
  /// The visits that `evidence.together` comes from, by start.
  public let stays: [SharedStay]
  /// The visits that `evidence.apart` comes from, by start.
  public let alibis: [Alibi]
  /// When the contact was where the case had been soon before, by start.
  public let tails: [SharedStay]
}

/// A visit of a case and a visit of a contact to one venue.
public struct SharedStay: Hashable, Sendable {
  /// The time that is meant, on one day: what they shared, or for a tail what the contact spent in the
  /// air that the case had left.
  public var span: Range<Int64>
  /// The visit of the case.
  public var caseVisit: Visit
  /// The visit of the contact.
  public var contactVisit: Visit
  /// What Bluetooth says of the check-in of the case; nil when it was not asked.
  public var caseCheckIn: CheckInCorroboration?
  /// What Bluetooth says of the check-in of the contact; nil when it was not asked.
  public var contactCheckIn: CheckInCorroboration?

  /// Whether both were in one zone; nil when the zone of either is not known.
  public var sharesZone: Bool? {
    caseVisit.zone == 0 || contactVisit.zone == 0 ? nil : caseVisit.zone == contactVisit.zone
  }
}

/// A time in which the two were certainly at different venues.
public struct Alibi: Hashable, Sendable {
  /// When.
  public var span: Range<Int64>
  /// The visit of the case.
  public var caseVisit: Visit
  /// The visit of the contact.
  public var contactVisit: Visit
}
