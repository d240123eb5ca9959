internal import ForeignCodes
internal import JSONText
public import VenueCodes

/// A document that anybody may fetch, with the signature of the key that signs codes.
///
/// The signature is an HTTP Message Signature (RFC 9421) over the status, the path that was asked for
/// and the digest of the content (RFC 9530), so that no document stands for another. Its base begins with a quotation mark and a venue code's with the domain of codes, so
/// that neither can stand for the other. It says when it ends: a client that is offline until then
/// may use what it has.
public struct SignedDocument: Sendable {
  /// How long a signature holds, in seconds: a week offline, and a day to come back.
  public static let validSeconds: Int64 = 8 * 86_400

  /// The content.
  public let body: [UInt8]
  /// The name of this content, in quotation marks.
  public let etag: String
  /// The fields that sign it; none where there is no key in force here.
  public let fields: [(name: String, value: String)]

  /// Signs a document.
  ///
  /// - Parameters:
  ///   - body: The content.
  ///   - path: Where it is fetched, such as `/keys`: what sort of document it is.
  ///   - key: The key and the name that the key set has for it; nil leaves it unsigned, as on a machine
  ///     that has no signing key.
  ///   - now: The present, in Unix seconds.
  public init(
    _ body: [UInt8], path: String, signedBy key: (id: UInt8, key: Ed25519.SigningKey)?,
    at now: Int64
  ) {
    let digest = SHA256.digest(of: body)
    self.body = body
    etag = "\"\(Base64URL.text(of: Array(digest.prefix(16))))\""
    let text = "sha-256=:\(SignedDocument.base64(digest)):"
    guard let key else {
      fields = [("Content-Digest", text)]
      return
    }
    let parameters = SignedDocument.parameters(keyID: key.id, created: now)
    let base = SignedDocument.base(path: path, digest: text, parameters: parameters)
    let signature = key.key.signature(for: base.span)
    fields = [
      ("Content-Digest", text), ("Signature-Input", "checkin=\(parameters)"),
      ("Signature", "checkin=:\(SignedDocument.base64(signature)):"),
    ]
  }

  /// The bytes that are signed.
  static func base(path: String, digest: String, parameters: String) -> [UInt8] {
    Array(
      """
      "@status": 200
      "@path";req: \(path)
      "content-digest": \(digest)
      "@signature-params": \(parameters)
      """.utf8)
  }

  static func parameters(keyID: UInt8, created: Int64) -> String {
    "(\"@status\" \"@path\";req \"content-digest\");created=\(created);expires=\(created + validSeconds)"
      + ";keyid=\"\(keyID)\";alg=\"ed25519\";tag=\"checkin-document\""
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    Base64Text.text(of: bytes[...])
  }

  /// Answers a request for it, with 304 when the client has it.
  func response(to request: HTTPRequest, type: String) -> HTTPResponse {
    let known = request.header("If-None-Match").map { list in
      list.split(separator: ",").contains { $0.trimmed == "*" || $0.trimmed == etag[...] }
    }
    // A client asks again after a minute, so that a revoked key is known soon.
    let always = [("ETag", etag), ("Cache-Control", "public, max-age=60, stale-if-error=604800")]
    if known == true { return HTTPResponse(status: 304, headers: always) }
    return HTTPResponse(
      status: 200, headers: [("Content-Type", type)] + always + fields, body: body)
  }
}
