import TestSupport
import Testing
import VenueCodes

@Suite("SealedBytes") struct SealedBytesTests {
  private static let secret: [UInt8] = Array(100..<132)
  private static let cheap = PassphraseCost(operations: 1, memoryKiB: 8) ?? .standard

  private func secretBytes(_ bytes: [UInt8]) throws(KeyError) -> SecretBytes {
    try SecretBytes(copying: bytes.span)
  }

  private func sealed(
    passphrase: String = "mật khẩu", secret: [UInt8] = secret, seed: UInt64 = 1
  ) throws -> SealedBytes {
    var generator = SeededGenerator(seed: seed)
    return try SealedBytes(
      sealing: secretBytes(secret), passphrase: secretBytes(Array(passphrase.utf8)),
      purpose: "signing key", cost: SealedBytesTests.cheap, using: &generator)
  }

  private func sealed(wrappingKey: [UInt8], seed: UInt64 = 1) throws -> SealedBytes {
    var generator = SeededGenerator(seed: seed)
    return try SealedBytes(
      sealing: secretBytes(SealedBytesTests.secret), wrappingKey: secretBytes(wrappingKey),
      purpose: "signing key", using: &generator)
  }

  /// Opens with a passphrase and returns the secret's bytes or the error's code.
  private func opened(
    _ sealed: SealedBytes, passphrase: String, purpose: String = "signing key"
  ) throws -> Result<[UInt8], SealedBytesError> {
    let passphrase = try secretBytes(Array(passphrase.utf8))
    do throws(SealedBytesError) {
      let secret = try sealed.open(passphrase: passphrase, purpose: purpose)
      return .success(secret.withUnsafeBytes { Array($0) })
    } catch {
      return .failure(error)
    }
  }

  private func opened(
    _ sealed: SealedBytes, wrappingKey: [UInt8], purpose: String = "signing key"
  ) throws -> Result<[UInt8], SealedBytesError> {
    let key = try secretBytes(wrappingKey)
    do throws(SealedBytesError) {
      let secret = try sealed.open(wrappingKey: key, purpose: purpose)
      return .success(secret.withUnsafeBytes { Array($0) })
    } catch {
      return .failure(error)
    }
  }

