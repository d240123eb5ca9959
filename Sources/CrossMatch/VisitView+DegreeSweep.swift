internal import CKernels
internal import Presence
public import VenueCodes

/// What one shared visit must be to count for a degree.
public struct SweepRule: Hashable, Sendable {
  /// The seconds to share, at least 1.
  public var minimum: Int32
  /// Whether zones must agree where both are known.
  public var sameZone = false
  /// Whether an infectious visit counts whole when it begins at or after its person's `from`, and not
  /// at all when it began before; else it counts from then on.
  public var countsWholeVisits = false
  /// Whether a moment is the first second shared; else that at which the minimum is reached.
  public var takesFirstSecond = false

  /// Makes a rule of a minimum.
  public init(minimum: Int32) {
    self.minimum = minimum
  }
}

extension VisitView {
  /// Finds, for everyone who asks, the earliest moment at which they have shared a visit with
  /// someone infectious for long enough, without going through pairs.
  ///
  /// Per venue the infectious visits, clipped and at least `minimum` long, are sorted by start `c`.
  /// A visit `[a, b)` that is long enough has a partner from its own first second when the latest
  /// end among those with `c ≤ a` is at or after `a + minimum`; else the first later `c` that leaves
  /// `minimum` before `b`. A running maximum answers the former, the sort order the latter, so the
  /// work is linear in visits whatever the number of pairs.
  ///
  /// - Parameters:
  ///   - infectious: When each person is infectious.
  ///   - asks: Whether a person is looked at, by subject number; nobody infectious may ask. Everyone
  ///     who has visits has a place here.
  ///   - counts: Whether a venue is looked at.
  ///   - minimum: The seconds one shared visit must last, at least 1.
  ///   - sameZone: Whether zones must agree where both are known.
  ///   - threads: How many threads may work, at least one does; the result is the same for any
  ///     number.
  ///   - moments: The moment by subject number: the start of the shared time plus `minimum`; only
  ///     ever made earlier. `Int32.max` where there is none.
  public func improveMoments(
    infectious: InfectiousSpans, asks: [Bool], counts: (VenueID) -> Bool, minimum: Int32,
    sameZone: Bool, threads: Int = 1, moments: inout [Int32]
  ) {
    var rule = SweepRule(minimum: minimum)
    rule.sameZone = sameZone
    improveMoments(
      infectious: infectious, asks: PersonSet(asks), rule: rule, counts: counts, threads: threads,
      moments: &moments)
  }

  /// Finds, for everyone who asks, the earliest moment of a shared visit that counts.
  ///
  /// - Parameters:
  ///   - infectious: When each person is infectious.
  ///   - asks: Who is looked at; nobody infectious may be. Its capacity is more than the number of
  ///     anybody who has visits.
  ///   - rule: What counts.
  ///   - counts: Whether a venue is looked at.
  ///   - threads: How many threads may work, at least one does; the result is the same for any
  ///     number.
  ///   - moments: The moment by subject number; only ever made earlier.
  public func improveMoments(
    infectious: InfectiousSpans, asks: PersonSet, rule: SweepRule,
    counts: (VenueID) -> Bool = { _ in true }, threads: Int = 1, moments: inout [Int32]
  ) {
    improveMoments(
      infectious: infectious, asks: asks, rule: rule, counts: counts, threads: threads, form: .best,
      moments: &moments)
  }

  package func improveMoments(
    infectious: InfectiousSpans, asks: PersonSet, rule: SweepRule,
    counts: (VenueID) -> Bool, threads: Int, form: KernelForm, moments: inout [Int32]
  ) {
    precondition(moments.count >= asks.capacity, "everyone who may ask has a moment")
    let sweep = DegreeSweep(self, infectious, asks, rule, counts, threads, form)
    moments.withUnsafeMutableBufferPointer { moments in
      guard let moments = moments.baseAddress else { return }
      sweep.run { worker in
        worker.moments = moments
      }
    }
  }

