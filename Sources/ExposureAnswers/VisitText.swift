package import JSONText
package import Presence

/// How a visit is printed.
package enum VisitText {
  /// The words for why a visit ended, for people.
  package static func word(for reason: Visit.EndReason) -> String {
    switch reason {
    case .given: "both ends given"
    case .exitScan: "exit scan"
    case .nextCheckIn: "next check-in"
    case .closingTime: "closing time"
    case .defaultStay: "usual stay"
    case .cap: "longest stay"
    }
  }

  /// The word for why a visit ended, for programs.
  package static func code(for reason: Visit.EndReason) -> String {
    switch reason {
    case .given: "given"
    case .exitScan: "exit_scan"
    case .nextCheckIn: "next_check_in"
    case .closingTime: "closing_time"
    case .defaultStay: "default_stay"
    case .cap: "cap"
    }
  }

  /// Writes what is known of a whole visit into an open JSON object.
  package static func write(_ visit: Visit, in calendar: LocalCalendar, to json: inout JSONWriter) {
    json.field("enter", ISO8601.format(visit.enter, in: calendar))
    json.field("leave", ISO8601.format(visit.leave, in: calendar))
    json.field("end_reason", code(for: visit.endReason))
    json.field("start_unknown", visit.isStartUnknown)
    json.field("earliest_leave", ISO8601.format(visit.earliestLeave, in: calendar))
    json.field("latest_leave", ISO8601.format(visit.latestLeave, in: calendar))
    json.field("evidence", visit.evidence.map { "\($0)" })
  }
}
