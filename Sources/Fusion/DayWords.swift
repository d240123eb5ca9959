import CrossMatch
package import Presence
import Tracing
package import VenueCodes

/// The lines of an explanation that say what is known of a day, before a model judges it.
struct DayWords {
  let exposure: Exposure?
  private let day: PairDay
  private let caseSubject: Pseudonym
  private let contact: Pseudonym
  private let gatherer: PairGatherer
  private let names: ExplanationNames
  private let unresolved: [UnresolvedSighting]
  /// The first day of which Bluetooth is still kept.
  private let keptFrom: LocalDay?
  private let window: Range<Int64>
  /// When each phone worked on the day, in the window.
  private let caseListening: SpanSet
  private let contactListening: SpanSet
  private let places: [EncounterPlace?]
  private let radioEvidence: [EvidenceID]
  /// Where in it that of each encounter is.
  private let radioPlaces: [Range<Int>]

  private typealias Line = ContactExplanation.Line

  init(
    _ day: PairDay, _ caseSubject: Pseudonym, _ contact: Pseudonym, gatherer: PairGatherer,
    window: Range<Int64>, names: ExplanationNames, exposure: Exposure?,
    unresolved: [UnresolvedSighting], bluetoothKeptFrom keptFrom: LocalDay?
  ) throws {
    self.keptFrom = keptFrom
    self.day = day
    self.caseSubject = caseSubject
    self.contact = contact
    self.gatherer = gatherer
    self.names = names
    self.exposure = exposure
    self.window = window
    let today =
      gatherer.calendar.start(
        of: day.day)..<gatherer.calendar.start(of: day.day.advanced(by: 1))
    let meant = today.clamped(to: window)
    func listening(_ person: Pseudonym) throws -> SpanSet {
      guard let number = try gatherer.history.people.number(of: person) else { return SpanSet([]) }
      return gatherer.history.listening.unixSpans(of: number).clamped(to: meant)
    }
    caseListening = try listening(caseSubject)
    contactListening = try listening(contact)
    places = try gatherer.history.places(
      of: day.evidence.radio.map {
        PlaceQuestion(person: caseSubject, peer: contact, span: $0.span)
      })
    var proofs: [EvidenceID] = []
    radioPlaces = try gatherer.history.evidence.appendAllEvidence(
      ofEncounters: day.encounters.map(\.position), to: &proofs)
    radioEvidence = proofs
    let shared = SpanSet(day.stays.map(\.span))
    let asked = shared.isEmpty ? SpanSet([meant]) : shared
    self.unresolved = unresolved.filter { sighting in
      asked.spans.contains { $0.contains(sighting.moment) }
    }
  }

  /// The lines in order.
  func lines() -> [ContactExplanation.Line] {
    visitLines() + day.stays.map(togetherLine) + day.tails.map(tailLine) + radioLines()
      + listeningLines() + apartLines() + missingLines() + [ruleLine()]
  }

  // MARK: Visits

  /// A visit of one of the two, and whose it is.
  private struct Owned: Hashable {
    var visit: Visit
    var isOfCase: Bool
    var checkIn: CheckInCorroboration?
  }

  private func owned(_ stays: [SharedStay]) -> [Owned] {
    var seen: Set<Owned> = []
    return stays.flatMap {
      [
        Owned(visit: $0.caseVisit, isOfCase: true, checkIn: $0.caseCheckIn),
        Owned(visit: $0.contactVisit, isOfCase: false, checkIn: $0.contactCheckIn),
      ]
    }.filter { seen.insert($0).inserted }
  }

  private func visitLines() -> [Line] {
    owned(day.stays + day.tails).flatMap { owned -> [Line] in
      let visit = owned.visit
      let who = owned.isOfCase ? "the case" : "the contact"
      var lines = [
        Line(
          .visit, "\(who) was at \(place(visit)) \(VisitWords.ends(of: visit, clock))",
          visit.evidence)
      ]
      if let checkIn = owned.checkIn {
        lines.append(
          Line(
            .checkIn,
            "\(who)'s check-in at \(names.venue(visit.venue)) "
              + CheckInWords.text(
                checkIn, names: names, known: [caseSubject, contact], clock: clock),
            (visit.evidence + checkIn.reasons.flatMap(\.evidence)).once))
      }
      return lines
    }
  }

