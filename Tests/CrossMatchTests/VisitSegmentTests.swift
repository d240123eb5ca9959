import CrossMatch
import Presence
import TestSupport
import Testing
import VenueCodes

@Suite("Visit segment") struct VisitSegmentTests {
  @Test("Rows are the records in order of venue, entry and source")
  func sorted() throws {
    for seed in 1...UInt64(TestEnvironment.propertyRuns(default: 100)) {
      var random = SeededGenerator(seed: seed)
      let store = RandomView(&random)
      for records in store.records {
        let segment = VisitSegment(records)
        let expected = records.sorted {
          ($0.venue, $0.enter, $0.source, $0.subject, $0.leave, $0.zone)
            < ($1.venue, $1.enter, $1.source, $1.subject, $1.leave, $1.zone)
        }
        let rows = (0..<segment.count).map { segment.record(at: $0) }
        try #require(rows == expected, "seed \(seed)")
        var naive: [UInt32: [Int]] = [:]
        for (row, record) in expected.enumerated() where record.leave >= record.enter {
          naive[record.subject, default: []].append(row)
        }
        for person in 0..<UInt32(store.subjectCount + 100) {
          var found: [Int] = []
          segment.forEachRow(of: person) { found.append($0) }
          guard found != naive[person, default: []] else { continue }
          Issue.record("seed \(seed), person \(person): \(found)")
        }
        try segment.validate(subjectCount: store.subjectCount)
        #expect(segment.earliestEnter == records.map(\.enter).min() ?? .max)
        #expect(segment.latestEnter == records.map(\.enter).max() ?? .min)
        #expect(segment.latestLeave == records.map(\.leave).max() ?? .min)
      }
    }
  }

  @Test("The order of the records makes no difference to the bytes")
  func orderIsNothing() throws {
    for seed in 1...UInt64(50) {
      var random = SeededGenerator(seed: seed)
      for records in RandomView(&random).records {
        let one = try bytes(of: VisitSegment(records))
        let other = try bytes(of: VisitSegment(records.shuffled(using: &random)))
        #expect(one == other, "seed \(seed)")
      }
    }
  }

  @Test("Merging gives the bytes of building from what is kept")
  func merging() throws {
    for seed in 1...UInt64(TestEnvironment.propertyRuns(default: 100)) {
      var random = SeededGenerator(seed: seed &+ 900)
      let store = RandomView(&random)
      let segments = store.records.dropLast().map { VisitSegment($0) }
      let dropped = Set(
        (0..<200).map { _ in
          [Int.random(in: 0...4, using: &random), Int.random(in: 0...900, using: &random)]
        })
      let added = store.records.last ?? []
      var kept = added.filter { $0.leave >= $0.enter }
      for (number, segment) in segments.enumerated() {
        for row in 0..<segment.count where !dropped.contains([number, row]) {
          let record = segment.record(at: row)
          if record.leave >= record.enter { kept.append(record) }
        }
      }
      let merged = VisitSegment.merging(segments, adding: added) { !dropped.contains([$0, $1]) }
      let built = try bytes(of: VisitSegment(kept))
      #expect(try bytes(of: merged) == built, "seed \(seed)")
    }
  }

  @Test("People whose numbers lie far apart are found")
  func sparsePeople() throws {
    var random = SeededGenerator(seed: 11)
    for runs in 1...60 {
      let people = (0..<runs).map { _ in
        UInt32.random(in: 0...(random.oneIn(2) ? 2_000 : .subjectLimit - 1), using: &random)
      }
      let records = people.enumerated().flatMap { place, person in
        (0...(place % 70)).map {
          VisitRecord(venue: 1, enter: Int32($0), leave: 99, subject: person, source: 0)
        }
      }
      let segment = VisitSegment(records)
      try segment.validate(subjectCount: Int(UInt32.subjectLimit))
      for person in people + people.map({ $0 &+ 1 }) + people.map({ $0 ^ 64 }) {
        var found = 0
        segment.forEachRow(of: person) { _ in found += 1 }
        #expect(found == records.count { $0.subject == person })
      }
    }
  }

