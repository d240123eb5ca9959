import DoorProtocol
import Presence
import VenueCodes

extension FuzzTarget {
  /// Bytes to a batch of columns: what is read is packed again and read as the same.
  static let evidenceBatch = FuzzTarget("evidence-batch", examples: DoorSamples.batches) { input in
    guard let rows = try? EvidenceBatch.rows(of: input) else { return }
    require((1...EvidenceBatch.mostRows).contains(rows.count), "a number of rows that is taken")
    guard let again = try? EvidenceBatch.bytes(of: rows) else { return }
    require((try? EvidenceBatch.rows(of: again)) == rows, "the same rows again")
  }

  /// Bytes to a batch of a third party.
  static let evidenceLines = FuzzTarget(
    "evidence-lines", examples: [Array(DoorSamples.line.utf8)]
  ) { input in
    guard let rows = try? EvidenceLines.rows(of: input, receivedAt: 0) else { return }
    require((1...EvidenceBatch.mostRows).contains(rows.count), "a number of rows that is taken")
    require(rows.allSatisfy { $0.venue != nil && $0.peer == nil }, "each at a venue")
  }

  /// Text to what doors and their centre say of themselves and of rows.
  static let doorMessages = FuzzTarget("door-messages", examples: DoorSamples.messages) { input in
    let text = String(decoding: input, as: UTF8.self)
    if let request = try? EnrolmentRequest(json: input) {
      require(request.boxKey.count == SealedBox.publicKeyLength, "a whole key")
    }
    _ = try? EnrolmentAnswer(json: input)
    if let answer = try? BatchAnswer(json: input, ofRows: 10) {
      require((try? BatchAnswer(json: answer.json, ofRows: 10)) == answer, "the same answer again")
    }
    if let code = try? DoorCode(text) {
      require((try? DoorCode(code.text)) == code, "the same code again")
    }
    if let scope = try? DoorScope(text: text) {
      require((try? DoorScope(text: scope.text)) == scope, "the same scope again")
    }
    let headers = MessageSignature.Headers(
      contentDigest: text, signatureInput: text, signature: text, time: text)
    if let claim = try? MessageSignature(ofRequest: headers) {
      require((16...64).contains(claim.nonce.utf8.count), "a nonce of a length that is taken")
      if let key = DoorSamples.key {
        let isSigned: Void? = try? claim.verifyRequest(
          headers, method: "GET", path: "/", query: "?", body: input, key: key)
        require(isSigned == nil, "no forgery")
      }
    }
  }

  /// Text to what comes down to a door: nothing unsigned is taken, and no version but its own.
  static let doorBundle = FuzzTarget("door-bundle", examples: DoorSamples.bundles) { input in
    if let key = DoorSamples.key {
      let text = String(decoding: input, as: UTF8.self)
      if let manifest = try? BundleManifest(signed: text, by: key) {
        require(manifest == DoorSamples.manifest, "no forgery")
      }
    }
    guard let answer = try? BundleAnswer(json: input) else { return }
    for old in [nil, DoorSamples.old] {
      if let new = try? answer.delta.applied(to: old) {
        require(new.version == answer.delta.version, "the version that was said")
        _ = try? new.revokedPrints()
      }
    }
  }
}

/// What doors and their centre say when all is well.
enum DoorSamples {
  private static let signing: Ed25519.SigningKey? = {
    guard let seed = try? SecretBytes(copying: [UInt8](repeating: 3, count: 32).span) else {
      return nil
    }
    return try? Ed25519.SigningKey(seed: seed)
  }()
  static let key = signing?.publicKey

  static let line = """
    {"id":"01900000-0000-7000-8000-000000000001","kind":"scan-in",\
    "subject":"00112233445566778899aabbccddeeff","venue":"C4C6BHFZC","zone":2,\
    "time":"2020-08-06T12:00:00+07:00","end":"2020-08-06T13:00:00+07:00","grade":1,"stay":12,\
    "gateway":"north"}

    """

  private static func row(_ number: Int) -> Evidence {
    let isScan = number & 1 == 0
    let id = EvidenceID(high: 1, low: UInt64(number))
    let subject = Pseudonym(high: UInt64(number % 5), low: 7)
    return Evidence(
      id: id, kind: isScan ? .scan : .visit, subject: subject, venue: VenueID(rawValue: 99),
      start: 1_596_672_000 + Int64(number), end: isScan ? nil : 1_596_680_000, statedStay: 12,
      grade: 1, gateway: "door-\(number % 2)", receivedAt: 1_596_672_100)
  }

  static let batches: [[UInt8]] = [1, 3, 40].compactMap { count in
    try? EvidenceBatch.bytes(of: (0..<count).map { row($0) })
  }

  static let old = DoorBundle(files: ["a.csv": "x\ny\nz\n", DoorBundle.keySet: "{}"])
  static let manifest = BundleManifest(
    door: 3, version: old.version, issuedAt: 10, expiresAt: 20)

  static let bundles: [[UInt8]] = {
    let new = DoorBundle(files: [
      "a.csv": "x\nw\nz\n", DoorBundle.keySet: "{}",
      DoorBundle.revocations: "C4C6BHFZC 0 3 2020-08-01 1596672000\n",
    ])
    let texts = [old, nil].map { from in
      BundleAnswer(
        manifest: "m", delta: BundleDelta(from: from, to: new), box: [1, 2, 3]
      ).json
    }
    return texts + (signing.map { [Array(manifest.signed(by: $0).utf8)] } ?? [])
  }()

  static let messages: [[UInt8]] = {
    var examples = [
      Array("7K3M-9QRT-V2XW-ABCD".utf8), Array("venues:C4C6BHFZC".utf8),
      Array("division:303".utf8),
      BatchAnswer(
        rows: 10, receivedAt: 7, repeated: [0..<3], conflicts: [4],
        refused: [.init(row: 9, code: "future")]
      ).json,
    ]
    if let signing, let code = try? DoorCode("7K3M-9QRT-V2XW-ABCD") {
      let box = [UInt8](repeating: 9, count: 32)
      examples.append(EnrolmentRequest.json(code: code, key: signing, boxKey: box))
      examples.append(
        EnrolmentAnswer(
          door: 3, name: "market", scope: "division:303", centreKey: signing.publicKey
        ).json)
      let headers = MessageSignature(
        created: 1_596_672_000, nonce: "abcdefghijklmnop", keyID: "3"
      ).headers(method: "POST", path: "/evidence", query: "?", body: [1], key: signing)
      examples.append(Array(headers.signatureInput.utf8))
    }
    return examples
  }()
}
