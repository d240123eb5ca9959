internal import FoundationEssentials

/// The code of a place of LeaveHomeSafe: `HKEN:0`, an id of eight characters, and base64 of JSON.
///
/// What the JSON calls a hash is SHA-256 of the id and two constants: no key is in it, and public
/// pages made such codes for anybody (attack A18). So it proves nothing and is not looked at.
public struct LeaveHomeSafePoster: Hashable, Sendable {
  /// The id of the place.
  public let id: String
  /// Its English name.
  public let name: String
  /// Its Chinese name.
  public let chineseName: String
  /// What kind of place it is, in the service's words.
  public let type: String

  static let prefix = "HKEN:"

  private struct Content: Decodable {
    var nameZh: String
    var nameEn: String
    var type: String
  }

  /// Reads the text of a code.
  ///
  /// - Throws: `ForeignCodeError`.
  init(_ text: ArraySlice<UInt8>) throws(ForeignCodeError) {
    func fail(_ fault: ForeignCodeError.Fault) -> ForeignCodeError { .init(.leaveHomeSafe, fault) }
    guard text.count <= 2_048 else { throw fail(.tooLong) }
    guard let rest = text.dropping(Self.prefix), let version = rest.first else {
      throw fail(.malformed)
    }
    guard version == UInt8(ascii: "0") else { throw fail(.unknownVersion) }
    let id = rest.dropFirst().prefix(8)
    guard id.count == 8, id.allSatisfy({ $0.isDigit || $0.isLetter }) else {
      throw fail(.badIdentifier)
    }
    guard let bytes = Base64Text.bytes(of: rest.dropFirst(9), .standard, isPadded: true) else {
      throw fail(.badEncoding)
    }
    guard let content = JSONText.object(Content.self, in: bytes) else { throw fail(.badJSON) }
    guard JSONText.isName(content.nameEn) || JSONText.isName(content.nameZh) else {
      throw fail(.badName)
    }
    self.id = String(decoding: id, as: UTF8.self)
    self.name = content.nameEn
    self.chineseName = content.nameZh
    self.type = content.type
  }
}
