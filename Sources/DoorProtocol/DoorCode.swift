internal import VenueCodes

/// A one-time code with which a door is enrolled: 80 random bits, as `7K3M-9QRT-…` in four groups.
///
/// The centre keeps its hash. With 80 bits from the system's generator there is nothing that a slow hash
/// would add.
public struct DoorCode: Hashable, Sendable {
  private let bits: [UInt8]

  private static let symbols = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

  /// How long a code can be used, in seconds: a day.
  public static let lifetimeSeconds: Int64 = 86_400

  /// Makes a new code.
  public init(using generator: inout some RandomNumberGenerator) {
    bits = (0..<16).map { _ in UInt8(truncatingIfNeeded: generator.next()) & 31 }
  }

  /// Reads a code as somebody typed it: in any case, with or without what divides groups, O for 0 and
  /// I or L for 1.
  ///
  /// - Throws: `badCode`.
  public init(_ text: String) throws(DoorProtocolError) {
    var bits: [UInt8] = []
    guard text.utf8.count <= 64 else { throw .badCode }
    for symbol in text.uppercased().utf8 where symbol != UInt8(ascii: "-") && symbol != 0x20 {
      let plain: UInt8 =
        switch symbol {
        case UInt8(ascii: "O"): UInt8(ascii: "0")
        case UInt8(ascii: "I"), UInt8(ascii: "L"): UInt8(ascii: "1")
        default: symbol
        }
      guard let value = DoorCode.symbols.firstIndex(of: plain) else { throw .badCode }
      bits.append(UInt8(value))
    }
    guard bits.count == 16 else { throw .badCode }
    self.bits = bits
  }

  /// The code in four groups.
  public var text: String {
    let symbols = bits.map { DoorCode.symbols[Int($0)] }
    return stride(from: 0, to: 16, by: 4)
      .map { String(decoding: symbols[$0..<($0 + 4)], as: UTF8.self) }
      .joined(separator: "-")
  }

  /// What the centre keeps of it: SHA-256 behind a domain.
  public var hash: [UInt8] {
    SHA256.digest(of: Array("checkin/door/code/v1\0".utf8) + bits)
  }
}

extension DoorCode: CustomStringConvertible, CustomReflectable {
  /// A fixed word: who reads a code in a log could enrol with it.
  public var description: String { "DoorCode(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
