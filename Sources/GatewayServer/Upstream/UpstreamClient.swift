internal import ByteCompression
internal import DoorProtocol
public import ExposureStorage
internal import FoundationEssentials
public import Presence
internal import Synchronization
public import VenueCodes
internal import VenueRegistry

/// Why a door got nothing from its centre.
public enum UpstreamError: Error, Hashable, Sendable {
  /// No answer came.
  case unreachable(String)
  /// A problem was answered: its stable word, the status, its sentence, and whether the centre signed it;
  /// what it did not sign may be from anything that stands between.
  case problem(code: String, status: Int, detail: String, isSigned: Bool)
  /// What answered is not the centre, or is of another version.
  case notTheCentre(String)
  /// The key of the centre is not the one that was named.
  case otherFingerprint(String)
  /// The address is of a server elsewhere without TLS.
  case plainAddress(String)
  /// Something failed here.
  case local(String)

  /// The stable word for this failure.
  public var code: String {
    switch self {
    case .unreachable: "centre-unreachable"
    case .problem(let code, _, _, _): code
    case .notTheCentre: "not-the-centre"
    case .otherFingerprint: "other-fingerprint"
    case .plainAddress: "upstream-not-https"
    case .local: "local-failure"
    }
  }

  /// Whether no answer came.
  var isOfLine: Bool {
    if case .unreachable = self { return true }
    return false
  }

  /// What the centre says of a row that nobody can read, rather than of the batch.
  static let codesOfRows: Set<String> = [
    DoorProtocolError.badValue(row: 0, column: "").code, DoorProtocolError.badLine(0, "").code,
  ]
}

/// What addresses of a centre are taken.
public enum UpstreamAddress {
  /// Whether nobody on the way can read along: https, or a server on this machine.
  public static func isProtected(_ url: String) -> Bool {
    if url.hasPrefix("https://") { return true }
    guard url.hasPrefix("http://") else { return false }
    let authority = url.dropFirst(7).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    // What is before an @ is no host, whatever it looks like.
    guard !authority.contains("@"), !authority.contains("\\") else { return false }
    let host =
      authority.hasPrefix("[")
      ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
    return ["127.0.0.1", "[::1]", "localhost"].contains(String(host))
  }
}

extension UpstreamError: CustomStringConvertible {
  /// A sentence for a person.
  public var description: String {
    switch self {
    case .unreachable(let reason): "the centre does not answer: \(reason)"
    case .problem(_, let status, let detail, true):
      "the centre says: \(detail) (status \(status))"
    case .problem(_, let status, let detail, false):
      "the centre, or what stands before it, says: \(detail) (status \(status), not signed)"
    case .notTheCentre(let reason): "what answered is not the centre: \(reason)"
    case .otherFingerprint(let found):
      "the centre's key has the fingerprint \(found), which is not the one given: do not join, and "
        + "find out what stands between"
    case .plainAddress(let url):
      "\(url) is not https, so what goes there could be read on the way"
    case .local(let reason): reason
    }
  }
}

/// A door's side of the conversation with its centre: it signs what it says and believes only what the
/// centre signed.
public final class UpstreamClient: Sendable {
  /// The address of the centre, without a slash at the end.
  public let url: String
  private let transport: UpstreamTransport
  private let key: Ed25519.SigningKey
  private let clock: @Sendable () -> Int64
  private let nonce: @Sendable () -> String
  /// How far this clock is ahead, in milliseconds; nil until the centre was heard.
  private let offset: Mutex<Int64?>
  private let heard = Mutex<Int64?>(nil)

  /// Makes a client.
  ///
  /// - Parameters:
  ///   - url: The address of the centre.
  ///   - key: The door's key.
  ///   - offset: How far the clock was ahead when the centre was heard last.
  ///   - clock: Unix milliseconds.
  ///   - transport: What carries requests.
  public init(
    url: String, key: Ed25519.SigningKey, clockOffset offset: Int64? = nil,
    clock: @escaping @Sendable () -> Int64, transport: @escaping UpstreamTransport
  ) {
    var url = url[...]
    while url.hasSuffix("/") { url.removeLast() }
    self.url = String(url)
    self.key = key
    self.clock = clock
    self.transport = transport
    self.offset = Mutex(offset)
    nonce = {
      var generator = SystemRandomNumberGenerator()
      return MessageSignature.nonce(using: &generator)
    }
  }

