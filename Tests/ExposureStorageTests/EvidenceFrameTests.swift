import ExposureStorage
import Foundation
import Presence
import TestSupport
import Testing
import VenueCodes

@Suite("Frames of evidence") struct EvidenceFrameTests {
  /// Rows whose every column is drawn in one of several manners, which differ from case to case.
  private static func columns(
    _ count: Int, using generator: inout SeededGenerator
  ) -> EvidenceColumns {
    var columns = EvidenceColumns()
    let manners = (0..<12).map { _ in Int.random(in: 0..<4, using: &generator) }
    let base = Int64.random(in: 0...(1 << 37), using: &generator)
    /// A number of some bits: always the same, near zero, anything, or an end of the range.
    func number(_ manner: Int, _ bits: UInt64) -> UInt64 {
      let all = bits == 64 ? UInt64.max : (1 << bits) - 1
      switch manners[manner] {
      case 0: return min(7, all)
      case 1: return UInt64.random(in: 0...min(300, all), using: &generator)
      case 2: return UInt64.random(in: 0...all, using: &generator)
      default: return Bool.random(using: &generator) ? 0 : all
      }
    }
    func isThere(_ manner: Int) -> Bool {
      switch manners[manner] {
      case 0: true
      case 1: false
      default: Bool.random(using: &generator)
      }
    }
    for _ in 0..<count {
      let start = base + Int64(number(0, 20))
      let finishes: [Int64?] = [
        nil, start + Int64(number(1, 40)), start - 1, .max, .min + 1, start,
        start - Int64(number(1, 30)),
      ]
      let end =
        manners[2] == 0 ? start + 60 : finishes[Int.random(in: 0..<7, using: &generator)]
      let evidence = Evidence(
        id: EvidenceID(high: number(3, 64), low: number(4, 64)),
        kind: Evidence.Kind.allCases[Int(number(5, 16) % 9)], subject: person(1),
        venue: isThere(6) ? VenueID(rawValue: number(6, 40)) : nil, zone: UInt8(number(7, 8)),
        start: start, end: end,
        attenuation: isThere(8) ? Int16(bitPattern: UInt16(number(8, 16))) : nil,
        statedStay: isThere(9) ? UInt8(number(9, 8)) : nil,
        grade: Int8(bitPattern: UInt8(number(10, 8))),
        status: Evidence.Status.allCases[Int(number(5, 16)) % Evidence.Status.allCases.count],
        receivedAt: Int64(bitPattern: number(11, 64)))
      columns.append(
        evidence, subject: UInt32(number(0, 31)),
        peer: isThere(1) ? min(UInt32(number(1, 32)), .max - 1) : 0,
        gateway: UInt32(number(2, 32)))
    }
    return columns
  }

  /// The rows as values, which compare.
  private static func rows(_ columns: borrowing EvidenceColumns) -> [[Int64]] {
    var rows: [[Int64]] = []
    for place in 0..<columns.count {
      rows.append([
        Int64(bitPattern: columns.high[place]), Int64(bitPattern: columns.low[place]),
        columns.start[place], columns.finish[place], columns.receivedAt[place],
        Int64(bitPattern: columns.venue[place]), Int64(columns.subject[place]),
        Int64(columns.peer[place]), Int64(columns.gateway[place]),
        Int64(columns.attenuation[place]), Int64(columns.stay[place]), Int64(columns.zone[place]),
        Int64(columns.kind[place]), Int64(columns.status[place]), Int64(columns.grade[place]),
      ])
    }
    return rows
  }

  @Test("Any rows come back from frames as they went in, in order, and every frame fits a page")
  func roundTrip() throws {
    let seed = UInt64(ProcessInfo.processInfo.environment["CHECKIN_SEED"] ?? "") ?? 20_200_806
    var generator = SeededGenerator(seed: seed)
    for run in 0..<TestEnvironment.propertyRuns(default: 25) {
      let columns = EvidenceFrameTests.columns(
        Int.random(in: 0...1_200, using: &generator), using: &generator)
      let frames = columns.frames()
      var again = EvidenceColumns()
      for frame in frames {
        let before = again.count
        guard again.append(frame: frame), frame.count <= 8_140, again.count - before <= 512 else {
          Issue.record("seed \(seed), run \(run): a frame of \(frame.count) bytes does not read")
          return
        }
        let ids = (before..<again.count).map { again.id(at: $0) }
        #expect(EvidenceColumns.ids(ofFrame: frame) == ids, "seed \(seed), run \(run)")
      }
      let isSame = EvidenceFrameTests.rows(again) == EvidenceFrameTests.rows(columns)
      #expect(isSame, "seed \(seed), run \(run)")
    }
  }

  @Test("Any one wrong bit, and any missing or added byte, is seen")
  func damage() throws {
    var generator = SeededGenerator(seed: 7)
    let frame = EvidenceFrameTests.columns(40, using: &generator).frames()[0]
    var columns = EvidenceColumns()
    var misread = 0
    for bit in 0..<frame.count * 8 {
      var damaged = frame
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      if columns.append(frame: damaged) { misread += 1 }
    }
    for count in 0..<frame.count where columns.append(frame: Array(frame[..<count])) {
      misread += 1
    }
    if columns.append(frame: frame + [0]) { misread += 1 }
    #expect(misread == 0 && columns.count == 0)
  }

  @Test("Visits of a city take less than 30 bytes a row, and one row less than 100")
  func size() throws {
    var generator = SeededGenerator(seed: 1)
    var columns = EvidenceColumns()
    for number in 0..<1_000 {
      let start = augustSixth + Int64(number) * 86
      let evidence = Evidence(
        id: EvidenceID(atMilliseconds: start * 1_000, using: &generator), kind: .visit,
        subject: person(1), venue: VenueID(rawValue: generator.next() >> 24), start: start,
        end: start + Int64.random(in: 60...7_200, using: &generator), receivedAt: augustSixth)
      columns.append(
        evidence, subject: UInt32.random(in: 1...5_000_000, using: &generator), peer: 0,
        gateway: 1)
    }
    let bytes = columns.frames().reduce(0) { $0 + $1.count }
    #expect(bytes < 30_000, "\(bytes) bytes")
    var one = EvidenceColumns()
    one.append(scan(1), subject: 1, peer: 0, gateway: 0)
    #expect(one.frames()[0].count < 100)
  }
}
