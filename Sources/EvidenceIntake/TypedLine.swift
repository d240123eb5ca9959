internal import Foundation
public import VenueCodes

/// A line that a scanner typed as a keyboard, with what keyboards do to it undone.
///
/// A scanner presses keys, and what comes of them is the computer's business: under the Vietnamese
/// layout the keys of digits make letters and marks, and an input method makes accents of the
/// letters of an address. Digits are recovered where they can only have been these digits; nothing
/// is guessed, and what comes out is verified like any other code.
///
/// Control characters around the line, a byte order mark and the three characters by which a scanner
/// names the symbology (`]Q1`) are dropped.
public struct TypedLine: Hashable, Sendable {
  /// What the scanner meant.
  public let bytes: [UInt8]

  /// Whether anything but control characters had to be undone.
  public let isRepaired: Bool

  /// Undoes what a keyboard did.
  ///
  /// - Parameters:
  ///   - line: The bytes without the line's end.
  ///   - prefixes: The addresses before our codes.
  /// - Throws: `TypedLineError` when it was a code and its digits cannot be told.
  public init(_ line: [UInt8], prefixes: [URLPrefix]) throws(TypedLineError) {
    let plain = Self.withoutWrapping(line[...])
    guard plain.contains(where: { $0 >= 0x80 }),
      let text = String(validating: plain, as: UTF8.self)
    else {
      bytes = Array(plain)
      isRepaired = false
      return
    }
    if let undone = try VietnameseLayout.undone(text) {
      bytes = Array(Self.withoutWrapping(Array(undone.utf8)[...]))
      isRepaired = true
    } else if let undone = try Self.withMendedAddress(plain, prefixes: prefixes) {
      bytes = undone
      isRepaired = true
    } else {
      bytes = Array(plain)
      isRepaired = false
    }
  }

  /// Drops what stands around a scan: control characters, a byte order mark, the symbology.
  static func withoutWrapping(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var rest = line.trimmed
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3).trimmed }
    // ISO/IEC 15424: a bracket, a letter for the symbology, and a modifier.
    let mark = Array(rest.prefix(3))
    let isMarked =
      mark.count == 3 && mark[0] == UInt8(ascii: "]")
      && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(mark[1] | 0x20)
      && (isDigit(mark[2]) || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(mark[2]))
    return isMarked ? rest.dropFirst(3).trimmed : rest
  }

  // MARK: Addresses that an input method changed

  /// Puts the right address before the digits where an input method made accents of its letters.
  ///
  /// Telex makes accents of letters (`aa` is â, `as` is á) and VNI of digits behind letters; neither
  /// touches the digits behind the `#`. The address is taken for one of ours when all letters that
  /// no input method takes for an accent are the same, in the same order: a plain other address
  /// stays what it is.
  private static func withMendedAddress(
    _ line: ArraySlice<UInt8>, prefixes: [URLPrefix]
  ) throws(TypedLineError) -> [UInt8]? {
    let word = line.prefix { $0 != 0x20 && $0 != 0x09 }
    guard let hash = word.lastIndex(of: UInt8(ascii: "#")),
      word[..<hash].contains(where: { $0 >= 0x80 }),
      hash + 1 < word.endIndex, word[(hash + 1)...].allSatisfy(isDigit)
    else { return nil }
    let address = String(decoding: word[...hash], as: UTF8.self)
    let bones = Self.bones(of: address)
    if let prefix = prefixes.first(where: { Self.bones(of: $0.text) == bones }) {
      return Array(prefix.text.utf8) + line[(hash + 1)...]
    }
    // Another host is another host, whatever letters its name has.
    guard prefixes.contains(where: { Self.nearlyMatch(Self.bones(of: $0.text), bones) }) else {
      return nil
    }
    throw .garbled
  }

  /// Whether two addresses differ in one place of three letters or fewer.
  private static func nearlyMatch(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    let shorter = min(one.count, other.count)
    let start = zip(one, other).prefix { $0 == $1 }.count
    let end = zip(one.reversed(), other.reversed()).prefix { $0 == $1 }.count
    return max(one.count, other.count) - min(start + end, shorter) <= 3
  }

  /// What no input method takes for an accent, in lower case, without accents and doubles.
  private static func bones(of address: String) -> [UInt8] {
    var bones: [UInt8] = []
    for scalar in address.lowercased().decomposedStringWithCanonicalMapping.unicodeScalars {
      let letter = scalar == "đ" ? UInt8(ascii: "d") : UInt8(truncatingIfNeeded: scalar.value)
      guard scalar == "đ" || scalar.isASCII, !"sfrxjwz0123456789/".utf8.contains(letter),
        letter != bones.last
      else { continue }
      bones.append(letter)
    }
    return bones
  }

  static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

