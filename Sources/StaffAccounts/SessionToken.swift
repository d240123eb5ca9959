internal import VenueCodes

/// 256 random bits that whoever holds them is known by; only a digest of them is kept.
public struct SessionToken: Sendable {
  /// The bytes of a token.
  public static let length: Int = 32

  private let bytes: [UInt8]

  /// Makes a new token.
  ///
  /// - Parameter generator: The system's generator outside tests.
  public init(using generator: inout some RandomNumberGenerator) {
    bytes = (0..<SessionToken.length).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
  }

  /// Reads a token; nil when the text is none.
  public init?(text: some StringProtocol) {
    guard text.utf8.count == 43, let bytes = Base64URL.bytes(of: String(text)),
      bytes.count == SessionToken.length
    else { return nil }
    self.bytes = bytes
  }

  /// The token as headers carry it: 43 symbols of base64url.
  public var text: String { Base64URL.text(of: bytes) }

  /// What is kept of it.
  public var digest: [UInt8] { derived("checkin/session/v1\0") }

  /// What a page must send along with a request that changes something and is known by its cookie.
  ///
  /// It follows from the token, so nothing more is kept; who has only this does not have the token.
  public var requestProof: String { Base64URL.text(of: derived("checkin/csrf/v1\0")) }

  private func derived(_ domain: String) -> [UInt8] {
    let content = Array(domain.utf8) + bytes
    return ContentDigest.longDigest(of: content.span)
  }
}

extension SessionToken: CustomStringConvertible, CustomReflectable {
  /// A fixed word: a token prints itself only when its text is asked for.
  public var description: String { "SessionToken(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