  private func togetherLine(_ stay: SharedStay) -> Line {
    let venue = stay.caseVisit.venue
    let parts = day.evidence.together.filter {
      $0.venue == venue && $0.span.overlaps(stay.span) && $0.sharesZone == stay.sharesZone
    }
    let chances = parts.map(\.confidence)
    let crowds = parts.map(\.crowd)
    var text =
      "together at \(names.venue(venue)) \(clock(stay.span)), "
      + "\(DurationText.of(Int64(stay.span.count)))"
    if let lowest = chances.min(), let highest = chances.max() {
      let range =
        lowest == highest
        ? Decimals.percent(lowest)
        : "\(Decimals.percent(chances.first ?? highest)) to "
          + Decimals.percent(chances.last ?? lowest)
      text += "; chance that both were there \(range)"
    }
    if let sharesZone = stay.sharesZone {
      text += sharesZone ? "; in one zone" : "; in two zones"
    }
    text += "; \(CrowdText.of(crowds)) there at the time"
    if day.evidence.together.first(where: { $0.venue == venue })?.isOpen == true {
      text += "; in the open"
    }
    return Line(.together, text, (stay.caseVisit.evidence + stay.contactVisit.evidence).once)
  }

  private func tailLine(_ stay: SharedStay) -> Line {
    Line(
      .tail,
      "the contact was at \(names.venue(stay.caseVisit.venue)) \(clock(stay.span)), "
        + "\(DurationText.of(Int64(stay.span.count))), after the case had left it",
      (stay.caseVisit.evidence + stay.contactVisit.evidence).once)
  }

  // MARK: Bluetooth

  /// Encounters that follow each other and differ in strength only.
  private struct Run {
    var span: Range<Int64>
    var attenuations: [Double]
    var uncertainty: Double
    var isMutual: Bool
    var place: EncounterPlace?
    /// Where the evidence is; once for encounters that share it.
    var held: [Range<Int>]
  }

  /// Encounters no further apart than this, in seconds, are told as one.
  private static let toldAsOne: Int64 = 60

  private func radioLines() -> [Line] {
    var runs: [Run] = []
    for (number, radio) in day.evidence.radio.enumerated() {
      if let last = runs.last, last.isMutual == radio.isMutual, last.place == places[number],
        radio.span.lowerBound <= last.span.upperBound + Self.toldAsOne
      {
        let place = runs.count - 1
        runs[place].span =
          last.span.lowerBound..<max(last.span.upperBound, radio.span.upperBound)
        runs[place].attenuations.append(radio.attenuation)
        runs[place].uncertainty = max(last.uncertainty, radio.uncertainty)
        if runs[place].held.last != radioPlaces[number] {
          runs[place].held.append(radioPlaces[number])
        }
      } else {
        runs.append(
          Run(
            span: radio.span, attenuations: [radio.attenuation],
            uncertainty: radio.uncertainty, isMutual: radio.isMutual, place: places[number],
            held: [radioPlaces[number]]))
      }
    }
    return runs.map { run in
      let weakest = Int((run.attenuations.max() ?? 0).rounded())
      let strongest = Int((run.attenuations.min() ?? 0).rounded())
      let range = weakest == strongest ? "\(strongest)" : "\(strongest) to \(weakest)"
      let text =
        "the phones heard each other \(clock(run.span)), "
        + "\(DurationText.of(Int64(run.span.count))), at \(range) dB "
        + "± \(Decimals.fixed(run.uncertainty, digits: 0)) dB, "
        + (run.isMutual ? "both of them" : "only one of them") + "; "
        + place(run.place, in: run.span)
      return Line(.radio, text, run.held.flatMap { radioEvidence[$0] }.once)
    }
  }

  private func place(_ place: EncounterPlace?, in span: Range<Int64>) -> String {
    guard let place else { return "no visit says where" }
    let name = names.venue(place.venue)
    return switch place.basis {
    case .both: "at \(name) by both visits\(part(of: span, at: place.venue))"
    case .one(let person):
      "likely at \(name), by the visit of \(person == contact ? "the contact" : "the case") alone"
    }
  }

  /// When both visits to a venue were, if that is not all of a span.
  private func part(of span: Range<Int64>, at venue: VenueID) -> String {
    let shared = SpanSet(
      day.stays.filter { $0.caseVisit.venue == venue }.map { $0.span.clamped(to: span) })
    return shared.isEmpty || shared.spans == [span] ? "" : " \(clock(shared))"
  }

  private func listeningLines() -> [Line] {
    let both = SpanSet(day.evidence.listening)
    guard !both.isEmpty else { return [] }
    let heard = SpanSet(day.evidence.radio.map(\.span))
    let silent = both.subtracting(heard)
    let shared = SpanSet(day.stays.map(\.span))
    var text =
      "both phones worked \(clock(both)), \(DurationText.of(both.seconds)); "
      + "for \(DurationText.of(silent.seconds)) of it they heard nothing of each other"
    if !shared.isEmpty {
      let together = silent.intersection(with: shared).seconds
      text += ", \(DurationText.of(together)) of that while together by their visits"
    }
    return [Line(.listening, text)]
  }

