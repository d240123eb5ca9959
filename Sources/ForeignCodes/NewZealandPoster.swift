internal import FoundationEssentials

/// The poster of a venue of NZ COVID Tracer: `NZCOVIDTRACER:` and base64 of JSON, or that in a link.
///
/// There is no signature: anyone can make one.
public struct NewZealandPoster: Hashable, Sendable {
  /// The global location number of the venue, 13 digits on real posters.
  public let locationNumber: String
  /// The name of the organisation.
  public let name: String
  /// Its address.
  public let address: String

  static let prefix = "NZCOVIDTRACER:"
  /// The link that a tag or a phone's own camera opens.
  static let linkOrigin = "https://tracing.covid19.govt.nz"
  static let linkPath = "/scan#data="
  static let maximumLength = 2_048

  private struct Content: Decodable {
    var gln: String
    var ver: String
    var typ: String
    var opn: String
    var adr: String
  }

  /// Reads the text of a poster or of its link.
  ///
  /// - Throws: `ForeignCodeError`.
  init(_ text: ArraySlice<UInt8>) throws(ForeignCodeError) {
    func fail(_ fault: ForeignCodeError.Fault) -> ForeignCodeError { .init(.newZealand, fault) }
    guard text.count <= Self.maximumLength else { throw fail(.tooLong) }
    let code = text.dropping(origin: Self.linkOrigin)?.dropping(Self.linkPath) ?? text
    guard let encoded = code.dropping(Self.prefix) else { throw fail(.malformed) }
    guard let bytes = Base64Text.bytes(of: encoded, .standard, isPadded: true) else {
      throw fail(.badEncoding)
    }
    guard let content = JSONText.object(Content.self, in: bytes) else { throw fail(.badJSON) }
    guard content.ver == "c19:1", content.typ == "entry" else { throw fail(.unknownVersion) }
    guard ForeignAlias.isIdentifier(content.gln) else { throw fail(.badIdentifier) }
    guard JSONText.isName(content.opn) else { throw fail(.badName) }
    guard content.adr.utf8.count <= 600 else { throw fail(.badAddress) }
    self.locationNumber = content.gln
    self.name = content.opn
    self.address = content.adr
  }

  /// The digest under which alerts name the place, SHA-384; nil when libcrypto cannot be loaded.
  public var alertDigest: [UInt8]? {
    SHA384.digest(of: Array(locationNumber.utf8))
  }
}
