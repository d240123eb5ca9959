internal import FoundationEssentials
public import VenueCodes

/// The signature of a message between a door and its centre: HTTP Message Signatures (RFC 9421) with
/// one fixed set of components, and the digest of the content (RFC 9530).
///
/// A request is signed by the door:
///
///     Content-Digest: sha-256=:…:
///     Signature-Input: door=("@method" "@path" "@query" "content-digest" "content-type"
///       "content-encoding");created=1596672000;nonce="…";keyid="3";alg="ed25519"
///     Signature: door=:…:
///
/// and an answer by the centre, with the nonce of the request, so that no answer fits another request:
///
///     Checkin-Time: 1596672000123
///     Signature-Input: centre=("@status" "content-digest" "checkin-time");created=1596672000;
///       nonce="…";keyid="centre";alg="ed25519"
///     Signature: centre=:…:
///
/// (each header is one line). `content-type` and `content-encoding` are named exactly when the request has
/// the header. Only this order and spelling is taken: there is nothing to choose, and so nothing to be
/// talked into.
public struct MessageSignature: Hashable, Sendable {
  /// When it was signed by the signer's clock, in Unix seconds.
  public let created: Int64
  /// What makes the message unique: 16 to 64 characters of A-Z, a-z, 0-9, `-`, `_`.
  public let nonce: String
  /// Who signed: the number of a door, or `centre`.
  public let keyID: String

  /// The headers of a signed message.
  public struct Headers: Hashable, Sendable {
    /// `Content-Digest`.
    public var contentDigest: String
    /// `Signature-Input`.
    public var signatureInput: String
    /// `Signature`.
    public var signature: String
    /// `Checkin-Time`, of answers only.
    public var time: String?
    /// `Content-Type`, of requests that have one.
    public var contentType: String?
    /// `Content-Encoding`, of requests that have one.
    public var contentEncoding: String?

    /// Takes headers as they came.
    public init(
      contentDigest: String, signatureInput: String, signature: String, time: String? = nil,
      contentType: String? = nil, contentEncoding: String? = nil
    ) {
      self.contentDigest = contentDigest
      self.signatureInput = signatureInput
      self.signature = signature
      self.time = time
      self.contentType = contentType
      self.contentEncoding = contentEncoding
    }
  }

  /// Names the signer and the moment.
  public init(created: Int64, nonce: String, keyID: String) {
    self.created = created
    self.nonce = nonce
    self.keyID = keyID
  }

  /// Makes a nonce of random bits.
  public static func nonce(using generator: inout some RandomNumberGenerator) -> String {
    let bytes = (0..<18).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    return Data(bytes).base64EncodedString().map { symbol -> String in
      switch symbol {
      case "+": "-"
      case "/": "_"
      default: String(symbol)
      }
    }.joined()
  }

  // MARK: Requests

  /// The components of a request: the same for every one, and how its content is to be read.
  private static func requestComponents(_ type: String?, _ encoding: String?) -> String {
    "(\"@method\" \"@path\" \"@query\" \"content-digest\""
      + (type == nil ? "" : " \"content-type\"")
      + (encoding == nil ? "" : " \"content-encoding\"") + ")"
  }
  private static let answerComponents = "(\"@status\" \"content-digest\" \"checkin-time\")"

  /// Returns the headers of a request that a door signs.
  ///
  /// - Parameters:
  ///   - method: `GET` or `POST`.
  ///   - path: The path without the query.
  ///   - query: The query with its question mark; `?` when there is none.
  ///   - body: The content as it is sent.
  ///   - contentType: The header of that name, when there is one.
  ///   - contentEncoding: The header of that name, when there is one.
  ///   - key: The door's key.
  /// - Returns: The three headers of the signature.
  public func headers(
    method: String, path: String, query: String, body: [UInt8], contentType: String? = nil,
    contentEncoding: String? = nil, key: Ed25519.SigningKey
  ) -> Headers {
    let parameters = parameters(
      MessageSignature.requestComponents(contentType, contentEncoding))
    var headers = Headers(
      contentDigest: MessageSignature.contentDigest(of: body),
      signatureInput: "door=" + parameters, signature: "", contentType: contentType,
      contentEncoding: contentEncoding)
    let base = MessageSignature.requestBase(method, path, query, headers, parameters)
    headers.signature = "door=:\(MessageSignature.base64(key.signature(for: base.span))):"
    return headers
  }

