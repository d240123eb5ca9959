internal import CrossMatch
public import Presence
public import Tracing
internal import VenueCodes

/// A store's exposures as an app would have judged them, had everybody used it.
///
/// For a case and each other person, what they share becomes what the app would have had:
///
/// - Encounters become exposure windows of at most half an hour, each beginning with an interval of
///   ten minutes, within days of UTC. A run of one attenuation is a scan; of runs that overlap the
///   smallest attenuation counts.
/// - The case's visits become warnings as check-ins do: too short ones dropped, the tail added, laid
///   on intervals of ten minutes, parted at UTC midnight. The other's visits are the check-ins.
/// - The transmission risk level follows from the days between the case's onset and the UTC day. Of
///   a case without an onset nothing is known, and the day of the specimen is that of the upload.
///
/// What is not in the app: nothing counts outside the case's `from`, `to` and isolation, which the
/// officer knows better than it.
public struct CaseRisk: Sendable {
  /// One UTC day of one person with a case.
  public struct Day: Hashable, Sendable {
    /// Who, as the history numbers people.
    public let contact: SubjectNumber
    /// What windows and check-ins of the day say.
    public let summary: RiskSummary.Day
    /// The transmission risk level of the case on the day.
    public let transmissionRiskLevel: Int
    /// The time that counts by either, in Unix seconds: ascending, apart, and none empty.
    public let spans: [Range<Int64>]

    /// The seconds that count by either, each once.
    public var seconds: Int64 { spans.reduce(0) { $0 + Int64($1.count) } }
  }

  private let history: ExposureHistory
  private let rules: RiskRuleSet

  /// Makes a judge.
  ///
  /// - Parameters:
  ///   - history: What is known.
  ///   - rules: What it is judged by.
  public init(_ history: ExposureHistory, by rules: RiskRuleSet) {
    self.history = history
    self.rules = rules
  }

  /// Returns the transmission risk level of a case on a UTC day.
  ///
  /// - Parameters:
  ///   - one: The case.
  ///   - day: The days since 1970.
  /// - Returns: From 1 to 8.
  public func transmissionRiskLevel(of one: Case, on day: Int) -> Int {
    if let onset = one.onset {
      return rules.infectiousness.level(daysSinceOnset: day - onset.daysSince1970)
    }
    guard let specimen = one.specimen else { return rules.infectiousness.otherwise }
    return rules.infectiousness.level(
      daysAgo: specimen.daysSince1970 - day, knowing: TransmissionRiskLevels.noInformation)
  }

  /// Returns whether any minute with a case on a UTC day counts: some of it is in the time that the case
  /// says or its isolation leaves, and the day's level counts.
  public func counts(_ one: Case, on day: Int) -> Bool {
    guard let time = Self.time(of: one) else { return false }
    return ColumnTime.unixSeconds(time.lowerBound) < UTCDay.start(of: day + 1)
      && UTCDay.start(of: day) < ColumnTime.unixSeconds(time.upperBound)
      && levelCounts(one, on: day)
  }

  /// The case's own `from` to `to`, without one to its isolation, in the time of columns; nil when it is
  /// empty.
  private static func time(of one: Case) -> Range<Int32>? {
    let start = ColumnTime.clamping(one.from ?? .min)
    let end = ColumnTime.clamping(one.to ?? one.isolation ?? .max)
    return start < end ? start..<end : nil
  }

  private func levelCounts(_ one: Case, on day: Int) -> Bool {
    let level = transmissionRiskLevel(of: one, on: day)
    return rules.windows.values.value(of: level) > 0 || rules.checkIns.values.value(of: level) > 0
  }

  /// Returns the days on which somebody has normalized minutes with a case, by person, then by day.
  ///
  /// - Throws: What keeps people from being looked up.
  /// - Complexity: O(k log k) in the pieces of shared time.
  public func days(of one: Case) throws -> [Day] {
    guard let subject = try history.people.number(of: one.subject) else { return [] }
    guard let time = Self.time(of: one) else { return [] }
    var others: [SubjectNumber: Shared] = [:]
    collectEncounters(of: one, subject, time, &others)
    collectVisits(of: one, subject, time, &others)
    return others.keys.sorted().flatMap { other in
      judge(others[other] ?? Shared(), with: one).map {
        Day(
          contact: other, summary: $0.summary,
          transmissionRiskLevel: transmissionRiskLevel(of: one, on: $0.summary.day),
          spans: $0.spans)
      }
    }
  }

  // MARK: What is shared

