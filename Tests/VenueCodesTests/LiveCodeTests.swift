import TestSupport
import Testing
import VenueCodes

@Suite("Rotating codes, pre-signed days, passes and receipts") struct LiveCodeTests {
  // The golden bytes were computed by another program from the table of the wire format.

  @Test("A rotating code is written byte for byte as the contract says")
  func rotatingGolden() throws {
    let code = try Live.rotating()
    #expect(
      hexadecimal(code.bytes)
        == "1801601ef7380003032c1d6862fbe32bd45a166686762243855d6f6c")
    let key = try Live.screenMaster().screenKey(venue: Live.venue(), zone: 3)
    #expect(
      key.withRawRepresentation { hexadecimal(Array($0)) }
        == "a3d38b0a0297269a26d4da8a63b97b946b1d47e8f3ce1acaae972af30be82f81")
    #expect(code.digits.utf8.count == 68)
    let bytes = code.bytes
    let read = try RotatingCode(bytes: bytes.span)
    #expect(read.bytes == bytes && read.step.start == Live.now && read.zone == 3)
    #expect(try Live.screenMaster().isGenuine(read))
  }

  @Test("A pass is written byte for byte: secret as it is, seal over it")
  func passGolden() throws {
    let golden = try bytes(
      hexadecimal: "1901404142434445464748494a4b4c4d4e4f31c400ecbbe0b80e4301d893")
    let pass = try VisitorPass(bytes: golden.span)
    #expect(pass.bytes == golden && pass.digits.utf8.count == 73)
    #expect(try Live.passMaster().isGenuine(pass))
  }

  @Test("A receipt is written byte for byte as the decision says")
  func receiptGolden() throws {
    let receipt = try Live.receipt()
    #expect(
      hexadecimal(receipt.bytes)
        == "1a601ef7380003032c1d684e9abda5e3a3ffd12dde6d87c59545e84af5")
    let bytes = receipt.bytes
    let read = try CheckInReceipt(bytes: bytes.span)
    #expect(try read.bytes == bytes && read.isGenuine(secret: Live.checkIn()))
    #expect(try !read.isGenuine(secret: Live.checkIn(first: 1)))
  }

  @Test("A code of a pre-signed day has its minute where a poster has weeks and category")
  func batchLayout() throws {
    let code = try Live.batch(serial: 5)
    #expect(hexadecimal(Array(code.bytes[..<14])) == "1307601ef738000300da02581205")
    let bytes = code.bytes
    let read = try ScreenBatchCode(bytes: bytes.span)
    #expect(read.token == code.token && read.token.minute.description == "10:00")
    #expect(read.bytes == bytes)
    #expect(try read.isSigned(by: goldenKey().publicKey))
  }

  @Test("Nothing reads a minute as weeks: a token has no such kind, and a minute no such bytes")
  func batchIsNoPoster() throws {
    let batch = try Live.batch().bytes
    #expect(failure(VenueCodeError.self) { try VenueCode(bytes: batch) } == .unknownKind(3))
    let poster = try Live.poster().bytes
    #expect(
      failure(VenueCodeError.self) { try ScreenBatchCode(bytes: poster.span) } == .unknownKind(0))
    // A poster's signature under the other kind does not hold, nor the other way round.
    var turned = poster
    turned[0] = 0x13
    turned[10] = 0
    let code = try ScreenBatchCode(bytes: turned.span)
    #expect(try !code.isSigned(by: goldenKey().publicKey))
    #expect(PosterKind(rawValue: 3) == nil)
  }

  @Test("Minutes are 0 to 1439, in a batch and out of it")
  func minutes() throws {
    #expect(MinuteOfDay.all.count == 1_440 && MinuteOfDay.all.last?.description == "23:59")
    #expect(MinuteOfDay(rawValue: 1_440) == nil)
    for minute in [1_440, 6_656, 65_535] as [UInt16] {
      var bytes = try Live.batch().bytes
      (bytes[10], bytes[11]) = (UInt8(minute >> 8), UInt8(minute & 255))
      #expect(
        failure(VenueCodeError.self) { try ScreenBatchCode(bytes: bytes.span) }
          == .minuteOutOfRange(Int(minute)))
    }
  }

  @Test("A screen's key shows its own place only, and the master key knows its own screens only")
  func screenKeys() throws {
    let master = try Live.screenMaster()
    let other = try #require(VenueID(rawValue: 7))
    let keys = try [
      master.screenKey(venue: Live.venue(), zone: 3),
      master.screenKey(venue: Live.venue(), zone: 4),
      master.screenKey(venue: other, zone: 3),
      Live.screenMaster(first: 1)
        .screenKey(venue: Live.venue(), zone: 3),
    ].map { key in key.withRawRepresentation { Array($0) } }
    #expect(Set(keys).count == keys.count)
    // A tablet that claims another place makes codes that nobody takes.
    for (venue, zone) in [(other, UInt8(3)), (try Live.venue(), 4)] {
      let bytes = keys[0]
      let stolen = try ScreenKey(
        masterID: 1, venue: venue, zone: zone, secret: SecretBytes(copying: bytes.span))
      let code = RotatingCode(step: try Live.step(), key: stolen)
      #expect(!master.isGenuine(code))
    }
    #expect(try !Live.screenMaster(2).isGenuine(Live.rotating()))
    #expect(try !Live.screenMaster(first: 1).isGenuine(Live.rotating()))
    #expect("\(master)\(try Live.rotating())".contains("redacted"))
  }

  @Test("Every flipped bit of every kind is refused, and none is taken for another kind")
  func flippedBits() throws {
    let verifier = try Live.verifier()
    let codes: [(String, [UInt8], Set<String>)] = [
      (
        "rotating", try Live.rotating().bytes,
        ["unknown_version", "unknown_kind", "wrong_length", "unknown_screen_key", "bad_signature"]
      ),
      (
        "batch", try Live.batch().bytes,
        [
          "unknown_version", "unknown_kind", "unknown_key", "bad_signature", "minute_out_of_range",
        ]
      ),
      (
        "pass", try Live.pass().bytes,
        ["unknown_version", "unknown_kind", "wrong_length", "unknown_pass_key", "bad_signature"]
      ),
    ]
    for (name, bytes, expected) in codes {
      #expect(verifier.judge(bytes, at: Live.now).failure == nil)
      var found: Set<String> = []
      for bit in 0..<(bytes.count * 8) {
        var changed = bytes
        changed[bit / 8] ^= 1 << UInt8(bit % 8)
        let verdict = verifier.judge(changed, at: Live.now)
        if verdict.content != nil {
          Issue.record("\(name): bit \(bit) is taken")
        }
        if let code = verdict.failure?.code { found.insert(code) }
      }
      #expect(found.isSubset(of: expected), "\(name): \(found.subtracting(expected))")
      #expect(found.contains("bad_signature"))
    }
    // A receipt is proved by its secret, and by no bit more or less.
    let receipt = try Live.receipt().bytes
    let secret = try Live.checkIn()
    for bit in 8..<(receipt.count * 8) {
      var changed = receipt
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      let read = try CheckInReceipt(bytes: changed.span)
      #expect(!read.isGenuine(secret: secret), "bit \(bit)")
    }
  }

  @Test("A code of any kind is read by its length and kind, and written the same again")
  func scannedCodes() throws {
    let codes = try [
      Live.poster().bytes, Live.batch().bytes, Live.rotating().bytes, Live.pass().bytes,
      Live.receipt().bytes,
    ]
    let kinds = try codes.map { bytes in
      let code = try ScannedCode(bytes: bytes.span)
      #expect(code.bytes == bytes)
      switch code {
      case .poster: return "poster"
      case .screenBatch: return "batch"
      case .rotating: return "rotating"
      case .pass: return "pass"
      case .receipt: return "receipt"
      }
    }
    #expect(kinds == ["poster", "batch", "rotating", "pass", "receipt"])
    // Each kind in the bytes of each other: only its own length is taken.
    for (place, bytes) in codes.enumerated() {
      for (other, first) in codes.map({ $0[0] }).enumerated() where other != place {
        var changed = bytes
        changed[0] = first
        let error = failure(VenueCodeError.self) { try ScannedCode(bytes: changed.span) }
        if bytes.count == 78, codes[other].count == 78 {
          // A poster and a minute of a day have one length: the signature tells them apart.
          #expect(error == nil || error == .minuteOutOfRange(1_024), "\(kinds[place])")
        } else {
          #expect(error != nil, "\(kinds[place]) as \(kinds[other])")
        }
      }
    }
  }

  @Test("Random bytes of every length are refused without a crash", arguments: [41, 42])
  func noise(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let verifier = try Live.verifier()
    for count in 0...120 {
      for kind in 0...15 {
        var bytes = generator.bytes(count)
        if count > 0 { bytes[0] = 0x10 | UInt8(kind) }
        let verdict = verifier.judge(bytes, at: Live.now)
        // A receipt of noise cannot be told from a real one, but it is neither fresh nor of here.
        #expect(verdict.failure != nil, "seed \(seed), \(count) bytes of kind \(kind)")
      }
    }
  }

  @Test("Passes differ, hold 128 random bits, print nothing, and hash to what no name hashes to")
  func passes() throws {
    var seen: Set<[UInt8]> = []
    for seed in 1...200 as ClosedRange<UInt64> { seen.insert(try Live.pass(seed: seed).bytes) }
    #expect(seen.count == 200)
    // Each bit of the secret is set in about half of them.
    for bit in 16..<(18 * 8) {
      let count = seen.count { $0[bit / 8] >> UInt8(7 - bit % 8) & 1 == 1 }
      #expect((50...150).contains(count), "bit \(bit)")
    }
    let pass = try Live.pass()
    #expect("\(pass)" == "VisitorPass(redacted)" && String(reflecting: pass).contains("redacted"))
    let hash = try KeyedHash(key: Live.secret(9), domain: "test")
    let pseudonym = hexadecimal(pass.pseudonym(with: hash))
    let text = hexadecimal(hash.hash(pass.digits))
    #expect(pseudonym != text && pseudonym != hexadecimal(hash.hash("")))
    #expect(try pseudonym != hexadecimal(Live.pass(seed: 2).pseudonym(with: hash)))
  }

  @Test("Steps last 30 seconds and are counted from 1970")
  func steps() throws {
    #expect(ScreenStep(at: -1) == nil && ScreenStep(at: 0)?.rawValue == 0)
    #expect(ScreenStep(at: 29)?.rawValue == 0 && ScreenStep(at: 30)?.rawValue == 1)
    #expect(ScreenStep(at: Int64(UInt32.max) * 30 + 30) == nil)
    let step = try Live.step()
    #expect(step.start == Live.now && step.end == Live.now + 30)
    let distances = [-31, -30, -1, 0, 29, 30, 59, 60].map { step.distance(to: Live.now + $0) }
    #expect(distances == [-2, -1, -1, 0, 0, 1, 1, 2])
  }
}
