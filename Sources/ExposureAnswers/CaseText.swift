package import ExposureStorage
package import JSONText
package import Presence
package import Tracing

/// How a case is printed.
package enum CaseText {
  /// Writes the fields of a case into an open JSON object.
  package static func write(
    _ record: CaseRecord, in calendar: LocalCalendar, to json: inout JSONWriter
  ) {
    func time(_ moment: Int64?) -> String? { moment.map { ISO8601.format($0, in: calendar) } }
    json.field("id", record.id)
    json.field("subject", "\(record.subject)")
    json.field("onset", record.onset.map { "\($0)" })
    json.field("specimen", record.specimen.map { "\($0)" })
    json.field("isolation", time(record.isolation))
    json.field("from", time(record.from))
    json.field("to", time(record.to))
    json.field("created_at", time(record.createdAt))
    json.field("closed_at", time(record.closedAt))
  }

  /// The words for an infectious window, for people.
  package static func words(for window: Range<Int64>, in calendar: LocalCalendar) -> String {
    window.isEmpty
      ? "never infectious outside isolation"
      : "infectious from \(ISO8601.format(window.lowerBound, in: calendar)) to "
        + ISO8601.format(window.upperBound, in: calendar)
  }

  /// The words for a case whose infectious window is empty: why, for people.
  static func whyNeverInfectious(
    _ one: Case, by rules: RuleSet, in calendar: LocalCalendar
  ) -> String {
    func time(_ moment: Int64) -> String { ISO8601.format(moment, in: calendar) }
    let start = time(rules.window(of: one, in: calendar).lowerBound)
    let reason =
      if let to = one.to {
        "it is given as over at \(time(to)), and would have begun at \(start)"
      } else if let isolation = one.isolation {
        "it was isolated at \(time(isolation)), before its infectious time began at \(start)"
      } else {
        "it is given as beginning at \(start), after the infectious time of the rule set"
      }
    return "case \(one.id) was never infectious by \(rules.id): \(reason)"
  }

  /// Writes an infectious window into an open JSON object.
  package static func write(
    _ window: Range<Int64>, by rules: RuleSet, in calendar: LocalCalendar,
    to json: inout JSONWriter
  ) {
    json.field("rule", rules.id)
    json.field("infectious_from", ISO8601.format(window.lowerBound, in: calendar))
    json.field("infectious_to", ISO8601.format(window.upperBound, in: calendar))
  }
}
