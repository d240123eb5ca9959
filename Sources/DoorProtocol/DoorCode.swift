internal import VenueCodes

/// The one-time code with which a door is enrolled; the centre keeps its hash.
public struct DoorCode: Hashable, Sendable {
  private let code: OneTimeCode

  /// How long a code can be used, in seconds: a day.
  public static let lifetimeSeconds: Int64 = 86_400

  /// Makes a new code.
  public init(using generator: inout some RandomNumberGenerator) {
    code = OneTimeCode(using: &generator)
  }

  /// Reads a code as somebody typed it, as `OneTimeCode` does.
  ///
  /// - Throws: `badCode`.
  public init(_ text: String) throws(DoorProtocolError) {
    guard let code = OneTimeCode(text) else { throw .badCode }
    self.code = code
  }

  /// The code in four groups.
  public var text: String { code.text }

  /// What the centre keeps of it.
  public var hash: [UInt8] { code.hash(domain: "checkin/door/code/v1") }
}

extension DoorCode: CustomStringConvertible, CustomReflectable {
  /// A fixed word: who reads a code in a log could enrol with it.
  public var description: String { "DoorCode(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
