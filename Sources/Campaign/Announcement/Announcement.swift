/// How fast a text is read aloud.
public struct SpeechRate: Hashable, Sendable {
  /// Syllables in a second.
  public var syllablesPerSecond: Double
  /// The pause at a comma, in seconds.
  public var commaSeconds: Double
  /// The pause at the end of a sentence or paragraph, in seconds.
  public var sentenceSeconds: Double

  /// Makes a rate; without values it is that of a loudspeaker, which is slower than talk.
  public init(
    syllablesPerSecond: Double = 3.5, commaSeconds: Double = 0.2, sentenceSeconds: Double = 0.5
  ) {
    self.syllablesPerSecond = syllablesPerSecond
    self.commaSeconds = commaSeconds
    self.sentenceSeconds = sentenceSeconds
  }
}

/// A text as it is read aloud over a loudspeaker, with the time that takes.
///
/// The time is that of a Vietnamese reader: each syllable the same, and a pause at each mark. Words of
/// other languages are counted by their groups of vowels, which is never less than what is heard.
public struct Announcement: Hashable, Sendable {
  /// The text as it is spoken.
  public let text: String
  /// The syllables in it.
  public let syllables: Int
  /// The tenths of a second that reading takes, rounded up.
  public let tenths: Int

  /// Fills a text with facts and writes it as it is spoken.
  ///
  /// - Parameters:
  ///   - text: The text with gaps.
  ///   - facts: The facts as they are written.
  ///   - words: How words are spoken.
  ///   - rate: How fast it is read.
  ///   - limitSeconds: The longest that it may take.
  /// - Throws: `CampaignError` with `.missingFact`, `.empty` or `.tooLong`.
  public init(
    _ text: CampaignText, facts: [CampaignFact: String], words: SpokenWords,
    rate: SpeechRate = SpeechRate(), limitSeconds: Double = 40
  ) throws(CampaignError) {
    let spoken = words.spoken(try text.filled(facts))
    self.text = spoken
    syllables = SyllableCount.syllables(in: spoken)
    tenths = Announcement.tenths(of: spoken, syllables, rate)
    guard syllables > 0 else { throw .empty }
    let limit = Int((limitSeconds * 10).rounded(.down))
    guard tenths <= limit else {
      throw .tooLong(tenths: tenths, limitTenths: limit, syllables: syllables)
    }
  }

  private static func tenths(of text: String, _ syllables: Int, _ rate: SpeechRate) -> Int {
    var seconds = Double(syllables) / rate.syllablesPerSecond
    // Marks that follow each other make one pause, the longest; the last one is silence already.
    var pending = 0.0
    for character in text {
      switch character {
      case ",", ";", ":": pending = max(pending, rate.commaSeconds)
      case ".", "!", "?", "\n", "…": pending = max(pending, rate.sentenceSeconds)
      case " ": continue
      default:
        seconds += pending
        pending = 0
      }
    }
    return Int((seconds * 10).rounded(.up))
  }
}

/// Counts syllables.
enum SyllableCount {
  /// The number of syllables in a text: in each word the groups of vowels, and one at least.
  ///
  /// A Vietnamese syllable has one group of vowels and is written as a word of its own.
  static func syllables(in text: String) -> Int {
    text.split { !$0.isLetter && !$0.isNumber }.reduce(0) { $0 + max(1, vowelGroups(in: $1)) }
  }

  /// Whether a word has a vowel.
  static func hasVowel(_ word: some StringProtocol) -> Bool { vowelGroups(in: word) > 0 }

  private static func vowelGroups(in word: some StringProtocol) -> Int {
    var groups = 0
    var isInGroup = false
    for character in word {
      let isVowel = isVowel(character)
      if isVowel, !isInGroup { groups += 1 }
      isInGroup = isVowel
    }
    return groups
  }

  private static func isVowel(_ character: Character) -> Bool {
    let vowels = "aăâeêioôơuưy"
    guard let lower = character.lowercased().first else { return false }
    if vowels.contains(lower) { return true }
    // The tone stands over the vowel: without it the letter is one of the plain ones.
    return plainLetters[lower].map { vowels.contains($0) } ?? false
  }

  /// The vowels of Vietnamese with their tones, by letter.
  private static let plainLetters: [Character: Character] = {
    let toned = [
      "a": "àáảãạ", "ă": "ằắẳẵặ", "â": "ầấẩẫậ", "e": "èéẻẽẹ", "ê": "ềếểễệ", "i": "ìíỉĩị",
      "o": "òóỏõọ", "ô": "ồốổỗộ", "ơ": "ờớởỡợ", "u": "ùúủũụ", "ư": "ừứửữự", "y": "ỳýỷỹỵ",
    ]
    var plain: [Character: Character] = [:]
    for (letter, forms) in toned {
      for form in forms { if let letter = letter.first { plain[form] = letter } }
    }
    return plain
  }()
}
