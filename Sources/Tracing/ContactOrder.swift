import CrossMatch
import Presence

/// Pieces of shared time in the order of rows: by the pseudonym of the other person.
///
/// Pseudonyms are keyed hashes, so that their first bits spread people evenly: one pass deals the
/// pieces out to about as many heaps as there are pieces, but no more than 65,536, and each heap is
/// sorted by itself, a small one by insertion.
struct ContactOrder {
  /// One piece.
  struct Key: BitwiseCopyable {
    /// The first half of the other's pseudonym.
    var high: UInt64
    /// The other.
    var person: SubjectNumber
    /// The number of the piece.
    var piece: UInt32
  }

  /// The pieces, sorted after `sort(people:)`.
  private(set) var keys: [Key] = []
  private var dealt: [Key] = []
  private var heapStart: [UInt32] = []

  /// Forgets all pieces and keeps the memory.
  mutating func removeAll() {
    keys.removeAll(keepingCapacity: true)
  }

  /// Adds a piece.
  @inline(__always)
  mutating func append(_ key: Key) {
    keys.append(key)
  }

  /// Sorts the pieces by pseudonym, and those of one person by number.
  ///
  /// - Complexity: O(n) for up to some 65,536 pieces whose pseudonyms are spread evenly, and then
  ///   O(n log (n / 65,536)); O(n log n) for any.
  mutating func sort(people: some PeopleTable) {
    let count = keys.count
    guard count > 1 else { return }
    // With about one piece a heap; one heap at least, and no more than stay in the cache.
    let bits = max(1, min(16, Int.bitWidth - count.leadingZeroBitCount))
    let shift = UInt64(64 - bits)
    heapStart.removeAll(keepingCapacity: true)
    heapStart.append(contentsOf: repeatElement(0, count: 1 << bits + 1))
    for key in keys { heapStart[Int(key.high >> shift) + 1] += 1 }
    for heap in 0..<(1 << bits) { heapStart[heap + 1] += heapStart[heap] }
    if dealt.count < count {
      dealt.append(
        contentsOf: repeatElement(Key(high: 0, person: 0, piece: 0), count: count - dealt.count))
    }
    for key in keys {
      let heap = Int(key.high >> shift)
      dealt[Int(heapStart[heap])] = key
      heapStart[heap] += 1
    }
    // Each entry is now the end of its heap.
    var low = 0
    for heap in 0..<(1 << bits) {
      let high = Int(heapStart[heap])
      sort(low, high, people)
      low = high
    }
    swap(&keys, &dealt)
    keys.removeLast(keys.count - count)
  }

  private mutating func sort(_ low: Int, _ high: Int, _ people: some PeopleTable) {
    guard high - low > 1 else { return }
    if high - low > 24 {
      dealt[low..<high].sort { Self.precedes($0, $1, people) }
      return
    }
    for place in (low + 1)..<high {
      let key = dealt[place]
      var hole = place
      while hole > low, Self.precedes(key, dealt[hole - 1], people) {
        dealt[hole] = dealt[hole - 1]
        hole -= 1
      }
      dealt[hole] = key
    }
  }

  @inline(__always)
  private static func precedes(_ left: Key, _ right: Key, _ people: some PeopleTable) -> Bool {
    if left.high != right.high { return left.high < right.high }
    if left.person == right.person { return left.piece < right.piece }
    return people.pseudonym(of: left.person).low < people.pseudonym(of: right.person).low
  }
}
