/// Moments in time as spans that neither overlap nor touch, in Unix seconds.
///
/// Evidence of one sort may overlap, since phones and scanners repeat themselves: in here each second
/// is once.
public struct SpanSet: Hashable, Sendable {
  /// The spans, ascending, half-open and none empty.
  public let spans: [Range<Int64>]

  /// Makes a set of spans in any order, which may overlap or be empty.
  ///
  /// - Complexity: O(n log n).
  public init(_ spans: some Sequence<Range<Int64>>) {
    let sorted = spans.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
    var joined: [Range<Int64>] = []
    for span in sorted {
      if let last = joined.last, span.lowerBound <= last.upperBound {
        joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, span.upperBound)
      } else {
        joined.append(span)
      }
    }
    self.spans = joined
  }

  /// Takes spans that are ascending and apart already.
  private init(ordered spans: [Range<Int64>]) {
    self.spans = spans
  }

  /// Whether there is no second in it.
  public var isEmpty: Bool { spans.isEmpty }

  /// How many seconds are in it.
  public var seconds: Int64 {
    spans.reduce(0) { $0 + $1.upperBound - $1.lowerBound }
  }

  /// Returns the seconds that are in both sets.
  ///
  /// - Complexity: O(n + m).
  public func intersection(with other: SpanSet) -> SpanSet {
    var common: [Range<Int64>] = []
    var (mine, theirs) = (0, 0)
    while mine < spans.count, theirs < other.spans.count {
      let span = spans[mine].clamped(to: other.spans[theirs])
      if !span.isEmpty { common.append(span) }
      if spans[mine].upperBound < other.spans[theirs].upperBound { mine += 1 } else { theirs += 1 }
    }
    return SpanSet(ordered: common)
  }

  /// Returns the seconds of a span that are in the set.
  ///
  /// - Complexity: O(n).
  public func clamped(to span: Range<Int64>) -> SpanSet {
    SpanSet(ordered: spans.map { $0.clamped(to: span) }.filter { !$0.isEmpty })
  }

  /// Returns the seconds of this set that are not in another.
  ///
  /// - Complexity: O(n + m).
  public func subtracting(_ other: SpanSet) -> SpanSet {
    var left: [Range<Int64>] = []
    var place = 0
    for span in spans {
      var start = span.lowerBound
      while place < other.spans.count, other.spans[place].upperBound <= start { place += 1 }
      var cut = place
      while cut < other.spans.count, other.spans[cut].lowerBound < span.upperBound {
        if other.spans[cut].lowerBound > start { left.append(start..<other.spans[cut].lowerBound) }
        start = max(start, other.spans[cut].upperBound)
        cut += 1
      }
      if start < span.upperBound { left.append(start..<span.upperBound) }
    }
    return SpanSet(ordered: left)
  }
}