  /// Returns those of the asking who share no visit that counts with anybody infectious.
  ///
  /// What `improveMoments` tells, without when; faster, because whoever was found is not looked at
  /// again.
  ///
  /// - Parameters:
  ///   - infectious: When each person is infectious.
  ///   - asks: Who is looked at; nobody infectious may be. Its capacity is more than the number of
  ///     anybody who has visits.
  ///   - rule: What counts.
  ///   - counts: Whether a venue is looked at.
  ///   - threads: How many threads may work, at least one does; the result is the same for any
  ///     number.
  /// - Returns: Who still asks.
  public func withoutPartner(
    infectious: InfectiousSpans, asks: PersonSet, rule: SweepRule,
    counts: (VenueID) -> Bool = { _ in true }, threads: Int = 1
  ) -> PersonSet {
    withoutPartner(
      infectious: infectious, asks: asks, rule: rule, counts: counts, threads: threads, form: .best)
  }

  package func withoutPartner(
    infectious: InfectiousSpans, asks: PersonSet, rule: SweepRule, counts: (VenueID) -> Bool,
    threads: Int, form: KernelForm
  ) -> PersonSet {
    let sweep = DegreeSweep(self, infectious, asks, rule, counts, threads, form)
    let workers = sweep.run { $0.forgetsWhoWasFound = true }
    var left = asks
    // Each thread took out whom it found.
    for worker in workers {
      for place in left.words.indices { left.words[place] &= worker.asks[place] }
    }
    return left
  }
}

/// One pass over all venues.
private struct DegreeSweep {
  let view: VisitView
  let infectious: InfectiousSpans
  let isInfectious: PersonSet
  let asks: PersonSet
  let rule: SweepRule
  let threads: Int
  let form: KernelForm
  /// The venues to look at, each as its runs of rows.
  let runs: VenueRuns
  /// The rows of the infectious by segment, ascending, when they are few; else they are looked for
  /// among the rows of each venue.
  let infectiousRows: [[UInt32]]?
  /// Whether it is quicker to look first for those who ask.
  let asksAreFewer: Bool
  /// Whether anybody's infectious time ends.
  let hasEnds: Bool
  /// How much room the rows of one run need.
  let longestRun: Int

  /// How many venues one piece of work has.
  private static let pieceLength = 8

  init(
    _ view: VisitView, _ infectious: InfectiousSpans, _ asks: PersonSet, _ rule: SweepRule,
    _ counts: (VenueID) -> Bool, _ threads: Int, _ form: KernelForm
  ) {
    precondition(rule.minimum >= 1, "an exposure of no time is none")
    precondition(
      infectious.from.count == asks.capacity && infectious.until.count == asks.capacity,
      "the same people are infectious or ask")
    precondition(
      asks.capacity <= Int(SubjectNumber.subjectLimit), "kernels take people's numbers as signed")
    // Kernels index by the numbers that are in the columns.
    for segment in view.segments {
      precondition(
        segment.people.largest.map { $0 < asks.capacity } ?? true,
        "a segment has somebody whose number is not below the capacity")
    }
    self.view = view
    self.infectious = infectious
    self.asks = asks
    self.rule = rule
    self.threads = max(1, threads)
    self.form = form
    isInfectious = PersonSet(infectious)
    runs = VenueRuns(view, counts)
    longestRun = runs.all.reduce(0) { max($0, $1.rows.count) }
    // Looking one person up costs as much as looking at some thousand rows.
    let infectiousCount = isInfectious.count
    let isFew = infectiousCount < asks.capacity / 128
    asksAreFewer = !isFew && asks.count < infectiousCount
    hasEnds = infectious.until.contains { $0 != .max }
    infectiousRows = isFew ? DegreeSweep.rows(of: isInfectious, in: view, self.threads) : nil
  }

  private static func rows(
    of people: PersonSet, in view: VisitView, _ threads: Int
  ) -> [[UInt32]] {
    let rows = UnsafeMutableBufferPointer<[UInt32]>.allocate(capacity: view.segments.count)
    rows.initialize(repeating: [])
    defer { rows.deinitialize().deallocate() }
    Workers.forEach(view.segments.count, threads: threads) { number, _ in
      let order = view.segments[number].people
      var found: [UInt32] = []
      people.forEach {
        for entry in order.entries(of: $0) { found.append(order.rows.base[entry]) }
      }
      found.sort()
      rows[number] = found
    }
    return Array(rows)
  }

  /// Calls `body` with the rule as kernels take it.
  func withRule<Result>(_ body: (UnsafePointer<checkin_kernels_rule>) -> Result) -> Result {
    infectious.from.withUnsafeBufferPointer { from in
      infectious.until.withUnsafeBufferPointer { until in
        var rule = checkin_kernels_rule(
          from: from.baseAddress, until: hasEnds ? until.baseAddress : nil,
          minimum: self.rule.minimum,
          whole: self.rule.countsWholeVisits ? 1 : 0,
          added: self.rule.takesFirstSecond ? 0 : self.rule.minimum)
        return body(&rule)
      }
    }
  }