  /// Reads who claims to have signed a request, before anything is checked.
  ///
  /// - Throws: `notSigned`.
  public init(ofRequest headers: Headers) throws(DoorProtocolError) {
    try self.init(
      headers.signatureInput, label: "door=",
      MessageSignature.requestComponents(headers.contentType, headers.contentEncoding))
    // No clock of a door is before 1970: what is, is not to be reckoned with.
    guard created >= 0 else { throw .notSigned }
  }

  /// Checks the signature of a request.
  ///
  /// - Throws: `wrongDigest`, `badSignature`.
  public func verifyRequest(
    _ headers: Headers, method: String, path: String, query: String, body: [UInt8],
    key: Ed25519.PublicKey
  ) throws(DoorProtocolError) {
    guard headers.contentDigest == MessageSignature.contentDigest(of: body) else {
      throw .wrongDigest
    }
    let base = MessageSignature.requestBase(
      method, path, query, headers,
      parameters(
        MessageSignature.requestComponents(headers.contentType, headers.contentEncoding)))
    guard let signature = MessageSignature.signature(headers.signature, label: "door=:"),
      key.isValid(signature: signature.span, for: base.span)
    else { throw .badSignature }
  }

  // MARK: Answers

  /// Returns the headers of an answer that the centre signs.
  ///
  /// - Parameters:
  ///   - status: The status of the answer.
  ///   - milliseconds: The centre's time, in Unix milliseconds.
  ///   - body: The content as it is sent.
  ///   - nonce: That of the request.
  ///   - key: The centre's key.
  /// - Returns: The four headers.
  public static func answerHeaders(
    status: Int, milliseconds: Int64, body: [UInt8], nonce: String, key: Ed25519.SigningKey
  ) -> Headers {
    let digest = contentDigest(of: body)
    let own = MessageSignature(created: milliseconds / 1_000, nonce: nonce, keyID: "centre")
    let parameters = own.parameters(answerComponents)
    let base = answerBase(status, digest, "\(milliseconds)", parameters)
    return Headers(
      contentDigest: digest, signatureInput: "centre=" + parameters,
      signature: "centre=:\(base64(key.signature(for: base.span))):", time: "\(milliseconds)")
  }

  /// Checks that an answer is the centre's, to this request.
  ///
  /// - Parameters:
  ///   - headers: As they came.
  ///   - status: As it came.
  ///   - body: As it came.
  ///   - nonce: That of the request.
  ///   - key: The centre's public key.
  /// - Returns: The centre's time, in Unix milliseconds.
  /// - Throws: `notSigned`, `wrongDigest`, `badSignature`.
  public static func centreTime(
    ofAnswer headers: Headers, status: Int, body: [UInt8], nonce: String, key: Ed25519.PublicKey
  ) throws(DoorProtocolError) -> Int64 {
    let own = try MessageSignature(
      headers.signatureInput, label: "centre=", answerComponents)
    guard own.nonce == nonce, let time = headers.time, let milliseconds = Int64(time),
      time == "\(milliseconds)"
    else { throw .notSigned }
    guard headers.contentDigest == contentDigest(of: body) else { throw .wrongDigest }
    let base = answerBase(
      status, headers.contentDigest, time, own.parameters(answerComponents))
    guard let signature = signature(headers.signature, label: "centre=:"),
      key.isValid(signature: signature.span, for: base.span)
    else { throw .badSignature }
    return milliseconds
  }

