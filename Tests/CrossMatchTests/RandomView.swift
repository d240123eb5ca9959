import CrossMatch
import TestSupport

/// Records of few venues over a few days, dealt out to segments that overlap in time; some stay
/// long, some take no time, some are void.
struct RandomView {
  let records: [[VisitRecord]]
  let subjectCount: Int
  let venues: [UInt64]
  /// Whether one venue has thousands of rows: going through all pairs then takes few index visits.
  let isLarge: Bool

  /// Makes one; tests that go through all pairs whatever the question rule large ones out.
  init(_ random: inout SeededGenerator, mayBeLarge: Bool = true) {
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    // In some runs one venue is large, so that kernels go through many groups of rows and parts.
    let isLarge = mayBeLarge && number(0...9) == 0
    let subjects = isLarge ? number(100...400) : number(1...200)
    let hasZones = random.oneIn(2)
    let venues = (0..<number(1...5)).map { UInt64($0 * 1_000 % 3_001 + 7) }
    let segments = isLarge ? number(1...2) : number(1...5)
    let reach = isLarge ? 60_000 : number(1...3) * 1_500
    // Where on the time axis it all happens: also before 2020, and near the ends.
    let origin = [0, -1_000_000, 2_000_000_000, -2_000_000_000][random.oneIn(2) ? 0 : number(0...3)]
    var source: UInt32 = 0
    var records = (0..<segments).map { segment in
      // Segments are days, or lie over each other.
      let base = origin + (random.oneIn(3) ? 0 : segment * reach)
      return (0..<(random.oneIn(8) ? 0 : number(1...900))).map { _ in
        let enter = base + number(0...reach)
        let length =
          random.oneIn(12)
          ? 0 : random.oneIn(25) ? number(500...9_000) : random.oneIn(20) ? -1 : number(1...120)
        source += 1
        return VisitRecord(
          venue: venues[random.oneIn(2) ? 0 : number(0...(venues.count - 1))],
          enter: Int32(enter), leave: Int32(enter + length),
          subject: UInt32(number(0...(subjects - 1))),
          // Sources repeat now and then, as for a visit that was derived again.
          source: random.oneIn(10) ? 0 : source,
          zone: hasZones && random.oneIn(2) ? UInt8([1, 2, 255][number(0...2)]) : 0)
      }
    }
    if isLarge {
      // The first venue has some thousand rows, so that the next begins amid a group.
      let large = venues.count > 1 ? [number(2_000...3_000), number(5_000...20_000)] : [20_000]
      func add(_ place: Int, _ enter: Int, _ length: Int) {
        source += 1
        records[0].append(
          VisitRecord(
            venue: venues[place], enter: Int32(enter), leave: Int32(enter + length),
            subject: UInt32(number(0...(subjects - 1))), source: source,
            zone: hasZones && random.oneIn(2) ? 1 : 0))
      }
      for (place, count) in large.enumerated() {
        for _ in 0..<count {
          add(place, origin + number(0...reach), random.oneIn(500) ? 9_000 : number(-1...60))
        }
        // What was void at once ends long before it begins.
        add(place, origin + number(0...reach), -1_000_000)
      }
      // At each end of what the columns hold, so that differences need more than 32 bits.
      if random.oneIn(2) {
        add(0, Int(Int32.min) + 1_000_001, 100)
        add(0, Int(Int32.max) - 1_000, 100)
      }
    }
    self.isLarge = isLarge
    self.records = records
    self.subjectCount = subjects
    self.venues = Array(Set(venues)).sorted()
  }

  var view: VisitView { VisitView(records.map { VisitSegment($0) }) }
}

/// The bytes of all columns of a segment.
func bytes(of segment: VisitSegment) throws -> [SegmentColumn: [UInt8]] {
  var all: [SegmentColumn: [UInt8]] = [:]
  try segment.forEachColumn { all[$0] = Array($1) }
  return all
}

/// Memory of a test that columns are taken from.
final class TestMemory: @unchecked Sendable {
  let base: UnsafeMutableRawPointer

  init(_ bytes: [UInt8]) {
    base = .allocate(byteCount: bytes.count + 64, alignment: 64)
    base.copyMemory(from: bytes, byteCount: bytes.count)
    base.advanced(by: bytes.count).initializeMemory(as: UInt8.self, repeating: 0xff, count: 64)
  }

  deinit { base.deallocate() }
}

extension VisitSegment {
  /// Makes a segment of copied bytes.
  init(bytes: [SegmentColumn: [UInt8]]) throws {
    try self.init { name in
      let values = bytes[name] ?? []
      let memory = TestMemory(values)
      return ColumnBytes(base: memory.base, count: values.count, owner: memory)
    }
  }
}
