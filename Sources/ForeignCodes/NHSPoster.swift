internal import FoundationEssentials

/// The poster of a venue of the NHS COVID-19 app: `UKC19TRACING:1:` and a JSON Web Token.
///
/// The token's own `alg` chooses nothing: only ES256 is read (attack A19), and a version other than 1
/// is refused, which the app itself did not (A39).
public struct NHSPoster: Hashable, Sendable {
  /// The venue's id.
  public let id: String
  /// The name of the organisation.
  public let name: String
  /// Its address; nil when it has none.
  public let address: String?
  /// Its postcode; nil when it has none.
  public let postcode: String?
  /// The id of the key that is said to have signed.
  public let keyID: String

  private let signature: [UInt8]
  private let signedBytes: [UInt8]

  static let prefix = "UKC19TRACING:"
  static let maximumLength = 2_048

  /// What became of the check of a signature.
  public enum SignatureStatus: String, Sendable {
    /// The service's key signed exactly this.
    case valid
    /// Nobody who has the key signed this.
    case invalid
    /// No key of this id is known.
    case unknownKey = "unknown-key"
    /// libcrypto could not be loaded, which is what checks it.
    case notChecked = "not-checked"
  }

  /// The keys with which the service signed its posters, by id, as SubjectPublicKeyInfo.
  ///
  /// Source: the configuration of the published app.
  public static let publishedKeys: [String: [UInt8]] = {
    let key =
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEVyPX5CqxSdg0JE/2O0wog0qmvza/GLVAxNmJROQwMjtzk1U5YESBvk7n"
      + "jod0LJwVTmw+w/aIRvvnQsB1w5CW1g=="
    let bytes = Base64Text.bytes(of: Array(key.utf8)[...], .standard, isPadded: true)
    return ["YrqeLTq8z-ofH5nzlaSGnYRfB9bu9yPlWYU_2b6qXOQ": bytes ?? []]
  }()

  private struct Header: Decodable {
    var alg: String
    var kid: String
  }

  private struct Claims: Decodable {
    var id: String
    var opn: String
    var adr: String?
    var pc: String?
  }

  /// Reads the text of a poster.
  ///
  /// - Throws: `ForeignCodeError`.
  init(_ text: ArraySlice<UInt8>) throws(ForeignCodeError) {
    func fail(_ fault: ForeignCodeError.Fault) -> ForeignCodeError { .init(.nhs, fault) }
    guard text.count <= Self.maximumLength else { throw fail(.tooLong) }
    guard let rest = text.dropping(Self.prefix) else { throw fail(.malformed) }
    let parts = rest.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else { throw fail(.malformed) }
    guard parts[0].elementsEqual("1".utf8) else { throw fail(.unknownVersion) }
    let token = parts[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard token.count == 2 || token.count == 3 else { throw fail(.malformed) }
    guard let headerBytes = Base64Text.bytes(of: token[0], .url, isPadded: false),
      let claimBytes = Base64Text.bytes(of: token[1], .url, isPadded: false)
    else { throw fail(.badEncoding) }
    guard let header = JSONText.object(Header.self, in: headerBytes) else { throw fail(.badJSON) }
    guard header.alg == "ES256" else { throw fail(.badAlgorithm) }
    guard token.count == 3 else { throw fail(.badSignature) }
    guard let signature = Base64Text.bytes(of: token[2], .url, isPadded: false) else {
      throw fail(.badEncoding)
    }
    guard signature.count == P256.signatureLength else { throw fail(.badSignature) }
    guard let claims = JSONText.object(Claims.self, in: claimBytes) else { throw fail(.badJSON) }
    guard ForeignAlias.isIdentifier(claims.id) else { throw fail(.badIdentifier) }
    guard JSONText.isName(claims.opn) else { throw fail(.badName) }
    self.id = claims.id
    self.name = claims.opn
    self.address = claims.adr
    self.postcode = claims.pc
    self.keyID = header.kid
    self.signature = signature
    self.signedBytes = Array(token[0]) + [UInt8(ascii: ".")] + Array(token[1])
  }

  /// Checks the signature.
  ///
  /// - Parameter keys: Keys by id, as SubjectPublicKeyInfo in DER.
  /// - Returns: Whether one of the keys signed this poster, as far as can be said.
  public func signatureStatus(
    keys: [String: [UInt8]] = NHSPoster.publishedKeys
  ) -> SignatureStatus {
    guard let key = keys[keyID] else { return .unknownKey }
    return switch P256.isValid(signature: signature, for: signedBytes, key: key) {
    case true?: .valid
    case false?: .invalid
    case nil: .notChecked
    }
  }
}

/// What foreign formats put into JSON.
enum JSONText {
  /// Reads one object; nil when it is not, or has other types than expected.
  static func object<Value: Decodable>(_ type: Value.Type, in bytes: [UInt8]) -> Value? {
    // The decoder takes UTF-16 and UTF-32 too, which no format here allows.
    guard bytes.first == UInt8(ascii: "{"), !bytes.contains(0),
      String(validating: bytes, as: UTF8.self) != nil
    else { return nil }
    return try? JSONDecoder().decode(type, from: Data(bytes))
  }

  /// Whether a text may be a venue's name: 1 to 300 bytes.
  static func isName(_ text: String) -> Bool {
    (1...300).contains(text.utf8.count)
  }
}
