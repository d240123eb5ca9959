import Foundation
import ProximityFormats
import TestSupport
import Testing
import VenueCodes

@Suite("Day keys of Bluezone") struct BluezoneDayKeyTests {
  private struct Capture: Decodable {
    struct Encounter: Decodable {
      var own_id: String
      var contact_id: String
      var rssi: Int
      var ts_ms: Int64
      var expected_index: Int
    }
    struct Info: Decodable {
      var daily_key: String
      var time_start: Int64
    }
    struct Phone: Decodable {
      var base_id: String
      var own_id: String
    }
    var InfoF: Info
    var day0_ids: [String]
    var day1_key: String
    var day1_ids_DERIVED_NOT_CAPTURED: [String]
    var second_phone_readme: Phone
    var encounters: [Encounter]
  }

  private struct MadeUpDay: Decodable {
    var daily_key: String
    var ids: [String]
  }

  private let day = LocalDay(iso8601: "2020-08-08")

  private func capture() throws -> Capture? {
    try shared("bluezone/bluezone_id_and_encounters.json").map {
      try JSONDecoder().decode(Capture.self, from: Data($0))
    }
  }

  private func identifiers(ofKey key: String) throws -> [String] {
    try BluezoneDayKey(bytes(key), day: #require(day)).identifiers().map { "\($0)" }
  }

  @Test("The identifiers of a day are those that another implementation makes")
  func madeUpDay() throws {
    let expected: MadeUpDay = try fixture("bluezone_made_up_day.json")
    #expect(expected.ids.count == 96)
    #expect(try identifiers(ofKey: expected.daily_key) == expected.ids)
  }

  @Test("Bluezone's capture: 118 of 118 own identifiers are at their quarter of an hour")
  func capturedIdentifiers() throws {
    guard let capture = try capture() else { return }
    #expect(capture.encounters.count == 118)
    let slots = try BluezoneDayKey(bytes(capture.InfoF.daily_key), day: #require(day)).slots()
    #expect(slots.map { "\($0.identifier)" } == capture.day0_ids)
    #expect(slots.first?.from == capture.InfoF.time_start)
    var found = 0
    for encounter in capture.encounters {
      let slot = try #require(slots.firstIndex { "\($0.identifier)" == encounter.own_id })
      #expect(slot == encounter.expected_index)
      let second = encounter.ts_ms / 1_000
      #expect(slots[slot].from <= second && second < slots[slot].to)
      found += 1
    }
    #expect(found == 118)
  }

  @Test("Bluezone's capture: the next day's key is a hash, and its identifiers follow")
  func chain() throws {
    guard let capture = try capture() else { return }
    let next = SHA256.digest(of: try bytes(capture.InfoF.daily_key))
    #expect(try next == bytes(capture.day1_key))
    #expect(try identifiers(ofKey: capture.day1_key) == capture.day1_ids_DERIVED_NOT_CAPTURED)
  }

  @Test("Bluezone's capture: the second phone's identifier is its 48th")
  func secondPhone() throws {
    guard let phone = try capture()?.second_phone_readme else { return }
    #expect(try identifiers(ofKey: phone.base_id).firstIndex(of: phone.own_id) == 47)
  }

  @Test("Slots fill the UTC day without a gap, and no identifier comes twice")
  func slotsFillTheDay() throws {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<20 {
      let key = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let day = LocalDay(daysSince2020: Int32.random(in: 0..<2_000, using: &generator))
      let slots = try BluezoneDayKey(key, day: day).slots()
      #expect(slots.count == 96 && Set(slots.map(\.identifier)).count == 96)
      #expect(slots.first?.from == (Int64(day.daysSince2020) + 18_262) * 86_400)
      #expect(zip(slots, slots.dropFirst()).allSatisfy { $0.to == $1.from })
      #expect(slots.allSatisfy { $0.to - $0.from == 900 })
    }
  }

  @Test("A key of another length is refused", arguments: [0, 16, 31, 33, 64])
  func wrongLength(count: Int) throws {
    let day = try #require(day)
    #expect(
      refusal { _ = try BluezoneDayKey(Array(repeating: 1, count: count), day: day) } == .badKey)
  }

  @Test("A key never prints itself")
  func redacted() throws {
    let key = try BluezoneDayKey(Array(repeating: 0xAB, count: 32), day: #require(day))
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped] {
      #expect(!text.lowercased().contains("ab, ") && !text.contains("171"))
    }
  }
}

@Suite("Identifiers in writing") struct RadioIdentifierTests {
  static let id = "29ABD013B41C90269332AB5D"
  static let proximity = "8be6cd371c5c891604bfbe49df845096"
  static let temporary = Data(repeating: 7, count: 61).base64EncodedString()

  @Test(
    "An identifier has one written form",
    arguments: [
      ("bluezone:\(id)", "bluezone:\(id)"), ("BLUEZONE:\(id.lowercased())", "bluezone:\(id)"),
      ("rpi:\(proximity.uppercased())", "rpi:\(proximity)"),
      ("tempid:\(temporary)", "tempid:\(temporary)"),
    ])
  func oneForm(text: String, form: String) throws {
    let identifier = try #require(RadioIdentifier(text))
    #expect(identifier.text == form)
    #expect(RadioIdentifier(form) == identifier)
  }

  @Test(
    "What is no identifier is none",
    arguments: [
      "", ":", "bluezone", "bluezone:", "bluezone:\(id)0", "bluezone:\(id.dropLast(2))",
      "bluezone:\(id.dropLast())g", "bluezone \(id)", "rpi:\(proximity)00", "rpi:\(id)",
      "tempid:\(proximity)", "tempid:\(temporary)=", "tempid:\(temporary.dropLast(4))",
      "0912345678",
      "other:\(id)",
    ])
  func none(text: String) {
    #expect(RadioIdentifier(text) == nil)
  }

  @Test("A text that names a service is known to do so though the rest cannot be read")
  func scheme() {
    #expect(RadioIdentifier.scheme(of: Array("Bluezone:x".utf8)[...]) == .bluezone)
    #expect(RadioIdentifier.scheme(of: Array("rpi:".utf8)[...]) == .rollingProximity)
    #expect(RadioIdentifier.scheme(of: Array("tempid:?".utf8)[...]) == .temporary)
    for text in ["rpi", "rpi;1", "bluezones:1", "tempid", "an"] {
      #expect(RadioIdentifier.scheme(of: Array(text.utf8)[...]) == nil)
    }
  }
}
