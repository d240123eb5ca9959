import Testing
import VenueCodes

@Suite("Pseudonyms keyed once and twice") struct PseudonymHashTests {
  private func key(_ byte: UInt8, _ domain: String) throws -> KeyedHash {
    try KeyedHash(
      key: SecretBytes(copying: [UInt8](repeating: byte, count: 32).span), domain: domain)
  }

  @Test("What a door calls somebody becomes, hashed again, what the centre calls them")
  func twice() throws {
    let door = try key(1, "door")
    let centre = try key(2, "centre")
    let atDoor = PseudonymHash(door)
    let atCentre = PseudonymHash(door: door, centre: centre)
    for text in ["0912345678", "", "Nguyễn Văn A", String(repeating: "x", count: 300)] {
      let inner = atDoor.hash(text)
      let whole = atCentre.hash(text)
      #expect(inner != whole)
      let again = try #require(atCentre.hash(innerHigh: inner.high, low: inner.low))
      #expect(again == whole)
    }
    #expect(atDoor.hash(innerHigh: 1, low: 2) == nil)
    #expect(atCentre.isOfCentre && !atDoor.isOfCentre)
  }

  @Test("Hashed once it is what it was before there were doors")
  func once() throws {
    let own = try key(7, "checkin/subject/v1")
    #expect(PseudonymHash(own).hash("0912345678") == own.hash("0912345678"))
    #expect("\(PseudonymHash(own))" == "PseudonymHash(redacted)")
  }

  @Test("Two halves hash as their sixteen bytes do")
  func halves() throws {
    let hash = try key(3, "x")
    let bytes: [UInt8] = (0..<16).map { UInt8($0 * 3) }
    let high = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let low = bytes.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    #expect(hash.hash(high: high, low: low) == hash.hash(bytes.span))
  }

  @Test("A sealed box opens with its own key only, and not when it was changed")
  func box() throws {
    func receiver(_ byte: UInt8) throws -> SealedBox.ReceiverKey {
      try SealedBox.ReceiverKey(
        seed: SecretBytes(copying: [UInt8](repeating: byte, count: 32).span))
    }
    let own = try receiver(1)
    let secret = Array("the door key".utf8)
    let sealed = try #require(SealedBox.sealed(secret, to: own.publicKey))
    #expect(sealed.count == secret.count + SealedBox.overhead)
    let opened = try own.open(sealed)
    #expect(opened?.withUnsafeBytes { Array($0) } == secret)
    #expect(try receiver(2).open(sealed) == nil)
    for place in [0, 31, 32, 47, 48, sealed.count - 1] {
      var changed = sealed
      changed[place] ^= 1
      #expect(try own.open(changed) == nil)
    }
    #expect(try own.open(Array(sealed.prefix(48))) == nil)
    #expect(try own.open([]) == nil)
    #expect(SealedBox.sealed(secret, to: [1, 2]) == nil)
    #expect("\(own)" == "SealedBox.ReceiverKey(redacted)")
  }

  @Test("A ring of derived keys tells the codes of its own screens and of no others")
  func ring() throws {
    let master = try ScreenMasterKey(
      id: 1, secret: SecretBytes(copying: [UInt8](repeating: 9, count: 32).span))
    let own = try VenueID(parsing: "C4C6BHFZC")
    var generator = SystemRandomNumberGenerator()
    let other = VenueID.random(using: &generator)
    var packed: [UInt8] = []
    ScreenKeyRing.append(try master.screenKey(venue: own, zone: 0), to: &packed)
    ScreenKeyRing.append(try master.screenKey(venue: own, zone: 3), to: &packed)
    let ring = try ScreenKeyRing(packed: SecretBytes(copying: packed.span))
    #expect(ring.count == 2)
    let step = ScreenStep(rawValue: 53_333_333)
    func code(_ venue: VenueID, _ zone: UInt8, _ key: ScreenKey) -> RotatingCode {
      RotatingCode(step: step, key: key)
    }
    let genuine = code(own, 3, try master.screenKey(venue: own, zone: 3))
    #expect(ring.isGenuine(genuine) == true)
    #expect(master.isGenuine(genuine))
    let elsewhere = code(other, 0, try master.screenKey(venue: other, zone: 0))
    #expect(ring.isGenuine(elsewhere) == nil)
    let stranger = try ScreenMasterKey(
      id: 1, secret: SecretBytes(copying: [UInt8](repeating: 8, count: 32).span))
    #expect(
      ring.isGenuine(code(own, 0, try stranger.screenKey(venue: own, zone: 0))) == false)
    #expect(throws: KeyError.self) {
      _ = try ScreenKeyRing(packed: SecretBytes(copying: Array(packed.dropLast()).span))
    }
  }
}
