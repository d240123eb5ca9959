/// What is wrong with a key set.
public enum KeySetError: Error, Hashable, Sendable {
  /// The file is not JSON.
  case notJSON
  /// A member is missing.
  case missing(String)
  /// A member is of another type than it should be.
  case wrongType(String)
  /// The file is of a version this program does not know.
  case unknownVersion(Int)
  /// The id of the entry at this place (from 0) is not from 0 to 255.
  case idOutOfRange(at: Int)
  /// Two keys have this id.
  case duplicateID(UInt8)
  /// One public key stands under two ids.
  case duplicateKey(UInt8, UInt8)
  /// The algorithm of a key is none this program knows.
  case unknownAlgorithm(id: UInt8)
  /// The public key is not base64url without padding.
  case notBase64URL(id: UInt8)
  /// The public key is not one to trust.
  case badKey(id: UInt8, KeyError)
  /// A time is not written as it should be.
  case badTime(id: UInt8, String)
  /// A time is outside the years 1 to 9999.
  case timeOutOfRange(id: UInt8)
  /// The key would expire before it begins.
  case timesReversed(id: UInt8)
  /// The set has no key of this id.
  case noSuchKey(UInt8)
}

extension KeySetError: CustomStringConvertible {
  /// The stable word for this failure.
  public var code: String {
    switch self {
    case .notJSON: "key_set_not_json"
    case .missing: "key_set_missing_member"
    case .wrongType: "key_set_wrong_type"
    case .unknownVersion: "key_set_unknown_version"
    case .idOutOfRange: "key_set_id_out_of_range"
    case .duplicateID: "key_set_duplicate_id"
    case .duplicateKey: "key_set_duplicate_key"
    case .unknownAlgorithm: "key_set_unknown_algorithm"
    case .notBase64URL: "key_set_not_base64url"
    case .badKey: "key_set_bad_key"
    case .badTime: "key_set_bad_time"
    case .timeOutOfRange: "key_set_time_out_of_range"
    case .timesReversed: "key_set_times_reversed"
    case .noSuchKey: "key_set_no_such_key"
    }
  }

  /// A sentence for the person who brought the file: what is wrong and where.
  public var description: String {
    switch self {
    case .notJSON: "the key set is not JSON: fetch it again"
    case .missing(let member): "the key set has no \(member)"
    case .wrongType(let member): "\(member) in the key set is not of the type it should be"
    case .unknownVersion(let version):
      "the key set is of version \(version), and this program reads \(KeySet.version): update the "
        + "program"
    case .idOutOfRange(let place): "the id of key \(place + 1) in the key set is not from 0 to 255"
    case .duplicateID(let id): "two keys in the key set have the id \(id)"
    case .duplicateKey(let first, let second):
      "keys \(first) and \(second) in the key set are the same key: revoking one would leave the "
        + "other in force"
    case .unknownAlgorithm(let id): "key \(id) is not of the algorithm Ed25519"
    case .notBase64URL(let id): "the public key \(id) is not base64url without padding"
    case .badKey(let id, let error): "key \(id): \(error)"
    case .badTime(let id, let member):
      "\(member) of key \(id) is not a time as 2026-01-31T08:30:00Z, in UTC"
    case .timeOutOfRange(let id): "a time of key \(id) is outside the years 1 to 9999"
    case .timesReversed(let id): "key \(id) would expire before it is in force"
    case .noSuchKey(let id): "the key set has no key \(id)"
    }
  }
}
