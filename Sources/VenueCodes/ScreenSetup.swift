/// All that a tablet on a wall needs to show its codes: the screen's own key, and what to write
/// beside the code.
///
/// As a file it is text of fixed lines, so that a person can see which screen it is for:
///
///     checkin-screen-key-1
///     venue C4C6BHFZC
///     zone 0
///     key 1
///     time-zone Asia/Ho_Chi_Minh
///     prefix https://qr.haiphong.gov.vn/#
///     name Khách sạn Hữu Nghị
///     secret (64 hexadecimal digits)
public struct ScreenSetup: Sendable {
  /// The most bytes of a file.
  public static let maximumFileLength: Int = 1_024

  /// The screen's key, which says where it stands.
  public let key: ScreenKey
  /// The venue's name, to be shown.
  public let name: String
  /// What the codes begin with.
  public let prefix: URLPrefix
  /// The IANA name of the zone whose local time is shown.
  public let timeZone: String

  /// Makes a setup.
  ///
  /// - Parameters:
  ///   - key: The screen's key.
  ///   - name: The venue's name; control characters become spaces.
  ///   - prefix: What the codes begin with.
  ///   - timeZone: The IANA name of the zone, such as `Asia/Ho_Chi_Minh`.
  public init(key: ScreenKey, name: String, prefix: URLPrefix, timeZone: String) {
    self.key = key
    self.name = ScreenSetup.line(name)
    self.prefix = prefix
    self.timeZone = ScreenSetup.line(timeZone)
  }

  /// Reads a file.
  ///
  /// - Parameter file: Of any length and content; the caller wipes it.
  /// - Throws: `.notAScreenKey`, `.damaged` with the line, or `.key`.
  public init(file: [UInt8]) throws(ScreenSetupError) {
    var lines = file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
    guard lines.popFirst()?.elementsEqual(ScreenSetup.start.utf8) == true else {
      throw .notAScreenKey
    }
    var number = 1
    func value(of name: String) throws(ScreenSetupError) -> ArraySlice<UInt8> {
      number += 1
      guard let line = lines.popFirst(), line.starts(with: "\(name) ".utf8),
        line.count < ScreenSetup.maximumFileLength
      else { throw .damaged(line: number) }
      return line.dropFirst(name.utf8.count + 1)
    }
    func text(of name: String) throws(ScreenSetupError) -> String {
      let bytes = try value(of: name)
      guard let text = String(validating: bytes, as: UTF8.self), ScreenSetup.line(text) == text
      else { throw .damaged(line: number) }
      return text
    }
    func byte(of name: String) throws(ScreenSetupError) -> UInt8 {
      let text = try text(of: name)
      guard let byte = UInt8(text), "\(byte)" == text else { throw .damaged(line: number) }
      return byte
    }
    let idText = try text(of: "venue")
    guard let venue = try? VenueID(parsing: idText), "\(venue)" == idText else {
      throw .damaged(line: number)
    }
    let zone = try byte(of: "zone")
    let masterID = try byte(of: "key")
    let timeZone = try text(of: "time-zone")
    let prefixText = try text(of: "prefix")
    guard let prefix = try? URLPrefix(prefixText), prefix.text == prefixText else {
      throw .damaged(line: number)
    }
    let name = try text(of: "name")
    var secret = ScreenSetup.bytes(hexadecimal: try value(of: "secret"))
    defer { for place in secret.indices { secret[place] = 0 } }
    guard secret.count == ScreenKey.length, lines.elementsEqual([[]]) else {
      throw .damaged(line: number)
    }
    do {
      let key = try ScreenKey(
        masterID: masterID, venue: venue, zone: zone, secret: SecretBytes(copying: secret.span))
      self.init(key: key, name: name, prefix: prefix, timeZone: timeZone)
    } catch {
      throw .key(error)
    }
  }

  /// The bytes of the file, with the secret in clear; the caller wipes them.
  public var file: [UInt8] {
    let lines = [
      ScreenSetup.start, "venue \(key.venue)", "zone \(key.zone)", "key \(key.masterID)",
      "time-zone \(timeZone)", "prefix \(prefix.text)", "name \(name)", "secret ",
    ]
    var bytes: [UInt8] = []
    // Never grown, so that no copy is left behind.
    bytes.reserveCapacity(ScreenSetup.maximumFileLength + name.utf8.count)
    bytes.append(contentsOf: lines.joined(separator: "\n").utf8)
    let digits = Array("0123456789abcdef".utf8)
    key.withRawRepresentation { secret in
      for byte in secret {
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
      }
    }
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  private static let start = "checkin-screen-key-1"

  /// Returns a text that is one line of at most 256 bytes.
  private static func line(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
      let isControl = scalar.properties.generalCategory == .control
      guard line.utf8.count + 4 <= 256 else { break }
      line.unicodeScalars.append(isControl ? " " : scalar)
    }
    return line
  }

  /// Returns the bytes of lower-case hexadecimal digits; empty when it is anything else.
  private static func bytes(hexadecimal digits: ArraySlice<UInt8>) -> [UInt8] {
    guard digits.count == 2 * ScreenKey.length else { return [] }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(ScreenKey.length)
    var high: UInt8?
    for digit in digits {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
      default: return []
      }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return bytes
  }
}

/// What is wrong with a screen's key file.
public enum ScreenSetupError: Error, Hashable, Sendable {
  /// The file does not begin as a screen's key file does.
  case notAScreenKey
  /// This line (from 1) is not as it was written.
  case damaged(line: Int)
  /// The key cannot be used.
  case key(KeyError)
}

extension ScreenSetupError: CustomStringConvertible {
  /// The stable word for this failure.
  public var code: String {
    switch self {
    case .notAScreenKey: "screen_key_not_one"
    case .damaged: "screen_key_damaged"
    case .key(let error): error.code
    }
  }

  /// A sentence for the person at the keyboard.
  public var description: String {
    switch self {
    case .notAScreenKey:
      "this is no key file of a screen: make one with `checkin screen VENUE --export-key FILE`"
    case .damaged(let line):
      "line \(line) of the screen's key file is not as it was written: make the file again"
    case .key(let error): error.description
    }
  }
}
