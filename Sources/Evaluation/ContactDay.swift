internal import Presence
internal import VenueCodes

/// One day at one place: who was there, and who was in contact with whom.
///
/// Every day is moved to `day` by whole hours, so that a list may count its seconds from any moment.
struct ContactDay: Sendable {
  /// The day that all are moved to.
  static let day = LocalDay(daysSince2020: 0)
  /// The calendar that it is a day of.
  static let calendar = LocalCalendar.haiPhong

  /// Somebody who was there.
  struct Attendance: Sendable {
    /// The person, as an index into the list's people.
    var person: Int32
    /// From the first contact of the day to the end of the last, in Unix seconds.
    var span: Range<Int64>
  }

  /// Two people by their places in `attendances`, the smaller first.
  struct Pair: Hashable, Comparable, Sendable {
    var one: Int
    var other: Int

    static func < (lhs: Pair, rhs: Pair) -> Bool {
      (lhs.one, lhs.other) < (rhs.one, rhs.other)
    }
  }

  /// Contact of two people.
  struct Contact: Sendable {
    /// The minutes since 1970 with any contact, ascending.
    var minutes: [Int64]
    /// All contact in seconds.
    var seconds: Int64
  }

  let attendances: [Attendance]
  let contacts: [Pair: Contact]

  /// Cuts a list of contacts into days.
  ///
  /// Times may count from any moment, so that midnight is not known: days are cut at the hour of the
  /// day in which there are fewest contacts.
  static func days(of list: ContactList) -> [ContactDay] {
    let step = step(of: list.rows)
    let cut = quietHour(list.rows) * 3_600
    var days: [ContactDay] = []
    var first = list.rows.startIndex
    while first < list.rows.endIndex {
      let day = dayNumber(list.rows[first].seconds - step, cut)
      let end =
        list.rows[first...].firstIndex { dayNumber($0.seconds - step, cut) != day }
        ?? list.rows.endIndex
      let shift = calendar.start(of: Self.day) - start(ofDay: day, cut)
      days.append(
        ContactDay(
          list.rows[first..<end].map { row in
            var row = row
            row.seconds += shift
            return row
          }, step: step))
      first = end
    }
    return days
  }

  private init(_ rows: [ContactList.Row], step: Int64) {
    var spans: [Int32: Range<Int64>] = [:]
    for row in rows {
      let span = (row.seconds - step)..<row.seconds
      for person in [row.one, row.other] {
        let known = spans[person] ?? span
        spans[person] =
          min(known.lowerBound, span.lowerBound)..<max(known.upperBound, span.upperBound)
      }
    }
    attendances = spans.map { Attendance(person: $0.key, span: $0.value) }
      .sorted { $0.person < $1.person }
    var places: [Int32: Int] = [:]
    for (place, attendance) in attendances.enumerated() { places[attendance.person] = place }
    var contacts: [Pair: Contact] = [:]
    var last: ContactList.Row?
    for row in rows {
      // A contact that was noted twice is one.
      guard row != last, let one = places[row.one], let other = places[row.other] else { continue }
      last = row
      let pair = Pair(one: min(one, other), other: max(one, other))
      let minute = (row.seconds - step) / 60
      contacts[pair, default: Contact(minutes: [], seconds: 0)].seconds += step
      if contacts[pair]?.minutes.last != minute { contacts[pair]?.minutes.append(minute) }
    }
    self.contacts = contacts
  }

  private static func dayNumber(_ seconds: Int64, _ cut: Int64) -> Int64 {
    // The first line may stand for seconds before 0.
    (seconds - cut + 2 * 86_400) / 86_400
  }

  private static func start(ofDay number: Int64, _ cut: Int64) -> Int64 {
    (number - 2) * 86_400 + cut
  }

  /// The seconds that a line stands for: the least time between two that differ, 20 as a rule.
  private static func step(of rows: [ContactList.Row]) -> Int64 {
    var least: Int64 = 60
    for (one, next) in zip(rows, rows.dropFirst()) where next.seconds > one.seconds {
      least = min(least, next.seconds - one.seconds)
    }
    return least
  }

  /// The middle of the longest run of hours of the day in which fewest contacts are.
  private static func quietHour(_ rows: [ContactList.Row]) -> Int64 {
    var counts = [Int](repeating: 0, count: 24)
    for row in rows { counts[Int(row.seconds % 86_400 / 3_600)] += 1 }
    let least = counts.min() ?? 0
    var best = (length: 0, start: 0)
    for start in 0..<24 where counts[start] == least && counts[(start + 23) % 24] != least {
      let length = (0..<24).first { counts[(start + $0) % 24] != least } ?? 24
      if length > best.length { best = (length, start) }
    }
    return Int64((best.start + best.length / 2) % 24)
  }
}