  // MARK: Texts

  private func parameters(_ components: String) -> String {
    "\(components);created=\(created);nonce=\"\(nonce)\";keyid=\"\(keyID)\";alg=\"ed25519\""
  }

  private static func requestBase(
    _ method: String, _ path: String, _ query: String, _ headers: Headers, _ parameters: String
  ) -> [UInt8] {
    var lines = [
      "\"@method\": \(method)", "\"@path\": \(path)", "\"@query\": \(query)",
      "\"content-digest\": \(headers.contentDigest)",
    ]
    if let type = headers.contentType { lines.append("\"content-type\": \(type)") }
    if let encoding = headers.contentEncoding {
      lines.append("\"content-encoding\": \(encoding)")
    }
    lines.append("\"@signature-params\": \(parameters)")
    return Array(lines.joined(separator: "\n").utf8)
  }

  private static func answerBase(
    _ status: Int, _ digest: String, _ time: String, _ parameters: String
  ) -> [UInt8] {
    Array(
      """
      "@status": \(status)
      "content-digest": \(digest)
      "checkin-time": \(time)
      "@signature-params": \(parameters)
      """.utf8)
  }

  /// Reads parameters by writing them again: whatever is spelled otherwise is not taken.
  private init(
    _ input: String, label: String, _ components: String
  ) throws(DoorProtocolError) {
    guard input.utf8.count <= 512, input.hasPrefix(label) else { throw .notSigned }
    let text = input.dropFirst(label.count)
    let parts = text.split(separator: ";", omittingEmptySubsequences: false)
    guard parts.count == 5, parts[1].hasPrefix("created="),
      let created = Int64(parts[1].dropFirst(8)),
      let nonce = MessageSignature.quoted(parts[2], "nonce="),
      let keyID = MessageSignature.quoted(parts[3], "keyid=")
    else { throw .notSigned }
    self.init(created: created, nonce: nonce, keyID: keyID)
    guard (16...64).contains(nonce.utf8.count), keyID.utf8.count <= 32,
      parameters(components) == text
    else { throw .notSigned }
  }

  private static func quoted(_ text: Substring, _ name: String) -> String? {
    guard text.hasPrefix(name + "\""), text.hasSuffix("\""), text.count > name.count + 2 else {
      return nil
    }
    let word = text.dropFirst(name.count + 1).dropLast()
    let isPlain = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    return isPlain ? String(word) : nil
  }

  private static func signature(_ text: String, label: String) -> [UInt8]? {
    guard text.utf8.count <= 200, text.hasPrefix(label), text.hasSuffix(":"),
      text.utf8.count > label.utf8.count + 1,
      let data = Data(base64Encoded: String(text.dropFirst(label.count).dropLast()))
    else { return nil }
    return Array(data)
  }

  private static func contentDigest(of body: [UInt8]) -> String {
    "sha-256=:\(base64(SHA256.digest(of: body))):"
  }

  private static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}

/// The fingerprint of a centre's key, as people compare it.
public enum KeyFingerprint {
  /// Returns the first 128 bits of the SHA-256 of a key as eight groups of four hexadecimal digits.
  public static func text(of key: Ed25519.PublicKey) -> String {
    let digits = SHA256.digest(of: key.rawRepresentation).prefix(16).map { byte in
      let text = String(byte, radix: 16)
      return text.utf8.count == 1 ? "0" + text : text
    }
    return stride(from: 0, to: 16, by: 2).map { digits[$0] + digits[$0 + 1] }
      .joined(separator: "-")
  }

  /// Whether a text is the fingerprint of a key, in any case and with or without what divides groups.
  public static func matches(_ text: String, _ key: Ed25519.PublicKey) -> Bool {
    func plain(_ text: String) -> String {
      text.lowercased().filter { $0 != "-" && $0 != ":" && $0 != " " }
    }
    return plain(text) == plain(self.text(of: key))
  }
}
