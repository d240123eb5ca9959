/// What makes pseudonyms of people: one keyed hash, or two, one after the other.
///
/// A store that enrols doors hashes twice. The *door key* makes the inner pseudonym; every door of a
/// centre has it. The centre hashes that again under a key that never leaves it. So a stolen door opens
/// no store, and yet a visitor is one person at all doors. A door makes inner pseudonyms only.
public struct PseudonymHash: Sendable {
  private let first: KeyedHash
  private let second: KeyedHash?

  /// Hashes once: at a door, and in a store that enrols no doors.
  public init(_ key: KeyedHash) {
    first = key
    second = nil
  }

  /// Hashes twice, as a centre does.
  ///
  /// - Parameters:
  ///   - door: The key that its doors have too.
  ///   - centre: The key that only the centre has.
  public init(door: KeyedHash, centre: KeyedHash) {
    first = door
    second = centre
  }

  /// Whether what doors send can be hashed again here.
  public var isOfCentre: Bool { second != nil }

  /// Returns the two halves of the pseudonym of what somebody is called.
  public func hash(_ bytes: Span<UInt8>) -> (high: UInt64, low: UInt64) {
    let inner = first.hash(bytes)
    return second?.hash(high: inner.high, low: inner.low) ?? inner
  }

  /// Returns the two halves of the pseudonym of a text's UTF-8 bytes.
  public func hash(_ text: String) -> (high: UInt64, low: UInt64) {
    hash(text.utf8.span)
  }

  /// Returns what the centre calls somebody whom a door calls by an inner pseudonym.
  ///
  /// - Returns: The halves of the pseudonym; nil where there is no second key.
  public func hash(innerHigh high: UInt64, low: UInt64) -> (high: UInt64, low: UInt64)? {
    second?.hash(high: high, low: low)
  }
}

extension PseudonymHash: CustomStringConvertible, CustomReflectable {
  /// A fixed word: keys never print themselves.
  public var description: String { "PseudonymHash(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
