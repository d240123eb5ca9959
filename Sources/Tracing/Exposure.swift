public import Presence
public import VenueCodes

/// One row of a trace: how a person was exposed, on which evidence, and what it makes of them.
///
/// A row of degree 1 is one case, one contact and one local day; it exists as soon as they share a
/// second, and `label` says whether that makes the contact an F1. A row of a higher degree is one
/// person: the one piece that made them a contact.
public struct Exposure: Hashable, Sendable {
  /// The case that the exposure goes back to.
  public var caseID: String
  /// How many steps from the case: 1 for those who shared time with the case itself.
  public var degree: Int
  /// Who was exposed.
  public var contact: Pseudonym
  /// The local day of the exposure.
  public var day: LocalDay
  /// The strongest class reached.
  public var exposureClass: ExposureClass
  /// The seconds of the exposure, each counted once.
  public var seconds: Int
  /// The seconds in which the phones were near each other.
  public var nearSeconds: Int
  /// The seconds at a shared venue in which the phones did not say they were near.
  public var venueSeconds: Int
  /// The seconds in the air the case left behind, and nothing stronger.
  public var tailSeconds: Int
  /// The first second, in Unix seconds.
  public var first: Int64
  /// The first second after, in Unix seconds.
  public var last: Int64
  /// The venues where it was, ascending; empty when only Bluetooth knows of it.
  public var venues: [VenueID]
  /// The person of the previous degree; nil for degree 1, where it is the case.
  public var via: Pseudonym?
  /// What it makes of the contact: `F1`, `factor` or `brief` for degree 1, `F2`, `F3`… for more.
  public var label: String
  /// The id of the rule set.
  public var rule: String
  /// The evidence that it stands on, ascending and each once.
  public var evidence: [EvidenceID]

  /// Makes a row; see the properties for meanings and units.
  public init(
    caseID: String, degree: Int, contact: Pseudonym, day: LocalDay, exposureClass: ExposureClass,
    seconds: Int, nearSeconds: Int, venueSeconds: Int, tailSeconds: Int, first: Int64, last: Int64,
    venues: [VenueID], via: Pseudonym?, label: String, rule: String, evidence: [EvidenceID]
  ) {
    self.caseID = caseID
    self.degree = degree
    self.contact = contact
    self.day = day
    self.exposureClass = exposureClass
    self.seconds = seconds
    self.nearSeconds = nearSeconds
    self.venueSeconds = venueSeconds
    self.tailSeconds = tailSeconds
    self.first = first
    self.last = last
    self.venues = venues
    self.via = via
    self.label = label
    self.rule = rule
    self.evidence = evidence
  }
}

extension Exposure {
  /// Returns a sentence that says why the row is there.
  ///
  ///     with the case on 2020-08-06 between 09:00 and 09:45: phones near each other for 20 min;
  ///     together at Chợ Sắt for 25 min (near_at_venue under 3638-2021)
  ///
  /// - Parameters:
  ///   - calendar: The calendar of the store.
  ///   - name: Returns the name of a venue for people.
  /// - Returns: One sentence in English, without a full stop.
  public func reason(in calendar: LocalCalendar, nameOfVenue name: (VenueID) -> String) -> String {
    let places = venues.map(name).joined(separator: ", ")
    let partner = via.map { "\($0), who was exposed before," } ?? "the case"
    var parts: [String] = []
    if nearSeconds > 0 {
      let place = places.isEmpty || venueSeconds + tailSeconds > 0 ? "" : " at \(places)"
      parts.append("phones near each other for \(Self.span(nearSeconds))\(place)")
    }
    if venueSeconds > 0 {
      parts.append("together at \(places) for \(Self.span(venueSeconds))")
    }
    if tailSeconds > 0 {
      let place = venueSeconds > 0 ? "there" : "at \(places)"
      parts.append("\(place) for \(Self.span(tailSeconds)) soon after the case left")
    }
    let from = LocalTime(first, in: calendar)
    let to = LocalTime(last, in: calendar)
    let until = from.day == to.day ? to.clock : "\(to.day) \(to.clock)"
    return "with \(partner) on \(from.day) between \(from.clock) and \(until): "
      + parts.joined(separator: "; ") + " (\(exposureClass.name) under \(rule))"
  }

  /// Returns the row as one line of JSON, with the keys of `trace --json` in their order.
  ///
  /// - Parameters:
  ///   - calendar: The calendar of the store; times are written with its offset.
  ///   - name: Returns how a person is written.
  /// - Returns: The line without its end.
  public func json(in calendar: LocalCalendar, nameOfPerson name: (Pseudonym) -> String) -> String {
    var text = ExposureText.Row(
      degree: degree, contact: [], day: day, exposureClass: exposureClass, seconds: seconds,
      nearSeconds: nearSeconds, venueSeconds: venueSeconds, tailSeconds: tailSeconds,
      first: first, last: last, via: [])
    ExposureText.appendString(name(contact), to: &text.contact)
    if let via { ExposureText.appendString(name(via), to: &text.via) }
    var line: [UInt8] = []
    ExposureText(caseID: caseID, rule: rule, label: label, calendar: calendar)
      .append(text, venues: venues[...], evidence: evidence[...], to: &line)
    return String(decoding: line, as: UTF8.self)
  }

  /// Seconds as people say them: `45 s`, `20 min`, `2 h 5 min`; whole minutes are rounded down.
  private static func span(_ seconds: Int) -> String {
    if seconds < 60 { return "\(seconds) s" }
    let minutes = seconds / 60
    if minutes < 60 { return "\(minutes) min" }
    return minutes % 60 == 0 ? "\(minutes / 60) h" : "\(minutes / 60) h \(minutes % 60) min"
  }
}

/// A moment as the clocks of a zone show it.
private struct LocalTime {
  let day: LocalDay
  let minuteOfDay: Int

  init(_ second: Int64, in calendar: LocalCalendar) {
    day = calendar.day(of: second)
    let local = second + Int64(calendar.offset(at: second))
    minuteOfDay = Int((local % 86_400 + 86_400) % 86_400) / 60
  }

  /// Hours and minutes.
  var clock: String {
    "\(Self.two(minuteOfDay / 60)):\(Self.two(minuteOfDay % 60))"
  }

  private static func two(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
