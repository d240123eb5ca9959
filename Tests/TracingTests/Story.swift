import Bluetooth
import Presence
import Tracing
import VenueCodes

/// A history written in words, for examples that were worked out by hand.
///
/// People are letters, ordered as such; venues are `Café` and `Hotel` (closed), `Park` and `Quay`
/// (open), and `Hall` (closed, and aired so well that it has no tail). Times are local, on 6 August 2020 unless a day of August stands before: `8/09:15:30`.
struct Story {
  static let venues = ["Café", "Hotel", "Park", "Quay", "Hall"]
  static let people = (UInt64(65)...90).map { Pseudonym(high: $0, low: 0) }
  let history: ExposureHistory

  /// Reads a story.
  ///
  /// - Parameters:
  ///   - visits: As `A Café 09:00 09:45`, or `A Café:2 09:00 09:45` for zone 2.
  ///   - near: As `A X 09:00 09:15 60` with the attenuation at the end.
  /// - Throws: `Misread` for what is no story.
  init(visits: [String], near: [String] = []) throws {
    var rows: [Visit] = []
    for (number, text) in visits.enumerated() {
      let words = text.split(separator: " ").map(String.init)
      let place = words[1].split(separator: ":").map(String.init)
      rows.append(
        Visit(
          subject: try Self.subject(words[0]), venue: try Self.venue(place[0]),
          zone: place.count > 1 ? UInt8(place[1]) ?? 0 : 0, enter: try Self.time(words[2]),
          leave: try Self.time(words[3]), openedBy: EvidenceID(high: 1, low: UInt64(number))))
    }
    var encounters: [Encounter] = []
    for (number, text) in near.enumerated() {
      let words = text.split(separator: " ").map(String.init)
      guard words.count == 5, let attenuation = Int16(words[4]),
        let encounter = Encounter(
          try Self.subject(words[0]), try Self.subject(words[1]), start: try Self.time(words[2]),
          end: try Self.time(words[3]), attenuation: attenuation,
          evidence: EvidenceID(high: 2, low: UInt64(number)))
      else { throw Misread(text: text) }
      encounters.append(encounter)
    }
    history = try ExposureHistory(
      people: Self.people, visits: rows, encounters: encounters,
      openVenues: [try Self.venue("Park"), try Self.venue("Quay")],
      venuesWithoutTail: [try Self.venue("Hall"), try Self.venue("Quay")])
  }

  /// What a story says that cannot be read.
  struct Misread: Error {
    let text: String
  }

  static func venue(_ name: String) throws -> VenueID {
    guard let place = venues.firstIndex(of: name),
      let venue = VenueID(rawValue: UInt64(place) + 1)
    else { throw Misread(text: name) }
    return venue
  }

  static func name(_ venue: VenueID) -> String {
    let place = Int(venue.rawValue) - 1
    return venues.indices.contains(place) ? venues[place] : "\(venue)"
  }

  static func subject(_ letter: String) throws -> SubjectNumber {
    guard let code = letter.utf8.first, (65...90).contains(code) else {
      throw Misread(text: letter)
    }
    return SubjectNumber(code - 65)
  }

  static func person(_ letter: String) throws -> Pseudonym {
    people[Int(try subject(letter))]
  }

  static func letter(_ person: Pseudonym) -> String {
    String(UnicodeScalar(UInt8(truncatingIfNeeded: person.high)))
  }

  static func time(_ text: String) throws -> Int64 {
    let parts = text.split(separator: "/").map(String.init)
    let day = parts.count > 1 ? parts[0] : "6"
    guard let clock = parts.last else { throw Misread(text: text) }
    return try ISO8601.parse(
      "2020-08-\(day.count < 2 ? "0" : "")\(day)T\(clock)\(clock.count < 6 ? ":00" : "")+07:00")
  }

  /// A case about a person, with onset on 6 August.
  static func sixthOfAugust(_ id: String, _ letter: String, isolation: String? = nil) throws -> Case
  {
    try Case(
      id: id, subject: try person(letter), onset: LocalDay(iso8601: "2020-08-06"),
      isolation: try isolation.map { try time($0) })
  }

  /// A row as examples write it: degree, contact, via, day, class, seconds (near + venue + tail),
  /// first and last, venues, label.
  static func text(_ row: Exposure) -> String {
    func clock(_ second: Int64) -> String {
      var text = String(ISO8601.format(second, in: .haiPhong).dropFirst(8).prefix(11))
      if text.hasSuffix(":00") { text.removeLast(3) }
      return text.replacing("T", with: "/")
    }
    let via = row.via.map { " via \(letter($0))" } ?? ""
    let split = "\(row.nearSeconds)+\(row.venueSeconds)+\(row.tailSeconds)"
    let places = row.venues.map(name).joined(separator: ",")
    return "\(row.degree) \(letter(row.contact))\(via) \(row.caseID) \(row.day.components.day) "
      + "\(row.exposureClass.name) \(row.seconds)=\(split) \(clock(row.first))-\(clock(row.last)) "
      + "[\(places)] \(row.label)"
  }

  /// The numbers of decision 3638, as the design has them.
  static let rules = RuleSet(
    id: "3638-2021", source: "the design", validFrom: LocalDay(daysSince2020: 576),
    infectiousWindow: RuleSet.InfectiousWindow(
      daysBeforeOnset: 3, daysBeforeSpecimen: 3, daysAfter: 14),
    openVenue: RuleSet.Criterion(threshold: 1_800, label: .factor),
    tailed: RuleSet.Criterion(threshold: 1_800, label: .factor),
    closedVenue: RuleSet.Criterion(threshold: 900, label: .f1),
    near: RuleSet.Criterion(threshold: 900, label: .f1),
    nearAtVenue: RuleSet.Criterion(threshold: 900, label: .f1),
    tail: RuleSet.Tail(slope: 1, maximum: 1_800), sameZone: false, maximumAttenuation: 63,
    degree: RuleSet.Degree(threshold: 900, latent: 172_800))
}
