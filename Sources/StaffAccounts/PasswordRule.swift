/// What a password must be: long, and none of those that everybody tries first.
///
/// There are no rules of composition, which make passwords worse and not better (NIST SP 800-63B,
/// section 5.1.1.2).
public enum PasswordRule {
  /// The fewest characters.
  public static let shortest: Int = 12
  /// The most UTF-8 bytes.
  public static let longest: Int = 1_024

  /// What is wrong with a password.
  public enum Failure: String, Error, Sendable, CaseIterable {
    /// It has fewer than `shortest` characters.
    case tooShort = "password-too-short"
    /// It has more than `longest` bytes.
    case tooLong = "password-too-long"
    /// It is one that everybody tries, or hardly more than one.
    case common = "password-common"
    /// It is made of the account's name.
    case containsName = "password-of-name"
    /// It is a few characters over and over.
    case repetitive = "password-repetitive"
    /// It has characters that cannot be typed.
    case unprintable = "password-unprintable"
  }

  /// Checks a password that somebody chose.
  ///
  /// - Parameters:
  ///   - password: The text.
  ///   - name: The name of its account.
  /// - Throws: The first rule that it breaks.
  /// - Complexity: O(n) in its characters.
  public static func check(_ password: String, ofAccount name: String) throws(Failure) {
    guard password.count >= shortest else { throw .tooShort }
    guard password.utf8.count <= longest else { throw .tooLong }
    guard !password.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
      throw .unprintable
    }
    let folded = password.lowercased()
    guard Set(folded).count >= 5 else { throw .repetitive }
    let letters = folded.filter { $0.isLetter }
    // What is behind digits and signs counts: password1234! is no better than password.
    guard !common.contains(folded), !common.contains(letters) else { throw .common }
    guard !isRun(folded) else { throw .repetitive }
    let own = name.lowercased()
    if own.count >= 4, folded.contains(own), folded.count - own.count < 8 { throw .containsName }
  }

  /// Whether each character is one more, or one less, than the one before.
  private static func isRun(_ text: String) -> Bool {
    let values = text.unicodeScalars.map { Int64($0.value) }
    let steps = Set(zip(values, values.dropFirst()).map { $1 - $0 })
    return steps.isSubset(of: [1, -9]) || steps.isSubset(of: [-1, 9])
  }

  /// The worst of the lists of leaked passwords that are long enough when digits are put behind
  /// them, and those that suggest themselves here.
  private static let common: Set<String> = [
    "password", "passwordpassword", "passw0rd", "qwerty", "qwertyuiop", "qwertyuiopasdf",
    "qwertyqwerty", "qwertyuiopasdfghjkl", "asdfghjkl", "asdfghjklzxcvbnm", "zxcvbnm",
    "qazwsxedcrfv", "qazwsxedc", "iloveyou", "iloveyouiloveyou", "letmein", "letmeinplease",
    "welcome", "welcomewelcome", "administrator", "admin", "adminadmin", "adminadminadmin",
    "changeme", "changemechangeme", "changemeplease", "secret", "secretsecret", "monkey", "dragon",
    "football", "baseball", "superman", "sunshine", "princess", "trustno", "matkhau",
    "matkhaumatkhau",
    "anhyeuem", "emyeuanh", "khongbiet", "haiphong", "haiphongcity", "vietnam", "vietnamvietnam",
    "checkin", "checkincheckin", "covid", "covidcovid", "coronavirus", "correcthorsebatterystaple",
  ]
}

extension PasswordRule.Failure: CustomStringConvertible {
  /// A sentence for the person who chose it.
  public var description: String {
    switch self {
    case .tooShort: "the password is too short: take \(PasswordRule.shortest) characters or more"
    case .tooLong: "the password is too long: take \(PasswordRule.longest) bytes at most"
    case .common: "the password is one of the first that are tried: take four random words"
    case .containsName: "the password is made of the account's name: take four random words"
    case .repetitive: "the password is a run or a few characters again and again: take another"
    case .unprintable: "the password has characters that cannot be typed: take another"
    }
  }
}
