internal import VenueCodes

/// How a zone's clocks change every year: the `TZ` string of POSIX with RFC 8536's wider hours.
///
/// `EET-2EEST,M4.5.5/0,M10.5.4/24` reads: two hours ahead of UTC; an hour more from the last Friday
/// of April at 00:00 to the last Thursday of October at 24:00.
struct ZoneRule {
  /// Seconds ahead of UTC outside daylight saving time.
  let standardOffset: Int32
  private let daylight: Daylight?

  fileprivate struct Daylight {
    var offset: Int32
    var start: Change
    var end: Change
  }

  /// A yearly moment, by the clock that is in force before it.
  fileprivate struct Change {
    enum Day {
      /// Day 1 to 365; 29 February is never counted.
      case julian(Int)
      /// Day 0 to 365; 29 February is counted when it is there.
      case ordinal(Int)
      /// A month, the how-many-eth (5 is the last), and the weekday (0 is Sunday).
      case weekday(month: Int, week: Int, day: Int)
    }
    var day: Day
    var time: Int64
  }

  /// Reads the footer of a zone file.
  init(_ text: ArraySlice<UInt8>) throws(ZoneFileError) {
    var cursor = Cursor(rest: text)
    try cursor.skipName()
    standardOffset = -Int32(try cursor.time(mostHours: 24))
    guard !cursor.rest.isEmpty else {
      daylight = nil
      return
    }
    try cursor.skipName()
    var offset = standardOffset + 3_600
    if cursor.rest.first != UInt8(ascii: ",") { offset = -Int32(try cursor.time(mostHours: 24)) }
    let start = try Change(from: &cursor)
    let end = try Change(from: &cursor)
    guard cursor.rest.isEmpty else { throw .badFooter }
    daylight = Daylight(offset: offset, start: start, end: end)
  }

  /// Returns the rule's stretches, from after a moment to the end of the last ruled year.
  func spans(after moment: Int64?) -> [LocalCalendar.Span] {
    // Without daylight saving time the table's last offset is the rule's (RFC 8536, 3.3).
    guard let daylight else { return [] }
    var spans: [LocalCalendar.Span] = []
    for year in 1900...LocalCalendar.lastRuledYear {
      spans.append(
        LocalCalendar.Span(
          start: daylight.start.moment(in: year, offset: standardOffset), offset: daylight.offset))
      spans.append(
        LocalCalendar.Span(
          start: daylight.end.moment(in: year, offset: daylight.offset), offset: standardOffset))
    }
    // In the south a year begins in daylight saving time, so the two halves must be put in order.
    // A year-round rule ends and starts at one moment: the later year's word stands.
    let order = spans.indices.sorted { (spans[$0].start, $0 / 2) < (spans[$1].start, $1 / 2) }
    var result: [LocalCalendar.Span] = []
    for span in order.map({ spans[$0] }) where moment.map({ span.start > $0 }) ?? true {
      if result.last?.start == span.start { result.removeLast() }
      result.append(span)
    }
    return result
  }
}

extension ZoneRule.Change {
  fileprivate init(from cursor: inout Cursor) throws(ZoneFileError) {
    try cursor.expect(UInt8(ascii: ","))
    if cursor.take(UInt8(ascii: "J")) {
      day = .julian(try cursor.number(in: 1...365))
    } else if cursor.take(UInt8(ascii: "M")) {
      let month = try cursor.number(in: 1...12)
      try cursor.expect(UInt8(ascii: "."))
      let week = try cursor.number(in: 1...5)
      try cursor.expect(UInt8(ascii: "."))
      day = .weekday(month: month, week: week, day: try cursor.number(in: 0...6))
    } else {
      day = .ordinal(try cursor.number(in: 0...365))
    }
    time = cursor.take(UInt8(ascii: "/")) ? try cursor.time(mostHours: 167) : 7_200
  }

  fileprivate func moment(in year: Int, offset: Int32) -> Int64 {
    dayNumber(in: year) * 86_400 + time - Int64(offset)
  }

  /// The day the rule names in a year, as days since 1970.
  private func dayNumber(in year: Int) -> Int64 {
    switch day {
    case .julian(let number):
      // Counted from 1 March on, a leap day cannot be in the way.
      number <= 59
        ? ZoneRule.days(to: year, 1) + Int64(number) - 1
        : ZoneRule.days(to: year, 3) + Int64(number) - 60
    case .ordinal(let number):
      ZoneRule.days(to: year, 1) + Int64(number)
    case .weekday(let month, let week, let weekday):
      ZoneRule.dayNumber(ofWeekday: weekday, week: week, in: year, month)
    }
  }
}

extension ZoneRule {
  /// The date of a month's first to fourth, or last (5), of a weekday as days since 1970.
  fileprivate static func dayNumber(
    ofWeekday weekday: Int, week: Int, in year: Int, _ month: Int
  ) -> Int64 {
    let first = days(to: year, month)
    let next = month == 12 ? days(to: year + 1, 1) : days(to: year, month + 1)
    // 1970-01-01 was a Thursday, day 4.
    let firstWeekday = ((first + 4) % 7 + 7) % 7
    let date = first + (Int64(weekday) - firstWeekday + 7) % 7 + Int64(week - 1) * 7
    return date < next ? date : date - 7
  }

  /// The first day of a month as days since 1970.
  fileprivate static func days(to year: Int, _ month: Int) -> Int64 {
    let day = LocalDay(year: year, month: month, day: 1)?.daysSince2020 ?? 0
    return Int64(day) + Int64(LocalDay.epochOffset)
  }
}

/// What is left to read of a rule.
private struct Cursor {
  var rest: ArraySlice<UInt8>

  mutating func take(_ byte: UInt8) -> Bool {
    guard rest.first == byte else { return false }
    rest.removeFirst()
    return true
  }

  mutating func expect(_ byte: UInt8) throws(ZoneFileError) {
    guard take(byte) else { throw .badFooter }
  }

  /// Skips a zone's abbreviation: three letters or more, or anything in angle brackets.
  mutating func skipName() throws(ZoneFileError) {
    if take(UInt8(ascii: "<")) {
      guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { throw .badFooter }
      rest = rest[(end + 1)...]
      return
    }
    let letters = rest.prefix { (65...90).contains($0) || (97...122).contains($0) }
    guard letters.count >= 3 else { throw .badFooter }
    rest = rest[letters.endIndex...]
  }

  mutating func number(in range: ClosedRange<Int>) throws(ZoneFileError) -> Int {
    let digits = rest.prefix { (48...57).contains($0) }
    guard (1...3).contains(digits.count) else { throw .badFooter }
    var value = 0
    for digit in digits { value = value * 10 + Int(digit - 48) }
    guard range.contains(value) else { throw .badFooter }
    rest = rest[digits.endIndex...]
    return value
  }

  /// Reads `[+|-]hh[:mm[:ss]]` as seconds.
  mutating func time(mostHours: Int) throws(ZoneFileError) -> Int64 {
    let isNegative = take(UInt8(ascii: "-"))
    if !isNegative { _ = take(UInt8(ascii: "+")) }
    var seconds = Int64(try number(in: 0...mostHours)) * 3_600
    if take(UInt8(ascii: ":")) {
      seconds += Int64(try number(in: 0...59)) * 60
      if take(UInt8(ascii: ":")) { seconds += Int64(try number(in: 0...59)) }
    }
    return isNegative ? -seconds : seconds
  }
}
