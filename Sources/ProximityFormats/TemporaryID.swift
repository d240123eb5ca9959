internal import ForeignCodes

/// A temporary id of BlueTrace, which its server sealed: 61 bytes, base64 on the air.
///
/// Inside are the user's id and the quarter of an hour in which it is said, under AES-256-GCM with
/// the server's key: the ciphertext (29 bytes), the IV (16), the tag (16). Facts after the reference
/// implementation of its server.
public struct TemporaryID: Hashable, Sendable {
  /// The bytes of an id.
  public static let length: Int = 61
  /// The bytes of the server's key.
  public static let keyLength: Int = 32

  private static let userLength = 21
  private static let ivLength = 16

  /// The 61 bytes.
  public let bytes: [UInt8]

  /// Makes an id of its bytes, or returns nil when it has another length.
  public init?(bytes: [UInt8]) {
    guard bytes.count == Self.length else { return nil }
    self.bytes = bytes
  }

  /// Reads the base64 of an id, or returns nil.
  public init?(base64 text: ArraySlice<UInt8>) {
    guard text.count <= 84, let bytes = Base64Text.bytes(of: text, .standard, isPadded: true) else {
      return nil
    }
    self.init(bytes: bytes)
  }

  /// What is sealed in an id.
  public struct Content: Hashable, Sendable {
    /// The user's id as the service writes it: 28 letters and digits.
    public let user: String
    /// The first second in which the id is said, in Unix seconds.
    public let from: Int64
    /// The first second after, in Unix seconds.
    public let to: Int64

    /// Makes a content of its parts.
    public init(user: String, from: Int64, to: Int64) {
      self.user = user
      self.from = from
      self.to = to
    }

    /// Whether the id is said at a moment.
    public func isSaid(at second: Int64) -> Bool {
      from <= second && second < to
    }
  }

  /// What became of an id and a list of keys.
  public enum Opened: Hashable, Sendable {
    /// One of the keys sealed it.
    case content(Content)
    /// None of the keys sealed it, or what is in it cannot be.
    case unreadable
    /// libcrypto could not be loaded, which is what opens it.
    case notChecked
  }

  /// Opens an id with the keys of its server, the versions of which are tried in turn.
  ///
  /// - Parameter keys: Keys of 32 bytes; those of another length open nothing.
  /// - Returns: What is in it, or why that cannot be told.
  public func opened(with keys: [[UInt8]]) -> Opened {
    let sealed = bytes.prefix(Self.userLength + 8)
    let iv = bytes[sealed.endIndex..<sealed.endIndex + Self.ivLength]
    let tag = bytes[iv.endIndex...]
    for key in keys where key.count == Self.keyLength {
      switch AES256GCM.open(sealed, iv: iv, tag: tag, key: key) {
      case .message(let message):
        return Self.content(of: message).map { .content($0) } ?? .unreadable
      case .forged: continue
      case .unavailable: return .notChecked
      }
    }
    return .unreadable
  }

  /// Reads a server's keys: one a line, in hexadecimal or base64.
  ///
  /// - Throws: `ProximityFormatError.Code.badKey` with the line.
  public static func keys(inLines text: [UInt8]) throws(ProximityFormatError) -> [[UInt8]] {
    var keys: [[UInt8]] = []
    var number = 0
    for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      let word = line.drop { $0 <= 0x20 }.prefix { $0 > 0x20 }
      guard !word.isEmpty else { continue }
      let key =
        word.count == 2 * keyLength
        ? HexText.bytes(of: word) : Base64Text.bytes(of: word, .standard, isPadded: true)
      guard let key, key.count == keyLength else {
        throw ProximityFormatError(
          .badKey, "line \(number) is no key of \(keyLength) bytes in hexadecimal or base64")
      }
      keys.append(key)
    }
    guard !keys.isEmpty else {
      throw ProximityFormatError(
        .badKey, "the file has no keys in it: one should stand in each line")
    }
    return keys
  }

  private static func content(of message: [UInt8]) -> Content? {
    func second(_ place: Int) -> Int64 {
      Int64(
        Int32(
          bitPattern: message[place..<place + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }))
    }
    let from = second(userLength)
    let to = second(userLength + 4)
    guard from > 0, from < to else { return nil }
    return Content(
      user: Base64Text.text(of: message.prefix(userLength)), from: from, to: to)
  }
}

extension TemporaryID: CustomStringConvertible {
  /// The base64, as it is on the air.
  public var description: String { Base64Text.text(of: bytes[...]) }
}
