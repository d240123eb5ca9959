import TestSupport
import Testing
import VenueCodes

/// SHA-256 as FIPS 180-4 writes it down, word by word, to compare the fast code with.
private enum PlainSHA256 {
  private static let primes: [Int] = {
    var primes: [Int] = []
    var number = 2
    while primes.count < 64 {
      if !primes.contains(where: { number % $0 == 0 }) { primes.append(number) }
      number += 1
    }
    return primes
  }()

  /// The first 32 bits behind the point of a root.
  private static func fraction(_ root: Double) -> UInt32 {
    UInt32((root - root.rounded(.down)) * 4_294_967_296)
  }

  private static func cubeRoot(of number: Int) -> Double {
    var root = Double(number)
    for _ in 0..<200 { root -= (root * root * root - Double(number)) / (3 * root * root) }
    return root
  }

  private static let constants = primes.map { fraction(cubeRoot(of: $0)) }

  static func digest(of message: [UInt8]) -> [UInt8] {
    var bytes = message + [0x80]
    while bytes.count % 64 != 56 { bytes.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: UInt64(message.count * 8) >> UInt64(shift)))
    }
    var state = primes.prefix(8).map { fraction(Double($0).squareRoot()) }
    func turned(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }
    for block in stride(from: 0, to: bytes.count, by: 64) {
      var words = (0..<16).map { place in
        bytes[block + 4 * place..<block + 4 * place + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      }
      for place in 16..<64 {
        let (early, late) = (words[place - 15], words[place - 2])
        let first = turned(early, 7) ^ turned(early, 18) ^ early >> 3
        let second = turned(late, 17) ^ turned(late, 19) ^ late >> 10
        words.append(words[place - 16] &+ first &+ words[place - 7] &+ second)
      }
      var (a, b, c, d) = (state[0], state[1], state[2], state[3])
      var (e, f, g, h) = (state[4], state[5], state[6], state[7])
      for place in 0..<64 {
        let choice = (e & f) ^ (~e & g)
        let majority = (a & b) ^ (a & c) ^ (b & c)
        let sumOfE = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)
        let sumOfA = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)
        let first = h &+ sumOfE &+ choice &+ constants[place] &+ words[place]
        (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ sumOfA &+ majority)
      }
      for (place, word) in [a, b, c, d, e, f, g, h].enumerated() { state[place] &+= word }
    }
    return state.flatMap { word in
      stride(from: 24, through: 0, by: -8).map {
        UInt8(truncatingIfNeeded: word >> UInt32($0))
      }
    }
  }

  static func code(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    let key = key + Array(repeating: 0, count: 64 - key.count)
    let inner = digest(of: key.map { $0 ^ 0x36 } + message)
    return digest(of: key.map { $0 ^ 0x5C } + inner)
  }
}

@Suite("SHA-256") struct DigestTests {
  private func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  @Test("The reference of these tests gives the standard's example")
  func reference() {
    let digest = PlainSHA256.digest(of: Array("abc".utf8))
    #expect(digest.prefix(8) == [0xBA, 0x78, 0x16, 0xBF, 0x8F, 0x01, 0xCF, 0xEA])
    #expect(digest.suffix(4) == [0xF2, 0x00, 0x15, 0xAD])
  }

  @Test("Messages of every length up to five blocks have the digest that the standard gives them")
  func everyLength() {
    for count in 0...320 {
      let message = bytes(count, seed: UInt64(count))
      #expect(SHA256.digest(of: message) == PlainSHA256.digest(of: message), "\(count) bytes")
    }
  }

  @Test(
    "A chain is the digest of the digest, as often as it is asked for", arguments: [0, 1, 2, 96])
  func chain(count: Int) {
    let start = bytes(45, seed: 3)
    var expected: [[UInt8]] = []
    for _ in 0..<count { expected.append(PlainSHA256.digest(of: expected.last ?? start)) }
    var found: [[UInt8]] = []
    SHA256.forEachLink(from: start, count: count) { number, link in
      #expect(number == found.count)
      found.append((0..<link.count).map { link[$0] })
    }
    #expect(found == expected)
  }

  @Test(
    "Keyed hashes of every length are HMAC, whatever is in front of the input",
    arguments: [0, 1, 18, 40, 54, 55, 56, 62, 63, 64, 130])
  func keyedHash(domainLength: Int) throws {
    let key = bytes(32, seed: 1)
    let domain = String(repeating: "d", count: domainLength)
    let hash = try KeyedHash(key: SecretBytes(copying: key.span), domain: domain)
    for count in 0...200 {
      let message = bytes(count, seed: UInt64(count))
      let (high, low) = hash.hash(message.span)
      let prefix = domain.isEmpty ? [] : Array(domain.utf8) + [0]
      let expected = PlainSHA256.code(of: prefix + message, key: key)
      let found = [high, low].flatMap { half in
        stride(from: 56, through: 0, by: -8).map {
          UInt8(truncatingIfNeeded: half >> UInt64($0))
        }
      }
      #expect(found == Array(expected.prefix(16)), "\(domainLength) and \(count) bytes")
    }
  }
}
