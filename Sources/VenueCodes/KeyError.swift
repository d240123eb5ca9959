/// What is wrong with key material.
public enum KeyError: Error, Hashable, Sendable {
  /// The key must have so many bytes but has others.
  case wrongLength(expected: Int, found: Int)
  /// The public key is a point written in a second way.
  case notCanonical
  /// The public key is no point of the group that signatures are safe in.
  case unsafePoint
  /// The system gave no protected memory or no randomness.
  case noSecureMemory
}

extension KeyError: CustomStringConvertible {
  /// The stable word for this failure.
  public var code: String {
    switch self {
    case .wrongLength: "key_wrong_length"
    case .notCanonical: "key_not_canonical"
    case .unsafePoint: "key_unsafe_point"
    case .noSecureMemory: "no_secure_memory"
    }
  }

  /// A sentence for the person who brought the key.
  public var description: String {
    switch self {
    case .wrongLength(let expected, let found):
      "a key of this kind has \(expected) bytes, and this one has \(found)"
    case .notCanonical:
      "the public key is not in its one canonical form: it was not made by a sound program"
    case .unsafePoint:
      "the public key is not a point that can be trusted (not on the curve, or of small order): "
        + "anyone could sign for it"
    case .noSecureMemory:
      "the system gave no protected memory for the key: raise the limit of locked memory or free "
        + "some memory"
    }
  }
}
