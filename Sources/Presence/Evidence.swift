public import VenueCodes

/// One thing that was seen or stated, never edited: what visits and encounters are derived from.
///
/// Exactly one of `venue` and `peer` is set. Times are Unix seconds.
///
/// A *sighting* (`bleSighting`) is one moment at which a radio heard a phone. Of two phones it is
/// about the one that heard, `peer` is who was heard, and the moment is by the clock of the one that
/// heard. When a gateway heard a phone, it is about that phone, at the venue and the zone where the
/// gateway stands.
public struct Evidence: Hashable, Sendable {
  /// What sort of evidence a row is; the raw value is what the store keeps.
  public enum Kind: UInt8, Sendable, CaseIterable {
    /// A scan whose direction is known to be in.
    case scanIn = 1
    /// A scan whose direction is known to be out.
    case scanOut = 2
    /// A scan of unknown direction.
    case scan = 3
    /// A gateway scanned a visitor's pass.
    case gatewayScan = 4
    /// A stay with both ends given (imports, paper logs); `end` may still be unknown.
    case visit = 5
    /// One Bluetooth sighting.
    case bleSighting = 6
    /// A Bluetooth encounter with both ends given.
    case bleEncounter = 7
    /// A statement by staff.
    case staffNote = 8
    /// A correction of earlier evidence.
    case correction = 9

    /// Whether it is of the radio: what is kept for as long as Bluetooth evidence.
    public var isBluetooth: Bool { self == .bleSighting || self == .bleEncounter }
  }

  /// Whether a row counts, and if not, why; the raw value is what the store keeps.
  public enum Status: UInt8, Sendable, CaseIterable {
    /// The row counts.
    case accepted = 0
    /// The code scanned was past its last day.
    case expiredCode = 1
    /// The code scanned was not valid yet.
    case codeNotYetValid = 2
    /// The print scanned had been revoked.
    case revokedPrint = 3
    /// The key that signed the code had been revoked.
    case revokedKey = 4
    /// The venue is retired.
    case retiredVenue = 5
    /// The clocks disagree by more than the rule allows.
    case clockSkew = 6
    /// Only an upload that has not come can prove it: until then anybody could have made it.
    case unproved = 7
    /// The identifier heard was past its time when it was heard, by what it says itself.
    case expiredIdentifier = 8
    /// The identifier heard cannot be opened by any key that there is, or is none.
    case unreadableIdentifier = 9
    /// The phone gave no moment that can be, so the row stands at that of its upload.
    case undated = 10
    /// The one heard is named by an identifier that rotates, whether or not anybody knows whose it
    /// is: the row counts where a `CredentialAlias` says so, and is *unresolved* until then. A
    /// sighting that is `accepted` names persons only.
    case rotatingIdentifier = 11
    /// The one who heard is named by an identifier that rotates; the one who was heard is a person.
    case rotatingHearer = 12
    /// Both the one who heard and the one who was heard are named by identifiers that rotate.
    case rotatingPair = 13

    /// Makes the status of a sighting that nothing is wrong with, by who in it is named by an identifier
    /// that rotates.
    public init(hearerRotates: Bool, heardRotates: Bool) {
      self =
        hearerRotates
        ? heardRotates ? .rotatingPair : .rotatingHearer
        : heardRotates ? .rotatingIdentifier : .accepted
    }

    /// Whether the one who heard is named by an identifier that rotates.
    public var hearerRotates: Bool { self == .rotatingHearer || self == .rotatingPair }

    /// Whether the one who was heard is named by an identifier that rotates.
    public var heardRotates: Bool { self == .rotatingIdentifier || self == .rotatingPair }

    /// Whether anybody in the row is named by an identifier that rotates.
    public var isRotating: Bool { hearerRotates || heardRotates }
  }

  /// The idempotency key.
  public var id: EvidenceID
  /// What sort of evidence this is.
  public var kind: Kind {
    didSet { if kind.isBluetooth != oldValue.isBluetooth { detail = nil } }
  }
  /// Whom it is about.
  public var subject: Pseudonym
  /// Where, for scans and visits.
  public var venue: VenueID?
  /// The zone of the venue; 0 is the whole venue.
  public var zone: UInt8
  /// Whom the subject was near, for Bluetooth.
  public var peer: Pseudonym?
  /// When it began, in Unix seconds.
  public var start: Int64
  /// When it ended (half-open), in Unix seconds; nil when unknown or a single moment.
  public var end: Int64?
  /// The attenuation in dB (transmit power minus received strength), for Bluetooth.
  public var attenuation: Int16?
  /// How far off the attenuation may be in dB, one standard deviation.
  ///
  /// It is what is not known of the two models. Nil when nobody said, and for all that is not
  /// Bluetooth.
  public var attenuationUncertainty: UInt8? {
    get { kind.isBluetooth ? detail : nil }
    set { if kind.isBluetooth { detail = newValue } }
  }
  /// The usual stay that the scanned code states, in units of 5 minutes as in the code.
  ///
  /// 0 is until check-out, nil that no code stated one. Always nil for Bluetooth, which scans no code.
  public var statedStay: UInt8? {
    get { kind.isBluetooth ? nil : detail }
    set { if !kind.isBluetooth { detail = newValue } }
  }
  /// How sure the evidence is: −1 contradicted, 0 typed, 1 poster, 2 live code or gateway, 3
  /// confirmed by Bluetooth.
  public var grade: Int8
  /// Whether it counts.
  public var status: Status
  /// The gateway or source file it came from; empty when unknown.
  public var gateway: String
  /// When the store received it, in Unix seconds; not part of what an id promises.
  public var receivedAt: Int64
  /// What a row has one of, by its kind: a store keeps both in one column.
  private var detail: UInt8?

  /// Makes a row; see the properties for meanings and units.
  public init(
    id: EvidenceID, kind: Kind, subject: Pseudonym, venue: VenueID? = nil, zone: UInt8 = 0,
    peer: Pseudonym? = nil, start: Int64, end: Int64? = nil, attenuation: Int16? = nil,
    attenuationUncertainty: UInt8? = nil, statedStay: UInt8? = nil, grade: Int8 = 0,
    status: Status = .accepted, gateway: String = "",
    receivedAt: Int64
  ) {
    self.id = id
    self.kind = kind
    self.subject = subject
    self.venue = venue
    self.zone = zone
    self.peer = peer
    self.start = start
    self.end = end
    self.attenuation = attenuation
    self.detail = kind.isBluetooth ? attenuationUncertainty : statedStay
    self.grade = grade
    self.status = status
    self.gateway = gateway
    self.receivedAt = receivedAt
  }

  /// Whether two rows state the same: all but when and from where they were received.
  public func statesTheSame(as other: Evidence) -> Bool {
    var copy = other
    copy.receivedAt = receivedAt
    copy.gateway = gateway
    return self == copy
  }
}
