/// A code that somebody types once: 80 random bits, as `7K3M-9QRT-…` in four groups.
///
/// Only a hash of it is kept, behind the domain of what it is for, so that a code for one thing is none
/// for another. With 80 bits from the system's generator there is nothing that a slow hash would add.
public struct OneTimeCode: Hashable, Sendable {
  private let bits: [UInt8]

  private static let symbols = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

  /// Makes a new code.
  public init(using generator: inout some RandomNumberGenerator) {
    bits = (0..<16).map { _ in UInt8(truncatingIfNeeded: generator.next()) & 31 }
  }

  /// Reads a code as somebody typed it: in any case, with or without what divides groups, O for 0 and
  /// I or L for 1; nil when it is none.
  public init?(_ text: String) {
    var bits: [UInt8] = []
    guard text.utf8.count <= 64 else { return nil }
    for symbol in text.uppercased().utf8 where symbol != UInt8(ascii: "-") && symbol != 0x20 {
      let plain: UInt8 =
        switch symbol {
        case UInt8(ascii: "O"): UInt8(ascii: "0")
        case UInt8(ascii: "I"), UInt8(ascii: "L"): UInt8(ascii: "1")
        default: symbol
        }
      guard let value = OneTimeCode.symbols.firstIndex(of: plain) else { return nil }
      bits.append(UInt8(value))
    }
    guard bits.count == 16 else { return nil }
    self.bits = bits
  }

  /// The code in four groups.
  public var text: String {
    let symbols = bits.map { OneTimeCode.symbols[Int($0)] }
    return stride(from: 0, to: 16, by: 4)
      .map { String(decoding: symbols[$0..<($0 + 4)], as: UTF8.self) }
      .joined(separator: "-")
  }

  /// What is kept of it: SHA-256 behind a domain.
  public func hash(domain: String) -> [UInt8] {
    SHA256.digest(of: Array("\(domain)\0".utf8) + bits)
  }
}

extension OneTimeCode: CustomStringConvertible, CustomReflectable {
  /// A fixed word: who reads a code in a log could use it.
  public var description: String { "OneTimeCode(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