  /// How far this clock is ahead of the centre's, in milliseconds; nil when it is not known.
  public var clockOffset: Int64? { offset.withLock { $0 } }

  /// When the centre last said something, in Unix seconds by this clock; nil before.
  public var heardAt: Int64? { heard.withLock { $0 } }

  // MARK: Joining

  /// Enrols this door.
  ///
  /// - Parameters:
  ///   - code: The one-time code.
  ///   - boxKey: The public half of the door's key of encryption.
  ///   - fingerprint: That of the centre's key, when it was named.
  /// - Returns: To which centre the door belongs now.
  /// - Throws: `UpstreamError`.
  public func join(
    code: String, boxKey: [UInt8], fingerprint: String?
  ) throws(UpstreamError) -> UpstreamLink {
    let nonce = nonce()
    let body: [UInt8]
    do {
      body = EnrolmentRequest.json(code: try DoorCode(code), key: key, boxKey: boxKey)
    } catch {
      throw .local("\(error)")
    }
    let response = try send(
      OutgoingRequest(
        .post, url + "/doors",
        fields: [("Content-Type", "application/json"), ("Checkin-Nonce", nonce)], body: body))
    try checkStatus(response)
    do {
      let answer = try EnrolmentAnswer(json: response.body)
      try hear(response, nonce: nonce, key: answer.centreKey)
      let found = KeyFingerprint.text(of: answer.centreKey)
      if let fingerprint, !KeyFingerprint.matches(fingerprint, answer.centreKey) {
        throw UpstreamError.otherFingerprint(found)
      }
      return UpstreamLink(
        url: url, door: answer.door, name: answer.name, scope: answer.scope,
        centreKey: answer.centreKey.rawRepresentation)
    } catch let error as UpstreamError {
      throw error
    } catch {
      throw .notTheCentre("\(error)")
    }
  }

  // MARK: Talking

  /// Asks for the centre's time; the offset is known from then on.
  public func askTime(_ link: UpstreamLink) throws(UpstreamError) {
    let nonce = nonce()
    let response = try send(
      OutgoingRequest(.get, url + "/doors/time", fields: [("Checkin-Nonce", nonce)]))
    try checkStatus(response)
    try hear(response, nonce: nonce, key: try centreKey(link))
  }

  /// Sends rows, and returns what became of them.
  ///
  /// A row that ends before it starts cannot be sent, and comes back as refused.
  ///
  /// - Throws: `UpstreamError`; nothing is known of the rows then, and they are sent again.
  public func send(
    _ rows: [Evidence], _ link: UpstreamLink
  ) throws(UpstreamError) -> BatchOutcome {
    let places = rows.indices.filter { !Self.isContradiction(rows[$0]) }
    let contradictions = rows.indices.filter { Self.isContradiction(rows[$0]) }
      .map { (row: $0, code: RowRefusal.contradiction.rawValue) }
    guard !places.isEmpty else {
      return BatchOutcome(stored: 0, conflicts: 0, refused: contradictions, epoch: nil)
    }
    let packed: [UInt8]
    do {
      let bytes = try EvidenceBatch.bytes(of: places.map { rows[$0] })
      guard let zstd = ContentCoding.zstandard(bytes, level: 1) else {
        throw UpstreamError.local("there is no memory to pack a batch")
      }
      packed = zstd
    } catch let error as UpstreamError {
      throw error
    } catch {
      throw .local("\(error)")
    }
    let response = try sendSigned(
      .post, "/evidence", query: "?", body: packed, type: EvidenceBatch.mediaType,
      encoding: "zstd", link)
    do {
      let answer = try BatchAnswer(json: response.body, ofRows: places.count)
      return BatchOutcome(
        stored: answer.storedCount, conflicts: answer.conflicts.count,
        refused: answer.refused.map { (places[$0.row], $0.code) } + contradictions
          + answer.conflicts.map { (places[$0], RowRefusal.conflict) },
        epoch: answer.epoch)
    } catch {
      throw .notTheCentre("\(error)")
    }
  }

