internal import Foundation
public import VenueCodes

/// A document of Vietnam that a door may scan in place of a pass.
///
/// Everything in it is personal: only `identity` is of use here, and only under a keyed hash. The
/// other fields are read to tell a whole card from a damaged one, and for nothing else.
public struct PersonalDocument: Hashable, Sendable {
  /// Which document.
  public let format: ForeignFormat
  /// Whose.
  public let identity: DocumentIdentity
  /// The holder's name, in normalization form C.
  public let name: String
  /// The holder's day of birth; nil when the document has only a year, or none.
  public let birthDay: LocalDay?
  /// The address, in normalization form C; empty when the document has none.
  public let address: String
  /// The number of the identity card before; nil when there is none.
  public let earlierNumber: String?

  static let maximumLength = 1_024

  /// Reads a document; nil when the text is none.
  ///
  /// - Throws: `ForeignCodeError` when it plainly is one but damaged.
  init?(_ text: ArraySlice<UInt8>) throws(ForeignCodeError) {
    guard text.count <= 4 * Self.maximumLength else { return nil }
    let fields = text.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
    guard fields.count >= 4, let first = fields.first else { return nil }
    let isCitizenNumber = first.count == 12 && first.allSatisfy(\.isDigit)
    if Self.isPersonalCode(fields) {
      try self.init(personalCode: fields)
    } else if isCitizenNumber {
      try self.init(citizenCard: fields)
    } else if DocumentIdentity(insuranceNumber: first) != nil,
      fields[1].count >= 4, HexText.bytes(of: fields[1]) != nil
    {
      try self.init(insuranceCard: fields)
    } else {
      return nil
    }
  }

  private init(
    _ format: ForeignFormat, of text: [ArraySlice<UInt8>], identity: DocumentIdentity?,
    name: ArraySlice<UInt8>, birthDay: LocalDay?, address: ArraySlice<UInt8> = [],
    earlierNumber: ArraySlice<UInt8> = []
  ) throws(ForeignCodeError) {
    guard text.reduce(text.count, { $0 + $1.count }) <= Self.maximumLength else {
      throw ForeignCodeError(format, .tooLong)
    }
    guard let identity else { throw ForeignCodeError(format, .badNumber) }
    guard let name = Self.text(name), !name.isEmpty else {
      throw ForeignCodeError(format, .badName)
    }
    guard let address = Self.text(address) else { throw ForeignCodeError(format, .badAddress) }
    self.format = format
    self.identity = identity
    self.name = name
    self.birthDay = birthDay
    self.address = address
    self.earlierNumber =
      earlierNumber.isEmpty ? nil : String(decoding: earlierNumber, as: UTF8.self)
  }

  // MARK: The citizen card

  /// `number|old number or empty|name|ddMMyyyy|sex|address|ddMMyyyy`; cards since 2024 have more.
  private init(citizenCard fields: [ArraySlice<UInt8>]) throws(ForeignCodeError) {
    func fail(_ fault: ForeignCodeError.Fault) -> ForeignCodeError { .init(.citizenCard, fault) }
    guard (7...12).contains(fields.count) else { throw fail(.malformed) }
    let earlier = fields[1]
    // The last of the older cards had twelve digits, as the new ones have.
    guard [0, 9, 12].contains(earlier.count), earlier.allSatisfy(\.isDigit) else {
      throw fail(.badNumber)
    }
    guard let birthDay = Self.cardDay(fields[3]), Self.cardDay(fields[6]) != nil else {
      throw fail(.badDate)
    }
    try self.init(
      .citizenCard, of: fields, identity: DocumentIdentity(documentNumber: fields[0]),
      name: fields[2], birthDay: birthDay, address: fields[5], earlierNumber: earlier)
  }

