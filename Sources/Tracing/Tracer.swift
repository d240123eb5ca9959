public import Presence

/// Finds who was exposed to cases, how, and whom they may have exposed in turn.
///
/// The meaning is that of the cross-match as the design spells it out. Where that leaves a choice,
/// this is what is computed, and any other engine must do the same:
///
/// - The subjects of the traced cases are degree 0 and have no rows, not even with each other.
/// - A tail needs a visit of the case with at least one second in the window and `leave` not after
///   the window's end, at a closed venue whose category does not rule tails out. Zones matter to
///   tails as they do to visits.
/// - Near seconds are near_at_venue second by second, where a venue piece of the pair covers them,
///   closed or open; a tail does not.
/// - `venues` and evidence of a degree-1 row are those of all pieces with a second on the day, also
///   of those that a stronger class covers.
/// - The exposure time is the end of the second with which a class labelled F1 is reached.
/// - All rows of shared time with a case have degree 1, whatever their label; only those with an
///   exposure time *are* of degree 1, and the others may become degree 2 by someone else.
/// - For a higher degree, an encounter clipped to the partner's infectious time is one piece. It is
///   near_at_venue when shared visits of the pair (clipped likewise) cover all of it, else near; that
///   class must be labelled F1. A shared visit is one piece, of the venue's class.
/// - Of all pieces that last, the one with the earliest start + threshold makes the exposure; then
///   the latest end of the partner's clipped visit or encounter; then the smallest pseudonym of the
///   partner; then the longest piece, the strongest class, the smallest venue id, and the smallest
///   ids of the evidence that opened the partner's visit and the person's, in that order.
/// - A row of degree k is labelled `Fk`, and is not cut at midnight: its day is that of the exposure
///   time.
///
/// A history is made once; tracers of several rule sets can share it. Any number of threads gives the
/// same rows.
public struct Tracer: Sendable {
  /// What is known.
  public let history: ExposureHistory
  /// The rule set that judges.
  public let rules: RuleSet
  /// The calendar that days are cut by.
  public let calendar: LocalCalendar
  /// How many threads work on a trace.
  public let threads: Int

  /// Makes a tracer.
  ///
  /// - Parameters:
  ///   - history: What is known.
  ///   - rules: The rule set that judges.
  ///   - calendar: The calendar of the store.
  ///   - threads: How many threads work on a trace, at least 1.
  public init(
    history: ExposureHistory, rules: RuleSet, calendar: LocalCalendar, threads: Int = 1
  ) {
    self.history = history
    self.rules = rules
    self.calendar = calendar
    self.threads = threads
  }

  /// The highest degree that can be asked for; more says nothing about anybody.
  public static let highestDegree = 20

  /// Traces cases and gives the rows to a sink as they are found.
  ///
  /// Rows come by degree, case, contact and day; ids and pseudonyms are ordered as bytes.
  ///
  /// - Parameters:
  ///   - cases: Each with an id of its own, in any order.
  ///   - degrees: How many degrees, from 1; 2 finds the contacts of contacts.
  ///   - isolations: When people who are no case were isolated, in Unix seconds; from then on they
  ///     expose nobody.
  ///   - sink: Takes the rows.
  /// - Returns: How many people are of each degree; the first entry is degree 1. Someone with rows
  ///   of degree 1 that reached no class labelled F1 is not counted there.
  /// - Throws: `TraceError` when two cases have one id, the number of degrees makes no sense, or the
  ///   history contradicts itself, in which case the sink has some of the rows; and what the history
  ///   or the sink throws.
  /// - Complexity: Linear in the pieces of shared time; memory is a few bytes for each person, a few
  ///   cases' rows, and for degrees above 1 some 50 bytes for each person found.
  public func trace<Sink: ExposureSink>(
    cases: [Case], degrees: Int = 1, isolations: [Pseudonym: Int64] = [:], into sink: inout Sink
  ) throws -> [Int] {
    let context = try TraceContext(
      self, cases: try Self.ordered(cases, degrees: degrees), wantsEvidence: sink.wantsEvidence)
    var walk = TraceWalk(context, threads: threads)
    let prepare = sink.preparation()
    var counts = [try walk.firstDegree(prepare, &sink)]
    while counts.count < degrees {
      counts.append(try walk.nextDegree(isolations: isolations, prepare, &sink))
    }
    return counts
  }