  /// What a case shares with one person.
  private struct Shared {
    var runs: [AttenuationRun] = []
    var stays: [CheckInRisk.Share] = []
    var stayTimes: [Range<Int64>] = []
    /// The places of the person's visits among their check-ins, by segment and row.
    var places: [VisitPosition: Int] = [:]

    mutating func add(_ time: Range<Int64>, at visit: VisitPosition, day: Int, level: Int) {
      let place = places[visit] ?? places.count
      places[visit] = place
      stayTimes.append(time)
      stays.append(
        CheckInRisk.Share(
          place: place, day: day, seconds: Int64(time.count), transmissionRiskLevel: level))
    }
  }

  private func collectEncounters(
    of one: Case, _ subject: SubjectNumber, _ time: Range<Int32>,
    _ others: inout [SubjectNumber: Shared]
  ) {
    history.encounters.forEachEntry(of: subject) { entry in
      let from = max(entry.start, time.lowerBound)
      let to = min(entry.end, time.upperBound)
      guard from < to, entry.peer != subject else { return }
      let span = ColumnTime.unixSeconds(from)..<ColumnTime.unixSeconds(to)
      for part in CheckIn.parts(from: span.lowerBound, to: span.upperBound)
      where levelCounts(one, on: UTCDay.containing(part.lowerBound)) {
        others[entry.peer, default: Shared()].runs.append(
          AttenuationRun(span: part, attenuation: Int(entry.attenuation)))
      }
    }
  }

  private func collectVisits(
    of one: Case, _ subject: SubjectNumber, _ time: Range<Int32>,
    _ others: inout [SubjectNumber: Shared]
  ) {
    var found: [SharedSpan] = []
    for position in history.visits.positions(of: subject) {
      let segment = history.visits.segments[Int(position.segment)]
      let row = Int(position.row)
      let from = max(segment.enter[row], time.lowerBound)
      let to = min(segment.leave[row], time.upperBound)
      guard from < to, let venue = VenueID(rawValue: segment.venue(at: row)),
        let warned = rules.checkIns.submission.warnedSpan(
          ofStayFrom: ColumnTime.unixSeconds(from), to: ColumnTime.unixSeconds(to))
      else { continue }
      for part in CheckIn.parts(from: warned.lowerBound, to: warned.upperBound) {
        let day = UTCDay.containing(part.lowerBound)
        guard !part.isEmpty, levelCounts(one, on: day) else { continue }
        let level = transmissionRiskLevel(of: one, on: day)
        found.removeAll(keepingCapacity: true)
        history.visits.appendShared(
          with: IndexSpan(
            venue: venue, zone: 0, subject: subject, start: ColumnTime.clamping(part.lowerBound),
            end: ColumnTime.clamping(part.upperBound), tag: 0),
          sameZone: false, to: &found)
        for span in found {
          let time = ColumnTime.unixSeconds(span.start)..<ColumnTime.unixSeconds(span.end)
          let visit = VisitPosition(segment: span.segment, row: span.row)
          others[span.other, default: Shared()].add(time, at: visit, day: day, level: level)
        }
      }
    }
  }

  // MARK: Judging

  private func judge(
    _ shared: Shared, with one: Case
  ) -> [(summary: RiskSummary.Day, spans: [Range<Int64>])] {
    let runs = AttenuationRun.apart(shared.runs)
    let windows = WindowRisk(
      AttenuationRun.windows(of: runs) { day in
        rules.windows.encoding.parts(of: transmissionRiskLevel(of: one, on: day))
      }, by: rules.windows)
    let checkIns = CheckInRisk(shared.stays, by: rules.checkIns)
    let heard = runs.filter { rules.windows.weight(of: $0.attenuation) > 0 }.map(\.span)
    let times = heard + shared.stayTimes
    return RiskSummary(windows: windows, checkIns: checkIns).days.compactMap { day in
      let minutes =
        (day.windows?.normalizedMinutes ?? 0) + (day.checkIns?.normalizedMinutes ?? 0)
      guard minutes > 0 else { return nil }
      return (
        day, Self.union(of: times.filter { UTCDay.containing($0.lowerBound) == day.day })
      )
    }
  }

  /// Returns the time that at least one of some spans covers, as spans that ascend and do not touch.
  private static func union(of spans: [Range<Int64>]) -> [Range<Int64>] {
    var joined: [Range<Int64>] = []
    for span in spans.sorted(by: { $0.lowerBound < $1.lowerBound }) where !span.isEmpty {
      if let last = joined.last, span.lowerBound <= last.upperBound {
        joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, span.upperBound)
      } else {
        joined.append(span)
      }
    }
    return joined
  }
}
