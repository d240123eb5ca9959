/// SHA-1 (FIPS 180-4), which authenticator apps make their codes with.
///
/// Our own, because libsodium has none and signing in must not depend on a library that is loaded
/// late. Collisions of SHA-1 are of no use against an HMAC whose key nobody knows; it serves nothing
/// else here.
enum SHA1 {
  /// Returns the 20 bytes of the digest.
  ///
  /// - Complexity: O(n) in the bytes.
  static func digest(of bytes: [UInt8]) -> [UInt8] {
    var message = bytes
    message.append(0x80)
    while message.count % 64 != 56 { message.append(0) }
    let bitCount = UInt64(bytes.count) * 8
    for place in stride(from: 56, through: 0, by: -8) {
      message.append(UInt8(truncatingIfNeeded: bitCount >> UInt64(place)))
    }
    var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
    var words = [UInt32](repeating: 0, count: 80)
    for block in stride(from: 0, to: message.count, by: 64) {
      for place in 0..<16 {
        let start = block + 4 * place
        words[place] = message[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
      }
      for place in 16..<80 {
        words[place] = rotated(
          words[place - 3] ^ words[place - 8] ^ words[place - 14] ^ words[place - 16], by: 1)
      }
      mix(words, into: &state)
    }
    return state.flatMap { word in
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
    }
  }

  private static func mix(_ words: [UInt32], into state: inout [UInt32]) {
    var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
    for place in 0..<80 {
      let choice: UInt32
      let constant: UInt32
      switch place {
      case ..<20: (choice, constant) = ((b & c) | (~b & d), 0x5a82_7999)
      case ..<40: (choice, constant) = (b ^ c ^ d, 0x6ed9_eba1)
      case ..<60: (choice, constant) = ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc)
      default: (choice, constant) = (b ^ c ^ d, 0xca62_c1d6)
      }
      let next = rotated(a, by: 5) &+ choice &+ e &+ constant &+ words[place]
      (e, d, c, b, a) = (d, c, rotated(b, by: 30), a, next)
    }
    for (place, word) in [a, b, c, d, e].enumerated() { state[place] &+= word }
  }

  private static func rotated(_ word: UInt32, by count: UInt32) -> UInt32 {
    word << count | word >> (32 - count)
  }
}