  // MARK: What speaks against, and what is missing

  private func apartLines() -> [Line] {
    day.alibis.map { alibi in
      Line(
        .apart,
        "apart \(clock(alibi.span)), \(DurationText.of(Int64(alibi.span.count))): the case at "
          + "\(names.venue(alibi.caseVisit.venue)), the contact at "
          + names.venue(alibi.contactVisit.venue),
        (alibi.caseVisit.evidence + alibi.contactVisit.evidence).once)
    }
  }

  private func missingLines() -> [Line] {
    var lines: [Line] = []
    for owned in owned(day.stays) {
      let visit = owned.visit
      let who = owned.isOfCase ? "the case" : "the contact"
      if visit.isStartUnknown {
        lines.append(
          Line(
            .missing, "no entry scan of \(who) at \(names.venue(visit.venue))", visit.evidence))
      } else if visit.isEndAssumed {
        lines.append(
          Line(
            .missing, "no exit scan of \(who) at \(names.venue(visit.venue))", visit.evidence))
      }
      if visit.zone == 0, names.hasZones(visit.venue) {
        lines.append(
          Line(.missing, "the zone of \(who) at \(names.venue(visit.venue))", visit.evidence))
      }
    }
    if let keptFrom, day.day < keptFrom {
      // Retention keeps what joins a contact with a case, and not what showed that phones listened.
      lines.append(
        Line(
          .missing,
          "what the phones heard of others on this day is past its time, as Bluetooth is kept from "
            + "\(keptFrom): once retention deleted it, silence counts less against a contact"))
    }
    for (who, listening) in [("case", caseListening), ("contact", contactListening)]
    where listening.isEmpty {
      lines.append(
        Line(
          .missing,
          "no sign that the phone of the \(who) worked on this day: its silence says nothing"))
    }
    let unheard = SpanSet(day.stays.map(\.span)).subtracting(SpanSet(day.evidence.listening))
    if !caseListening.isEmpty, !contactListening.isEmpty, !unheard.isEmpty {
      lines.append(
        Line(
          .missing,
          "no sign that both phones worked for \(DurationText.of(unheard.seconds)) of the time "
            + "together: their silence then says nothing"))
    }
    for (who, person) in [("case", caseSubject), ("contact", contact)] {
      let identifiers = Set(unresolved.filter { $0.person == person }.map(\.identifier)).count
      guard identifiers > 0 else { continue }
      lines.append(
        Line(
          .missing,
          "the owner of \(identifiers) \(identifiers == 1 ? "identifier" : "identifiers") that the "
            + "phone of the \(who) heard then: \(identifiers == 1 ? "it" : "one") may be the "
            + "other's"))
    }
    return lines
  }

  // MARK: Rules

  private func ruleLine() -> Line {
    let rules = gatherer.rules
    guard let exposure else {
      return Line(
        .rule,
        "\(rules.id) counts no second of this day: nothing was at most "
          + "\(rules.maximumAttenuation) dB, and no shared place counts")
    }
    return Line(
      .rule,
      "\(rules.id) says \(exposure.exposureClass.name), \(exposure.label): "
        + "\(DurationText.of(Int64(exposure.seconds))), each second once, of these "
        + "\(DurationText.of(Int64(exposure.nearSeconds))) near, "
        + "\(DurationText.of(Int64(exposure.venueSeconds))) at one venue, "
        + "\(DurationText.of(Int64(exposure.tailSeconds))) after the case", exposure.evidence)
  }

  // MARK: Words

  private func place(_ visit: Visit) -> String {
    let zone = visit.zone == 0 ? nil : names.zone(visit.venue, visit.zone) ?? "zone \(visit.zone)"
    return names.venue(visit.venue) + (zone.map { ", \($0)," } ?? "")
  }

  private func clock(_ moment: Int64) -> String {
    ClockText.of(moment, on: day.day, in: gatherer.calendar)
  }

  private func clock(_ span: Range<Int64>) -> String {
    "\(clock(span.lowerBound))–\(clock(span.upperBound))"
  }

  /// The first spans of a set, and how many more there are.
  private func clock(_ set: SpanSet) -> String {
    let most = 6
    let shown = set.spans.prefix(most).map { clock($0) }.joined(separator: ", ")
    return set.spans.count > most ? "\(shown) and \(set.spans.count - most) more" : shown
  }
}

