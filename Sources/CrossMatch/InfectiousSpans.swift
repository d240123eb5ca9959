/// When each person is infectious, by subject number: `[from, until)`; `from` is `Int32.max` for
/// those who are not.
public struct InfectiousSpans: Sendable {
  /// The first second of each person.
  public var from: [Int32]
  /// The first second after, `Int32.max` for no end.
  public var until: [Int32]

  /// Makes spans for so many people, none of whom is infectious.
  public init(subjectCount: Int) {
    from = Array(repeating: .max, count: subjectCount)
    until = Array(repeating: .max, count: subjectCount)
  }
}