  @Test("A secret opens with its passphrase, for its purpose, and with nothing else")
  func opensWithPassphrase() throws {
    for secret in [SealedBytesTests.secret, [], [7]] {
      let file = try sealed(secret: secret).bytes
      let read = try SealedBytes(bytes: file)
      #expect(read.protection == .passphrase(SealedBytesTests.cheap))
      #expect(try opened(read, passphrase: "mật khẩu") == .success(secret))
      #expect(try opened(read, passphrase: "mật khẩu ") == .failure(.wrongPassphrase))
      #expect(try opened(read, passphrase: "") == .failure(.wrongPassphrase))
      #expect(
        try opened(read, passphrase: "mật khẩu", purpose: "hash key") == .failure(.wrongPassphrase))
      #expect(
        try opened(read, wrappingKey: [UInt8](repeating: 1, count: 32))
          == .failure(.needsPassphrase))
    }
  }

  @Test("A secret opens with its wrapping key, for its purpose, and with nothing else")
  func opensWithWrappingKey() throws {
    let key: [UInt8] = Array(0..<32)
    let read = try SealedBytes(bytes: sealed(wrappingKey: key).bytes)
    #expect(read.protection == .wrappingKey)
    #expect(try opened(read, wrappingKey: key) == .success(SealedBytesTests.secret))
    #expect(
      try opened(read, wrappingKey: key.reversed()) == .failure(.wrongKey))
    #expect(
      try opened(read, wrappingKey: key, purpose: "hash key") == .failure(.wrongKey))
    #expect(
      try opened(read, wrappingKey: Array(0..<31)) == .failure(.wrongKeyLength(31)))
    #expect(try opened(read, passphrase: "x") == .failure(.needsWrappingKey))
  }

  @Test("Two seals of one secret differ, and neither shows it")
  func usesFreshSaltAndNonce() throws {
    let first = try sealed(seed: 1).bytes
    let second = try sealed(seed: 2).bytes
    #expect(first != second)
    #expect(first.count == 6 + 8 + 16 + 24 + 32 + 16 + 16)
    let windows = (0...(first.count - 8)).map { Array(first[$0..<($0 + 8)]) }
    #expect(!windows.contains(Array(SealedBytesTests.secret.prefix(8))))
  }

  @Test("A file cut short, with bytes behind it or with any bit flipped is refused")
  func refusesDamage() throws {
    let wholes = [try sealed().bytes, try sealed(wrappingKey: Array(0..<32)).bytes]
    var accepted: [Int] = []
    var codes: Set<String> = []
    for whole in wholes {
      for count in 0...200 where count != whole.count {
        let changed =
          Array(whole.prefix(count)) + [UInt8](repeating: 0, count: max(0, count - whole.count))
        guard
          let error = failure(SealedBytesError.self, { try SealedBytes(bytes: changed) })
        else {
          accepted.append(count)
          continue
        }
        codes.insert(error.code)
      }
      for bit in 0..<(whole.count * 8) {
        var changed = whole
        changed[bit / 8] ^= 1 << UInt8(bit % 8)
        guard
          let error = failure(SealedBytesError.self, { try SealedBytes(bytes: changed) })
        else {
          accepted.append(bit)
          continue
        }
        codes.insert(error.code)
      }
    }
    #expect(accepted.isEmpty)
    #expect(
      codes == [
        "sealed_truncated", "sealed_damaged", "sealed_not_sealed", "sealed_unknown_version",
        "sealed_unknown_protection",
      ])
  }

  /// Returns a file with other bytes at a place and a digest that fits them: what an attacker
  /// writes, not an accident.
  private func crafted(_ whole: [UInt8], at place: Int, _ bytes: [UInt8]) -> [UInt8] {
    var changed = Array(whole.dropLast(16))
    changed.replaceSubrange(place..<(place + bytes.count), with: bytes)
    let (high, low) = ContentDigest.digest(of: changed.span)
    for half in [high, low] {
      for shift in stride(from: UInt64(56), through: 0, by: -8) {
        changed.append(UInt8(truncatingIfNeeded: half >> shift))
      }
    }
    return changed
  }

  @Test("A crafted cost is refused before any memory is asked for")
  func refusesCraftedCost() throws {
    let whole = try sealed().bytes
    let costs: [(operations: [UInt8], memory: [UInt8])] = [
      ([0xff, 0xff, 0xff, 0xff], [0, 0, 0, 8]), ([0, 0, 0, 1], [0xff, 0xff, 0xff, 0xff]),
      ([0, 0, 0, 0], [0, 0, 0, 8]), ([0, 0, 0, 1], [0, 0, 0, 7]), ([0, 0, 0, 17], [0, 0, 0, 8]),
      ([0, 0, 0, 1], [0, 0x10, 0, 1]),
    ]
    for cost in costs {
      let file = crafted(whole, at: 6, cost.operations + cost.memory)
      #expect(
        failure(SealedBytesError.self) { try SealedBytes(bytes: file) } == .costOutOfRange)
    }
  }

  @Test("The header is authenticated: a crafted one that reads well does not open")
  func authenticatesHeader() throws {
    let whole = try sealed().bytes
    for (place, bytes) in [
      (9, [UInt8(2)]), (13, [UInt8(9)]), (14, [whole[14] ^ 1]),
      (30, [whole[30] ^ 1]), (60, [whole[60] ^ 1]),
    ] {
      let read = try SealedBytes(bytes: crafted(whole, at: place, bytes))
      #expect(try opened(read, passphrase: "mật khẩu") == .failure(.wrongPassphrase))
    }
  }

  @Test("A secret or a file that is too long is refused")
  func refusesLong() throws {
    var generator = SeededGenerator(seed: 3)
    let key = try secretBytes(Array(0..<32))
    let long = try SecretBytes(randomCount: 65_537, using: &generator)
    do throws(SealedBytesError) {
      _ = try SealedBytes(sealing: long, wrappingKey: key, purpose: "x", using: &generator)
      Issue.record("sealed")
    } catch {
      #expect(error == .secretTooLong(65_537))
    }
    let file = try sealed().bytes + [UInt8](repeating: 0, count: 70_000)
    #expect(failure(SealedBytesError.self) { try SealedBytes(bytes: file) } == .tooLong)
  }

  @Test("A cost outside what Argon2id and the limits allow is not made")
  func boundsCost() {
    #expect(PassphraseCost(operations: 0, memoryKiB: 64) == nil)
    #expect(PassphraseCost(operations: 17, memoryKiB: 64) == nil)
    #expect(PassphraseCost(operations: 1, memoryKiB: 7) == nil)
    #expect(PassphraseCost(operations: 1, memoryKiB: 1_048_577) == nil)
    #expect(PassphraseCost(operations: 16, memoryKiB: 1_048_576) == .highest)
    #expect(PassphraseCost.standard.memoryKiB == 64 * 1_024)
  }
}
