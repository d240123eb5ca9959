public import CrossMatch
public import Presence

/// Who the numbers in columns stand for.
///
/// Numbers are given by whoever keeps the history, in any order and with gaps: comparing numbers
/// is not comparing pseudonyms. Every member may be called from many threads at once.
public protocol PeopleTable: Sendable {
  /// More than the largest number.
  var count: Int { get }

  /// Returns the pseudonym of a number; all zeros for a number below `count` that nobody has.
  ///
  /// A trace calls it once for each piece of shared time: it should be one look into memory.
  func pseudonym(of number: SubjectNumber) -> Pseudonym

  /// All pseudonyms by number, when they lie in memory like that; nil when they do not.
  ///
  /// A trace of many cases looks at hundreds of millions, and then spares a call for each.
  var column: Column<Pseudonym>? { get }

  /// Returns the number of a person, or nil when nothing is known of them.
  ///
  /// - Throws: What keeps the table from being read.
  func number(of person: Pseudonym) throws -> SubjectNumber?
}

extension PeopleTable {
  /// Nothing: each pseudonym is asked for.
  public var column: Column<Pseudonym>? { nil }
}

/// People in an array: a number is a place in it.
struct PeopleList: PeopleTable {
  private let people: Column<Pseudonym>
  /// The places of the people by pseudonym.
  private let sorted: [SubjectNumber]

  var count: Int { people.count }
  var column: Column<Pseudonym>? { people }

  /// Makes the table of some people in any order.
  ///
  /// - Throws: `ExposureHistoryError` when one is there twice.
  /// - Complexity: O(n log n); O(n) when they are ascending already.
  init(_ people: [Pseudonym]) throws(ExposureHistoryError) {
    var sorted = people.indices.map { SubjectNumber($0) }
    let isAscending = zip(people, people.dropFirst()).allSatisfy { $0 < $1 }
    if !isAscending { sorted.sort { people[Int($0)] < people[Int($1)] } }
    for (one, next) in zip(sorted, sorted.dropFirst()) where people[Int(one)] == people[Int(next)] {
      throw ExposureHistoryError(.personTwice, row: Int(max(one, next)))
    }
    self.people = Column(people)
    self.sorted = sorted
  }

  func pseudonym(of number: SubjectNumber) -> Pseudonym { people[Int(number)] }

  func number(of person: Pseudonym) -> SubjectNumber? {
    var low = 0
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if people[Int(sorted[middle])] < person { low = middle + 1 } else { high = middle }
    }
    return low < sorted.count && people[Int(sorted[low])] == person ? sorted[low] : nil
  }
}
