/// A number as an app writes it: a number, or a text of one.
struct RadioNumber: Decodable {
  let value: Double

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Double.self) {
      self.value = value
    } else {
      let text = Array(try container.decode(String.self).utf8)
      guard let value = Self.decimal(text[...]) else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "no number")
      }
      self.value = value
    }
  }

  /// Reads a decimal number, or returns nil.
  ///
  /// Swift alone would read "0x1p3" and "nan" too.
  static func decimal(_ text: ArraySlice<UInt8>) -> Double? {
    guard !text.isEmpty, text.count <= 32,
      text.allSatisfy({ (0x30...0x39).contains($0) || ".+-eE".utf8.contains($0) })
    else { return nil }
    return Double(String(decoding: text, as: UTF8.self))
  }

  /// Returns a received strength as whole dBm, rounded down: weaker is farther.
  ///
  /// - Throws: `ProximityFormatError.Code.badStrength` for what no radio measures; 127 is what some
  ///   write when they could not.
  static func strength(
    _ number: Double?, column: String
  ) throws(ProximityFormatError) -> Int {
    guard let number, number >= -127, number <= 20 else {
      throw ProximityFormatError(.badStrength, "\(column) is not a number from -127 to 20")
    }
    return Int(number.rounded(.down))
  }

  /// Returns a transmit power as whole dBm, rounded up; nil when none is stated.
  static func power(_ number: Double?, column: String) throws(ProximityFormatError) -> Int? {
    guard let number else { return nil }
    guard number >= -127, number <= 30 else {
      throw ProximityFormatError(.badStrength, "\(column) is not a number from -127 to 30")
    }
    return Int(number.rounded(.up))
  }
}
