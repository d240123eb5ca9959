public import Presence
public import VenueCodes

/// One row of evidence in compact form: people and gateways are numbers of an `EvidenceSnapshot`.
public struct EvidenceRow: Hashable, Sendable {
  /// The idempotency key.
  public let id: EvidenceID
  /// When it began, in Unix seconds.
  public let start: Int64
  /// When the store received it, in Unix seconds.
  public let receivedAt: Int64
  /// Whom it is about: an index into the snapshot's people.
  public internal(set) var subject: SubjectNumber
  /// The gateway it came from: an index into the snapshot's gateways.
  public let gateway: UInt32
  /// The zone of the venue; 0 is the whole venue.
  public let zone: UInt8
  /// What sort of evidence this is.
  public let kind: Evidence.Kind
  /// How sure the evidence is, −1 to 3.
  public let grade: Int8
  /// Whether it counts.
  public let status: Evidence.Status
  // What may be missing is kept as an impossible value: an optional costs a word each.
  private let finish: Int64
  private let venueNumber: UInt64
  var peerNumber: UInt32
  private let decibels: Int32
  private let detail: Int16

  /// When it ended (half-open), in Unix seconds; nil when unknown or a single moment.
  public var end: Int64? { finish == .min ? nil : finish }
  /// Where, for scans and visits.
  public var venue: VenueID? { VenueID(rawValue: venueNumber) }
  /// Whom the subject was near, for Bluetooth: an index into the snapshot's people.
  public var peer: SubjectNumber? { peerNumber == .max ? nil : peerNumber }
  /// The attenuation in dB, for Bluetooth.
  public var attenuation: Int16? { decibels == .min ? nil : Int16(truncatingIfNeeded: decibels) }
  /// How far off the attenuation may be in dB, for Bluetooth; nil when nobody said.
  public var attenuationUncertainty: UInt8? { kind.isBluetooth ? UInt8(exactly: detail) : nil }
  /// The usual stay that the scanned code states, in units of 5 minutes; nil when none did.
  public var statedStay: UInt8? { kind.isBluetooth ? nil : UInt8(exactly: detail) }
}

extension EvidenceRow {
  /// Takes a row out of columns; its people are then numbers of the catalog.
  ///
  /// - Returns: Nil for a kind or a status that nobody writes, which no frame holds.
  init?(_ columns: borrowing EvidenceColumns, at place: Int) {
    guard let kind = Evidence.Kind(rawValue: columns.kind[place]),
      let status = Evidence.Status(rawValue: columns.status[place])
    else { return nil }
    self.kind = kind
    self.status = status
    id = columns.id(at: place)
    start = columns.start[place]
    receivedAt = columns.receivedAt[place]
    subject = columns.subject[place]
    gateway = columns.gateway[place]
    zone = columns.zone[place]
    grade = columns.grade[place]
    finish = columns.finish[place]
    venueNumber = columns.venue[place]
    peerNumber = columns.peer[place]
    decibels = columns.attenuation[place]
    detail = columns.stay[place]
  }

  /// Makes the evidence that this row keeps, given what its numbers stand for.
  func evidence(subject: Pseudonym, peer: Pseudonym?, gateway: String) -> Evidence {
    Evidence(
      id: id, kind: kind, subject: subject, venue: venue, zone: zone, peer: peer, start: start,
      end: end, attenuation: attenuation, attenuationUncertainty: attenuationUncertainty,
      statedStay: statedStay, grade: grade, status: status, gateway: gateway,
      receivedAt: receivedAt)
  }
}
