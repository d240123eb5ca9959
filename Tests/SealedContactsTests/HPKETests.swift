import ForeignCodes
import Foundation
import SealedContacts
import TestSupport
import Testing
import VenueCodes

@Suite("HPKE") struct HPKETests {
  private struct Published: Decodable {
    struct Encryption: Decodable {
      let sequence: Int
      let aad: String
      let ct: String
      let pt: String
    }
    let mode: Int
    let info: String
    let skRm: String
    let skEm: String
    let pkRm: String
    let enc: String
    let encryptions: [Encryption]
  }

  @Test("The vectors of RFC 9180 for this suite seal and open")
  func rfc9180() throws {
    let vector = try JSONDecoder().decode(Published.self, from: fixture("rfc9180-base.json"))
    #expect(vector.mode == 0 && vector.encryptions.map(\.sequence) == [0, 1, 2, 4, 255, 256])
    let recipient = try privateKey(bytes(hexadecimal: vector.skRm))
    let ephemeral = try privateKey(bytes(hexadecimal: vector.skEm))
    let info = try bytes(hexadecimal: vector.info)
    #expect(hexadecimal(recipient.publicKey.rawRepresentation) == vector.pkRm)
    #expect(hexadecimal(ephemeral.publicKey.rawRepresentation) == vector.enc)
    var sender = try HPKEContext(
      sendingTo: recipient.publicKey, ephemeral: ephemeral, info: info)
    var receiver = try HPKEContext(
      receiving: ephemeral.publicKey.rawRepresentation[...], with: recipient, info: info)
    for number in 0...256 {
      let listed = vector.encryptions.first { $0.sequence == number }
      let message = try bytes(hexadecimal: listed?.pt ?? "00")
      let additional = try bytes(hexadecimal: listed?.aad ?? "")
      let sealed = try sender.sealed(message, additional: additional)
      if let listed { #expect(hexadecimal(sealed) == listed.ct, "encryption \(number)") }
      let opened = try receiver.opened(sealed[...], additional: additional)
      #expect(opened == message, "encryption \(number)")
    }
  }

  struct Foreign: Codable {
    let private_key: String
    let info: String
    let aad: String
    let enc: String
    let ct: String
    var pt: String?
  }

  @Test("What another implementation sealed with random keys opens")
  func opensForeign() throws {
    let rows = try JSONDecoder().decode([Foreign].self, from: fixture("pyhpke.json"))
    #expect(rows.count == 24)
    for row in rows {
      let message = try HPKE.opened(
        bytes(hexadecimal: row.ct)[...], encapsulation: bytes(hexadecimal: row.enc)[...],
        with: privateKey(bytes(hexadecimal: row.private_key)),
        info: bytes(hexadecimal: row.info), additional: bytes(hexadecimal: row.aad))
      #expect(hexadecimal(message) == row.pt)
    }
  }

  /// A Python that has pyhpke; nil where none was named.
  private static let peer = ProcessInfo.processInfo.environment["CHECKIN_PEER_PYTHON"]

  @Test(
    "Another implementation opens what we sealed with random keys",
    .enabled(if: peer != nil, "CHECKIN_PEER_PYTHON names no Python with pyhpke"))
  func foreignOpensOurs() throws {
    var system = SystemRandomNumberGenerator()
    let seed = system.next()
    var generator = SeededGenerator(seed: seed)
    var rows: [Foreign] = []
    var messages: [String] = []
    for number in 0..<24 {
      let secret = (0..<32).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      let message = (0..<(number * 7)).map { UInt8(truncatingIfNeeded: $0 ^ number) }
      let info = Array("info \(number)".utf8)
      let additional = [UInt8](repeating: UInt8(number), count: number)
      let sealed = try HPKE.sealed(
        message, to: privateKey(secret).publicKey, info: info, additional: additional,
        using: &generator)
      rows.append(
        Foreign(
          private_key: hexadecimal(secret), info: hexadecimal(info), aad: hexadecimal(additional),
          enc: hexadecimal(sealed.encapsulation), ct: hexadecimal(sealed.ciphertext)))
      messages.append(hexadecimal(message))
    }
    let python = BuiltProgram(at: URL(fileURLWithPath: Self.peer ?? ""))
    let script = TestEnvironment.packageRoot.appendingPathComponent("Tests/Peers/hpke_peer.py")
    var environment: [String: String] = [:]
    environment["PYTHONPATH"] = ProcessInfo.processInfo.environment["PYTHONPATH"]
    let outcome = try python.run(
      [script.path, "open"], input: JSONEncoder().encode(rows), environment: environment,
      in: FileManager.default.temporaryDirectory)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let opened = try JSONDecoder().decode([String].self, from: Data(outcome.output.utf8))
    #expect(opened == messages, "seed \(seed)")
  }

  @Test("Points of small order are refused as encapsulations", arguments: [UInt8(0), 1])
  func smallOrder(first: UInt8) throws {
    let key = try privateKey(Array(0..<32))
    var point = [UInt8](repeating: 0, count: 32)
    point[0] = first
    #expect(throws: HPKEError.badEncapsulation) {
      try HPKE.opened(
        [UInt8](repeating: 0, count: 32)[...], encapsulation: point[...], with: key, info: [],
        additional: [])
    }
  }

