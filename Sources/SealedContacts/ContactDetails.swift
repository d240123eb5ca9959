/// How a visitor can be reached: what a box holds.
public struct ContactDetails: Hashable, Sendable {
  /// The most bytes of a name.
  public static let maximumNameLength: Int = 96

  /// The telephone number as E.164 has it: a plus and 7 to 15 digits, the first not 0.
  public let phone: String
  /// What the visitor wants to be called; nil when they gave no name.
  public let name: String?

  /// Makes details.
  ///
  /// - Parameters:
  ///   - phone: A telephone number as E.164 has it.
  ///   - name: 1 to 96 bytes without control characters, or nil.
  /// - Throws: `.badPhone` or `.badName`.
  public init(phone: String, name: String? = nil) throws(ContactError) {
    guard ContactDetails.isPhone(phone.utf8) else { throw .badPhone }
    if let name {
      guard (1...ContactDetails.maximumNameLength).contains(name.utf8.count),
        name.unicodeScalars.allSatisfy({ !ContactDetails.isControl($0) })
      else { throw .badName }
    }
    self.phone = phone
    self.name = name
  }

  private static func isPhone(_ text: some Collection<UInt8>) -> Bool {
    text.first == UInt8(ascii: "+") && (8...maximumPhoneLength).contains(text.count)
      && text.dropFirst().first != UInt8(ascii: "0")
      && text.dropFirst().allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  /// Whether a scalar could change how a terminal or a page shows what is beside it.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
    default: false
    }
  }

  // MARK: The padded form

  /// The bytes of the padded form: the same for everybody, so that a box tells nothing by its size.
  static let paddedLength = 128

  private static let maximumPhoneLength = 16
  private static let phoneStart = 2
  private static let nameStart = phoneStart + maximumPhoneLength + 1

  /// Version 1, the length of the number, the number in 16 bytes, the length of the name, the name,
  /// zeros.
  var padded: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: ContactDetails.paddedLength)
    bytes[0] = 1
    bytes[1] = UInt8(phone.utf8.count)
    for (place, byte) in phone.utf8.enumerated() {
      bytes[ContactDetails.phoneStart + place] = byte
    }
    let name = Array((name ?? "").utf8)
    bytes[ContactDetails.nameStart - 1] = UInt8(name.count)
    for (place, byte) in name.enumerated() { bytes[ContactDetails.nameStart + place] = byte }
    return bytes
  }

  /// Reads the padded form: only the one spelling of the details is read.
  init(padded bytes: [UInt8]) throws(ContactError) {
    guard bytes.count == ContactDetails.paddedLength, bytes[0] == 1 else { throw .badContent }
    let phoneCount = Int(bytes[1])
    let nameCount = Int(bytes[ContactDetails.nameStart - 1])
    guard phoneCount <= ContactDetails.maximumPhoneLength,
      nameCount <= ContactDetails.maximumNameLength
    else { throw .badContent }
    let phoneEnd = ContactDetails.phoneStart + phoneCount
    let nameEnd = ContactDetails.nameStart + nameCount
    guard bytes[phoneEnd..<(ContactDetails.nameStart - 1)].allSatisfy({ $0 == 0 }),
      bytes[nameEnd...].allSatisfy({ $0 == 0 }),
      let name = String(validating: bytes[ContactDetails.nameStart..<nameEnd], as: UTF8.self)
    else { throw .badContent }
    do {
      try self.init(
        phone: String(decoding: bytes[ContactDetails.phoneStart..<phoneEnd], as: UTF8.self),
        name: name.isEmpty ? nil : name)
    } catch {
      throw .badContent
    }
  }
}

extension ContactDetails: CustomStringConvertible, CustomReflectable {
  /// A fixed word: who can be reached how is printed only by those who mean to.
  public var description: String { "ContactDetails(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
