internal import Presence
public import VenueCodes

/// Where a scan was made and by whom, and whether it counts.
struct ScannedVenue {
  let venue: VenueID
  let zone: UInt8
  let kind: Evidence.Kind
  let grade: Int8
  /// The usual stay that the code states, in units of 5 minutes; nil when there was no code.
  let statedStay: UInt8?
  let status: Evidence.Status
  /// Why a genuine code does not count.
  let failure: VenueCodeError?
  /// The moment at which the code proves that somebody saw it; nil when it proves none.
  let seenAt: Int64?
  /// The visitor, when the code is a pass or a receipt and names one.
  let visitor: Pseudonym?
  /// The receipt, when the code is one.
  let receipt: CheckInReceipt?

  init(
    venue: VenueID, zone: UInt8, direction: Direction, grade: Int8, status: Evidence.Status,
    failure: VenueCodeError? = nil, statedStay: UInt8? = nil, seenAt: Int64? = nil,
    visitor: Pseudonym? = nil, receipt: CheckInReceipt? = nil
  ) {
    self.venue = venue
    self.zone = zone
    self.kind = Self.kind(of: direction, isVisitor: visitor != nil)
    self.grade = grade
    self.status = status
    self.failure = failure
    self.statedStay = statedStay
    self.seenAt = seenAt
    self.visitor = visitor
    self.receipt = receipt
  }

  /// Takes a venue at its word: an id or alias that was typed, or another service's code.
  init(
    unverified venue: VenueID, zone: UInt8 = 0, at time: Int64, direction: Direction,
    context: IntakeContext
  ) {
    let isRetired = context.isRetired(venue, at: time)
    self.init(
      venue: venue, zone: zone, direction: direction, grade: 0,
      status: isRetired ? .retiredVenue : .accepted,
      failure: isRetired ? .retiredVenue(venue) : nil)
  }

  /// Takes a visitor whose pass or document was scanned at a door: the door's place is the venue.
  init(
    _ visitor: Pseudonym, at place: ScanPlace, grade: Int8, time: Int64, direction: Direction,
    context: IntakeContext
  ) {
    let isRetired = context.isRetired(place.venue, at: time)
    self.init(
      venue: place.venue, zone: place.zone, direction: direction,
      grade: isRetired ? -1 : min(grade, context.gradeLimit),
      status: isRetired ? .retiredVenue : .accepted,
      failure: isRetired ? .retiredVenue(place.venue) : nil, visitor: visitor)
  }

  /// Verifies a code as of the time it was scanned.
  ///
  /// A pass names no venue: the place where the scanner stands is its. Another service's code that
  /// is an alias counts as much as an id that was typed.
  ///
  /// - Throws: `IntakeRejection` when the code is not genuine, was shown on another day, names a
  ///   venue that the registry does not know, or when its direction contradicts the one stated.
  init(
    code: ArraySlice<UInt8>, at time: Int64, direction: Direction, place: ScanPlace?,
    context: IntakeContext, cache: inout GenuineCodeCache
  ) throws(IntakeRejection) {
    let verdict = context.verifier.judge(
      text: code.span, now: time, today: context.calendar.day(of: time),
      startOfDay: context.calendar.start(of:), cache: &cache)
    let failure = verdict.failure
    guard let content = verdict.content else {
      let venue = try context.venue(ofForeign: code, cause: failure ?? .badSignature)
      self.init(unverified: venue, at: time, direction: direction, context: context)
      return
    }
    if let failure, Self.isRefused(failure) { throw IntakeRejection(.badCode, cause: failure) }
    if case .pass(let pass) = content {
      guard let place else {
        throw IntakeRejection(
          .missing, "venue",
          "this is a visitor's pass, which names no venue: say where it was "
            + "scanned, with `checkin scan --venue` or in the column venue")
      }
      self.init(
        context.pseudonym(of: pass), at: place, grade: verdict.grade ?? 0, time: time,
        direction: direction, context: context)
      return
    }
    // An expired code may name a venue that is not there either: no evidence can hold it.
    guard let venue = verdict.venue, context.hasVenue(venue) else {
      throw IntakeRejection(
        .unknownVenue, cause: verdict.venue.map(VenueCodeError.unknownVenue) ?? .badSignature)
    }
    var direction = direction
    if case .poster(let token) = content {
      direction = try Self.direction(of: token.kind, stated: direction)
    }
    var visitor: Pseudonym?
    // Nothing here can tell a receipt from random bytes: it is kept, and puts nobody anywhere.
    var status = Evidence.Status.accepted
    var shown: CheckInReceipt?
    if case .receipt(let receipt) = content {
      visitor = context.pseudonym(of: receipt)
      status = .unproved
      shown = receipt
    }
    self.init(
      venue: venue, zone: verdict.zone, direction: direction,
      grade: min(verdict.grade ?? 0, context.gradeLimit),
      status: failure.map(Self.status) ?? status, failure: failure,
      statedStay: verdict.statedStay, seenAt: verdict.seenAt, visitor: visitor, receipt: shown)
  }

