internal import Presence
internal import VenueCodes

/// What a scanned code says, and whether it counts.
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

  init(
    venue: VenueID, zone: UInt8, direction: Direction, grade: Int8, status: Evidence.Status,
    failure: VenueCodeError? = nil, statedStay: UInt8? = nil
  ) {
    self.venue = venue
    self.zone = zone
    self.kind = Self.kind(of: direction)
    self.grade = grade
    self.status = status
    self.failure = failure
    self.statedStay = statedStay
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

  /// Verifies a code as of the time it was scanned.
  ///
  /// Another service's code that is an alias counts as much as an id that was typed.
  ///
  /// - Throws: `IntakeRejection` when the code is not genuine or names a venue that the registry
  ///   does not know, or when its direction contradicts the one stated.
  init(
    code: ArraySlice<UInt8>, at time: Int64, direction: Direction, context: IntakeContext,
    cache: inout GenuineCodeCache
  ) throws(IntakeRejection) {
    let verdict = context.verifier.verify(
      text: code.span, now: time, today: context.calendar.day(of: time), cache: &cache)
    let token: VenueToken
    let failure: VenueCodeError?
    switch verdict {
    case .notGenuine(let error):
      let venue = try context.venue(ofForeign: code, cause: error)
      self.init(unverified: venue, at: time, direction: direction, context: context)
      return
    case .refused(let code, let error):
      token = code.token
      failure = error
    case .accepted(let code):
      token = code.token
      failure = nil
    }
    // An expired code may name a venue that is not there either: no evidence can hold it.
    guard context.hasVenue(token.venue) else {
      throw IntakeRejection(.unknownVenue, cause: .unknownVenue(token.venue))
    }
    self.init(
      venue: token.venue, zone: token.zone,
      direction: try Self.direction(of: token.kind, stated: direction),
      grade: failure == nil ? 1 : -1, status: failure.map(Self.status) ?? .accepted,
      failure: failure, statedStay: token.defaultStay)
  }

  private static func status(of error: VenueCodeError) -> Evidence.Status {
    switch error {
    case .expired: .expiredCode
    case .notYetValid: .codeNotYetValid
    case .retiredVenue: .retiredVenue
    case .revokedPrint: .revokedPrint
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

  private static func kind(of direction: Direction) -> Evidence.Kind {
    switch direction {
    case .inward: .scanIn
    case .outward: .scanOut
    case .auto: .scan
    }
  }
}