  private static func isContradiction(_ row: Evidence) -> Bool {
    row.end.map { $0 < row.start } ?? false
  }

  /// What became of a batch at the centre.
  public struct BatchOutcome: Sendable {
    /// How many rows were new.
    public let stored: Int
    /// How many were kept aside, since another statement has their id.
    public let conflicts: Int
    /// The rows that were refused and why, those that were kept aside among them.
    public let refused: [(row: Int, code: String)]
    /// Since when the centre's store is as it is; see `BatchAnswer.epoch`.
    public let epoch: String?
  }

  /// Fetches what the door needs offline, or the change of it, checks it, and keeps it.
  ///
  /// - Parameters:
  ///   - link: The centre.
  ///   - state: Where it is kept.
  ///   - vault: Where secrets are kept.
  ///   - registry: The folder of venues, which gets those of the door.
  /// - Returns: Whether something changed.
  /// - Throws: `UpstreamError`; what was there before stays in use.
  public func refresh(
    _ link: UpstreamLink, state: UpstreamState, vault: KeyVault, registry: RegistryFolder
  ) throws(UpstreamError) -> Bool {
    do {
      let files = try state.bundleFiles()
      let old = files.isEmpty ? nil : DoorBundle(files: files)
      do throws(UpstreamError) {
        return try refresh(link, from: old, state, vault, registry)
      } catch {
        // A change that does not fit what is here: all of it, then.
        guard case .notTheCentre = error, old != nil else { throw error }
        return try refresh(link, from: nil, state, vault, registry)
      }
    } catch let error as UpstreamError {
      throw error
    } catch {
      throw .local("\(error)")
    }
  }

  private func refresh(
    _ link: UpstreamLink, from old: DoorBundle?, _ state: UpstreamState, _ vault: KeyVault,
    _ registry: RegistryFolder
  ) throws(UpstreamError) -> Bool {
    let response = try sendSigned(
      .get, "/registry", query: old.map { "?since=" + $0.version } ?? "?", body: [], link)
    let answer: BundleAnswer
    let new: DoorBundle
    do {
      answer = try BundleAnswer(json: response.body)
      let manifest = try BundleManifest(signed: answer.manifest, by: try centreKey(link))
      new = try answer.delta.applied(to: old)
      guard manifest.door == link.door, manifest.version == new.version else {
        throw DoorProtocolError.wrongVersion
      }
    } catch {
      throw .notTheCentre("\(error)")
    }
    do {
      let keySet = try KeySet(json: Array((new.files[DoorBundle.keySet] ?? "").utf8))
      if let box = answer.boxBytes, !box.isEmpty {
        let keys = try vault.doorKeys()
        guard let parcel = try keys.box.open(box) else {
          throw UpstreamError.notTheCentre("the secrets are not for this door")
        }
        try vault.keepDoorSecrets(try DoorSecrets(parcel: parcel), keySet: keySet)
      }
      if new.version != old?.version {
        var texts = new.registryFiles.texts
        // What is gone keeps its header only: a folder without the file is not known to be whole.
        if let here = try? registry.read() {
          for (path, text) in here.texts where texts[path] == nil {
            texts[path] = text.split(separator: "\n").first.map { $0 + "\n" } ?? ""
          }
        }
        try registry.write(.init(texts: texts))
      }
      // Last: what was written before is written again when this is lost.
      try state.keepBundle(
        new.files, manifest: answer.manifest,
        revoked: try new.revokedPrints().map {
          (PrintPlace(venue: $0.venue, zone: $0.zone, serial: $0.serial), $0.firstDay, $0.revokedAt)
        })
      if let epoch = answer.epoch { _ = try state.noteEpoch(epoch) }
    } catch let error as UpstreamError {
      throw error
    } catch {
      throw .local("\(error)")
    }
    return new.version != old?.version
  }

