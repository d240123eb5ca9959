/// The code of a place of TousAntiCovid, after the Cléa protocol: what stands in clear in it.
///
/// The kind of place, the time and the key behind are encrypted for the French authority, whose
/// secret key nobody else has, so nothing more can be read.
public struct CleaPoster: Hashable, Sendable {
  /// The version of the protocol, 0 in all that were printed.
  public let version: UInt8
  /// The kind of code.
  public let type: UInt8
  /// The temporary id of the place, 16 bytes; a code that rotates has another each time.
  public let temporaryID: [UInt8]
  /// Whether an encrypted contact of the owner is in it.
  public let hasContact: Bool

  static let origin = "https://tac.gouv.fr"
  private static let lengthWithoutContact = 110
  private static let lengthWithContact = 175

  /// Reads the text of a code.
  ///
  /// - Throws: `ForeignCodeError`.
  init(_ text: ArraySlice<UInt8>) throws(ForeignCodeError) {
    func fail(_ fault: ForeignCodeError.Fault) -> ForeignCodeError { .init(.clea, fault) }
    guard text.count <= 512 else { throw fail(.tooLong) }
    guard var rest = text.dropping(origin: Self.origin) else { throw fail(.malformed) }
    if rest.first == UInt8(ascii: "/") { rest.removeFirst() }
    if let versioned = rest.dropping("?v=") {
      let version = versioned.prefix { $0 != UInt8(ascii: "#") }
      guard version.elementsEqual("0".utf8) else { throw fail(.unknownVersion) }
      rest = versioned.dropFirst(1)
    }
    guard rest.first == UInt8(ascii: "#") else { throw fail(.malformed) }
    guard let bytes = Base64Text.bytes(of: rest.dropFirst(), .url, isPadded: false) else {
      throw fail(.badEncoding)
    }
    guard let first = bytes.first else { throw fail(.malformed) }
    guard first >> 5 == 0 else { throw fail(.unknownVersion) }
    guard bytes.count == Self.lengthWithoutContact || bytes.count == Self.lengthWithContact else {
      throw fail(.malformed)
    }
    version = first >> 5
    type = first >> 2 & 7
    temporaryID = Array(bytes[1..<17])
    hasContact = bytes.count == Self.lengthWithContact
  }

  /// The temporary id as a UUID is written.
  public var temporaryIDText: String {
    let digits = HexText.text(of: temporaryID)
    var text = ""
    for (place, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(place) { text.append("-") }
      text.append(digit)
    }
    return text
  }
}
