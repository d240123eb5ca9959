internal import VenueCodes

/// A code on paper that stands in once for a lost second factor: 80 random bits.
///
/// It is shown once and kept as a digest only. Nobody guesses 80 bits, so the digest need not be
/// slow.
public struct RecoveryCode: Sendable {
  /// How many are made for an account.
  public static let count: Int = 10
  /// The bytes of a code.
  public static let length: Int = 10

  private let bytes: [UInt8]

  /// Makes a new code.
  ///
  /// - Parameter generator: The system's generator outside tests.
  public init(using generator: inout some RandomNumberGenerator) {
    bytes = (0..<RecoveryCode.length).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
  }

  /// Reads a code as a person types it; nil when it cannot be one.
  public init?(typed text: String) {
    guard text.utf8.count <= 64, let bytes = Base32.bytes(of: text),
      bytes.count == RecoveryCode.length
    else { return nil }
    self.bytes = bytes
  }

  /// The code for paper, in groups: `ABCD-EFGH-IJKL-MNOP`.
  public var text: String {
    let symbols = Array(Base32.text(of: bytes))
    return stride(from: 0, to: symbols.count, by: 4)
      .map { String(symbols[$0..<min($0 + 4, symbols.count)]) }
      .joined(separator: "-")
  }

  /// What is kept of it: 32 bytes.
  public var digest: [UInt8] {
    let content = Array("checkin/recovery/v1\0".utf8) + bytes
    return ContentDigest.longDigest(of: content.span)
  }
}

extension RecoveryCode: CustomStringConvertible, CustomReflectable {
  /// A fixed word: a code prints itself only when its text is asked for.
  public var description: String { "RecoveryCode(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