/// Moments as the clocks of a zone show them.
package enum ClockText {
  /// Returns hours and minutes, with the seconds when there are any and the date when it is another.
  package static func of(_ moment: Int64, on day: LocalDay, in calendar: LocalCalendar) -> String {
    let text = ISO8601.format(moment, in: calendar)
    let clock = text.dropFirst(11).prefix(8)
    let short = clock.hasSuffix(":00") ? clock.dropLast(3) : clock
    return calendar.day(of: moment) == day ? String(short) : "\(text.prefix(10)) \(short)"
  }
}

/// What is known of the ends of a visit, in words.
package enum VisitWords {
  /// Returns from when to when, and how the end is known.
  package static func ends(of visit: Visit, _ clock: (Int64) -> String) -> String {
    let leave = clock(visit.leave)
    if visit.isStartUnknown {
      return "until \(leave) by an exit scan; assumed since \(clock(visit.enter))"
    }
    let enter = clock(visit.enter)
    return switch visit.endReason {
    case .given: "from \(enter) to \(leave), both given"
    case .exitScan: "from \(enter) to \(leave) by an exit scan"
    case .nextCheckIn: "from \(enter), and elsewhere at \(leave) by the next check-in"
    case .closingTime: "from \(enter), assumed until \(leave), closing time"
    case .defaultStay:
      "from \(enter), assumed until \(leave), the usual stay; at most until "
        + clock(visit.latestLeave)
    case .cap: "from \(enter), assumed until \(leave), the longest stay that is believed"
    }
  }
}

/// How many others were at a venue, in words.
enum CrowdText {
  /// Returns `1 other person` or `15 to 600 others`, of how many there were in each hour.
  static func of(_ crowds: [Int]) -> String {
    guard let least = crowds.min(), let most = crowds.max() else { return "0 others" }
    if least < most { return "\(least) to \(most) others" }
    return most == 1 ? "1 other person" : "\(most) others"
  }
}

/// What Bluetooth says of a check-in, in words.
package enum CheckInWords {
  /// Returns what follows "the check-in at a venue".
  ///
  /// - Parameters:
  ///   - checkIn: What Bluetooth says.
  ///   - names: How people and places are written.
  ///   - known: Whom the question was about: nobody else is named, nor placed.
  ///   - clock: Returns a moment as people read it.
  /// - Returns: Part of a sentence in English.
  package static func text(
    _ checkIn: CheckInCorroboration, names: ExplanationNames, known: Set<Pseudonym>,
    clock: (Int64) -> String
  ) -> String {
    let reasons = checkIn.reasons.map { reason($0, names: names, known: known, clock: clock) }
    // A whole crowd may have heard somebody: the first few are enough to be believed.
    let most = 3
    let shown =
      reasons.prefix(most).joined(separator: "; ")
      + (reasons.count > most ? "; and \(reasons.count - most) more" : "")
    return switch checkIn.verdict {
    case .confirmed: "was by a poster's code and is confirmed by Bluetooth: \(shown)"
    case .contradicted: "was by a poster's code and is contradicted by Bluetooth: \(shown)"
    case .open where reasons.isEmpty: "stands on a poster's code alone"
    case .open where !checkIn.reasons.contains(where: \.confirms):
      "stands on a poster's code alone: \(shown), too few to contradict it"
    case .open: "stands on a poster's code, and Bluetooth speaks for and against it: \(shown)"
    }
  }

  private static func reason(
    _ reason: CheckInCorroboration.Reason, names: ExplanationNames, known: Set<Pseudonym>,
    clock: (Int64) -> String
  ) -> String {
    func phone(_ person: Pseudonym) -> String {
      known.contains(person)
        ? "the phone of \(names.person(person)), who" : "the phone of somebody who"
    }
    return switch reason.fact {
    case .heardThere(let person, let span):
      "\(phone(person)) was checked in there, "
        + "\(clock(span.lowerBound))–\(clock(span.upperBound))"
    case .receiverThere(let moment): "heard by the venue's receiver at \(clock(moment))"
    case .heardElsewhere(let person, let venue, let span):
      known.contains(person)
        ? "\(phone(person)) was at \(names.venue(venue)), "
          + "\(clock(span.lowerBound))–\(clock(span.upperBound))"
        : "\(phone(person)) was certainly elsewhere, "
          + "\(clock(span.lowerBound))–\(clock(span.upperBound))"
    case .receiverElsewhere(let venue, let moment):
      "heard by the receiver of \(names.venue(venue)) at \(clock(moment))"
    case .silence(let phones):
      "silent among \(phones)\(phones < CheckInCorroboration.crowdOfPhones ? "" : " or more") "
        + "working \(phones == 1 ? "phone" : "phones") of others who were there"
    }
  }
}

extension Array where Element: Hashable {
  /// The elements in order, each once.
  fileprivate var once: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
