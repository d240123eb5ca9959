internal import Presence

/// Looks for pseudonyms in raw bytes, wherever they stand: the proof that somebody was forgotten.
///
/// Files are read as bytes and not as what they mean, so that free pages, logs and files that should
/// not be there are searched too. Half a pseudonym is as good as a whole one, and columns keep halves
/// apart and the other way round, so each half is looked for in both orders of its bytes.
///
/// - Complexity: O(n) in the bytes: one look at a table of bits for each place, which lets few through
///   to the exact comparison.
struct RawSearch {
  /// Both halves of each pseudonym, in both byte orders.
  private let words: Set<UInt64>
  /// A bit for each value of the top bits of a word's product with a constant.
  private let filter: [UInt64]
  private let shift: UInt64

  init(for people: some Collection<Pseudonym>) {
    var words: Set<UInt64> = []
    words.reserveCapacity(people.count * 4)
    for person in people {
      for half in [person.high, person.low] {
        words.insert(half)
        words.insert(half.byteSwapped)
      }
    }
    self.words = words
    // 32 bits for each word let one place in thirty-two through.
    let bits = max(6, Int.bitWidth - (words.count * 32).leadingZeroBitCount)
    shift = UInt64(64 - min(bits, 30))
    var filter = [UInt64](repeating: 0, count: 1 << (min(bits, 30) - 6))
    for word in words {
      let place = RawSearch.place(of: word, shift)
      filter[place >> 6] |= 1 << UInt64(place & 63)
    }
    self.filter = filter
  }

  @inline(__always)
  private static func place(of word: UInt64, _ shift: UInt64) -> Int {
    Int(truncatingIfNeeded: (word &* 0x9e37_79b9_7f4a_7c15) >> shift)
  }

  /// Whether any pseudonym is in some bytes.
  func isFound(in bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= 8, !words.isEmpty else { return false }
    return filter.withUnsafeBufferPointer { filter in
      for offset in 0...(bytes.count - 8) {
        let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        let place = RawSearch.place(of: word, shift)
        if filter[place >> 6] >> UInt64(place & 63) & 1 != 0, words.contains(word) { return true }
      }
      return false
    }
  }

  /// Returns the files below a folder that hold any pseudonym, by path.
  func files(in folder: String) throws(StoreError) -> [String] {
    var holding: [String] = []
    for name in try FileOperation.names(in: folder).sorted() {
      let path = "\(folder)/\(name)"
      if FileOperation.isFolder(path) {
        holding += try files(in: path)
      } else {
        var isHolding = false
        do throws(StoreError) {
          try FileOperation.forEachPiece(of: path, overlap: 7) { piece in
            isHolding = isHolding || isFound(in: piece)
            return !isHolding
          }
        } catch {
          // Others go on working: a log or a draft may be gone since it was listed.
          guard !FileOperation.exists(path) else { throw error }
        }
        if isHolding { holding.append(path) }
      }
    }
    return holding
  }
}