  /// The id of the evidence: one for each visitor, place, way and moment that a code proves, so that
  /// the store itself keeps a second scan of one step from being a second check-in; nil when the
  /// code proves no moment.
  ///
  /// What the scan is worth is part of it: a scan that came late, or that does not count, never
  /// stands in the way of a good one. Two rows of one moment that count are one visit all the same.
  /// An unknown way is one of its own, since nothing says which of the others it would be. The first
  /// two bits put ways in before ways out, in which order visits read scans of one moment.
  func provenID(of visitor: Pseudonym) -> EvidenceID? {
    if let receipt, status == .unproved { return EvidenceID(ofReceipt: receipt, kind: kind) }
    guard let seenAt else { return nil }
    var digest = ContentDigest(domain: "checkin/evidence/seen/v2")
    digest.append(Int64(venue.rawValue) << 8 | Int64(zone))
    digest.append(Int64(bitPattern: visitor.high))
    digest.append(Int64(bitPattern: visitor.low))
    digest.append(seenAt)
    digest.append(Int64(kind.rawValue))
    digest.append(Int64(status.rawValue))
    digest.append(Int64(grade))
    let (high, low) = digest.finish()
    let order: UInt64 =
      switch kind {
      case .scanIn: 0
      case .scanOut: 2
      default: 1
      }
    return EvidenceID(contentDigest: order << 62 | high >> 2, low)
  }

  /// Whether a genuine code is not even evidence that is kept without counting.
  private static func isRefused(_ error: VenueCodeError) -> Bool {
    switch error {
    case .screenOfAnotherDay, .staleReceipt, .receiptAhead: true
    default: false
    }
  }

  private static func status(of error: VenueCodeError) -> Evidence.Status {
    switch error {
    case .expired: .expiredCode
    case .notYetValid: .codeNotYetValid
    case .retiredVenue: .retiredVenue
    case .revokedPrint: .revokedPrint
    case .clockSkew: .clockSkew
    default: .revokedKey
    }
  }

  private static func direction(
    of kind: PosterKind, stated: Direction
  ) throws(IntakeRejection) -> Direction {
    switch (kind, stated) {
    case (.entrance, .outward):
      throw IntakeRejection(.contradiction, "direction", "an entrance's code does not check out")
    case (.exit, .inward):
      throw IntakeRejection(.contradiction, "direction", "an exit's code does not check in")
    case (.entrance, _): return .inward
    case (.exit, _): return .outward
    default: return stated
    }
  }

  /// A way that is known counts for more than who scanned whom: visits follow from it.
  private static func kind(of direction: Direction, isVisitor: Bool) -> Evidence.Kind {
    switch direction {
    case .inward: .scanIn
    case .outward: .scanOut
    case .auto: isVisitor ? .gatewayScan : .scan
    }
  }
}

/// Where a scanner stands.
public struct ScanPlace: Hashable, Sendable {
  /// The venue.
  public let venue: VenueID
  /// The zone; 0 is the whole venue.
  public let zone: UInt8

  /// Makes a place.
  public init(venue: VenueID, zone: UInt8 = 0) {
    self.venue = venue
    self.zone = zone
  }
}
