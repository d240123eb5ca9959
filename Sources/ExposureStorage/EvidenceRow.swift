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
  private let decibels: Int16
  private let stay: Int16

  /// When it ended (half-open), in Unix seconds; nil when unknown or a single moment.
  public var end: Int64? { finish == .min ? nil : finish }
  /// Where, for scans and visits.
  public var venue: VenueID? { VenueID(rawValue: venueNumber) }
  /// Whom the subject was near, for Bluetooth: an index into the snapshot's people.
  public var peer: SubjectNumber? { peerNumber == .max ? nil : peerNumber }
  /// The attenuation in dB, for Bluetooth.
  public var attenuation: Int16? { decibels == .min ? nil : decibels }
  /// The usual stay that the scanned code states, in units of 5 minutes; nil when none did.
  public var statedStay: UInt8? { UInt8(exactly: stay) }
}

extension EvidenceRow {
  /// The columns of a day file, in the order in which `bind` and `init(_:)` take them.
  static let columns = """
    id, kind, subject, venue, zone, peer, start, finish, attenuation, grade, status, gateway, \
    received_at, stay
    """

  /// Reads a row whose people are numbers of the subject table, or returns nil when a column
  /// holds what no version of the program writes.
  init?(_ row: borrowing Statement) {
    guard let id = row.halves(0),
      let kind = row.integer(1).flatMap({ UInt8(exactly: $0) }).flatMap(Evidence.Kind.init),
      let subject = row.integer(2).flatMap({ UInt32(exactly: $0) }),
      let zone = row.integer(4).flatMap({ UInt8(exactly: $0) }),
      let start = row.integer(6),
      let grade = row.integer(9).flatMap({ Int8(exactly: $0) }),
      let status = row.integer(10).flatMap({ UInt8(exactly: $0) }).flatMap(Evidence.Status.init),
      let gateway = row.integer(11).flatMap({ UInt32(exactly: $0) }),
      let receivedAt = row.integer(12)
    else { return nil }
    self.id = EvidenceID(high: id.high, low: id.low)
    self.kind = kind
    self.subject = subject
    self.zone = zone
    self.start = start
    self.grade = grade
    self.status = status
    self.gateway = gateway
    self.receivedAt = receivedAt
    if let venue = row.integer(3) {
      guard (0..<1 << 40).contains(venue) else { return nil }
      self.venueNumber = UInt64(venue)
    } else {
      self.venueNumber = .max
    }
    if let peer = row.integer(5) {
      guard let number = UInt32(exactly: peer), number < .max else { return nil }
      self.peerNumber = number
    } else {
      self.peerNumber = .max
    }
    self.finish = row.integer(7) ?? .min
    if let attenuation = row.integer(8) {
      guard let value = Int16(exactly: attenuation) else { return nil }
      self.decibels = value
    } else {
      self.decibels = .min
    }
    if let stay = row.integer(13) {
      guard let units = UInt8(exactly: stay) else { return nil }
      self.stay = Int16(units)
    } else {
      self.stay = -1
    }
  }

  /// What inserts evidence.
  static let insertion = Insertion("INSERT INTO evidence (\(columns))", columns: 14)

  /// Binds a piece of evidence to `insertion`.
  static func bind(
    _ evidence: borrowing Evidence, subject: UInt32, peer: UInt32?, gateway: UInt32,
    to row: borrowing Statement, in group: BindingGroup
  ) {
    row.bind(high: evidence.id.high, low: evidence.id.low, at: 1, in: group)
    row.bind(Int64(evidence.kind.rawValue), at: 2, in: group)
    row.bind(Int64(subject), at: 3, in: group)
    row.bind(evidence.venue.map { Int64($0.rawValue) }, at: 4, in: group)
    row.bind(Int64(evidence.zone), at: 5, in: group)
    row.bind(peer.map(Int64.init), at: 6, in: group)
    row.bind(evidence.start, at: 7, in: group)
    row.bind(evidence.end, at: 8, in: group)
    row.bind(evidence.attenuation.map(Int64.init), at: 9, in: group)
    row.bind(Int64(evidence.grade), at: 10, in: group)
    row.bind(Int64(evidence.status.rawValue), at: 11, in: group)
    row.bind(Int64(gateway), at: 12, in: group)
    row.bind(evidence.receivedAt, at: 13, in: group)
    row.bind(evidence.statedStay.map(Int64.init), at: 14, in: group)
  }

  /// Makes the evidence that this row keeps, given what its numbers stand for.
  func evidence(subject: Pseudonym, peer: Pseudonym?, gateway: String) -> Evidence {
    Evidence(
      id: id, kind: kind, subject: subject, venue: venue, zone: zone, peer: peer, start: start,
      end: end, attenuation: attenuation, statedStay: statedStay, grade: grade, status: status,
      gateway: gateway, receivedAt: receivedAt)
  }
}
