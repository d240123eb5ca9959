import DoorProtocol
import TestSupport
import Testing
import VenueCodes
import VenueRegistry

@Suite("What a door and its centre say") struct DoorMessageTests {
  private func key(_ byte: UInt8) throws -> Ed25519.SigningKey {
    try Ed25519.SigningKey(seed: SecretBytes(copying: [UInt8](repeating: byte, count: 32).span))
  }

  private func signed(_ signer: MessageSignature, _ key: Ed25519.SigningKey)
    -> MessageSignature.Headers
  {
    signer.headers(method: "POST", path: "/evidence", query: "?", body: [1, 2], key: key)
  }

  @Test("A signed request is its door's, and nothing of it can be changed")
  func requests() throws {
    let key = try key(1)
    let signer = MessageSignature(
      created: 1_596_672_000, nonce: "abcdefghijklmnop", keyID: "3")
    let headers = signed(signer, key)
    let read = try MessageSignature(ofRequest: headers)
    #expect(read == signer)
    func check(
      _ headers: MessageSignature.Headers, _ method: String = "POST",
      _ path: String = "/evidence", _ query: String = "?", _ body: [UInt8] = [1, 2],
      by reader: Ed25519.PublicKey? = nil
    ) -> DoorProtocolError? {
      do throws(DoorProtocolError) {
        try MessageSignature(ofRequest: headers).verifyRequest(
          headers, method: method, path: path, query: query, body: body,
          key: reader ?? key.publicKey)
        return nil
      } catch {
        return error
      }
    }
    #expect(check(headers) == nil)
    #expect(check(headers, "GET") == .badSignature)
    #expect(check(headers, "POST", "/registry") == .badSignature)
    #expect(check(headers, "POST", "/evidence", "?since=1") == .badSignature)
    #expect(check(headers, "POST", "/evidence", "?", [1, 3]) == .wrongDigest)
    #expect(check(headers, by: try self.key(2).publicKey) == .badSignature)
    for (old, new) in [
      ("created=1596672000", "created=1596672001"), ("keyid=\"3\"", "keyid=\"4\""),
      ("abcdefghijklmnop", "abcdefghijklmnoq"),
    ] {
      var changed = headers
      changed.signatureInput = changed.signatureInput.replacing(old, with: new)
      #expect(check(changed) == .badSignature)
    }
  }

  @Test(
    "Another spelling of the parameters is not taken",
    arguments: [
      ("created=1596672000", "created=01596672000"), ("alg=\"ed25519\"", "alg=\"none\""),
      ("\"@query\" ", ""), ("door=", "sig1="), ("keyid=\"3\"", "keyid=3"),
      ("nonce=\"abcdefghijklmnop\"", "nonce=\"short\""), (";alg", "; alg"),
      ("abcdefghijklmnop", "abcdefghijklmno\\\""),
    ])
  func spelling(change: (String, String)) throws {
    var headers = signed(
      MessageSignature(created: 1_596_672_000, nonce: "abcdefghijklmnop", keyID: "3"),
      try key(1))
    headers.signatureInput = headers.signatureInput.replacing(change.0, with: change.1)
    #expect(throws: DoorProtocolError.notSigned) { try MessageSignature(ofRequest: headers) }
  }

  @Test("How the content is to be read is signed with it, and the parameters name what is there")
  func contentHeaders() throws {
    let key = try key(1)
    let signer = MessageSignature(
      created: 1_596_672_000, nonce: "abcdefghijklmnop", keyID: "3")
    let headers = signer.headers(
      method: "POST", path: "/evidence", query: "?", body: [1], contentType: "a/b",
      contentEncoding: "zstd", key: key)
    #expect(headers.signatureInput.contains("\"content-type\" \"content-encoding\")"))
    func failure(_ change: (inout MessageSignature.Headers) -> Void) -> DoorProtocolError? {
      var headers = headers
      change(&headers)
      do throws(DoorProtocolError) {
        try MessageSignature(ofRequest: headers).verifyRequest(
          headers, method: "POST", path: "/evidence", query: "?", body: [1], key: key.publicKey)
        return nil
      } catch {
        return error
      }
    }
    #expect(failure { _ in } == nil)
    #expect(failure { $0.contentType = "a/c" } == .badSignature)
    #expect(failure { $0.contentEncoding = "gzip" } == .badSignature)
    #expect(failure { $0.contentType = nil } == .notSigned)
    #expect(failure { $0.contentEncoding = nil } == .notSigned)
  }