  /// Looks at all venues, and returns the workers that did.
  @discardableResult
  func run(_ prepare: (SweepWorker) -> Void) -> [SweepWorker] {
    let workers = (0..<threads).map { _ in SweepWorker(self) }
    workers.forEach(prepare)
    let pieces = (runs.count + Self.pieceLength - 1) / Self.pieceLength
    Workers.forEach(pieces, threads: threads) { piece, worker in
      let first = piece * Self.pieceLength
      for venue in first..<min(first + Self.pieceLength, runs.count) {
        workers[worker].lookAt(runs[venue], self)
      }
    }
    return workers
  }
}

/// The rows of each venue in all segments.
private struct VenueRuns {
  /// The rows of a venue in one segment.
  struct Run {
    var segment: UInt32
    var first: UInt32
    var end: UInt32

    var rows: Range<Int> { Int(first)..<Int(end) }
  }

  private(set) var all: [Run] = []
  /// Where the runs of each venue begin, and one more entry for the end.
  private var starts = [0]

  /// How many venues there are.
  var count: Int { starts.count - 1 }

  /// The runs of a venue.
  subscript(venue: Int) -> ArraySlice<Run> { all[starts[venue]..<starts[venue + 1]] }

  init(_ view: VisitView, _ counts: (VenueID) -> Bool) {
    let index = view.venueIndex()
    var next = [Int](repeating: 0, count: view.segments.count)
    all.reserveCapacity(view.segments.reduce(0) { $0 + $1.venues.count })
    for id in index.venues {
      let isWanted = VenueID(rawValue: id).map(counts) ?? false
      for number in next.indices {
        let storage = view.segments[number].storage
        let place = next[number]
        guard place < storage.venues.count, storage.venues.base[place] == id else { continue }
        next[number] += 1
        guard isWanted else { continue }
        all.append(
          Run(
            segment: UInt32(number), first: storage.venueStart.base[place],
            end: storage.venueStart.base[place + 1]))
      }
      if isWanted { starts.append(all.count) }
    }
  }
}

/// What one thread of a sweep needs, and is used again from venue to venue.
private final class SweepWorker {
  /// Where moments are lowered; all threads write there.
  var moments: UnsafeMutablePointer<Int32>?
  /// Whether people are taken out of `asks` once they were found.
  var forgetsWhoWasFound = false
  /// Who asks, a copy of this thread's own: what others find would be seen at the price of waiting
  /// for their caches.
  private(set) var asks: [UInt32]
  /// Rows of one run.
  private let found: UnsafeMutablePointer<UInt32>
  /// The infectious visits of the venue as far as they count, by start.
  private var start = Reused()
  private var end = Reused()
  private var stayCount = 0
  /// The zone of each, where zones matter.
  private var zone: [UInt8] = []
  /// The latest end of each stay and those before it.
  private var reach = Reused()
  /// The times in which some stay lasts, apart from each other.
  private var covers: [(start: Int32, end: Int32)] = []

  /// Memory that grows and is used again.
  private struct Reused {
    private(set) var base = UnsafeMutablePointer<Int32>.allocate(capacity: 256)
    private var capacity = 256

    /// Makes room for so many values, and keeps the first ones.
    mutating func makeRoom(for count: Int, keeping kept: Int = 0) {
      guard count > capacity else { return }
      capacity = max(2 * capacity, count)
      let new = UnsafeMutablePointer<Int32>.allocate(capacity: capacity)
      new.update(from: base, count: kept)
      base.deallocate()
      base = new
    }
  }

  init(_ sweep: DegreeSweep) {
    asks = sweep.asks.words
    found = .allocate(capacity: sweep.longestRun + 16)
  }

  deinit {
    found.deallocate()
    start.base.deallocate()
    end.base.deallocate()
    reach.base.deallocate()
  }

