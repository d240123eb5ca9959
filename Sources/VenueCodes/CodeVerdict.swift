/// What the check of a scanned code of any kind came to, and how much a check-in with it is worth.
public struct CodeVerdict: Sendable {
  /// What a code says, once it was shown to say so.
  public enum Content: Sendable {
    /// A poster, card or sticker.
    case poster(VenueToken)
    /// A minute of a pre-signed day.
    case screenBatch(ScreenToken)
    /// A rotating code.
    case rotating(RotatingCode)
    /// A visitor's pass.
    case pass(VisitorPass)
    /// A receipt: the one kind whose authenticity is not known at a door, but when its upload
    /// arrives.
    case receipt(CheckInReceipt)
  }

  /// What the code says; nil when it was not shown to be genuine, and nothing it says may be used.
  public let content: Content?

  /// What the registry says of the venue; nil when it was not asked or the code names none.
  public let venueStatus: VenueStatus?

  /// Why the code is refused, or nil when it is accepted.
  public let failure: VenueCodeError?

  /// The grade of a check-in with this code, or nil when the code is not genuine.
  ///
  /// −1 when it is refused, 0 for a receipt that nobody has checked yet, 1 for a poster and for what
  /// is no longer live, 2 for a live screen or a pass.
  public let grade: Int8?

  /// The moment at which the code proves that somebody saw it: the start of its step or minute, in
  /// Unix seconds.
  ///
  /// It is the time of the check-in, and there is one check-in for each visitor, place and moment.
  /// Nil when the code proves no moment; then the time of the scan counts.
  public let seenAt: Int64?

  /// The venue that the code names, or nil for a pass and for what is not genuine.
  public var venue: VenueID? {
    switch content {
    case .poster(let token): token.venue
    case .screenBatch(let token): token.venue
    case .rotating(let code): code.venue
    case .receipt(let receipt): receipt.venue
    case .pass, nil: nil
    }
  }

  /// The zone that the code names; 0 is the whole venue.
  public var zone: UInt8 {
    switch content {
    case .poster(let token): token.zone
    case .screenBatch(let token): token.zone
    case .rotating(let code): code.zone
    case .receipt(let receipt): receipt.zone
    case .pass, nil: 0
    }
  }

  /// The registry's name of the venue, or the signed one where the registry was not asked or has
  /// none.
  public var venueName: String? {
    if let name = venueStatus?.name { return name }
    if case .poster(let token) = content { return token.name }
    return nil
  }

  /// The stay that the code states, in 5-minute units; nil when it states none.
  public var statedStay: UInt8? {
    switch content {
    case .poster(let token): token.defaultStay
    case .screenBatch(let token): token.defaultStay
    case .rotating, .pass, .receipt, nil: nil
    }
  }

  init(
    _ content: Content, status: VenueStatus?, failure: VenueCodeError? = nil, grade: Int8,
    seenAt: Int64? = nil
  ) {
    self.content = content
    self.venueStatus = status
    self.failure = failure
    self.grade = failure == nil ? grade : -1
    self.seenAt = seenAt
  }

  init(notGenuine failure: VenueCodeError) {
    self.content = nil
    self.venueStatus = nil
    self.failure = failure
    self.grade = nil
    self.seenAt = nil
  }

  /// Whether the answer may be another one with secrets that are not at hand.
  public var needsSecrets: Bool {
    switch failure {
    case .unknownScreenKey, .unknownPassKey: true
    default: false
    }
  }

  /// Makes the verdict on a poster.
  public init(_ verdict: Verdict) {
    switch verdict {
    case .accepted(let code):
      self.init(.poster(code.token), status: code.venueStatus, grade: 1)
    case .refused(let code, let error):
      self.init(.poster(code.token), status: code.venueStatus, failure: error, grade: 1)
    case .notGenuine(let error):
      self.init(notGenuine: error)
    }
  }
}