  @Test("A time before 1970 is no time of a signature", arguments: [Int64.min, -1])
  func negativeTime(created: Int64) throws {
    let headers = signed(
      MessageSignature(created: created, nonce: "abcdefghijklmnop", keyID: "3"), try key(1))
    #expect(throws: DoorProtocolError.notSigned) { try MessageSignature(ofRequest: headers) }
  }

  @Test("An answer is the centre's, to this request and to no other")
  func answers() throws {
    let key = try key(5)
    let nonce = "0123456789abcdef"
    let headers = MessageSignature.answerHeaders(
      status: 200, milliseconds: 1_596_672_000_123, body: [7], nonce: nonce, key: key)
    func time(_ status: Int = 200, _ body: [UInt8] = [7], _ nonce: String = "0123456789abcdef")
      throws -> Int64
    {
      try MessageSignature.centreTime(
        ofAnswer: headers, status: status, body: body, nonce: nonce, key: key.publicKey)
    }
    #expect(try time() == 1_596_672_000_123)
    #expect(throws: DoorProtocolError.badSignature) { try time(403) }
    #expect(throws: DoorProtocolError.wrongDigest) { try time(200, [8]) }
    #expect(throws: DoorProtocolError.notSigned) { try time(200, [7], "0123456789abcdeX") }
  }

  @Test("A code is read as people type it, and never printed by accident")
  func codes() throws {
    var generator = SeededGenerator(seed: 9)
    let code = DoorCode(using: &generator)
    #expect(code.text.count == 19)
    #expect(try DoorCode(code.text) == code)
    #expect(try DoorCode(code.text.lowercased().replacing("-", with: " ")) == code)
    #expect(code.hash.count == 32)
    #expect("\(code)" == "DoorCode(redacted)")
    #expect(DoorCode(using: &generator) != code)
    for text in ["", "7K3M-9QRT-AAAA", code.text + "A", "UUUU-UUUU-UUUU-UUUU", "é"] {
      #expect(throws: DoorProtocolError.badCode) { try DoorCode(text) }
    }
  }

