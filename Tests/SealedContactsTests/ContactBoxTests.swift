import Foundation
import Presence
import SealedContacts
import TestSupport
import Testing
import VenueCodes

@Suite("Sealed contacts") struct ContactBoxTests {
  private let place: ContactPlace
  private let key: X25519.PrivateKey

  init() throws {
    place = ContactPlace(
      venue: try #require(VenueID(rawValue: 412_836_378_624)),
      evidence: EvidenceID(high: 0x0198_0000_0000_7abc, low: 0x8123_4567_89ab_cdef))
    key = try privateKey(Array(0..<32))
  }

  private var published: ContactKey { ContactKey(publicKey: key.publicKey, madeAt: 1_785_196_800) }

  @Test("What was sealed opens, whatever it is, and every box has the same size (A35)")
  func roundTrip() throws {
    var generator = SeededGenerator(seed: 35)
    var sizes: Set<Int> = []
    let names: [String?] = [nil, "A", "Nguyễn Thị Ánh Tuyết", String(repeating: "x", count: 96)]
    for name in names {
      for phone in ["+8491234567", "+84912345678", "+123456789012345"] {
        let details = try ContactDetails(phone: phone, name: name)
        let box = try ContactBox(
          sealing: details, of: place, to: published, using: &generator)
        sizes.insert(box.bytes.count)
        let again = try ContactBox(text: box.text)
        #expect(again == box)
        #expect(try again.opened(with: key, of: place) == details)
      }
    }
    #expect(sizes == [185])
  }

  @Test("The number is nowhere in a box, and two boxes of one number share nothing (A06)")
  func hidesNumber() throws {
    var generator = SeededGenerator(seed: 6)
    let details = try ContactDetails(phone: "+84912345678")
    let first = try ContactBox(sealing: details, of: place, to: published, using: &generator)
    let second = try ContactBox(sealing: details, of: place, to: published, using: &generator)
    #expect(first.bytes.firstRange(of: Array("912345678".utf8)) == nil)
    let repeated = zip(first.bytes, second.bytes).dropFirst(9).count { $0 == $1 }
    // By chance one byte in 256 is the same.
    #expect(repeated < 8)
  }

  @Test("A box does not open for another check-in or with another key")
  func bound() throws {
    var generator = SeededGenerator(seed: 7)
    let details = try ContactDetails(phone: "+84912345678")
    let box = try ContactBox(sealing: details, of: place, to: published, using: &generator)
    let otherVenue = ContactPlace(
      venue: try #require(VenueID(rawValue: 412_836_378_625)), evidence: place.evidence)
    let otherEvidence = ContactPlace(
      venue: place.venue,
      evidence: EvidenceID(high: place.evidence.high, low: place.evidence.low ^ 1))
    for other in [otherVenue, otherEvidence] {
      #expect(throws: ContactError.hpke(.forged)) { try box.opened(with: key, of: other) }
    }
    let stranger = try privateKey(Array(1..<33))
    let strangersID = ContactKeyID(of: stranger.publicKey)
    #expect(throws: ContactError.otherKey(needed: published.id, given: strangersID)) {
      try box.opened(with: stranger, of: place)
    }
    // Nor when the box is made to name that key.
    let renamed = try ContactBox(
      bytes: [1] + strangersID.bytes + box.bytes.dropFirst(9))
    #expect(throws: ContactError.hpke(.forged)) { try renamed.opened(with: stranger, of: place) }
  }

  @Test("Every changed bit of a box keeps it shut")
  func changes() throws {
    var generator = SeededGenerator(seed: 8)
    let details = try ContactDetails(phone: "+84912345678")
    let box = try ContactBox(sealing: details, of: place, to: published, using: &generator)
    for position in 0..<(8 * box.bytes.count) {
      var changed = box.bytes
      changed[position / 8] ^= 1 << UInt8(position % 8)
      let opened = try? ContactBox(bytes: changed).opened(with: key, of: place)
      // X25519 does not look at the highest bit of a key, which the tag then covers.
      #expect(opened == nil, "bit \(position)")
    }
  }

  @Test(
    "What is no telephone number is refused",
    arguments: [
      "", "+", "0912345678", "84912345678", "+0912345678", "+84 912345678", "+849123",
      "+1234567890123456", "+8491234567a", "+849123４5678",
    ])
  func phones(text: String) {
    #expect(throws: ContactError.badPhone) { try ContactDetails(phone: text) }
  }