/// Why a typed line cannot be read.
public enum TypedLineError: Error, Hashable, Sendable {
  /// The keyboard made letters of digits, and which digits they were cannot be told.
  case garbled
}

extension TypedLineError: CustomStringConvertible {
  /// A sentence for the person at the door.
  public var description: String {
    switch self {
    case .garbled:
      "the keyboard changed this code as the scanner typed it: switch the keyboard to English and "
        + "the Vietnamese input method off, or set the scanner to serial mode; then scan again"
    }
  }
}

/// The Vietnamese keyboard layout (TCVN 5712), whose row of digits makes letters and marks.
///
/// Facts after the layout `vn` of X.Org's keyboard data; Windows has the same row.
enum VietnameseLayout {
  /// What the keys make, and what the scanner meant with them.
  private static let keys: [Unicode.Scalar: UInt8] = {
    var keys: [Unicode.Scalar: UInt8] = [:]
    let row: [Unicode.Scalar] = [
      "đ", "ă", "â", "ê", "ô", "\u{300}", "\u{309}", "\u{303}", "\u{301}", "\u{323}",
    ]
    for (digit, scalar) in row.enumerated() { keys[scalar] = UInt8(ascii: "0") + UInt8(digit) }
    // With shift the first four keys make the capitals where others have ! @ # $.
    for (scalar, sign) in zip("ĂÂÊÔĐ".unicodeScalars, "!@#$)".utf8) { keys[scalar] = sign }
    for (scalar, sign) in zip("₫ươƯƠ".unicodeScalars, "=[]{}".utf8) { keys[scalar] = sign }
    return keys
  }()

  /// The fewest digits by which a word is taken for a code and not for a name: the shortest code of
  /// ours has 68.
  private static let fewestDigits = 40

  /// Returns the line with the keys' meaning, or nil when it was not typed with this layout.
  ///
  /// A line is taken for typed so when its first word has no digit, as the layout has none, and
  /// comes out as nothing but ASCII with many digits.
  ///
  /// - Throws: `.garbled` when it was typed so, but the order of marks was lost in normalization, or
  ///   characters stand there that the layout has not.
  static func undone(_ line: String) throws(TypedLineError) -> String? {
    let scalars = Array(line.unicodeScalars)
    let word = scalars.prefix { $0 != " " && $0 != "\t" }
    guard !word.contains(where: { ("0"..."9").contains($0) }) else { return nil }
    var keyCount = 0
    for scalar in word where !scalar.isASCII {
      keyCount += digitCount(of: scalar)
    }
    guard keyCount >= fewestDigits else { return nil }
    var undone: [UInt8] = []
    var isNormalized = false
    for scalar in scalars {
      if scalar.isASCII {
        undone.append(UInt8(scalar.value))
      } else if let key = keys[scalar] {
        undone.append(key)
      } else if let (letter, mark) = parts(of: scalar) {
        isNormalized = true
        undone += [letter, mark]
      } else {
        throw .garbled
      }
    }
    // Normalization puts the dot below (9) before the other marks (5 to 8): which of them was typed
    // first is then lost.
    if isNormalized {
      let isMark = undone.map { (UInt8(ascii: "5")...UInt8(ascii: "9")).contains($0) }
      for place in undone.indices.dropFirst()
      where isMark[place] && isMark[place - 1] && undone[place] != undone[place - 1] {
        if undone[place] == UInt8(ascii: "9") || undone[place - 1] == UInt8(ascii: "9") {
          throw .garbled
        }
      }
    }
    return String(decoding: undone, as: UTF8.self)
  }

  private static func digitCount(of scalar: Unicode.Scalar) -> Int {
    if let key = keys[scalar] { return TypedLine.isDigit(key) ? 1 : 0 }
    return parts(of: scalar) == nil ? 0 : 2
  }

  /// The two keys behind a letter and a mark that were made one: `ằ` is ă and the grave.
  private static func parts(of scalar: Unicode.Scalar) -> (UInt8, UInt8)? {
    let pieces = Array(String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars)
    guard pieces.count == 3 else { return nil }
    // The dot below stands before the letter's own mark, the others behind it.
    for (own, other) in [(pieces[1], pieces[2]), (pieces[2], pieces[1])] {
      var letter = String.UnicodeScalarView()
      letter.append(contentsOf: [pieces[0], own])
      let composed = Array(String(letter).precomposedStringWithCanonicalMapping.unicodeScalars)
      if composed.count == 1, let first = keys[composed[0]], TypedLine.isDigit(first),
        let second = keys[other]
      {
        return (first, second)
      }
    }
    return nil
  }
}
