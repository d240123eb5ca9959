/// The stable name of a venue: 40 random bits, written as 8 Crockford base32 symbols and a check
/// symbol.
///
/// The text form is what a poster shows and a person types. Reading it forgives what people do:
/// lower case, spaces and hyphens, `O` for `0`, `I` and `L` for `1`. The check symbol (the value
/// modulo 37) finds any single wrong symbol and any swap of two neighbours, itself included: 37 is
/// prime and divides neither 31 nor a power of 32, nor any difference of two symbols. A text wrong
/// in more places passes once in 37 times.
///
///     try VenueID(parsing: "c0ff ee00 y")  // C0FFEE00Y
///     try VenueID(parsing: "cOff ee01 y")  // throws .wrongCheckSymbol
///
/// Source: Crockford, "Base 32"; decision in design: venue-code, offset 2.
public struct VenueID: Hashable, Comparable, Sendable {
  /// The number itself, less than 2^40.
  public let rawValue: UInt64

  /// Makes an id of a number, or returns nil when it has more than 40 bits.
  public init?(rawValue: UInt64) {
    guard rawValue < 1 << 40 else { return nil }
    self.rawValue = rawValue
  }

  /// Reads the nine symbols a person typed or a file holds.
  ///
  /// - Parameter text: Eight symbols and the check symbol, in any case, with any spaces or hyphens.
  /// - Throws: `VenueIDError` that says which symbol is wrong.
  public init(parsing text: some StringProtocol) throws(VenueIDError) {
    try self.init(parsing: Array(text.utf8).span)
  }

  /// Reads the nine symbols a person typed or a file holds.
  ///
  /// - Parameter text: Eight symbols and the check symbol, in any case, with any spaces or hyphens.
  /// - Throws: `VenueIDError` that says which symbol is wrong.
  public init(parsing text: Span<UInt8>) throws(VenueIDError) {
    var value: UInt64 = 0
    var count = 0
    for place in text.indices {
      let byte = text[place]
      if byte == UInt8(ascii: "-") || byte == UInt8(ascii: " ") { continue }
      guard let symbol = VenueID.value(ofSymbol: byte), count < 9 else {
        throw count < 9 ? .foreignSymbol(at: count) : .wrongLength
      }
      if count == 8 {
        guard symbol == value % 37 else { throw .wrongCheckSymbol }
      } else {
        guard symbol < 32 else { throw .foreignSymbol(at: count) }
        value = value << 5 | symbol
      }
      count += 1
    }
    guard count == 9 else { throw .wrongLength }
    self.rawValue = value
  }

  /// Makes a new id from random bits, one whose check symbol is a letter or a digit.
  ///
  /// Four of the 37 check symbols (`* ~ $ =`) trouble shells, file names and people who type; ids
  /// that need one are skipped, which costs a ninth of the space.
  ///
  /// - Parameter generator: Where the bits come from; a system generator outside tests.
  /// - Returns: An id that nobody has, but for chance: 2^40 is too few to skip a check for repeats.
  public static func random(using generator: inout some RandomNumberGenerator) -> VenueID {
    while true {
      let value = generator.next() >> 24
      if value % 37 < 32 || value % 37 == 36 { return VenueID(unchecked: value) }
    }
  }

  /// Orders ids by number, which is also the order of their text.
  public static func < (left: VenueID, right: VenueID) -> Bool {
    left.rawValue < right.rawValue
  }

  init(unchecked rawValue: UInt64) {
    self.rawValue = rawValue
  }

  private static let symbols = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U".utf8)

  /// What each byte means as a symbol, or 255: an import reads one id a row.
  private static let values: [UInt8] = (0...UInt8.max).map { byte in
    let upper = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte - 32 : byte
    switch upper {
    case UInt8(ascii: "O"): return 0
    case UInt8(ascii: "I"), UInt8(ascii: "L"): return 1
    default: return symbols.firstIndex(of: upper).map(UInt8.init) ?? 255
    }
  }

  private static func value(ofSymbol byte: UInt8) -> UInt64? {
    let value = values[Int(byte)]
    return value == 255 ? nil : UInt64(value)
  }
}

extension VenueID: CustomStringConvertible {
  /// The nine symbols without separators, as files and messages hold them.
  public var description: String {
    var text: [UInt8] = []
    text.reserveCapacity(9)
    append(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends the nine symbols without separators.
  public func append(to buffer: inout [UInt8]) {
    for shift in stride(from: 35, through: 0, by: -5) {
      buffer.append(VenueID.symbols[Int(rawValue >> UInt64(shift) & 31)])
    }
    buffer.append(VenueID.symbols[Int(rawValue % 37)])
  }

  /// The nine symbols in groups of four, four and one, as a poster shows them.
  public var grouped: String {
    let text = Array(description)
    return "\(String(text[0..<4])) \(String(text[4..<8])) \(text[8])"
  }
}

/// What is wrong with a typed venue id.
public enum VenueIDError: Error, Hashable, Sendable {
  /// There are not nine symbols.
  case wrongLength
  /// The symbol at this place (from 0) is none of the alphabet.
  case foreignSymbol(at: Int)
  /// The check symbol does not fit: a symbol was mistyped.
  case wrongCheckSymbol
}

extension VenueIDError: CustomStringConvertible {
  /// A sentence for the person who typed the id.
  public var description: String {
    switch self {
    case .wrongLength: "a venue id has eight symbols and a check symbol"
    case .foreignSymbol(let place): "symbol \(place + 1) is no letter or digit of a venue id"
    case .wrongCheckSymbol: "the check symbol does not fit: one of the symbols is mistyped"
    }
  }
}
