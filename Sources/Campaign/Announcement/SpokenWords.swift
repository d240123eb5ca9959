internal import DelimitedText
public import VenueRegistry

/// How written words are spoken: short forms, foreign names, and what else a reader would stumble at.
///
/// It is data: a table of two columns, `written` and `spoken`, and the abbreviations of the registry.
/// What is in neither is spoken by rule: digits as numbers, hosts with their points, capitals without
/// a vowel letter by letter. A capital that only marks a sentence is no short form.
public struct SpokenWords: Sendable {
  /// The language.
  public let language: SpokenLanguage
  private let table: [String: String]

  /// Makes the words of a language.
  ///
  /// - Parameters:
  ///   - language: The language.
  ///   - table: Spoken forms by written ones, compared as they are written.
  ///   - abbreviations: Short forms that are spoken as what they stand for; the table comes first.
  public init(
    _ language: SpokenLanguage, table: [String: String], abbreviations: [Abbreviation] = []
  ) {
    self.language = language
    self.table = Dictionary(
      abbreviations.map { ($0.short, $0.long) }, uniquingKeysWith: { first, _ in first }
    ).merging(table) { _, own in own }
  }

  /// Reads the table from CSV with the columns `written` and `spoken`.
  ///
  /// - Parameters:
  ///   - language: The language.
  ///   - bytes: The file.
  ///   - abbreviations: Short forms that are spoken as what they stand for.
  /// - Throws: `CampaignError` with `.spokenWords`.
  public init(
    _ language: SpokenLanguage, csv bytes: [UInt8], abbreviations: [Abbreviation] = []
  ) throws(CampaignError) {
    var table: [String: String] = [:]
    var problem: CampaignError?
    var reader = RecordReader(
      fields: [TableField("written", isRequired: true), TableField("spoken", isRequired: true)],
      format: .delimited(separator: nil))
    do throws(TableError) {
      try reader.readAll(bytes) { record, fault in
        guard problem == nil else { return }
        if let fault {
          problem = .spokenWords(line: fault.line, reason: "\(fault.reason)")
          return
        }
        let written = String(decoding: record.trimmed(0), as: UTF8.self)
        let spoken = String(decoding: record.trimmed(1), as: UTF8.self)
        if written.isEmpty || spoken.isEmpty {
          problem = .spokenWords(line: record.line, reason: "it needs a written and a spoken form")
        } else if written.contains(where: \.isWhitespace) {
          problem = .spokenWords(line: record.line, reason: "'\(written)' is more than one word")
        } else if table.updateValue(spoken, forKey: written) != nil {
          problem = .spokenWords(line: record.line, reason: "'\(written)' is there twice")
        }
      }
    } catch {
      problem = .spokenWords(line: 1, reason: "\(error)")
    }
    if let problem { throw problem }
    self.init(language, table: table, abbreviations: abbreviations)
  }

  // MARK: Speaking

  /// Writes a text as it is spoken.
  ///
  /// - Complexity: O(n) in the length of the text.
  public func spoken(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.split(separator: " ").map { spokenWord(String($0)) }.filter { !$0.isEmpty }
        .joined(separator: " ")
        .replacing(" ,", with: ",")
    }.joined(separator: "\n")
  }

  private func spokenWord(_ word: String) -> String {
    if let known = table[word] { return known }
    // Marks around a word are kept; what is spoken is inside.
    let isMark: (Character) -> Bool = { ",.;:!?()[]\"“”‘’'…".contains($0) }
    let head = word.prefix(while: isMark)
    var core = word.dropFirst(head.count)
    var tail = ""
    while let last = core.last, isMark(last) {
      if let known = table[String(core)] { return plain(head) + known + tail }
      tail = String(last) + tail
      core = core.dropLast()
    }
    guard !core.isEmpty else {
      // A mark that stands alone parts the words around it.
      return word.contains { ",;:.!?".contains($0) } ? word : ""
    }
    return plain(head) + spokenCore(String(core)) + plain(Substring(tail))
  }

  /// Brackets and quotes are not heard: a comma's pause stands for them.
  private func plain(_ marks: Substring) -> String {
    String(marks.filter { ",.;:!?".contains($0) })
  }

  private func spokenCore(_ word: String) -> String {
    if let known = table[word] { return known }
    switch word {
    case "–", "—", "-", "|": return ","
    case "&", "+": return language == .vietnamese ? "và" : "and"
    default: break
    }
    if word.allSatisfy({ ("0"..."9").contains($0) }) {
      // A leading zero is never that of a quantity.
      return word.hasPrefix("0") && word.count > 1 || word.count > 9
        ? language.digits(word) : language.number(Int(word) ?? 0)
    }
    if let number = grouped(word) { return language.number(number) }
    for separator in ["/", "–", "-"] where word.contains(separator) {
      let parts = word.split(separator: separator)
      if separator != "–", let date = date(parts) { return date }
      // A stroke between numbers is heard, one between words is not: 12/5 and quận/huyện.
      let isOver =
        separator == "/" && parts.allSatisfy { $0.first?.isNumber == true }
      return parts.map { spokenWord(String($0)) }.joined(
        separator: isOver ? " \(language.over) " : " ")
    }
    if word.contains("."), !word.hasSuffix(".") {
      let parts = word.split(separator: ".").map { spokenCore(String($0)) }
      return parts.joined(separator: " \(language.point) ")
    }
    if word.contains(where: \.isNumber) { return mixed(word) }
    let isCapitals = word.count > 1 && word.allSatisfy { $0.isUppercase }
    if isCapitals || word.count == 1, !SyllableCount.hasVowel(word) {
      let letters = word.compactMap { language.letter($0) }
      if letters.count == word.count { return letters.joined(separator: " ") }
    }
    return word
  }

  /// A number whose thousands are set apart, as 1.000 in Vietnamese and 1,000 in English.
  private func grouped(_ word: String) -> Int? {
    let groups = word.split(separator: language.groupMark, omittingEmptySubsequences: false)
    guard groups.count > 1, (1...3).contains(groups[0].count), !groups[0].hasPrefix("0"),
      groups.dropFirst().allSatisfy({ $0.count == 3 }),
      groups.allSatisfy({ $0.allSatisfy { ("0"..."9").contains($0) } })
    else { return nil }
    return Int(groups.joined())
  }

  /// The day that streets, stations and markets are named after: 30/4, 19-8, 30/4/1975.
  private func date(_ parts: [Substring]) -> String? {
    let numbers = parts.compactMap { part in
      part.allSatisfy { ("0"..."9").contains($0) } ? Int(part) : nil
    }
    guard numbers.count == parts.count, (2...3).contains(numbers.count),
      (1...12).contains(numbers[1]), (1...31).contains(numbers[0]),
      numbers.count == 2 || (1_000...9_999).contains(numbers[2])
    else { return nil }
    let longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard numbers[0] <= longest[numbers[1] - 1] else { return nil }
    return language.namedDate(
      day: numbers[0], month: numbers[1], year: numbers.count == 3 ? numbers[2] : nil)
  }

  /// Letters and digits in one word: each run for itself.
  private func mixed(_ word: String) -> String {
    var runs: [String] = []
    for character in word {
      if let last = runs.last?.last, last.isNumber == character.isNumber {
        runs[runs.count - 1].append(character)
      } else {
        runs.append(String(character))
      }
    }
    return runs.map { run in
      run.first?.isNumber == true && !run.allSatisfy({ ("0"..."9").contains($0) })
        ? run : spokenCore(run)
    }.joined(separator: " ")
  }
}
