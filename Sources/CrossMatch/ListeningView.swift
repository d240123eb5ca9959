public import Presence

/// A time in which a person's phone provably heard something, as a segment is built of it.
public struct ListeningRecord: Hashable, Sendable, BitwiseCopyable {
  /// Whose phone, by the number that the store gave them.
  public var person: SubjectNumber
  /// The first second, as `ColumnTime` counts.
  public var start: Int32
  /// The first second after; not before `start`.
  public var end: Int32

  /// Makes a record of its parts.
  public init(person: SubjectNumber, start: Int32, end: Int32) {
    self.person = person
    self.start = start
    self.end = end
  }
}

/// An immutable run of listening spans as columns by person.
///
/// - Complexity: 8 bytes a span, and 8 bytes a person who has any.
public struct ListeningSegment: Sendable {
  /// Everyone who has spans, ascending.
  public let people: Column<SubjectNumber>
  /// Where each person's spans begin, and one more entry for the end.
  public let personStart: Column<UInt32>
  /// The first second of each span, ascending within a person.
  public let start: Column<Int32>
  /// The first second after; spans of a person neither overlap nor touch.
  public let end: Column<Int32>

  /// Makes a segment of columns that are sorted already, as a file holds them.
  ///
  /// - Parameters:
  ///   - people: Everyone who has spans, ascending.
  ///   - personStart: Where each person's spans begin, and one more entry for the end.
  ///   - start: The first second of each span, ascending within a person.
  ///   - end: The first second after.
  public init(
    people: Column<SubjectNumber>, personStart: Column<UInt32>, start: Column<Int32>,
    end: Column<Int32>
  ) {
    precondition(personStart.count == people.count + 1, "one entry for the end")
    self.people = people
    self.personStart = personStart
    self.start = start
    self.end = end
  }

  /// Sorts records into a segment; those of a person that overlap or touch become one span.
  ///
  /// - Parameter records: In any order; one that is empty says nothing.
  /// - Complexity: O(n log n).
  public init(_ records: [ListeningRecord]) {
    precondition(records.count < Int(UInt32.max), "32-bit rows")
    var people: [SubjectNumber] = []
    var personStart: [UInt32] = []
    var start: [Int32] = []
    var end: [Int32] = []
    let sorted = records.filter { $0.start < $0.end }
      .sorted { ($0.person, $0.start) < ($1.person, $1.start) }
    for record in sorted {
      if people.last != record.person {
        people.append(record.person)
        personStart.append(UInt32(start.count))
      } else if record.start <= end[end.count - 1] {
        end[end.count - 1] = max(end[end.count - 1], record.end)
        continue
      }
      start.append(record.start)
      end.append(record.end)
    }
    personStart.append(UInt32(start.count))
    self.init(
      people: Column(people), personStart: Column(personStart), start: Column(start),
      end: Column(end))
  }

  /// How many spans there are.
  public var count: Int { start.count }

  /// Returns the spans of a person; empty when they have none.
  ///
  /// - Complexity: O(log n) in the number of people.
  public func rows(of subject: SubjectNumber) -> Range<Int> {
    guard let place = people.place(of: subject) else { return 0..<0 }
    return Int(personStart[place])..<Int(personStart[place + 1])
  }
}

/// When each person's phone provably heard anything at all, as segments.
///
/// It tells silence from a phone that was off: two phones that both listened and did not hear each
/// other were not near, and of any other silence nothing follows.
public struct ListeningView: Sendable {
  /// The segments.
  public let segments: [ListeningSegment]
  private let given: [EncounterSegment]

  /// Makes a view of segments.
  ///
  /// - Parameters:
  ///   - segments: When phones heard something.
  ///   - encounters: Of those that were given as such both phones listened as long as they lasted.
  public init(_ segments: [ListeningSegment], encounters: EncounterView = EncounterView([])) {
    self.segments = segments
    given = encounters.segments.filter { !$0.isDerived }
  }

  /// Calls `body` with each span of a person, half-open and as `ColumnTime` counts: by segment, and
  /// those of different segments may overlap.
  public func forEachSpan(
    of subject: SubjectNumber, _ body: (_ start: Int32, _ end: Int32) throws -> Void
  ) rethrows {
    for segment in segments {
      for row in segment.rows(of: subject) { try body(segment.start[row], segment.end[row]) }
    }
    for segment in given {
      // A row that ends before it starts is void.
      for row in segment.rows(of: subject) where segment.start[row] < segment.end[row] {
        try body(segment.start[row], segment.end[row])
      }
    }
  }

  /// Returns when a person's phone listened: ascending spans of which no two overlap or touch.
  ///
  /// - Complexity: O(k log k) for k spans, and a search in each segment.
  public func spans(of subject: SubjectNumber) -> [Range<Int32>] {
    var spans: [Range<Int32>] = []
    forEachSpan(of: subject) { start, end in if start < end { spans.append(start..<end) } }
    spans.sort { $0.lowerBound < $1.lowerBound }
    var united: [Range<Int32>] = []
    for span in spans {
      if let last = united.last, span.lowerBound <= last.upperBound {
        united[united.count - 1] =
          last.lowerBound..<Swift.max(last.upperBound, span.upperBound)
      } else {
        united.append(span)
      }
    }
    return united
  }
}
