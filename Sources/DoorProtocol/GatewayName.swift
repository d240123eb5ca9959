/// What a gateway may be called.
public enum GatewayName {
  /// The most bytes of a name.
  public static let mostBytes: Int = 64

  /// Whether a name has 1 to 64 bytes and no control characters.
  public static func isValid(_ name: String) -> Bool {
    (1...mostBytes).contains(name.utf8.count) && !name.utf8.contains(where: isControl)
  }

  /// Returns a name as it can go to the centre: itself, or what is left of it when it is none.
  ///
  /// Control characters become `_`, and what is too long is cut behind a whole character.
  public static func carried(_ name: String) -> String {
    guard !name.isEmpty, !isValid(name) else { return name }
    var carried = String.UnicodeScalarView()
    var length = 0
    for scalar in name.unicodeScalars {
      let isPlain = scalar.value >= 0x20 && scalar.value != 0x7f
      let added: Unicode.Scalar = isPlain ? scalar : "_"
      length += UTF8.width(added)
      guard length <= mostBytes else { break }
      carried.append(added)
    }
    return String(carried)
  }

  private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7f }
}
