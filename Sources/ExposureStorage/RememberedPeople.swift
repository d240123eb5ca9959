internal import Presence

/// The numbers of people that are remembered, in one block of memory without pointers.
///
/// A hash table with open addresses: 16 bytes for a pseudonym and 4 for its number. When it is full,
/// all is forgotten: what is asked again is looked up again.
///
/// - Complexity: A look is O(1). 27 to 40 bytes a person: 200 MB for five million.
struct RememberedPeople {
  private let limit: Int
  private var keys: [Pseudonym] = []
  /// The number of the person at each place; 0, which is nobody's, where there is none.
  private var numbers: [UInt32] = []
  /// How many people are remembered.
  private(set) var count = 0

  /// Makes a table that remembers at most so many people.
  init(limit: Int) {
    self.limit = max(1, limit)
  }

  /// Returns the number of a person, or nil when they are not remembered.
  subscript(pseudonym: Pseudonym) -> UInt32? {
    guard !keys.isEmpty else { return nil }
    let place = place(of: pseudonym)
    return numbers[place] == 0 ? nil : numbers[place]
  }

  /// Returns the numbers of people, 0 for those who are not remembered.
  ///
  /// The places of all are read first, one read not waiting for another as searches would.
  mutating func numbers(of people: [Pseudonym]) -> [UInt32] {
    guard !keys.isEmpty else { return Array(repeating: 0, count: people.count) }
    var sum: UInt64 = 0
    keys.withUnsafeBufferPointer { keys in
      for one in people { sum |= keys[home(of: one)].high }
    }
    touched = sum
    return people.map { numbers[place(of: $0)] }
  }

  /// Remembers the number of a person.
  mutating func remember(_ number: UInt32, of pseudonym: Pseudonym) {
    if (count + 1) * 4 > keys.count * 3 { grow() }
    let place = place(of: pseudonym)
    if numbers[place] == 0 { count += 1 }
    keys[place] = pseudonym
    numbers[place] = number
  }

  // Kept, so that no compiler leaves the reads out.
  private var touched: UInt64 = 0

  private func home(of pseudonym: Pseudonym) -> Int {
    let mixed = (pseudonym.high ^ pseudonym.low &<< 1) &* 0x9e37_79b9_7f4a_7c15
    return Int(truncatingIfNeeded: mixed.multipliedFullWidth(by: UInt64(keys.count)).high)
  }

  /// Where a person is, or would be.
  private func place(of pseudonym: Pseudonym) -> Int {
    var place = home(of: pseudonym)
    while numbers[place] != 0, keys[place] != pseudonym {
      place += 1
      if place == keys.count { place = 0 }
    }
    return place
  }

  private mutating func grow() {
    let (oldKeys, oldNumbers) = (keys, numbers)
    let isFull = count >= limit
    let size = isFull ? keys.count : max(64, min(keys.count / 2 * 3, limit / 3 * 4 + 8))
    keys = Array(repeating: Pseudonym(high: 0, low: 0), count: size)
    numbers = Array(repeating: 0, count: size)
    count = 0
    guard !isFull else { return }
    for place in oldKeys.indices where oldNumbers[place] != 0 {
      remember(oldNumbers[place], of: oldKeys[place])
    }
  }
}
