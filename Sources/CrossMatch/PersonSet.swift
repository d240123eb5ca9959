public import Presence

/// Some of the people, a bit each: five million fit the cache of one core.
public struct PersonSet: Hashable, Sendable {
  /// More than the largest number that may be in it.
  public let capacity: Int
  var words: [UInt32]

  /// Makes the set of nobody.
  public init(capacity: Int) {
    self.capacity = capacity
    words = Array(repeating: 0, count: (capacity + 31) / 32)
  }

  /// Makes the set of those whose flag is set.
  public init(_ flags: [Bool]) {
    self.init(capacity: flags.count)
    for (person, isIn) in flags.enumerated() where isIn {
      words[person >> 5] |= 1 << UInt32(person & 31)
    }
  }

  /// Makes the set of those who are infectious at some time.
  init(_ infectious: InfectiousSpans) {
    self.init(capacity: infectious.from.count)
    for (person, from) in infectious.from.enumerated() where from != .max {
      words[person >> 5] |= 1 << UInt32(person & 31)
    }
  }

  /// How many are in it.
  ///
  /// - Complexity: O(n) in the capacity.
  public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// Whether a person is in it.
  public func contains(_ person: SubjectNumber) -> Bool {
    words[Int(person >> 5)] >> (person & 31) & 1 != 0
  }

  /// Adds a person.
  public mutating func insert(_ person: SubjectNumber) {
    words[Int(person >> 5)] |= 1 << (person & 31)
  }

  /// Takes a person out.
  public mutating func remove(_ person: SubjectNumber) {
    words[Int(person >> 5)] &= ~(1 << (person & 31))
  }

  /// Calls `body` with everyone, ascending.
  public func forEach(_ body: (SubjectNumber) -> Void) {
    for (place, word) in words.enumerated() {
      var left = word
      while left != 0 {
        body(UInt32(place << 5 | left.trailingZeroBitCount))
        left &= left &- 1
      }
    }
  }
}
