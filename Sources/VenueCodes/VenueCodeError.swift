/// What is wrong with a scanned code, one case for each way a check can fail.
///
/// `code` is the stable part that replies, logs and stored scans hold; `description` is for the
/// person who scanned and may change. Neither repeats what was scanned.
public enum VenueCodeError: Error, Hashable, Sendable {
  // The carrier.

  /// Nothing was scanned, or nothing stands behind the `#`.
  case empty
  /// The text at this byte (from 0) is no digit.
  case notDigits(at: Int)
  /// The text is an address or code of another service.
  case foreignURL
  /// So many digits carry no whole number of bytes, or more than any code has.
  case wrongDigitCount(Int)
  /// The number does not fit in the bytes that its digits stand for.
  case numberTooLarge

  // The token.

  /// No code has so many bytes, or none of its kind has.
  case wrongLength(Int)
  /// The token is of a version this program does not know.
  case unknownVersion(UInt8)
  /// The token is of a kind this program does not know.
  case unknownKind(UInt8)
  /// The name is said to have another length than the token has room for.
  case wrongNameLength(declared: Int, found: Int)
  /// The name has no bytes; a token without a name is a compact one.
  case nameEmpty
  /// The name has more than 41 bytes.
  case nameTooLong(Int)
  /// The name is not UTF-8.
  case nameNotUTF8
  /// The name is not in normalization form C.
  case nameNotNFC
  /// The name has a control, invisible or unassigned character.
  case nameForbiddenCharacter(Unicode.Scalar)
  /// The first day has no place in two bytes counted from 2020-01-01.
  case firstDayOutOfRange(LocalDay)

  /// The signature is all zeros: this is a preview of a print.
  case specimen

  // The key.

  /// The key set has no key of this id.
  case unknownKey(UInt8)
  /// The key is not in force before this Unix time.
  case keyNotYetValid(keyID: UInt8, from: Int64)
  /// The key was in force up to this Unix time.
  case keyExpired(keyID: UInt8, after: Int64)
  /// The key was revoked at this Unix time.
  case keyRevoked(keyID: UInt8, at: Int64)
  /// The signature does not fit: the token was forged or damaged.
  case badSignature

  // What a genuine token says.

  /// The code holds from this day on.
  case notYetValid(from: LocalDay)
  /// The code held up to and with this day.
  case expired(after: LocalDay)
  /// The registry has no such venue.
  case unknownVenue(VenueID)
  /// The venue is closed for good or taken off the register.
  case retiredVenue(VenueID)
  /// This print of the code was reported lost or stolen.
  case revokedPrint(serial: UInt8)
}

extension VenueCodeError {
  /// The stable word for this failure; never changes once released.
  public var code: String {
    switch self {
    case .empty: "empty"
    case .notDigits: "not_digits"
    case .foreignURL: "foreign_url"
    case .wrongDigitCount: "wrong_digit_count"
    case .numberTooLarge: "number_too_large"
    case .wrongLength: "wrong_length"
    case .unknownVersion: "unknown_version"
    case .unknownKind: "unknown_kind"
    case .wrongNameLength: "wrong_name_length"
    case .nameEmpty: "name_empty"
    case .nameTooLong: "name_too_long"
    case .nameNotUTF8: "name_not_utf8"
    case .nameNotNFC: "name_not_nfc"
    case .nameForbiddenCharacter: "name_forbidden_character"
    case .firstDayOutOfRange: "first_day_out_of_range"
    case .specimen: "specimen"
    case .unknownKey: "unknown_key"
    case .keyNotYetValid: "key_not_yet_valid"
    case .keyExpired: "key_expired"
    case .keyRevoked: "key_revoked"
    case .badSignature: "bad_signature"
    case .notYetValid: "not_yet_valid"
    case .expired: "expired"
    case .unknownVenue: "unknown_venue"
    case .retiredVenue: "retired_venue"
    case .revokedPrint: "revoked_print"
    }
  }
}

extension VenueCodeError: CustomStringConvertible {
  /// A sentence for the person who scanned: what is wrong and what to do.
  public var description: String {
    switch self {
    case .empty:
      "there is no code in this scan: scan again"
    case .notDigits(let place):
      "character \(place + 1) is no digit: a venue code is digits only, with or without the "
        + "address of the check-in page before them"
    case .foreignURL:
      "this is a code of another service, not a venue code of this one"
    case .wrongDigitCount(let count):
      "no venue code has \(count) digits: part of it is missing or doubled; scan again"
    case .numberTooLarge:
      "these digits stand for no code: one of them was read wrongly; scan again"
    case .wrongLength(let count):
      "no venue code of this kind has \(count) bytes: part of it is missing; scan again"
    case .unknownVersion(let version):
      "the code is of version \(version), which this program does not know: update the program"
    case .unknownKind(let kind):
      "the code is of kind \(kind), which this program does not read"
    case .wrongNameLength(let declared, let found):
      "the name in the code should have \(declared) bytes but has \(found): the code is damaged"
    case .nameEmpty:
      "the name in the code is empty: leave the name out instead"
    case .nameTooLong(let count):
      "the name has \(count) bytes, and a code has room for "
        + "\(VenueToken.maximumNameLength): shorten it"
    case .nameNotUTF8:
      "the name in the code is not UTF-8 text: the code is damaged"
    case .nameNotNFC:
      "the name is not in Unicode normalization form C: normalize it before signing"
    case .nameForbiddenCharacter(let scalar):
      "the name has the character U+\(VenueCodeError.hexadecimal(scalar)), which nobody can see "
        + "or which turns the writing round: take it out"
    case .firstDayOutOfRange(let day):
      "a code cannot begin on \(day): its first day lies between \(VenueToken.earliestDay) and "
        + "\(VenueToken.latestDay)"
    case .specimen:
      "this is a preview, not a print: it was never signed; print the sheet and use that"
    case .unknownKey(let id):
      "the code is signed with key \(id), which is not in the key set: fetch the current key set, "
        + "or the code is forged"
    case .keyNotYetValid(let id, let from):
      "the code is signed with key \(id), which is in force only from \(UTCText.text(of: from))"
    case .keyExpired(let id, let after):
      "the code is signed with key \(id), which expired after \(UTCText.text(of: after)): ask for "
        + "a new print"
    case .keyRevoked(let id, let time):
      "the code is signed with key \(id), which was revoked at \(UTCText.text(of: time)): ask for "
        + "a new print"
    case .badSignature:
      "the signature does not fit: the code is forged or damaged; do not use it"
    case .notYetValid(let day):
      "the code is valid only from \(day)"
    case .expired(let day):
      "the code expired after \(day): ask for a new print"
    case .unknownVenue(let venue):
      "venue \(venue) is not in the registry: update the registry"
    case .retiredVenue(let venue):
      "venue \(venue) is no longer in use"
    case .revokedPrint(let serial):
      "print \(serial) of this code was reported lost or stolen: take it down"
    }
  }

  private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
