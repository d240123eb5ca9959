public import VenueCodes

/// What is believed about stays at one venue when nobody scanned out.
public struct StayRule: Hashable, Sendable {
  /// How long people usually stay; nil when a stay lasts until check-out or closing time.
  public var defaultStaySeconds: Int32?

  /// The longest stay that is believed; more than 0.
  public var capSeconds: Int32

  /// Closing time in seconds after the local midnight that begins the day, by the clock.
  ///
  /// Nil is a venue that never closes; 93,600 is two in the morning of the next day.
  public var closingSecond: Int32?

  /// Makes a rule.
  ///
  /// - Parameters:
  ///   - defaultStaySeconds: How long people usually stay, if that can be said.
  ///   - capSeconds: The longest stay that is believed.
  ///   - closingSecond: Closing time after local midnight; nil when open day and night.
  public init(
    defaultStaySeconds: Int32? = nil, capSeconds: Int32 = 86_400, closingSecond: Int32? = nil
  ) {
    self.defaultStaySeconds = defaultStaySeconds
    self.capSeconds = capSeconds
    self.closingSecond = closingSecond
  }
}

/// What is believed about stays, venue by venue: how scans become visits.
public struct StayRules: Sendable {
  /// The rule of a venue that has none of its own.
  public var standard: StayRule
  /// The rules of venues, from their category or their own hours.
  public var byVenue: [VenueID: StayRule]
  /// The calendar that closing times are read in.
  public var calendar: LocalCalendar
  /// Scans at one place in one direction that follow each other so closely are one.
  public var doubleBeepSeconds: Int64
  /// How long after closing time a scan may still be somebody leaving.
  public var lateExitSeconds: Int64

  /// Makes rules.
  ///
  /// - Parameters:
  ///   - calendar: The calendar that closing times are read in.
  ///   - standard: The rule of a venue that has none of its own.
  ///   - byVenue: The rules of venues.
  ///   - doubleBeepSeconds: Scans so close are one.
  ///   - lateExitSeconds: How long after closing time a scan may be somebody leaving.
  public init(
    calendar: LocalCalendar, standard: StayRule = StayRule(defaultStaySeconds: 3_600),
    byVenue: [VenueID: StayRule] = [:], doubleBeepSeconds: Int64 = 60,
    lateExitSeconds: Int64 = 3_600
  ) {
    self.calendar = calendar
    self.standard = standard
    self.byVenue = byVenue
    self.doubleBeepSeconds = doubleBeepSeconds
    self.lateExitSeconds = lateExitSeconds
  }

  /// Returns the rule of a venue.
  public func rule(for venue: VenueID) -> StayRule {
    byVenue[venue] ?? standard
  }

  /// Returns the last second at which a scan may be the exit of somebody who came in at a time.
  public func lastExit(at venue: VenueID, enter: Int64) -> Int64 {
    let rule = rule(for: venue)
    let cap = enter + Int64(max(1, rule.capSeconds))
    return min(cap, closing(of: rule, after: enter).map { $0 + lateExitSeconds } ?? cap)
  }

  /// Returns when a venue closes after somebody came in, or nil when it never does.
  ///
  /// Hours past midnight belong to the day they began on. Who comes in after closing time shows
  /// that the venue was open late; such a visit is believed until the local day ends.
  func closing(of rule: StayRule, after enter: Int64) -> Int64? {
    guard let closingSecond = rule.closingSecond else { return nil }
    let day = calendar.day(of: enter)
    for candidate in [day.advanced(by: -1), day] {
      let closing = calendar.moment(at: closingSecond, of: candidate)
      if closing > enter { return closing }
    }
    return calendar.start(of: day.advanced(by: 1))
  }
}
