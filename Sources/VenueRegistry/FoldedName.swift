internal import Foundation

/// A name taken apart into plain letters and the marks on them, for comparing.
///
/// Vietnamese marks tell words apart, so they are not thrown away: `Chợ Lũng` and `Chợ Lùng` are
/// two markets, but `Cho Lung` may be either, and `Thủy` and `Thuỷ` are one word.
struct FoldedName: Hashable, Sendable {
  struct Word: Hashable, Sendable {
    /// Lower case, without marks.
    var letters: String
    /// The marks of all letters, in order of their kind.
    var marks: [UInt32]
    /// Letters and marks as they stood, in lower case.
    var spelling: String
  }

  let words: [Word]
  /// The letters of all words.
  let letters: [UInt8]
  /// For each letter the length of its word.
  let wordLengths: [Int]

  init(_ name: String, abbreviations: [String: [Word]]) {
    words = FoldedName.words(of: name).flatMap { word in
      abbreviations[word.letters] ?? [word]
    }
    letters = words.flatMap { Array($0.letters.utf8) }
    wordLengths = words.flatMap { word in
      Array(repeating: word.letters.utf8.count, count: word.letters.utf8.count)
    }
  }

  static func table(of abbreviations: [Abbreviation]) -> [String: [Word]] {
    Dictionary(
      abbreviations.map { (VenueText.key($0.short), words(of: $0.long)) },
      uniquingKeysWith: { first, _ in first })
  }

  static func words(of text: String) -> [Word] {
    var words: [Word] = []
    var word = Word(letters: "", marks: [], spelling: "")
    func close() {
      guard !word.letters.isEmpty else { return }
      word.marks.sort()
      words.append(word)
      word = Word(letters: "", marks: [], spelling: "")
    }
    for scalar in text.lowercased().decomposedStringWithCanonicalMapping.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .spacingMark, .enclosingMark:
        word.marks.append(scalar.value)
        word.spelling.unicodeScalars.append(scalar)
      case _ where scalar == "đ":
        // A letter of its own to Unicode, a d with a mark to people without the keyboard.
        word.letters.append("d")
        word.marks.append(0x335)
        word.spelling.unicodeScalars.append(scalar)
      case _ where scalar.properties.isAlphabetic || scalar.properties.numericType != nil:
        word.letters.unicodeScalars.append(scalar)
        word.spelling.unicodeScalars.append(scalar)
      default: close()
      }
    }
    close()
    return words
  }

  /// How two names are alike.
  enum Likeness: Hashable {
    /// The same letters and marks.
    case same
    /// The same letters; one was typed without marks, or a mark sits on the neighbour letter.
    case marks
    /// One letter is wrong, missing, too many, or swapped with its neighbour.
    case oneLetter
  }

  /// Names shorter than this are not searched for typing errors.
  static let shortestForTypingErrors = 12
  /// Words shorter than this differ by one letter too often to be typing errors.
  static let shortestWordForTypingErrors = 5

  /// Returns how this name is like another, or nil when it is not.
  func likeness(to other: FoldedName) -> Likeness? {
    if letters == other.letters {
      if words.map(\.spelling) == other.words.map(\.spelling) { return .same }
      let isBare = words.allSatisfy(\.marks.isEmpty) || other.words.allSatisfy(\.marks.isEmpty)
      if isBare { return .marks }
      // Word by word where the words are the same; else (a space more or less) all marks together.
      let mine = words.map(\.marks)
      let theirs = other.words.map(\.marks)
      let isMoved =
        words.map(\.letters) == other.words.map(\.letters)
        ? mine == theirs : mine.joined().sorted() == theirs.joined().sorted()
      return isMoved ? .marks : nil
    }
    return isOneLetterApart(from: other) ? .oneLetter : nil
  }

  private func isOneLetterApart(from other: FoldedName) -> Bool {
    let (long, short) =
      letters.count >= other.letters.count ? (self, other) : (other, self)
    let count = short.letters.count
    guard count >= FoldedName.shortestForTypingErrors, long.letters.count - count <= 1 else {
      return false
    }
    var prefix = 0
    while prefix < count, long.letters[prefix] == short.letters[prefix] { prefix += 1 }
    var suffix = 0
    while suffix < count - prefix,
      long.letters[long.letters.count - 1 - suffix] == short.letters[count - 1 - suffix]
    {
      suffix += 1
    }
    let longPart = long.letters[prefix..<(long.letters.count - suffix)]
    let shortPart = short.letters[prefix..<(count - suffix)]
    switch (longPart.count, shortPart.count) {
    case (1, 0), (1, 1): break
    case (2, 2):
      guard longPart.first == shortPart.last, longPart.last == shortPart.first else { return false }
    default: return false
    }
    // Numbers tell places apart: school 1 and school 2 are never the same.
    let isDigit: (UInt8) -> Bool = { (0x30...0x39).contains($0) }
    guard !longPart.contains(where: isDigit), !shortPart.contains(where: isDigit) else {
      return false
    }
    let place = min(prefix, long.wordLengths.count - 1)
    return long.wordLengths[place] >= FoldedName.shortestWordForTypingErrors
  }
}
