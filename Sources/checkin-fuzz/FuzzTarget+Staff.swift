import ExposureStorage
import GatewayServer
import Presence
import StaffAccounts
import VenueCodes

extension FuzzTarget {
  /// What a person types for a code, a recovery code or a scope: nothing but a right code is
  /// accepted, and what reads is written the same.
  static let typedSecrets = FuzzTarget(
    "typed-secrets",
    examples: ["755224", "JBSW Y3DP-EHPK 3PXP", "division:303,304", "agency:so-y-te", "all"]
      .map { Array($0.utf8) }
  ) { input in
    let text = String(decoding: input, as: UTF8.self)
    if let bytes = Base32.bytes(of: text) {
      require(Base32.bytes(of: Base32.text(of: bytes)) == bytes, "bytes have one text")
    }
    if let code = RecoveryCode(typed: text) {
      require(RecoveryCode(typed: code.text)?.digest == code.digest, "a code reads as written")
    }
    if let scope = StaffScope(text: text) {
      require(StaffScope(text: scope.text) == scope, "a scope reads as written")
    }
    if let name = AccountName.canonical(text) {
      require(AccountName.canonical(name) == name, "a name is kept once")
    }
    if let token = SessionToken(text: text) {
      require(token.text == text, "a token has one text")
    }
    let key = Array("12345678901234567890".utf8)
    guard let secret = try? SecretBytes(copying: key.span) else { return }
    let factor = OneTimePassword(secret: secret)
    if let step = factor.acceptedStep(of: text, at: 30, after: -1) {
      let digits = text.filter { $0 != " " }
      require((0...2).contains(step), "a step is near the present")
      require(factor.code(ofStep: step) == digits, "only the step's code is accepted")
    }
    _ = try? PasswordRule.check(text, ofAccount: "lan")
  }

  /// A line, or a file, of checkpoints: what reads was signed, and is written the same.
  static let checkpoints = FuzzTarget(
    "checkpoints", examples: Checkpoints.examples
  ) { input in
    guard let found = ExposureStore.checkpoints(in: input) else { return }
    for checkpoint in found {
      require(AuditCheckpoint(line: checkpoint.line) == checkpoint, "a line reads as written")
      require(checkpoint.head.count == 32 && checkpoint.count >= 0, "a checkpoint is one of a log")
    }
  }

  /// A cursor: only what a page gave for the same question reads.
  static let pageCursor = FuzzTarget(
    "page-cursor",
    examples: [
      Array(
        PageCursor(place: 7, person: Pseudonym(high: 1, low: 2), of: ["exposures", "BN-1"]).text
          .utf8)
    ]
  ) { input in
    let text = String(decoding: input, as: UTF8.self)
    guard let cursor = PageCursor(text: text, of: ["exposures", "BN-1"]) else { return }
    require(cursor.text == text, "a cursor has one text")
    require(PageCursor(text: text, of: ["exposures", "BN-2"]) == nil, "a cursor has one question")
  }

  /// The body of a sign-in: what is refused is refused with a problem, and no value is longer than it
  /// may be.
  static let signInBody = FuzzTarget(
    "sign-in-body",
    examples: [
      Array(#"{"name":"lan","password":"bốn từ ngẫu nhiên"}"#.utf8),
      Array(#"{"ticket":"AAAA","code":"755224","cookie":true}"#.utf8),
    ]
  ) { input in
    let names = ["name", "password", "ticket", "code", "cookie"]
    guard let members = try? RequestMembers(input, names) else { return }
    for name in names {
      if let text = try? members.text(name) { require(text.utf8.count <= 256, "a text is short") }
    }
    _ = try? members.password("password")
  }
}

private enum Checkpoints {
  static let examples: [[UInt8]] = {
    let seed = [UInt8](repeating: 7, count: 32)
    guard let secret = try? SecretBytes(copying: seed.span),
      let key = try? Ed25519.SigningKey(seed: secret)
    else { return [] }
    let lines = (1...2).map { number in
      AuditCheckpoint(
        storeID: String(repeating: "ab", count: 16), count: Int64(number), time: 1_596_646_800,
        head: [UInt8](repeating: UInt8(number), count: 32), key: key
      ).line
    }
    return [Array(lines[0].utf8), Array((lines.joined(separator: "\n") + "\n").utf8)]
  }()
}