  /// Looks at one venue.
  func lookAt(_ runs: ArraySlice<VenueRuns.Run>, _ sweep: DegreeSweep) {
    if forgetsWhoWasFound, sweep.asksAreFewer, !hasAskers(runs, sweep) { return }
    stayCount = 0
    zone.removeAll(keepingCapacity: true)
    let zonesMatter =
      sweep.rule.sameZone
      && runs.contains { !sweep.view.segments[Int($0.segment)].storage.zone.isEmpty }
    for run in runs { gather(run, sweep, zonesMatter) }
    guard stayCount > 0 else { return }
    sortStays(zonesMatter)
    guard zonesMatter else {
      serve(runs, zone: nil, sweep)
      return
    }
    // Once for each zone that somebody asks from: zone 0 meets all, another itself and zone 0.
    var isPresent = [Bool](repeating: false, count: 256)
    for run in runs {
      let segment = sweep.view.segments[Int(run.segment)]
      for row in run.rows { isPresent[Int(segment.zone(at: row))] = true }
    }
    let all = (0..<stayCount).map { (start: start.base[$0], end: end.base[$0], zone: zone[$0]) }
    for asking in UInt8.min...UInt8.max where isPresent[Int(asking)] {
      stayCount = 0
      for stay in all where VisitView.areTogether(stay.zone, asking) {
        start.base[stayCount] = stay.start
        end.base[stayCount] = stay.end
        stayCount += 1
      }
      if stayCount > 0 { serve(runs, zone: asking, sweep) }
    }
  }

  /// Whether anybody who still asks was here.
  private func hasAskers(_ runs: ArraySlice<VenueRuns.Run>, _ sweep: DegreeSweep) -> Bool {
    asks.withUnsafeBufferPointer { asks in
      guard let asks = asks.baseAddress else { return false }
      return runs.contains {
        sweep.view.segments[Int($0.segment)]
          .findMembers($0.rows, asks, form: sweep.form, found: found) > 0
      }
    }
  }

  /// Adds the infectious visits of a run.
  private func gather(_ run: VenueRuns.Run, _ sweep: DegreeSweep, _ zonesMatter: Bool) {
    let segment = sweep.view.segments[Int(run.segment)]
    let storage = segment.storage
    let room = stayCount + run.rows.count + 16
    start.makeRoom(for: room, keeping: stayCount)
    end.makeRoom(for: room, keeping: stayCount)
    let isPlain = sweep.form == .plain || zonesMatter
    var count = 0
    if let infectiousRows = sweep.infectiousRows {
      infectiousRows[Int(run.segment)].withUnsafeBufferPointer { rows in
        var place = rows.firstPlace(atLeast: run.first)
        while place < rows.count, rows[place] < run.end {
          found[count] = rows[place]
          count += 1
          place += 1
        }
      }
    } else {
      sweep.isInfectious.words.withUnsafeBufferPointer { members in
        guard let members = members.baseAddress else { return }
        if isPlain {
          count = segment.findMembers(run.rows, members, form: sweep.form, found: found)
          return
        }
        stayCount += sweep.withRule { rule in
          segment.withRows {
            checkin_kernels_stays_among(
              sweep.form.rawValue, $0, run.first, run.end, members, rule, found,
              start.base + stayCount, end.base + stayCount)
          }
        }
      }
    }
    if count == 0 { return }
    if isPlain {
      for place in 0..<count { add(Int(found[place]), storage, sweep, zonesMatter) }
      return
    }
    stayCount += sweep.withRule { rule in
      segment.withRows {
        checkin_kernels_stays($0, found, count, rule, start.base + stayCount, end.base + stayCount)
      }
    }
  }

  private func add(
    _ row: Int, _ storage: SegmentStorage, _ sweep: DegreeSweep, _ zonesMatter: Bool
  ) {
    let person = Int(storage.subject.base[row])
    let from = sweep.infectious.from[person]
    let enter = storage.enter.base[row]
    if sweep.rule.countsWholeVisits, enter < from { return }
    let first = max(enter, from)
    let last = min(storage.leave.base[row], sweep.infectious.until[person])
    guard Int64(last) - Int64(first) >= Int64(sweep.rule.minimum) else { return }
    start.base[stayCount] = first
    end.base[stayCount] = last
    stayCount += 1
    if zonesMatter { zone.append(storage.zone.isEmpty ? 0 : storage.zone.base[row]) }
  }

  /// Brings stays in the order of their start; mostly they are, one day after the other.
  private func sortStays(_ zonesMatter: Bool) {
    var isSorted = true
    for place in 1..<max(stayCount, 1) where start.base[place] < start.base[place - 1] {
      isSorted = false
      break
    }
    if isSorted { return }
    let order = (0..<stayCount).sorted { start.base[$0] < start.base[$1] }
    let sorted = order.map { (start: start.base[$0], end: end.base[$0]) }
    for (place, stay) in sorted.enumerated() {
      start.base[place] = stay.start
      end.base[place] = stay.end
    }
    if zonesMatter { zone = order.map { zone[$0] } }
  }

