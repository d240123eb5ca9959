import Presence
import VenueCodes

extension FuzzTarget {
  /// A time zone file: every second must be in exactly one day, and days must follow each other.
  static let zoneFile = FuzzTarget("zone-file", examples: Zones.files) { input in
    guard let calendar = try? LocalCalendar(zoneFile: input, name: "Fuzz/Zone") else { return }
    let reach: Int64 = 1 << 40
    let changes = calendar.spans.prefix(64) + calendar.spans.suffix(8)
    for moment in changes.flatMap({ [$0.start &- 1, $0.start, $0.start &+ 1] })
    where (-reach...reach).contains(moment) {
      let day = calendar.day(of: moment)
      require(calendar.start(of: day) <= moment, "a day holds its seconds")
      require(moment < calendar.start(of: day.advanced(by: 1)), "a day ends before the next")
      let noon = calendar.moment(at: 43_200, of: day)
      require(abs(noon - moment) < 4 * 86_400, "a day's noon is near")
      if ISO8601.range.contains(moment) {
        let again = try? ISO8601.parse(ISO8601.format(moment, in: calendar))
        require(again == moment || abs(calendar.offset(at: moment)) > 18 * 3_600, "a time round")
      }
    }
  }

  /// A written time: read, written in several zones and read again it must be the same moment.
  static let time = FuzzTarget(
    "time",
    examples: texts(
      "2020-08-06T09:15:00+07:00", "2016-12-31t23:59:60z", "2020-02-29 24:00+0530",
      "1970-01-01T00:00:00.999999999-12")
  ) { input in
    guard let moment = try? ISO8601.parse(input.span) else { return }
    require(ISO8601.range.contains(moment), "a time is in range")
    for offset: Int32 in [0, 25_200, -43_200, 20_700, 64_800] {
      let calendar = LocalCalendar(zoneName: "Fuzz/Fixed", fixedOffset: offset)
      let text = ISO8601.format(moment, in: calendar)
      require(text.utf8.count == 25, "a time has one form")
      require((try? ISO8601.parse(text)) == moment, "a time reads as it is written")
    }
  }

  /// A UUID: read and written it must be the same digits.
  static let evidenceID = FuzzTarget(
    "evidence-id",
    examples: texts("019074d0-a1b2-7c3d-8e4f-0123456789ab", "019074D0A1B27C3D8E4F0123456789AB")
  ) { input in
    guard let id = EvidenceID(utf8: input[...]) else { return }
    require(EvidenceID(id.description) == id, "an id reads as it is written")
    let digits = input.filter { $0 != UInt8(ascii: "-") }.map { $0 >= 0x41 ? $0 | 0x20 : $0 }
    require(
      id.description.utf8.filter { $0 != UInt8(ascii: "-") }.elementsEqual(digits),
      "an id has its digits")
  }
}

/// Zone files made here: a machine need not have any.
private enum Zones {
  static let files = [
    file(times: [], types: [25_200], rule: "<+07>-7"),
    file(
      times: [-2_004_073_600, -1_851_577_590, 171_820_800], types: [25_590, 25_200, 28_800],
      rule: "<+07>-7"),
    file(
      times: [828_655_200, 846_399_600], types: [7_200, 10_800],
      rule: "EET-2EEST,M3.5.0/3,M10.5.0/4"),
    file(times: [0], types: [-10_800, -7_200], rule: "<-03>3<-02>,J60/0,300/-1:30"),
  ]

  private static func file(times: [Int64], types: [Int32], rule: String) -> [UInt8] {
    let head = header(times: 0, types: 1) + bigEndian(types[0]) + [0, 0] + [0]
    var body = header(times: times.count, types: types.count)
    for time in times { body += bigEndian(time) }
    for place in times.indices { body.append(UInt8((place + 1) % types.count)) }
    for type in types { body += bigEndian(type) + [0, 0] }
    return head + body + [0] + Array("\n\(rule)\n".utf8)
  }

  private static func header(times: Int, types: Int) -> [UInt8] {
    var bytes = Array("TZif2".utf8) + Array(repeating: 0, count: 15)
    for count in [0, 0, 0, Int32(times), Int32(types), 1] { bytes += bigEndian(count) }
    return bytes
  }

  private static func bigEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }
}
