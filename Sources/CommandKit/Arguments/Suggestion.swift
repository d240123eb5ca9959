/// Returns the candidate that a misspelt word most likely meant, or nil when none is near.
///
/// One slip is forgiven in short words, up to three in long ones; swapped neighbours count as one.
/// The first of equally near candidates wins. A beginning of a word means the word it begins.
package func closest(to word: String, in candidates: [String]) -> String? {
  let typed = Array(word.lowercased().unicodeScalars)
  guard !typed.isEmpty, typed.count <= 64 else { return nil }
  let allowed = min(3, max(1, typed.count / 3))
  var best: (distance: Int, candidate: String)?
  for candidate in candidates {
    let other = Array(candidate.lowercased().unicodeScalars)
    guard abs(other.count - typed.count) <= allowed else { continue }
    let distance = editDistance(typed, other)
    // A single letter in place of another single letter is no likeness.
    guard distance <= allowed, distance < max(typed.count, other.count) else { continue }
    if distance < best?.distance ?? Int.max { best = (distance, candidate) }
  }
  return best?.candidate ?? candidates.first { typed.count >= 4 && $0.hasPrefix(word) }
}

/// Counts the insertions, deletions, replacements and swaps of neighbours between two words.
///
/// This is the restricted distance: no part is edited twice.
/// - Complexity: O(*n* · *m*).
package func editDistance<Letter: Equatable>(_ left: [Letter], _ right: [Letter]) -> Int {
  var twoBack: [Int] = []
  var previous = Array(0...right.count)
  for i in 0..<left.count {
    var row = [i + 1]
    row.reserveCapacity(right.count + 1)
    for j in 0..<right.count {
      var cost = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (left[i] == right[j] ? 0 : 1))
      if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
        cost = min(cost, twoBack[j - 1] + 1)
      }
      row.append(cost)
    }
    twoBack = previous
    previous = row
  }
  return previous[right.count]
}
