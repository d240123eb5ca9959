import Presence
import TestSupport
import Testing

/// Builds zone files byte by byte.
private struct ZoneFileBuilder {
  var version: UInt8 = UInt8(ascii: "2")
  var transitions: [(time: Int64, type: UInt8)] = []
  var offsets: [Int32] = [0]
  var leapSeconds: UInt32 = 0
  var footer = ""

  var bytes: [UInt8] {
    version == 0 ? block(width: 4) : block(width: 4) + block(width: 8) + Array("\n\(footer)\n".utf8)
  }

  private func block(width: Int) -> [UInt8] {
    var bytes = Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
    for count in [0, 0, leapSeconds, UInt32(transitions.count), UInt32(offsets.count), 4] {
      bytes += bigEndian(Int64(count), 4)
    }
    for transition in transitions { bytes += bigEndian(transition.time, width) }
    bytes += transitions.map(\.type)
    for offset in offsets { bytes += bigEndian(Int64(offset), 4) + [0, 0] }
    bytes += Array("UTC\0".utf8)
    bytes += [UInt8](repeating: 0, count: Int(leapSeconds) * (width + 4))
    return bytes
  }

  private func bigEndian(_ number: Int64, _ width: Int) -> [UInt8] {
    (0..<width).reversed().map { UInt8(truncatingIfNeeded: number >> Int64($0 * 8)) }
  }
}

@Suite("Zone file") struct ZoneFileTests {
  struct Bad: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    let error: ZoneFileError
    var testDescription: String { name }

    init(_ name: String, _ bytes: [UInt8], _ error: ZoneFileError) {
      self.name = name
      self.bytes = bytes
      self.error = error
    }

    fileprivate init(
      _ name: String, _ error: ZoneFileError, _ change: (inout ZoneFileBuilder) -> Void
    ) {
      var file = ZoneFileBuilder()
      change(&file)
      self.init(name, file.bytes, error)
    }