  @Test("A change anywhere in a message is noticed")
  func changes() throws {
    var generator = SeededGenerator(seed: 9180)
    let key = try X25519.PrivateKey(using: &generator)
    let sealed = try HPKE.sealed(
      Array("0912".utf8), to: key.publicKey, info: [1], additional: [2], using: &generator)
    for place in sealed.ciphertext.indices {
      var changed = sealed.ciphertext
      changed[place] ^= 0x40
      #expect(throws: HPKEError.forged) {
        try HPKE.opened(
          changed[...], encapsulation: sealed.encapsulation[...], with: key, info: [1],
          additional: [2])
      }
    }
    for (info, additional) in [([], [2]), ([1], []), ([2], [1])] as [([UInt8], [UInt8])] {
      #expect(throws: HPKEError.forged) {
        try HPKE.opened(
          sealed.ciphertext[...], encapsulation: sealed.encapsulation[...], with: key, info: info,
          additional: additional)
      }
    }
    for count in 0..<sealed.ciphertext.count {
      #expect(throws: HPKEError.forged) {
        try HPKE.opened(
          sealed.ciphertext.prefix(count), encapsulation: sealed.encapsulation[...], with: key,
          info: [1], additional: [2])
      }
    }
  }
}

@Suite("AES-256-GCM") struct AES256GCMTests {
  private struct Wycheproof: Decodable {
    struct Group: Decodable {
      struct Test: Decodable {
        let tcId: Int
        let key: String
        let iv: String
        let aad: String
        let msg: String
        let ct: String
        let tag: String
        let result: String
      }
      let tests: [Test]
    }
    let numberOfTests: Int
    let testGroups: [Group]
  }

  @Test("Wycheproof's cases of 256-bit keys come out as they should")
  func wycheproof() throws {
    let file = try JSONDecoder().decode(Wycheproof.self, from: fixture("aes_256_gcm_test.json"))
    var wrong: [Int] = []
    var tested = 0
    for test in file.testGroups.flatMap(\.tests) {
      let iv = try bytes(hexadecimal: test.iv)
      // No protocol here has an IV of other lengths, and the wrapper takes none.
      guard (1...64).contains(iv.count) else { continue }
      tested += 1
      if try !Self.comesOut(test, iv: iv) { wrong.append(test.tcId) }
    }
    #expect(wrong.isEmpty)
    #expect(file.numberOfTests == 105)
    #expect(tested > 90)
  }

  private static func comesOut(_ test: Wycheproof.Group.Test, iv: [UInt8]) throws -> Bool {
    let secret = try bytes(hexadecimal: test.key)
    let message = try bytes(hexadecimal: test.msg)
    let additional = try bytes(hexadecimal: test.aad)
    let sealed = try bytes(hexadecimal: test.ct + test.tag)
    let key = try SecretBytes(copying: secret.span)
    let opened = AES256GCM.open(sealed[...], iv: iv, additional: additional, key: key)
    guard test.result == "valid" else { return opened == .forged }
    let made = AES256GCM.sealed(message, iv: iv, additional: additional, key: key)
    return opened == .message(message) && made == sealed
  }
}
