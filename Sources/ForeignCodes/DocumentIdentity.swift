/// Whose document it is: the number alone, in one form whichever document it was read from.
///
/// The number is for a keyed hash and for nothing else; that is why neither `description` nor a
/// debugger's mirror shows it.
public struct DocumentIdentity: Hashable, Sendable {
  /// What the keyed hash is of: `cccd:` and twelve digits, `cmnd:` and nine, `bhyt:` and the ten of
  /// the social insurance number, `paper:` and another document's number, or `qid:` and the number
  /// of a personal code.
  public let canonicalText: String

  /// What may be shown: the number with its first six characters masked.
  public let maskedNumber: String

  private init(_ kind: String, _ number: some Sequence<UInt8>) {
    let number = String(decoding: Array(number), as: UTF8.self)
    canonicalText = "\(kind):\(number)"
    maskedNumber = String(repeating: "*", count: min(6, number.count)) + number.dropFirst(6)
  }

  /// The identity behind a document's number, by the number's form; nil when it cannot be one.
  init?(documentNumber number: ArraySlice<UInt8>) {
    let isDigits = number.allSatisfy(\.isDigit)
    if number.count == 12, isDigits {
      self.init("cccd", number)
    } else if number.count == 9, isDigits {
      self.init("cmnd", number)
    } else if let insured = DocumentIdentity(insuranceNumber: number) {
      self = insured
    } else if number.count == 11, isDigits {
      // A citizen's number that lost a digit would be a second person.
      return nil
    } else if (5...20).contains(number.count), number.allSatisfy({ $0.isDigit || $0.isLetter }),
      number.contains(where: \.isDigit)
    {
      self.init("paper", number.map { $0.isLetter ? $0 & 0xDF : $0 })
    } else {
      return nil
    }
  }

  /// The identity behind a health insurance number: ten digits, alone or behind the two letters and
  /// three digits that say who pays, which change during a life; nil when it is none.
  init?(insuranceNumber number: ArraySlice<UInt8>) {
    let isLong =
      number.count == 15 && number.prefix(2).allSatisfy(\.isLetter)
      && number.dropFirst(2).allSatisfy(\.isDigit)
    guard isLong || number.count == 10 && number.allSatisfy(\.isDigit) else { return nil }
    self.init("bhyt", number.suffix(10))
  }

  /// The identity behind the number of a personal code: 1 to 32 digits.
  init?(personalCodeNumber number: ArraySlice<UInt8>) {
    guard (1...32).contains(number.count), number.allSatisfy(\.isDigit) else { return nil }
    self.init("qid", number)
  }
}

extension DocumentIdentity: CustomStringConvertible, CustomReflectable {
  /// A fixed word: a number never prints itself.
  public var description: String { "DocumentIdentity(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