  /// Finds those who ask and met one of the stays.
  private func serve(
    _ runs: ArraySlice<VenueRuns.Run>, zone: UInt8?, _ sweep: DegreeSweep
  ) {
    reach.makeRoom(for: stayCount)
    covers.removeAll(keepingCapacity: true)
    var latest = end.base[0]
    var first = start.base[0]
    for place in 0..<stayCount {
      if start.base[place] > latest {
        covers.append((first, latest))
        first = start.base[place]
      }
      latest = max(latest, end.base[place])
      reach.base[place] = latest
    }
    covers.append((first, latest))
    for run in runs {
      let segment = sweep.view.segments[Int(run.segment)]
      // Covers ascend by start and by end.
      var place = covers.firstPlace { $0.end > segment.earliestEnter }
      let limit = covers.firstPlace { $0.start >= segment.latestLeave }
      guard place < limit else { continue }
      if run.rows.count < 512 * (limit - place) {
        // Rows between covers find no stay, and are looked at sooner than covers one by one.
        ask(
          run, segment, (start: covers[place].start, end: covers[limit - 1].end), zone, sweep)
        continue
      }
      while place < limit {
        ask(run, segment, covers[place], zone, sweep)
        place += 1
      }
    }
  }

  /// Looks among the rows of a run that reach into a time for those who ask.
  private func ask(
    _ run: VenueRuns.Run, _ segment: VisitSegment, _ cover: (start: Int32, end: Int32),
    _ zone: UInt8?, _ sweep: DegreeSweep
  ) {
    guard
      let query = segment.query(
        rows: run.rows, start: cover.start, end: cover.end, subject: 0, minimum: sweep.rule.minimum)
    else { return }
    asks.withUnsafeMutableBufferPointer { asks in
      guard let asks = asks.baseAddress else { return }
      let count = segment.find(
        query, excludes: false, minimum: sweep.rule.minimum, members: asks, form: sweep.form,
        found: found)
      if count > 0 { answer(count, segment, zone, asks, sweep) }
    }
  }

  /// Finds the moments of the rows in `found`, whose entries ascend.
  private func answer(
    _ count: Int, _ segment: VisitSegment, _ zone: UInt8?, _ asks: UnsafeMutablePointer<UInt32>,
    _ sweep: DegreeSweep
  ) {
    if sweep.form != .plain, zone == nil {
      sweep.withRule { rule in
        segment.withRows {
          checkin_kernels_answer(
            $0, found, count, rule, start.base, reach.base, stayCount,
            forgetsWhoWasFound ? nil : moments, asks)
        }
      }
      return
    }
    let storage = segment.storage
    let minimum = Int64(sweep.rule.minimum)
    let added = sweep.rule.takesFirstSecond ? 0 : sweep.rule.minimum
    var next = 0
    for place in 0..<count {
      let row = Int(found[place])
      let enter = storage.enter.base[row]
      while next < stayCount, start.base[next] <= enter { next += 1 }
      let person = storage.subject.base[row]
      if let zone, (storage.zone.isEmpty ? 0 : storage.zone.base[row]) != zone { continue }
      let leave = Int64(storage.leave.base[row])
      guard leave - Int64(enter) >= minimum else { continue }
      let moment: Int32
      if next > 0, Int64(reach.base[next - 1]) >= Int64(enter) + minimum {
        moment = enter
      } else if next < stayCount, Int64(start.base[next]) <= leave - minimum {
        moment = start.base[next]
      } else {
        continue
      }
      if forgetsWhoWasFound {
        asks[Int(person >> 5)] &= ~(1 << (person & 31))
      } else if let moments {
        // No sum overflows: the visit lasts that long.
        checkin_kernels_lower(moments + Int(person), moment + added)
      }
    }
  }
}

extension Array {
  /// Returns the first place whose element passes a test that all after it pass too.
  fileprivate func firstPlace(where passes: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if passes(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension UnsafeBufferPointer<UInt32> {
  /// Returns the first place of an ascending array whose value is not below another.
  fileprivate func firstPlace(atLeast value: UInt32) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