  /// Traces cases and keeps all rows in memory.
  ///
  /// - Parameters:
  ///   - cases: Each with an id of its own, in any order.
  ///   - degrees: How many degrees, from 1; 2 finds the contacts of contacts.
  ///   - isolations: When people who are no case were isolated, in Unix seconds; from then on they
  ///     expose nobody.
  /// - Returns: The rows in their fixed order and the counts.
  /// - Throws: What `trace(cases:degrees:isolations:into:)` throws.
  public func trace(
    cases: [Case], degrees: Int = 1, isolations: [Pseudonym: Int64] = [:]
  ) throws -> Trace {
    var rows = ExposureArray(self)
    let counts = try trace(
      cases: cases, degrees: degrees, isolations: isolations, into: &rows)
    return Trace(
      caseCount: cases.count, rows: rows.rows, contactCounts: counts,
      caseIDs: try Self.ordered(cases, degrees: degrees).map(\.id))
  }

  /// Traces cases and keeps counts and the checksum only.
  ///
  /// - Parameters:
  ///   - cases: Each with an id of its own, in any order.
  ///   - degrees: How many degrees, from 1; 2 finds the contacts of contacts.
  ///   - isolations: When people who are no case were isolated, in Unix seconds; from then on they
  ///     expose nobody.
  /// - Returns: The trace in a few numbers.
  /// - Throws: What `trace(cases:degrees:isolations:into:)` throws.
  public func summary(
    cases: [Case], degrees: Int = 1, isolations: [Pseudonym: Int64] = [:]
  ) throws -> TraceSummary {
    var sums = SummingSink(history.people)
    let counts = try trace(
      cases: cases, degrees: degrees, isolations: isolations, into: &sums)
    return sums.summary(cases: cases.count, contacts: counts)
  }

  /// Returns the cases by id, ascending as bytes, when they can be traced.
  private static func ordered(_ cases: [Case], degrees: Int) throws(TraceError) -> [Case] {
    guard (1...highestDegree).contains(degrees) else {
      throw TraceError(.degreeOutOfRange, detail: "\(degrees)")
    }
    let ordered = cases.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    // Ids that differ in bytes only, as é in one scalar and in two, are the same to a person.
    var ids: Set<String> = []
    for one in ordered where !ids.insert(one.id).inserted {
      throw TraceError(.repeatedCase, detail: one.id)
    }
    return ordered
  }
}

/// What is wrong with a call to trace, or with the history that it reads.
public struct TraceError: Error, Hashable, Sendable {
  /// The kinds of mistake; the raw value is stable.
  public enum Code: String, Sendable, CaseIterable {
    /// The number of degrees is less than 1 or more than `Tracer.highestDegree`.
    case degreeOutOfRange = "trace-degree-out-of-range"
    /// Two cases have the same id.
    case repeatedCase = "trace-repeated-case"
    /// The history says that somebody became a contact, and holds nothing that made them one.
    case unexplainedContact = "trace-unexplained-contact"
  }

  /// Which mistake.
  public let code: Code
  /// The number of degrees, the id of the case, or the number of the person.
  public let detail: String

  init(_ code: Code, detail: String) {
    self.code = code
    self.detail = detail
  }
}

extension TraceError: CustomStringConvertible {
  /// A sentence for people.
  public var description: String {
    switch code {
    case .degreeOutOfRange:
      "a trace of \(detail) degrees is not possible: give 1 to \(Tracer.highestDegree)"
    case .unexplainedContact:
      "nothing in the history explains why person \(detail) is a contact: the trace stopped here, "
        + "and what it gave so far is incomplete"
    case .repeatedCase: "two cases are called \(detail): give each case an id of its own"
    }
  }
}