  @Test(
    "What is no name is refused",
    arguments: ["", "a\u{7}", "a\nb", "\u{202E}abc", String(repeating: "ă", count: 49)])
  func names(text: String) {
    #expect(throws: ContactError.badName) {
      try ContactDetails(phone: "+84912345678", name: text)
    }
  }

  @Test("Text that is no box is refused with its reason")
  func texts() {
    #expect(throws: ContactError.notBase64URL) { try ContactBox(text: "=") }
    #expect(throws: ContactError.notBase64URL) {
      try ContactBox(text: String(repeating: "A", count: 1_000))
    }
    #expect(throws: ContactError.wrongLength(3)) { try ContactBox(text: "AAAA") }
    #expect(throws: ContactError.unknownVersion(0)) {
      try ContactBox(bytes: [UInt8](repeating: 0, count: 185))
    }
  }

  @Test("A private key is kept sealed: it opens with its passphrase and with no other")
  func keyFile() throws {
    var generator = SeededGenerator(seed: 10)
    let cost = try #require(PassphraseCost(operations: 1, memoryKiB: 8))
    let (rightText, wrongText) = (Array("đúng mật khẩu".utf8), Array("wrong".utf8))
    let right = try SecretBytes(copying: rightText.span)
    let wrong = try SecretBytes(copying: wrongText.span)
    let file = try ContactKeyFile.sealed(key, passphrase: right, cost: cost, using: &generator)
    #expect(file.count <= ContactKeyFile.maximumLength)
    let opened = try ContactKeyFile.opened(file, passphrase: right)
    #expect(opened.publicKey == key.publicKey)
    #expect(Self.failure(file, wrong) == .wrongPassphrase)
    #expect(Self.failure(Array(file.dropLast()), right) == .damaged)
  }

  private static func failure(
    _ file: [UInt8], _ passphrase: borrowing SecretBytes
  ) -> SealedBytesError? {
    do throws(SealedBytesError) {
      _ = try ContactKeyFile.opened(file, passphrase: passphrase)
      return nil
    } catch {
      return error
    }
  }
}

@Suite("The keys of the health authority") struct ContactKeySetTests {
  private func key(_ first: UInt8, madeAt: Int64) throws -> ContactKey {
    let secret = try privateKey((0..<32).map { first &+ UInt8($0) })
    return ContactKey(publicKey: secret.publicKey, madeAt: madeAt)
  }

  @Test("A set reads as it is written, and the newest key seals")
  func roundTrip() throws {
    let set = ContactKeySet([
      try key(1, madeAt: 200), try key(2, madeAt: 300), try key(3, madeAt: 100),
    ])
    #expect(try ContactKeySet(json: set.json) == set)
    #expect(set.newest == (try key(2, madeAt: 300)))
    #expect(try ContactKeySet(json: ContactKeySet().json) == ContactKeySet())
    let id = try key(1, madeAt: 0).id
    #expect(ContactKeyID(id.description) == id)
    #expect(set[id]?.madeAt == 200)
  }

  @Test(
    "An id that is not spelled as ids are is none",
    arguments: ["", "0", "+00000000000000f", "000000000000000F"])
  func ids(text: String) {
    #expect(ContactKeyID(text) == nil)
  }

  fileprivate struct Refusal: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let json: String
    let error: ContactKeyError
  }

  private static func entry(
    suite: String = ContactKeySet.suite, key: String = "", madeAt: String = "0"
  ) -> String {
    let members = "\"id\":\"a\",\"suite\":\"\(suite)\",\"public_key\":\"\(key)\",\"made_at\":"
    return "{\"version\":1,\"keys\":[{\(members)\(madeAt)}]}"
  }

  fileprivate static let refusals: [Refusal] = [
    Refusal(testDescription: "empty", json: "", error: .notKeys),
    Refusal(testDescription: "no members", json: "{}", error: .notKeys),
    Refusal(
      testDescription: "a newer version", json: "{\"version\":2,\"keys\":[]}",
      error: .unknownVersion),
    Refusal(
      testDescription: "another cipher", json: entry(suite: "x"), error: .unknownSuite(id: "a")),
    Refusal(testDescription: "no base64url", json: entry(key: "*"), error: .notKeys),
    Refusal(testDescription: "part of a second", json: entry(madeAt: "0.5"), error: .notKeys),
    Refusal(
      testDescription: "a key without bytes", json: entry(),
      error: .badKey(id: "a", .wrongLength(expected: 32, found: 0))),
    Refusal(
      testDescription: "a point of small order",
      json: entry(key: String(repeating: "A", count: 43)),
      error: .badKey(id: "a", .unsafePoint)),
    Refusal(
      testDescription: "another key's id",
      json: entry(key: "CQ" + String(repeating: "A", count: 41)), error: .otherID(id: "a")),
  ]

  @Test("A file that cannot be trusted is refused", arguments: refusals)
  fileprivate func refuses(row: Refusal) {
    #expect(throws: row.error) { try ContactKeySet(json: Array(row.json.utf8)) }
  }
}