  @Test("An enrolment proves that the door has its key")
  func enrolment() throws {
    var generator = SeededGenerator(seed: 10)
    let code = DoorCode(using: &generator)
    let key = try key(3)
    let box = [UInt8](repeating: 9, count: 32)
    let json = EnrolmentRequest.json(code: code, key: key, boxKey: box)
    let request = try EnrolmentRequest(json: json)
    #expect(request.code == code)
    #expect(request.key == key.publicKey)
    #expect(request.boxKey == box)
    let text = String(decoding: json, as: UTF8.self)
    let stolen = text.replacing(code.text, with: DoorCode(using: &generator).text)
    #expect(throws: DoorProtocolError.badSignature) {
      try EnrolmentRequest(json: Array(stolen.utf8))
    }
    for bad in ["", "{}", "null", String(repeating: " ", count: 3_000)] {
      #expect(throws: DoorProtocolError.badAnswer) {
        try EnrolmentRequest(json: Array(bad.utf8))
      }
    }
    let answer = EnrolmentAnswer(
      door: 3, name: "chợ Hàng", scope: "division:303", centreKey: key.publicKey)
    #expect(try EnrolmentAnswer(json: answer.json) == answer)
  }

  @Test("A fingerprint is compared whatever divides it")
  func fingerprint() throws {
    let key = try key(4).publicKey
    let text = KeyFingerprint.text(of: key)
    #expect(text.count == 39)
    #expect(KeyFingerprint.matches(text.uppercased().replacing("-", with: ":"), key))
    #expect(!KeyFingerprint.matches(String(text.dropLast()), key))
    #expect(!KeyFingerprint.matches("", key))
  }

  @Test("A change of the registry comes as a small difference, which leads to what was signed")
  func bundles() throws {
    let lines = (0..<500).map { "venue \($0)" }
    let old = DoorBundle(files: [
      "venues/a.csv": lines.joined(separator: "\n") + "\n", "gone.csv": "x\n", "keyset.json": "{}",
    ])
    var changed = lines
    changed[250] = "venue of another name"
    let new = DoorBundle(files: [
      "venues/a.csv": changed.joined(separator: "\n") + "\n", "new.csv": "y\n",
      "keyset.json": "{}",
    ])
    let delta = BundleDelta(from: old, to: new)
    #expect(delta.edits["venues/a.csv"]?.middle == ["venue of another name"])
    #expect(delta.gone == ["gone.csv"])
    #expect(delta.whole == ["new.csv": "y\n"])
    #expect(try delta.applied(to: old) == new)
    #expect(throws: DoorProtocolError.wrongVersion) { try delta.applied(to: new) }
    #expect(throws: DoorProtocolError.wrongVersion) { try delta.applied(to: nil) }
    #expect(try BundleDelta(from: nil, to: new).applied(to: old) == new)
    var forged = delta
    forged.edits["venues/a.csv"]?.middle = ["venue that nobody signed"]
    #expect(throws: DoorProtocolError.wrongVersion) { try forged.applied(to: old) }
    for (head, tail) in [(-1, 0), (0, 1_000), (400, 400), (Int.max, Int.max)] {
      var bad = delta
      bad.edits["venues/a.csv"]?.head = head
      bad.edits["venues/a.csv"]?.tail = tail
      #expect(throws: DoorProtocolError.wrongVersion) { try bad.applied(to: old) }
    }
    let answer = BundleAnswer(manifest: "m", delta: delta, box: [1, 2, 3])
    #expect(try BundleAnswer(json: answer.json) == answer)
    #expect(answer.boxBytes == [1, 2, 3])
  }

  @Test("A manifest on the disk is the centre's and unchanged")
  func manifest() throws {
    let key = try key(6)
    let manifest = BundleManifest(
      door: 3, version: String(repeating: "a", count: 64), issuedAt: 10, expiresAt: 20)
    let text = manifest.signed(by: key)
    #expect(try BundleManifest(signed: text, by: key.publicKey) == manifest)
    #expect(throws: DoorProtocolError.badSignature) {
      try BundleManifest(
        signed: text.replacing("expires 20", with: "expires 99"), by: key.publicKey)
    }
    #expect(throws: DoorProtocolError.badSignature) {
      try BundleManifest(signed: text, by: try self.key(7).publicKey)
    }
    for bad in ["", text + "\n", text.replacing("door 3", with: "door 03"), "a\nb\nc\nd\ne\nf\n"] {
      #expect(throws: DoorProtocolError.notSigned) {
        try BundleManifest(signed: bad, by: key.publicKey)
      }
    }
  }

  @Test("A scope is kept as text and read back")
  func scopes() throws {
    let venue = try VenueID(parsing: "C4C6BHFZC")
    for scope: DoorScope in [.venues([venue]), .division("303"), .agency("so-du-lich")] {
      #expect(try DoorScope(text: scope.text) == scope)
    }
    for text in ["", "venues", "venues:nonsense", "city:31"] {
      #expect(throws: DoorProtocolError.badScope) { try DoorScope(text: text) }
    }
  }

  @Test("A ward without a committee is its district's, and nobody's where there is none (A13)")
  func competence() throws {
    func agency(_ id: String, _ division: String?) throws -> Agency {
      Agency(
        id: id, name: BilingualName(vietnamese: id, english: id), kind: .peoplesCommittee,
        division: division)
    }
    let divisions = [
      Division(code: "31", parent: nil, kind: "thành phố", name: "Hải Phòng"),
      Division(code: "303", parent: "31", kind: "quận", name: "Hồng Bàng"),
      Division(code: "11296", parent: "303", kind: "phường", name: "Quán Toan"),
    ]
    let registry = Registry(
      categories: [], agencies: [try agency("hong-bang", "303")], divisions: divisions)
    let ward = try #require(HealthOffice.competent(for: "11296", in: registry))
    #expect(ward.agency.id == "hong-bang")
    #expect(ward.isOfLargerDivision)
    #expect(HealthOffice.competent(for: "303", in: registry)?.isOfLargerDivision == false)
    #expect(HealthOffice.competent(for: "31", in: registry) == nil)
    let none = Registry(categories: [], agencies: [], divisions: divisions)
    #expect(HealthOffice.competent(for: "11296", in: none) == nil)
  }
}