    init(footer: String) {
      self.init("footer \(footer)", .badFooter) { $0.footer = footer }
    }
  }

  static let bad: [Bad] = [
    Bad("nothing", [], .truncated),
    Bad("another kind of file", Array("PK\u{3}\u{4} and so on".utf8), .notAZoneFile),
    Bad("an unknown version", Array("TZif!".utf8), .notAZoneFile),
    Bad("only a header's beginning", Array("TZif2".utf8), .truncated),
    Bad("too large", [UInt8](repeating: 0, count: 262_145), .tooLarge),
    Bad("no types", .badCounts) { $0.offsets = [] },
    Bad("more types than a byte can name", .badCounts) {
      $0.offsets = [Int32](repeating: 0, count: 257)
    },
    Bad("a type that is not there", .badTransition) { $0.transitions = [(5, 1)] },
    Bad("transitions out of order", .badTransition) { $0.transitions = [(5, 0), (4, 0)] },
    Bad("a transition twice", .badTransition) { $0.transitions = [(5, 0), (5, 0)] },
    Bad("an offset of two days", .badOffset) { $0.offsets = [172_800] },
    Bad("leap seconds", .leapSeconds) { $0.leapSeconds = 27 },
    Bad(
      "four thousand million transitions that are not there",
      {
        var bytes = ZoneFileBuilder(version: 0).bytes
        bytes.replaceSubrange(32..<36, with: [255, 255, 255, 255])
        return bytes
      }(), .truncated),
    Bad("no footer", Array(ZoneFileBuilder().bytes.dropLast()), .truncated),
    Bad(footer: "X"),
    Bad(footer: "<+07"),
    Bad(footer: "UTC"),
    Bad(footer: "UTC25"),
    Bad(footer: "UTC0:60"),
    Bad(footer: "UTC0000000000000000000000000000"),
    Bad(footer: "CET-1CEST"),
    Bad(footer: "CET-1CEST,M3.5.0"),
    Bad(footer: "CET-1CEST,M13.5.0,M10.5.0"),
    Bad(footer: "CET-1CEST,M3.6.0,M10.5.0"),
    Bad(footer: "CET-1CEST,M3.5.7,M10.5.0"),
    Bad(footer: "CET-1CEST,J0,J365"),
    Bad(footer: "CET-1CEST,366,J365"),
    Bad(footer: "CET-1CEST,M3.5.0/168,M10.5.0"),
    Bad(footer: "CET-1CEST,M3.5.0,M10.5.0/3 "),
    Bad(footer: "CET-1CEST,M3.5.0,M10.5.0,"),
  ]

  @Test("A damaged file is refused with its reason", arguments: bad)
  func refuses(row: Bad) {
    #expect(throws: row.error) { try LocalCalendar(zoneFile: row.bytes, name: "Test/Bad") }
  }

  struct Rule: CustomTestStringConvertible, Sendable {
    let footer: String
    /// Moments and the offsets then.
    let offsets: [(Int64, Int32)]
    var testDescription: String { footer }
  }

  static let rules = [
    Rule(footer: "", offsets: [(0, 0), (4_000_000_000, 0)]),
    Rule(footer: "<+07>-7", offsets: [(0, 25_200), (4_000_000_000, 25_200)]),
    Rule(footer: "XXX5:30:15", offsets: [(0, -19_815)]),
    // Berlin: from 2024-03-31 01:00 UTC to 2024-10-27 01:00 UTC.
    Rule(
      footer: "CET-1CEST,M3.5.0,M10.5.0/3",
      offsets: [
        (1_711_846_799, 3_600), (1_711_846_800, 7_200), (1_729_990_799, 7_200),
        (1_729_990_800, 3_600),
      ]),
    // Dublin's winter is the time that is saved: same moments, told the other way round.
    Rule(
      footer: "IST-1GMT0,M10.5.0,M3.5.0/1",
      offsets: [
        (1_711_846_799, 0), (1_711_846_800, 3_600), (1_729_990_799, 3_600), (1_729_990_800, 0),
      ]),
    // Nuuk changes on the evening before: hours below zero.
    Rule(
      footer: "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
      offsets: [
        (1_711_846_799, -7_200), (1_711_846_800, -3_600), (1_729_990_799, -3_600),
        (1_729_990_800, -7_200),
      ]),
    // The south: summer runs over the new year.
    Rule(
      footer: "AEST-10AEDT,M10.1.0,M4.1.0/3",
      offsets: [
        (1_704_067_200, 39_600), (1_712_419_199, 39_600), (1_712_419_200, 36_000),
        (1_728_143_999, 36_000), (1_728_144_000, 39_600), (1_735_689_600, 39_600),
      ]),
    // Summer time all year, as RFC 8536 writes it.
    Rule(
      footer: "XXX3EDT4,0/0,J365/23",
      offsets: [(1_704_067_200, -14_400), (1_719_792_000, -14_400), (1_735_704_000, -14_400)]),
    // Day 60 is 1 March in any year by J60, and 29 February of a leap year by 59.
    Rule(
      footer: "AAA0BBB,J60/0,J61/0",
      offsets: [
        (1_709_164_800, 0), (1_709_251_200, 3_600), (1_709_337_600, 0), (1_677_628_800, 3_600),
      ]),
    Rule(
      footer: "AAA0BBB,59/0,60/0",
      offsets: [
        (1_709_164_800, 3_600), (1_709_251_200, 0), (1_677_628_800, 3_600), (1_677_715_200, 0),
      ]),
    // The rule is written out to the end of 2160.
    Rule(
      footer: "CET-1CEST,M3.5.0,M10.5.0/3",
      offsets: [(6_000_000_000, 3_600), (6_010_000_000, 7_200), (6_080_000_000, 3_600)]),
  ]

  @Test("The rule after the table is followed", arguments: rules)
  func followsRules(row: Rule) throws {
    var file = ZoneFileBuilder()
    file.footer = row.footer
    let calendar = try LocalCalendar(zoneFile: file.bytes, name: "Test/Rule")
    #expect(row.offsets.map { calendar.offset(at: $0.0) } == row.offsets.map(\.1))
  }

  @Test("A rule begins only where the table ends, and version 1 has none")
  func tableBeforeRule() throws {
    var file = ZoneFileBuilder()
    file.offsets = [600, 1_200]
    file.transitions = [(1_000, 1), (1_720_000_000, 0)]
    file.footer = "CET-1CEST,M3.5.0,M10.5.0/3"
    let calendar = try LocalCalendar(zoneFile: file.bytes, name: "Test/Table")
    #expect(
      [0, 999, 1_000, 1_719_999_999, 1_720_000_000, 1_729_990_799, 1_729_990_800]
        .map { calendar.offset(at: $0) } == [600, 600, 1_200, 1_200, 600, 600, 3_600])
    file.version = 0
    let old = try LocalCalendar(zoneFile: file.bytes, name: "Test/Old")
    #expect(old.spans.map(\.offset) == [600, 1_200, 600])
  }

  @Test("No damage to a real file traps", .needsZoneFiles, arguments: [1, 2, 3, 4] as [UInt64])
  func survivesDamage(seed: UInt64) throws {
    let bytes = try systemZoneFile("Africa/Cairo")
    var generator = SeededGenerator(seed: seed)
    var refused = 0
    for _ in 0..<150 {
      var copy = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<copy.count, using: &generator)
        copy[place] = UInt8.random(in: 0...255, using: &generator)
      }
      copy.removeLast(Bool.random(using: &generator) ? 0 : Int(generator.next() % 300))
      do {
        let calendar = try LocalCalendar(zoneFile: copy, name: "Test/Damaged")
        let day = calendar.day(of: 1_700_000_000)
        if calendar.start(of: day) > 1_700_000_000 { Issue.record("seed \(seed): a day too late") }
      } catch {
        refused += 1
      }
    }
    #expect(refused > 20, "seed \(seed)")
  }

  @Test("Every prefix of a real file is refused", .needsZoneFiles)
  func refusesPrefixes() throws {
    let bytes = try systemZoneFile("Africa/Cairo")
    let taken = (0..<bytes.count).filter {
      (try? LocalCalendar(zoneFile: Array(bytes[..<$0]), name: "Test/Prefix")) != nil
    }
    #expect(taken.isEmpty)
  }

  @Test("Every failure has its own word and a sentence")
  func describes() {
    let all: [ZoneFileError] = [
      .notAZoneFile, .tooLarge, .truncated, .badCounts, .badTransition, .badOffset, .badFooter,
      .leapSeconds,
    ]
    #expect(Set(all.map(\.code)).count == all.count)
    #expect(Set(all.map(\.description)).count == all.count)
  }
}
