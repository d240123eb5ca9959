import Presence
import SyntheticCity
import Testing
import VenueCodes

@Suite("Synthetic radio") struct SyntheticRadioTests {
  private static func city(seed: UInt64) -> SyntheticCity {
    var generator = SeededGenerator(seed: 77)
    let categories = ["market", "mall", "school", "hotel", "one-stop-office", "restaurant"]
    let venues = (0..<18).map { number in
      CityVenue(
        id: .random(using: &generator), category: categories[number % categories.count],
        isClosedSpace: true)
    }
    return SyntheticCity(
      seed: seed, venues: venues, people: 600, firstDay: LocalDay(daysSince2020: 218), days: 6,
      calendar: .haiPhong)
  }

  /// Who says an identifier, by the keys' subjects: the order of their files.
  private static func text(_ rows: some Sequence<some ImportRow>) -> [[String]] {
    String(decoding: Array(rows).importFile(calendar: .haiPhong), as: UTF8.self)
      .split(separator: "\n").dropFirst().map { line in
        line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
  }

  @Test("A seed decides every sighting and key", arguments: [2020, 5] as [UInt64])
  func isDeterministic(seed: UInt64) {
    let city = Self.city(seed: seed)
    let (one, other) = (SyntheticRadio(in: city, seed: seed), SyntheticRadio(in: city, seed: seed))
    #expect(one.sightings == other.sightings && one.keys == other.keys)
    #expect(SyntheticRadio(in: city, seed: seed + 1).sightings != one.sightings)
  }

  @Test(
    "All parts are there, and each phone does what its part is", arguments: [2020, 5] as [UInt64])
  func partsAreThere(seed: UInt64) throws {
    let city = Self.city(seed: seed)
    let radio = SyntheticRadio(in: city, seed: seed)
    let sick = try #require(city.cases.first).subject
    #expect(Set(radio.parts.keys) == Set(SyntheticRadio.Part.allCases))
    #expect(Set(radio.parts.values).count == radio.parts.count)
    let hearers = Set(
      radio.sightings.compactMap { sighting in
        if case .phone(let subject) = sighting.hearer { subject } else { nil }
      })
    let silent = try #require(radio.parts[.silent])
    #expect(hearers.contains(sick) && hearers.contains(silent))
    for part in [SyntheticRadio.Part.off, .oneSided] {
      #expect(!hearers.contains(try #require(radio.parts[part])), "\(part)")
    }
    // Nobody who was off is heard: there is no key, since the phone said nothing.
    let keyed = Set((radio.keys + radio.lateKeys).map(\.subject))
    #expect(!keyed.contains(try #require(radio.parts[.off])))
    let late = try #require(radio.parts[.late])
    #expect(Set(radio.lateKeys.map(\.subject)) == [late])
    #expect(!radio.keys.map(\.subject).contains(late))
  }

  @Test(
    "Phones hear where their owners are, at strengths that there are", arguments: [5] as [UInt64])
  func phonesAreWherePeopleAre(seed: UInt64) {
    let city = Self.city(seed: seed)
    let radio = SyntheticRadio(in: city, seed: seed)
    let stays = Dictionary(grouping: city.presences, by: \.subject)
    let strays = radio.sightings.filter { sighting in
      guard case .phone(let subject) = sighting.hearer else { return false }
      // Listening takes up to 40 seconds.
      return !stays[subject, default: []].contains {
        $0.enter <= sighting.time && sighting.time < ($0.leave ?? 0) + 40
      }
    }
    #expect(radio.sightings.count > 500 && strays.isEmpty)
    #expect(radio.sightings.allSatisfy { (25...110).contains($0.attenuation) })
    #expect(
      radio.sightings.allSatisfy { $0.heard.hasPrefix("bluezone:") && $0.heard.utf8.count == 33 })
    let covered = city.encounters.count(where: radio.covers)
    #expect(covered > 0 && covered < city.encounters.count)
  }

  @Test("Rows are written as import files are read")
  func rowsAreWritten() throws {
    let radio = SyntheticRadio(in: Self.city(seed: 5), seed: 5)
    #expect(
      Self.text(radio.sightings).allSatisfy { $0.count == 6 && $0[0].isEmpty != $0[1].isEmpty })
    let keys = Self.text(radio.keys)
    #expect(keys.allSatisfy { $0.count == 4 && $0[1] == "bluezone" && $0[2].count == 64 })
    #expect(keys.allSatisfy { LocalDay(iso8601: $0[3]) != nil })
    let boxes = radio.sightings.filter { if case .box = $0.hearer { true } else { false } }
    #expect(!boxes.isEmpty)
  }

  @Test("A city without cases has no sightings")
  func nothingHappens() {
    let city = SyntheticCity(
      seed: 1, venues: [], people: 0, firstDay: LocalDay(daysSince2020: 218), days: 1,
      calendar: .haiPhong)
    let radio = SyntheticRadio(in: city, seed: 1)
    #expect(radio.sightings.isEmpty && radio.keys.isEmpty && radio.parts.isEmpty)
  }
}
