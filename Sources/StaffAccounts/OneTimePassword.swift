public import VenueCodes

/// Time-based one-time passwords (RFC 6238): the second factor that an authenticator app shows.
///
/// Six digits, a new code every 30 seconds. A code of the step before or after is taken too, for
/// clocks that are off, and no code twice:
///
///     let step = factor.acceptedStep(of: "287082", at: now, after: account.lastStep)
public struct OneTimePassword: Sendable {
  /// The hash that codes are made with.
  public enum Digest: String, Sendable, CaseIterable {
    /// What every authenticator app knows, and many take for granted.
    case sha1 = "SHA1"
    /// For apps that heed the word in the setup.
    case sha256 = "SHA256"
    /// For apps that heed the word in the setup.
    case sha512 = "SHA512"
  }

  /// The seconds that a code is shown for.
  public static let period: Int64 = 30
  /// The digits of a code.
  public static let digitCount: Int = 6
  /// The bytes of a new secret: 160 bits, as RFC 4226 recommends.
  public static let secretLength: Int = 20
  /// How many steps a clock may be off, either way.
  public static let tolerance: Int64 = 1

  private let secret: [UInt8]
  private let digest: Digest

  /// Makes the factor of a secret.
  ///
  /// - Parameters:
  ///   - secret: The shared secret.
  ///   - digest: The hash.
  public init(secret: borrowing SecretBytes, digest: Digest = .sha1) {
    self.secret = secret.withUnsafeBytes { Array($0) }
    self.digest = digest
  }

  /// Returns the step of a moment.
  ///
  /// - Parameter now: Unix seconds.
  /// - Returns: How many whole periods have passed since 1970.
  public static func step(at now: Int64) -> Int64 { now / period }

  /// Returns the code of a step.
  ///
  /// - Parameters:
  ///   - step: The number of the step.
  ///   - digitCount: 6 to 8 digits.
  /// - Returns: The digits.
  public func code(ofStep step: Int64, digitCount: Int = digitCount) -> String {
    precondition((6...8).contains(digitCount), "RFC 4226 has codes of 6 to 8 digits")
    let number = UInt64(bitPattern: step)
    let message = stride(from: UInt64(56), through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: number >> $0)
    }
    let code = HMAC.code(of: message, key: secret, digest)
    let offset = Int(code[code.count - 1] & 15)
    let bits = code[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
    let modulus = (0..<digitCount).reduce(UInt32(1)) { product, _ in product * 10 }
    let digits = String(bits % modulus)
    return String(repeating: "0", count: digitCount - digits.count) + digits
  }

  /// Returns the step that a code is of, or nil when it is of none that may be used now.
  ///
  /// All steps that may be are compared, each in the same time, so that nothing is learnt from how
  /// long it takes.
  ///
  /// - Parameters:
  ///   - text: What was typed; spaces are passed over.
  ///   - now: The present, in Unix seconds.
  ///   - last: The last step that was used; it and those before it are used up.
  /// - Returns: The step, to be remembered as used.
  public func acceptedStep(of text: String, at now: Int64, after last: Int64) -> Int64? {
    let typed = text.utf8.filter { $0 != UInt8(ascii: " ") }
    guard typed.count == OneTimePassword.digitCount,
      typed.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    let current = OneTimePassword.step(at: now)
    var found: Int64?
    for step in (current - OneTimePassword.tolerance)...(current + OneTimePassword.tolerance) {
      let matches = ConstantTime.areEqual(Array(code(ofStep: step).utf8), typed)
      if matches, step > last { found = step }
    }
    return found
  }

  /// Returns the address that sets up an authenticator app, for a QR code.
  ///
  /// - Parameters:
  ///   - account: The account's name.
  ///   - issuer: Who runs the service.
  /// - Returns: `otpauth://totp/…`, which carries the secret.
  public func setupAddress(account: String, issuer: String) -> String {
    let (account, issuer) = (Self.escaped(account), Self.escaped(issuer))
    return "otpauth://totp/\(issuer):\(account)?secret=\(Base32.text(of: secret))&issuer=\(issuer)"
      + "&algorithm=\(digest.rawValue)&digits=\(Self.digitCount)&period=\(Self.period)"
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"):
        escaped.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        escaped += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return escaped
  }
}

extension OneTimePassword: CustomStringConvertible, CustomReflectable {
  /// A fixed word: a secret never prints itself.
  public var description: String { "OneTimePassword(redacted)" }

  /// A mirror without children, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// HMAC (RFC 2104) over any of the hashes that RFC 6238 names.
private enum HMAC {
  static func code(
    of message: [UInt8], key: [UInt8], _ digest: OneTimePassword.Digest
  ) -> [UInt8] {
    let hash: ([UInt8]) -> [UInt8]
    let blockLength: Int
    switch digest {
    case .sha1: (hash, blockLength) = (SHA1.digest(of:), 64)
    case .sha256: (hash, blockLength) = (SHA256.digest(of:), 64)
    case .sha512: (hash, blockLength) = (SHA512.digest(of:), 128)
    }
    var block = key.count > blockLength ? hash(key) : key
    block += [UInt8](repeating: 0, count: blockLength - block.count)
    let inner = hash(block.map { $0 ^ 0x36 } + message)
    return hash(block.map { $0 ^ 0x5c } + inner)
  }
}
