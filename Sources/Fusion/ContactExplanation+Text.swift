public import Presence
import Tracing

extension ContactExplanation {
  /// The parts of a day's explanation, as people read them.
  private enum Part: String, CaseIterable {
    case checkIns = "Check-ins"
    case bluetooth = "Bluetooth"
    case against = "Against it"
    case missing = "What is missing"
    case rule = "By the rule set"
    case probability = "From evidence to probability"

    init(_ topic: Topic) {
      self =
        switch topic {
        case .visit, .together, .tail, .checkIn: .checkIns
        case .radio, .listening: .bluetooth
        case .apart: .against
        case .missing: .missing
        case .rule: .rule
        case .term, .probability: .probability
        }
    }
  }

  /// How many pieces of evidence a line names for people; programs get all.
  private static let mostShown = 3

  /// Returns the explanation as lines for people.
  ///
  /// - Parameters:
  ///   - calendar: The calendar of the store.
  ///   - names: How people and places are written.
  /// - Returns: Lines in English.
  public func text(in calendar: LocalCalendar, names: ExplanationNames) -> [String] {
    var lines = [
      "\(names.person(person)) as a contact of case \(caseID)",
      "The case was infectious from \(ISO8601.format(window.lowerBound, in: calendar)) to "
        + "\(ISO8601.format(window.upperBound, in: calendar)) by \(rule).",
      "Probability that they were in contact: \(Decimals.percent(probability))",
    ]
    if days.count > 1 {
      let chances = days.compactMap(\.probability).map {
        "(1 − \(Decimals.fixed($0, digits: 2)))"
      }
      lines.append("  = 1 − " + (chances.isEmpty ? "1" : chances.joined(separator: " × ")))
    }
    for day in days {
      let chance = day.probability.map(Decimals.percent) ?? "nothing says that they met"
      let words = day.exposure.map { ", \($0.exposureClass.name), \($0.label)" } ?? ""
      lines += ["", "\(day.day): \(chance)\(words)"]
      var part: Part?
      for line in day.lines {
        let next = Part(line.topic)
        if next != part { lines.append("  \(next.rawValue)") }
        part = next
        lines.append("    \(line.text)")
        // The rule stands on all of the evidence above it.
        guard !line.evidence.isEmpty, line.topic != .rule, line.topic != .missing else { continue }
        let shown = line.evidence.prefix(Self.mostShown).map { "\($0)" }.joined(separator: ", ")
        let more = line.evidence.count - Self.mostShown
        lines.append("      evidence \(shown)" + (more > 0 ? " and \(more) more" : ""))
      }
    }
    return lines
  }
}
