public import Presence
public import VenueCodes

/// A dated definition of who is a contact: the numbers of the cross-match, as data.
///
/// Vietnam's definition changed three times in twenty months, so a rule set is a file with a
/// validity date and a source, and every exposure names the rule set that judged it.
public struct RuleSet: Hashable, Sendable {
  /// What a class that is reached makes of a contact.
  public enum Label: String, Sendable, CaseIterable {
    /// A contact of the first degree.
    case f1 = "F1"
    /// Someone with an epidemiological factor: to be told, not to be quarantined.
    case factor = "factor"
  }

  /// How long before and after its day a case is infectious.
  public struct InfectiousWindow: Hashable, Sendable {
    /// Local days before the onset.
    public var daysBeforeOnset: Int
    /// Local days before the specimen, when there is no onset.
    public var daysBeforeSpecimen: Int
    /// Local days after the onset or specimen, when there is no isolation.
    public var daysAfter: Int

    /// Makes a window of its days.
    public init(daysBeforeOnset: Int, daysBeforeSpecimen: Int, daysAfter: Int) {
      self.daysBeforeOnset = daysBeforeOnset
      self.daysBeforeSpecimen = daysBeforeSpecimen
      self.daysAfter = daysAfter
    }
  }

  /// What one class needs and what it makes of a contact.
  public struct Criterion: Hashable, Sendable {
    /// The seconds of this and all stronger classes on one local day that reach the class.
    public var threshold: Int32
    /// What reaching it makes of the contact.
    public var label: Label

    /// Makes a criterion.
    public init(threshold: Int32, label: Label) {
      self.threshold = threshold
      self.label = label
    }
  }

  /// How long the air of a closed space stays infectious after a case has left.
  public struct Tail: Hashable, Sendable {
    /// Seconds of tail for each second of the case's visit.
    public var slope: Double
    /// The longest tail in seconds.
    public var maximum: Int32

    /// Makes a tail.
    public init(slope: Double, maximum: Int32) {
      self.slope = slope
      self.maximum = maximum
    }
  }

  /// When a contact makes contacts of the next degree.
  public struct Degree: Hashable, Sendable {
    /// The seconds that one piece must last.
    public var threshold: Int32
    /// The seconds from being exposed to being infectious.
    public var latent: Int64

    /// Makes a degree rule.
    public init(threshold: Int32, latent: Int64) {
      self.threshold = threshold
      self.latent = latent
    }
  }

  /// The name by which exposures refer to the rule set.
  public var id: String
  /// The name for people, by language (`vi`, `en`); may be empty.
  public var names: [String: String]
  /// Where the numbers come from.
  public var source: String
  /// What is not verified, and choices that are ours; may be empty.
  public var notes: String
  /// The first local day on which the rule set is in force.
  public var validFrom: LocalDay
  /// The last local day on which it is in force; nil for no end.
  public var validTo: LocalDay?
  /// How long before and after its day a case is infectious.
  public var infectiousWindow: InfectiousWindow
  /// Both were at one venue in the open.
  public var openVenue: Criterion
  /// The contact was in a closed venue soon after the case left.
  public var tailed: Criterion
  /// Both were in one closed venue.
  public var closedVenue: Criterion
  /// Their phones were near each other.
  public var near: Criterion
  /// Their phones were near each other while both were at one venue.
  public var nearAtVenue: Criterion
  /// How long the air of a closed space stays infectious.
  public var tail: Tail
  /// Whether visits in two zones of a venue, both known, are apart.
  public var sameZone: Bool
  /// The largest attenuation in dB at which two phones count as near.
  public var maximumAttenuation: Int16
  /// When a contact makes contacts of the next degree.
  public var degree: Degree

  /// Makes a rule set of its numbers, which are taken as they are: only `init(json:)` checks them.
  public init(
    id: String, names: [String: String] = [:], source: String, notes: String = "",
    validFrom: LocalDay, validTo: LocalDay? = nil, infectiousWindow: InfectiousWindow,
    openVenue: Criterion, tailed: Criterion, closedVenue: Criterion, near: Criterion,
    nearAtVenue: Criterion, tail: Tail, sameZone: Bool, maximumAttenuation: Int16, degree: Degree
  ) {
    self.id = id
    self.names = names
    self.source = source
    self.notes = notes
    self.validFrom = validFrom
    self.validTo = validTo
    self.infectiousWindow = infectiousWindow
    self.openVenue = openVenue
    self.tailed = tailed
    self.closedVenue = closedVenue
    self.near = near
    self.nearAtVenue = nearAtVenue
    self.tail = tail
    self.sameZone = sameZone
    self.maximumAttenuation = maximumAttenuation
    self.degree = degree
  }

  /// Returns what a class needs, or nil for `brief`, which needs nothing.
  public func criterion(of exposureClass: ExposureClass) -> Criterion? {
    switch exposureClass {
    case .brief: nil
    case .openVenue: openVenue
    case .tail: tailed
    case .closedVenue: closedVenue
    case .near: near
    case .nearAtVenue: nearAtVenue
    }
  }

  /// Whether reaching a class makes a contact of the first degree.
  public func isF1(_ exposureClass: ExposureClass) -> Bool {
    criterion(of: exposureClass)?.label == .f1
  }

  /// Returns the infectious window of a case in Unix seconds; empty when it ends before it begins.
  ///
  /// It begins at the local midnight that begins the day `daysBeforeOnset` before the onset (without
  /// an onset: `daysBeforeSpecimen` before the specimen), and ends at the isolation if there is one,
  /// else with the local day `daysAfter` after that onset or specimen. The case's own `from` and
  /// `to` each override their end, `to` even the isolation.
  public func window(of case: Case, in calendar: LocalCalendar) -> Range<Int64> {
    let start: Int64?
    if let onset = `case`.onset {
      start = calendar.start(of: onset.advanced(by: -infectiousWindow.daysBeforeOnset))
    } else {
      start = `case`.specimen.map {
        calendar.start(of: $0.advanced(by: -infectiousWindow.daysBeforeSpecimen))
      }
    }
    let lastDay = (`case`.onset ?? `case`.specimen)?.advanced(by: infectiousWindow.daysAfter)
    let end = `case`.isolation ?? lastDay.map { calendar.start(of: $0.advanced(by: 1)) }
    // A case without a day has `from`, and `to` or an isolation: its initialiser sees to it.
    let from = `case`.from ?? start ?? 0
    let to = `case`.to ?? end ?? from
    return from..<max(from, to)
  }

  /// Returns the seconds after a visit of a case during which a closed space stays infectious:
  /// `min(⌊length × slope⌋, maximum)`, in IEEE double precision.
  package func tailSeconds(afterVisitOf length: Int64) -> Int32 {
    let product = (Double(length) * tail.slope).rounded(.down)
    return product >= Double(tail.maximum) ? tail.maximum : Int32(product)
  }
}