  /// Reads a day written `ddMMyyyy`.
  private static func cardDay(_ text: ArraySlice<UInt8>) -> LocalDay? {
    guard text.count == 8, text.allSatisfy(\.isDigit) else { return nil }
    let digits = Array(text)
    let hyphen = [UInt8(ascii: "-")]
    let written = digits[4...] + hyphen + digits[2..<4] + hyphen + digits[..<2]
    return LocalDay(iso8601: String(decoding: written, as: UTF8.self))
  }

  // MARK: The personal code

  /// Whether it has the six fields of a personal code, of which the third is an ISO date and the
  /// fourth 0 or 1.
  private static func isPersonalCode(_ fields: [ArraySlice<UInt8>]) -> Bool {
    guard fields.count == 6, fields[2].count == 10, fields[3].count == 1 else { return false }
    let date = Array(fields[2])
    return date[4] == UInt8(ascii: "-") && date[7] == UInt8(ascii: "-")
      && fields[3].allSatisfy(\.isDigit)
  }

  /// `document|name|yyyy-MM-dd|0 or 1|code number|more behind <`, version 1.1.
  ///
  /// Where the kind is 1 somebody declared for another, and nothing says whose the document is: the
  /// number of the code is taken then, so that two people never become one.
  private init(personalCode fields: [ArraySlice<UInt8>]) throws(ForeignCodeError) {
    func fail(_ fault: ForeignCodeError.Fault) -> ForeignCodeError { .init(.personalCode, fault) }
    guard let birthDay = LocalDay(iso8601: String(decoding: fields[2], as: UTF8.self)) else {
      throw fail(.badDate)
    }
    let isOwn: Bool
    switch fields[3].first {
    case UInt8(ascii: "0"): isOwn = true
    case UInt8(ascii: "1"): isOwn = false
    default: throw fail(.malformed)
    }
    guard let code = DocumentIdentity(personalCodeNumber: fields[4]) else { throw fail(.badNumber) }
    let identity =
      isOwn && !fields[0].isEmpty ? DocumentIdentity(documentNumber: fields[0]) : code
    try self.init(
      .personalCode, of: fields, identity: identity, name: fields[1], birthDay: birthDay)
  }

  // MARK: The health insurance card

  /// `number|name in hex|born|sex|address in hex|hospital|from|to|…`.
  private init(insuranceCard fields: [ArraySlice<UInt8>]) throws(ForeignCodeError) {
    func fail(_ fault: ForeignCodeError.Fault) -> ForeignCodeError { .init(.insuranceCard, fault) }
    guard (8...24).contains(fields.count) else { throw fail(.malformed) }
    guard let name = HexText.bytes(of: fields[1]) else { throw fail(.badName) }
    // Some cards write a hyphen where there is no address.
    let isAddress = !fields[4].isEmpty && !fields[4].elementsEqual("-".utf8)
    guard let address = isAddress ? HexText.bytes(of: fields[4]) : [] else {
      throw fail(.badAddress)
    }
    let born = Array(fields[2])
    let digits = born.filter(\.isDigit)
    let isDay = born.count == 10 && born[2] == UInt8(ascii: "/") && born[5] == UInt8(ascii: "/")
    guard born.count == 4 && digits.count == 4 || isDay && digits.count == 8 else {
      throw fail(.badDate)
    }
    let birthDay = isDay ? Self.cardDay(digits[...]) : nil
    guard !isDay || birthDay != nil else { throw fail(.badDate) }
    guard fields[3].elementsEqual("1".utf8) || fields[3].elementsEqual("2".utf8) else {
      throw fail(.malformed)
    }
    try self.init(
      .insuranceCard, of: fields, identity: DocumentIdentity(insuranceNumber: fields[0]),
      name: name[...], birthDay: birthDay, address: address[...])
  }

  /// A name or an address: UTF-8 without control characters, in normalization form C.
  private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
    guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }),
      let text = String(validating: bytes, as: UTF8.self)
    else { return nil }
    return text.precomposedStringWithCanonicalMapping
  }
}

extension PersonalDocument: CustomStringConvertible, CustomReflectable {
  /// A fixed word: a card never prints itself.
  public var description: String { "PersonalDocument(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