  // MARK: Signing

  private func sendSigned(
    _ method: HTTPMethod, _ path: String, query: String, body: [UInt8], type: String? = nil,
    encoding: String? = nil, _ link: UpstreamLink
  ) throws(UpstreamError) -> HTTPResponse {
    if clockOffset == nil { try askTime(link) }
    let nonce = nonce()
    let signer = MessageSignature(
      created: (clock() - (clockOffset ?? 0)) / 1_000, nonce: nonce, keyID: "\(link.door)")
    let signed = signer.headers(
      method: method.rawValue, path: path, query: query, body: body, contentType: type,
      contentEncoding: encoding, key: key)
    var fields = [
      ("Content-Digest", signed.contentDigest), ("Signature-Input", signed.signatureInput),
      ("Signature", signed.signature),
    ]
    if let type { fields.append(("Content-Type", type)) }
    if let encoding { fields.append(("Content-Encoding", encoding)) }
    let target = query == "?" ? path : path + query
    let response = try send(
      OutgoingRequest(
        method, url + target, fields: fields.map { (name: $0.0, value: $0.1) }, body: body))
    // Who refuses because it does not know who asks cannot sign for them either.
    if response.status != 200, response.header("Signature") == nil {
      let problem = problem(of: response, isSigned: false)
      if case .problem("clock-skew", _, _, _) = problem { offset.withLock { $0 = nil } }
      throw problem
    }
    try hear(response, nonce: nonce, key: try centreKey(link))
    if response.status != 200 { throw problem(of: response, isSigned: true) }
    return response
  }

  private func send(_ request: OutgoingRequest) throws(UpstreamError) -> HTTPResponse {
    do {
      return try transport(request)
    } catch {
      throw .unreachable("\(error)")
    }
  }

  private func checkStatus(_ response: HTTPResponse) throws(UpstreamError) {
    if response.status != 200 { throw problem(of: response, isSigned: false) }
  }

  private struct ProblemForm: Decodable {
    var type: String?
    var title: String?
    var detail: String?
  }

  private func problem(of response: HTTPResponse, isSigned: Bool) -> UpstreamError {
    let form = try? JSONDecoder().decode(ProblemForm.self, from: Data(response.body.prefix(65_536)))
    let type = form?.type ?? ""
    let prefix = "urn:checkin:problem:"
    guard type.hasPrefix(prefix), type.utf8.count < 100 else {
      // A proxy has words of its own for what is too large for it.
      if response.status == 413 {
        return .problem(
          code: "too-large", status: 413, detail: "the request is too large", isSigned: isSigned)
      }
      return .notTheCentre("it answered with status \(response.status)")
    }
    return .problem(
      code: String(type.dropFirst(prefix.count)), status: response.status,
      detail: String((form?.detail ?? form?.title ?? "").prefix(300)), isSigned: isSigned)
  }

  private func centreKey(_ link: UpstreamLink) throws(UpstreamError) -> Ed25519.PublicKey {
    do {
      return try Ed25519.PublicKey(rawRepresentation: link.centreKey)
    } catch {
      throw .local("the centre's key is damaged: join again")
    }
  }

  /// Checks an answer, and learns the offset of the clocks from it.
  private func hear(
    _ response: HTTPResponse, nonce: String, key: Ed25519.PublicKey
  ) throws(UpstreamError) {
    let headers = MessageSignature.Headers(
      contentDigest: response.header("Content-Digest") ?? "",
      signatureInput: response.header("Signature-Input") ?? "",
      signature: response.header("Signature") ?? "", time: response.header("Checkin-Time"))
    do {
      let time = try MessageSignature.centreTime(
        ofAnswer: headers, status: response.status, body: response.body, nonce: nonce, key: key)
      let present = clock()
      offset.withLock { $0 = present - time }
      heard.withLock { $0 = present / 1_000 }
    } catch {
      throw .notTheCentre("\(error)")
    }
  }
}
