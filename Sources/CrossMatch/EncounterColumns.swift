public import Presence

/// Encounters by person: who was near whom, from either side.
///
/// - Complexity: 16 bytes an encounter and side.
public struct EncounterColumns: Sendable {
  /// One encounter as one of its two people has it.
  public struct Entry: Hashable, Sendable {
    /// The other person.
    public var peer: SubjectNumber
    /// The first second near.
    public var start: Int32
    /// The first second after.
    public var end: Int32
    /// The place of the encounter in the arrays that the columns were made of.
    public var encounter: UInt32
  }

  private let subjectStart: [UInt32]
  private let entries: [Entry]

  /// Deals encounters out to their people.
  ///
  /// - Parameters:
  ///   - count: The number of encounters.
  ///   - subjectCount: More than the largest subject number.
  ///   - encounter: Returns the two people and the Unix seconds of the encounter with this number.
  /// - Complexity: O(n).
  public init(
    count: Int, subjectCount: Int,
    _ encounter: (Int) -> (first: SubjectNumber, second: SubjectNumber, start: Int64, end: Int64)
  ) {
    precondition(count < Int(UInt32.max) / 2, "32-bit positions")
    var starts = [UInt32](repeating: 0, count: subjectCount + 1)
    for number in 0..<count {
      let (first, second, _, _) = encounter(number)
      starts[Int(first) + 1] += 1
      starts[Int(second) + 1] += 1
    }
    for person in 0..<subjectCount { starts[person + 1] += starts[person] }
    var entries = [Entry](
      repeating: Entry(peer: 0, start: 0, end: 0, encounter: 0), count: count * 2)
    var next = starts
    for number in 0..<count {
      let (first, second, start, end) = encounter(number)
      for (person, peer) in [(first, second), (second, first)] {
        entries[Int(next[Int(person)])] = Entry(
          peer: peer, start: ColumnTime.clamping(start), end: ColumnTime.clamping(end),
          encounter: UInt32(number))
        next[Int(person)] += 1
      }
    }
    self.subjectStart = starts
    self.entries = entries
  }

  /// Returns the encounters of one person, in the order they were given.
  public func entries(of subject: SubjectNumber) -> ArraySlice<Entry> {
    let person = Int(subject)
    return entries[Int(subjectStart[person])..<Int(subjectStart[person + 1])]
  }
}
