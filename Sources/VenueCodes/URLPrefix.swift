/// The address in front of a printed code: opening it shows the check-in page.
///
///     let prefix = try URLPrefix("https://qr.haiphong.gov.vn/#")
///     prefix.text  // what is printed before the digits, `#` included
///
/// Only `https`, all lower case, at most 40 characters with the `#`: an upper-case scheme is known
/// not to open on several phones, and each character more costs the QR code size.
public struct URLPrefix: Hashable, Sendable {
  /// The most characters a prefix may have, `#` included.
  public static let maximumLength: Int = 40

  /// What is printed before the digits, with its `#`.
  public let text: String

  /// The bytes up to but without the `#` and one `/` before it.
  let stem: [UInt8]

  /// How many bytes of the stem, scheme and host, are read in any case.
  let caseInsensitiveLength: Int

  /// Reads a prefix of the configuration, with or without its final `#`.
  ///
  /// - Parameter text: `https://`, a host with or without a port, a path or none.
  /// - Throws: `URLPrefixError` that says what a prefix must be.
  public init(_ text: String) throws(URLPrefixError) {
    var bytes = Array(text.utf8)
    if bytes.last != UInt8(ascii: "#") { bytes.append(UInt8(ascii: "#")) }
    guard bytes.count <= URLPrefix.maximumLength else { throw .tooLong(bytes.count) }
    let scheme = Array("https://".utf8)
    guard bytes.starts(with: scheme) else { throw .notHTTPS }
    let afterScheme = bytes[scheme.count..<(bytes.count - 1)]
    let host = afterScheme.prefix { $0 != UInt8(ascii: "/") }
    let path = afterScheme[host.endIndex...]
    guard URLPrefix.isHost(host) else { throw .badHost }
    guard path.allSatisfy(URLPrefix.isPathByte) else { throw .badPath }
    self.text = String(decoding: bytes, as: UTF8.self)
    self.caseInsensitiveLength = host.endIndex
    var stem = bytes.dropLast()
    if stem.last == UInt8(ascii: "/") { stem.removeLast() }
    self.stem = Array(stem)
  }

  /// Returns where the digits begin in a scanned text, or nil when it does not begin with this
  /// prefix.
  func digitsStart(in scanned: Span<UInt8>) -> Int? {
    guard scanned.count > stem.count else { return nil }
    for place in stem.indices {
      var byte = scanned[place]
      if place < caseInsensitiveLength, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) {
        byte += 32
      }
      guard byte == stem[place] else { return nil }
    }
    var next = stem.count
    if scanned[next] == UInt8(ascii: "/") { next += 1 }
    guard next < scanned.count, scanned[next] == UInt8(ascii: "#") else { return nil }
    return next + 1
  }

  private static func isHost(_ host: ArraySlice<UInt8>) -> Bool {
    let parts = host.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard let name = parts.first, parts.count <= 2 else { return false }
    if parts.count == 2 {
      let port = parts[1]
      guard port.allSatisfy(isDigit), let number = UInt16(String(decoding: port, as: UTF8.self)),
        number > 0
      else { return false }
    }
    let labels = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return labels.allSatisfy { label in
      !label.isEmpty && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
        && label.allSatisfy { isDigit($0) || isLowerCase($0) || $0 == UInt8(ascii: "-") }
    }
  }

  private static func isPathByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || isLowerCase(byte) || "/-._~".utf8.contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isLowerCase(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }
}

/// What is wrong with the configured address before a code.
public enum URLPrefixError: Error, Hashable, Sendable {
  /// It has so many characters, more than 40.
  case tooLong(Int)
  /// It does not begin with `https://` in lower case.
  case notHTTPS
  /// The host is missing or has a character that no host has, or that is not lower case.
  case badHost
  /// The path has a character other than lower-case letters, digits and `/-._~`.
  case badPath
}

extension URLPrefixError: CustomStringConvertible {
  /// The stable word for this failure.
  public var code: String {
    switch self {
    case .tooLong: "url_prefix_too_long"
    case .notHTTPS: "url_prefix_not_https"
    case .badHost: "url_prefix_bad_host"
    case .badPath: "url_prefix_bad_path"
    }
  }

  /// A sentence for the person who wrote the configuration.
  public var description: String {
    switch self {
    case .tooLong(let count):
      "the URL prefix has \(count) characters with its #, and \(URLPrefix.maximumLength) is the "
        + "most: each one makes the printed code larger"
    case .notHTTPS:
      "the URL prefix must begin with https:// in lower case, or some phones will not open it"
    case .badHost:
      "the host in the URL prefix must be lower-case letters, digits, hyphens and dots, with a "
        + "port or none"
    case .badPath:
      "the path in the URL prefix may have lower-case letters, digits and / - . _ ~ only"
    }
  }
}
