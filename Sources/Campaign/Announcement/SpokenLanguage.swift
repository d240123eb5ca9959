public import VenueCodes

/// A language in which numbers and dates can be written as they are spoken.
public enum SpokenLanguage: String, Hashable, Sendable, CaseIterable {
  /// Vietnamese, as it is spoken in the north.
  case vietnamese = "vi"
  /// English.
  case english = "en"

  /// Writes a number as it is spoken.
  ///
  /// - Parameter number: Any number; beyond 999,999,999 its digits are spoken one by one.
  /// - Returns: The words.
  public func number(_ number: Int) -> String {
    guard (0...999_999_999).contains(number) else { return digits("\(number)") }
    if number == 0 { return units[0] }
    let millions = number / 1_000_000
    let thousands = number / 1_000 % 1_000
    let rest = number % 1_000
    var parts: [String] = []
    if millions > 0 { parts.append("\(below1000(millions, isLeading: true)) \(thousandWords.1)") }
    if thousands > 0 {
      parts.append("\(below1000(thousands, isLeading: parts.isEmpty)) \(thousandWords.0)")
    }
    if rest > 0 { parts.append(below1000(rest, isLeading: parts.isEmpty)) }
    return parts.joined(separator: " ")
  }

  /// Writes digits as they are spoken one by one, as in a telephone number.
  ///
  /// - Parameter text: The digits; groups in it become groups of words, parted by commas.
  /// - Returns: The words.
  public func digits(_ text: some StringProtocol) -> String {
    text.split { !("0"..."9").contains($0) }.map { group in
      group.compactMap { $0.wholeNumberValue.map { units[$0] } }.joined(separator: " ")
    }.joined(separator: ", ")
  }

  /// Writes a day as it is spoken.
  ///
  /// - Parameters:
  ///   - day: The day.
  ///   - present: A day of the year that needs no word, because it is the one of who listens.
  /// - Returns: The words.
  public func date(_ day: LocalDay, heardOn present: LocalDay? = nil) -> String {
    let (year, month, number) = day.components
    let spoken = date(day: number, month: month)
    if year == present?.components.year { return spoken }
    return switch self {
    case .vietnamese: "\(spoken) năm \(self.number(year))"
    case .english: "\(spoken) \(englishYear(year))"
    }
  }

  /// Writes a day that something is named after: without the word that stands before the first ten
  /// days of a month.
  func namedDate(day: Int, month: Int, year: Int?) -> String {
    let spoken = date(day: day, month: month)
    switch self {
    case .vietnamese:
      let bare = day <= 10 ? String(spoken.dropFirst("mùng ".count)) : spoken
      return bare + (year.map { " năm \(number($0))" } ?? "")
    case .english: return spoken + (year.map { " \(englishYear($0))" } ?? "")
    }
  }

  /// Writes a day of a month as it is spoken, month 1 to 12.
  func date(day: Int, month: Int) -> String {
    switch self {
    case .vietnamese:
      // The fourth month has a word of its own.
      "\(day <= 10 ? "mùng " : "")\(number(day)) tháng \(month == 4 ? "tư" : number(month))"
    case .english:
      "the \(ordinal(day)) of \(Self.englishMonths[month - 1])"
    }
  }

  /// How the letter is spoken, for short forms that are spelt; nil for what is no letter of A to Z.
  func letter(_ character: Character) -> String? {
    guard let ascii = character.lowercased().first?.asciiValue,
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(ascii)
    else { return nil }
    switch self {
    case .vietnamese: return Self.vietnameseLetters[Int(ascii - UInt8(ascii: "a"))]
    case .english: return character.uppercased()
    }
  }

  /// The word for a stroke between numbers.
  var over: String { self == .vietnamese ? "trên" : "slash" }

  /// What sets the thousands of a number apart.
  var groupMark: Character { self == .vietnamese ? "." : "," }

  /// The word for the point in a host's name.
  var point: String { self == .vietnamese ? "chấm" : "dot" }

  // MARK: Numbers

  private var units: [String] {
    switch self {
    case .vietnamese:
      ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"]
    case .english:
      ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    }
  }

  private var thousandWords: (String, String) {
    self == .vietnamese ? ("nghìn", "triệu") : ("thousand", "million")
  }

  private func below1000(_ number: Int, isLeading: Bool) -> String {
    switch self {
    case .vietnamese: vietnamese(number, isLeading: isLeading)
    case .english: english(number, isLeading: isLeading)
    }
  }

  private func vietnamese(_ number: Int, isLeading: Bool) -> String {
    let hundreds = number / 100
    let tens = number / 10 % 10
    let ones = number % 10
    var words: [String] = []
    // Within a longer number an empty hundred is spoken: hai nghìn không trăm hai mươi.
    if hundreds > 0 || !isLeading { words += [units[hundreds], "trăm"] }
    switch tens {
    case 0: if ones > 0, !words.isEmpty { words.append("linh") }
    case 1: words.append("mười")
    default: words += [units[tens], "mươi"]
    }
    switch (tens, ones) {
    case (_, 0): break
    case (2..., 1): words.append("mốt")
    case (2..., 4): words.append("tư")
    case (1..., 5): words.append("lăm")
    default: words.append(units[ones])
    }
    return words.joined(separator: " ")
  }

  private func english(_ number: Int, isLeading: Bool) -> String {
    let teens = [
      "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
      "eighteen", "nineteen",
    ]
    let tens = [
      "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ]
    let hundreds = number / 100
    let rest = number % 100
    var words: [String] = []
    if hundreds > 0 { words += [units[hundreds], "hundred"] }
    if rest > 0 {
      if hundreds > 0 || !isLeading { words.append("and") }
      switch rest {
      case ..<10: words.append(units[rest])
      case ..<20: words.append(teens[rest - 10])
      default:
        words.append(tens[rest / 10] + (rest % 10 == 0 ? "" : "-\(units[rest % 10])"))
      }
    }
    return words.joined(separator: " ")
  }

  private func englishYear(_ year: Int) -> String {
    let (century, rest) = year.quotientAndRemainder(dividingBy: 100)
    guard (11...99).contains(century), century % 10 != 0 || rest >= 10 else { return number(year) }
    return rest == 0
      ? "\(number(century)) hundred"
      : "\(number(century)) \(rest < 10 ? "oh " : "")\(number(rest))"
  }

  private func ordinal(_ number: Int) -> String {
    let irregular = [
      1: "first", 2: "second", 3: "third", 5: "fifth", 8: "eighth", 9: "ninth", 12: "twelfth",
      20: "twentieth", 30: "thirtieth",
    ]
    if let word = irregular[number] { return word }
    if number > 20 {
      return "\(english(number / 10 * 10, isLeading: true))-\(ordinal(number % 10))"
    }
    return self.number(number) + "th"
  }

  private static let englishMonths = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]

  private static let vietnameseLetters = [
    "a", "bê", "xê", "đê", "e", "ép", "giê", "hát", "i", "gi", "ca", "lờ", "mờ", "nờ", "o", "pê",
    "quy", "rờ", "ét", "tê", "u", "vê", "vê kép", "ích", "i dài", "dét",
  ]
}