  @Test("A segment comes back from its bytes")
  func roundTrip() throws {
    for seed in 1...UInt64(60) {
      var random = SeededGenerator(seed: seed)
      let store = RandomView(&random)
      for records in store.records {
        let saved = try bytes(of: VisitSegment(records))
        let back = try VisitSegment(bytes: saved)
        try back.validate(subjectCount: store.subjectCount)
        #expect(try bytes(of: back) == saved, "seed \(seed)")
      }
    }
  }

  @Test("Any bit turned in a column that kernels rely on is found")
  func damage() throws {
    var found = 0
    for seed in 1...UInt64(TestEnvironment.propertyRuns(default: 400)) {
      var random = SeededGenerator(seed: seed)
      let store = RandomView(&random, mayBeLarge: false)
      let saved = try bytes(of: VisitSegment(store.records[0]))
      // Any source, zone or venue id in order is as good as another; so is another person or time
      // when order and maxima allow, and then it must still be safe to read.
      let name = try #require(SegmentColumn.allCases.randomElement(using: &random))
      var damaged = saved
      guard let count = saved[name]?.count, count > 0 else { continue }
      let turned = UInt8(1) << (random.next() % 8)
      var column: [UInt8] = saved[name] ?? []
      column[Int.random(in: 0..<count, using: &random)] ^= turned
      damaged[name] = column
      do {
        let segment = try VisitSegment(bytes: damaged)
        try segment.validate(subjectCount: store.subjectCount)
        let mayPass: Set<SegmentColumn> = [.source, .zone, .venues, .enter, .leave]
        #expect(mayPass.contains(name), "seed \(seed): a turned bit in \(name) was not found")
        for person in 0..<UInt32(store.subjectCount) { segment.forEachRow(of: person) { _ in } }
      } catch {
        found += 1
      }
    }
    #expect(found > 0)
  }

  @Test("Nobody has a number of 32 bits, neither in columns from outside nor in records")
  func numbersAreSigned() async throws {
    func saved(_ subject: UInt32) throws -> [SegmentColumn: [UInt8]] {
      try bytes(
        of: VisitSegment([VisitRecord(venue: 1, enter: 0, leave: 9, subject: subject, source: 0)]))
    }
    let largest = try saved(.subjectLimit - 1)
    try VisitSegment(bytes: largest).validate(subjectCount: Int(UInt32.subjectLimit))
    // The number of the group of 64 people is in the high half of the first word.
    var damaged = largest
    let number: UInt32 = .subjectLimit >> 6
    withUnsafeBytes(of: number.littleEndian) {
      damaged[.personGroups]?.replaceSubrange(4..<8, with: $0)
    }
    #expect(throws: SegmentFault.wrongValue(.personGroups, at: 0)) {
      _ = try VisitSegment(bytes: damaged)
    }
    await #expect(processExitsWith: .failure) {
      _ = VisitSegment([
        VisitRecord(venue: 1, enter: 0, leave: 9, subject: .subjectLimit, source: 0)
      ])
    }
  }

  @Test("A column of the wrong size is refused")
  func wrongSize() throws {
    let records = (0..<UInt32(300)).map { (number: UInt32) -> VisitRecord in
      let enter = Int32(number)
      return VisitRecord(
        venue: UInt64(number % 3), enter: enter, leave: enter + 9, subject: number, source: 0,
        zone: 1)
    }
    let saved = try bytes(of: VisitSegment(records))
    for name in SegmentColumn.allCases {
      for cut in [1, name.stride, 2 * name.stride] where name.stride > 1 || cut > 0 {
        var damaged = saved
        damaged[name]?.removeLast(cut)
        // Counting venues down needs both of their columns; one alone is found.
        #expect(throws: SegmentFault.self, "\(name) without \(cut) bytes") {
          try VisitSegment(bytes: damaged).validate(subjectCount: 300)
        }
      }
    }
  }
}
