import ExposureStorage
import Foundation
import StaffAccounts
import TestSupport
import Testing
import VenueCodes

/// A store with accounts, whose passwords cost next to nothing to guess.
struct AccountFixture {
  let folder: TemporaryFolder
  let store: ExposureStore
  let accounts: AccountStore
  let desk: AccountDesk
  let policy: SignInPolicy
  let vault: KeyVault

  static let password = "bốn từ ngẫu nhiên"
  static let address: [UInt8] = [192, 0, 2, 7]
  static let now: Int64 = 1_700_000_000

  init() throws {
    folder = try TemporaryFolder()
    store = try newStore(folder)
    accounts = try AccountStore(at: store.path)
    let cheap = try #require(PassphraseCost(operations: 1, memoryKiB: 8))
    vault = try KeyVault.create(
      in: store.path + "/keys", secret: .keyFile(folder.path + "/key"), notBefore: 0,
      notAfter: 4_000_000_000, cost: cheap)
    policy = SignInPolicy(cost: cheap)
    desk = AccountDesk(
      accounts: accounts, store: store, key: try vault.accountKey(), policy: policy)
  }

  /// Makes an account and returns its second factor.
  func add(
    _ name: String, role: StaffRole = .healthStaff, scope: StaffScope = .divisions(["303"])
  ) throws -> (factor: OneTimePassword, setup: FactorSetup) {
    let setup = try desk.add(
      name, role: role, scope: scope, password: Self.password, by: "test", at: Self.now
    ).setup
    return (try Self.factor(of: setup), setup)
  }

  static func factor(of setup: FactorSetup) throws -> OneTimePassword {
    let text = try #require(setup.address.split(separator: "secret=").last?.prefix { $0 != "&" })
    let bytes = try #require(Base32.bytes(of: text))
    return OneTimePassword(secret: try SecretBytes(copying: bytes.span))
  }

  func begin(
    _ name: String, _ password: String = password, from address: [UInt8] = address,
    at now: Int64 = now
  ) throws(AccountError) -> SignInTicket {
    try desk.beginSignIn(name: name, password: password, from: address, at: now)
  }

  func signIn(
    _ name: String, _ factor: OneTimePassword, from address: [UInt8] = address, at now: Int64 = now
  ) throws -> OpenedSession {
    try desk.finishSignIn(
      ticket: try begin(name, from: address, at: now).token,
      code: factor.code(ofStep: OneTimePassword.step(at: now)), from: address, at: now)
  }
}

/// The code of the `AccountError` that `body` throws, or nil when it throws none.
private func code(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return (error as? AccountError)?.code ?? "\(error)"
  }
}

@Suite("Accounts and signing in")
struct AccountTests {
  private let fixture: AccountFixture
  private var now: Int64 { AccountFixture.now }
  private let address = AccountFixture.address

  init() throws { fixture = try AccountFixture() }

  @Test("Both steps open a session, which ends when it idles and at its end")
  func signIn() throws {
    let (factor, _) = try fixture.add("lan")
    let opened = try fixture.signIn("LAN", factor)
    #expect(opened.account.name == "lan" && opened.recoveryCodes == 10)
    let policy = fixture.policy
    #expect(try fixture.desk.session(of: opened.token, at: now + 10).account.name == "lan")
    // Used every quarter of an hour it lives, until twelve hours are over.
    for time in stride(from: now + 900, to: now + policy.sessionLife, by: 900) {
      #expect(code { _ = try fixture.desk.session(of: opened.token, at: time) } == nil)
    }
    #expect(
      code { _ = try fixture.desk.session(of: opened.token, at: now + policy.sessionLife) }
        == "no-session")
    let later = now + 50_000
    let idle = try fixture.signIn("lan", factor, at: later)
    #expect(
      code { _ = try fixture.desk.session(of: idle.token, at: later + policy.idleLife) }
        == "no-session")
    let left = try fixture.signIn("lan", factor, at: later + 60)
    try fixture.desk.endSession(left.token)
    #expect(code { _ = try fixture.desk.session(of: left.token, at: later + 61) } == "no-session")
  }

  @Test("A04: the second step without the first is refused, and so is one that took too long")
  func secondStepNeedsFirst() throws {
    let (factor, _) = try fixture.add("lan")
    let right = factor.code(ofStep: OneTimePassword.step(at: now))
    var generator = SeededGenerator(seed: 1)
    let invented = SessionToken(using: &generator)
    func finish(_ token: SessionToken, at time: Int64) throws {
      let code = factor.code(ofStep: OneTimePassword.step(at: time))
      _ = try fixture.desk.finishSignIn(ticket: token, code: code, from: address, at: time)
    }
    #expect(code { try finish(invented, at: now) } == "no-sign-in")
    let ticket = try fixture.begin("lan")
    // The ticket itself is no session.
    #expect(code { _ = try fixture.desk.session(of: ticket.token, at: now) } == "no-session")
    #expect(code { try finish(ticket.token, at: ticket.expiresAt) } == "no-sign-in")
    try finish(ticket.token, at: now)
    // A ticket opens one session.
    #expect(code { try finish(ticket.token, at: now + 60) } == "no-sign-in")
    #expect(right.count == 6)
  }

  @Test("A code opens one session, also with another ticket")
  func codesAreUsedOnce() throws {
    let (factor, _) = try fixture.add("lan")
    let first = try fixture.begin("lan")
    let second = try fixture.begin("lan")
    let right = factor.code(ofStep: OneTimePassword.step(at: now))
    _ = try fixture.desk.finishSignIn(ticket: first.token, code: right, from: address, at: now)
    #expect(
      code {
        _ = try fixture.desk.finishSignIn(
          ticket: second.token, code: right, from: address, at: now + 1)
      } == "wrong-code")
  }

  @Test("A recovery code stands in once")
  func recoveryCodesAreUsedOnce() throws {
    let (_, setup) = try fixture.add("lan")
    let recovery = try #require(setup.recoveryCodes.first)
    func use() throws -> OpenedSession {
      try fixture.desk.finishSignIn(
        ticket: try fixture.begin("lan").token, code: recovery.lowercased(), from: address, at: now)
    }
    #expect(try use().recoveryCodes == 9)
    #expect(code { _ = try use() } == "wrong-code")
  }

  @Test("Unknown names, wrong passwords and disabled accounts fail alike and are counted alike")
  func failuresLookAlike() throws {
    _ = try fixture.add("lan")
    _ = try fixture.add("minh")
    try fixture.desk.setDisabled(true, of: "minh", by: "test", at: now)
    let tries: [(name: String, password: String, address: [UInt8])] = [
      ("lan", "not the right one", [1]), ("nobody", "not the right one", [2]),
      ("minh", AccountFixture.password, [3]), ("", "x", [4]), ("Không có tên", "x", [5]),
    ]
    for one in tries {
      let codes = (0..<5).map { _ in
        code { _ = try fixture.begin(one.name, one.password, from: one.address) }
      }
      #expect(
        codes == [
          "wrong-credentials", "wrong-credentials", "wrong-credentials", "wrong-credentials",
          "too-many-failures",
        ], "\(one.name)")
    }
    // What was typed as a name is in no file.
    #expect(try fixture.store.auditEntries().allSatisfy { !$0.note.object.contains("nobody") })
  }

  @Test("Guessing slows down at one address, and does not keep the person out")
  func guessingSlowsDown() throws {
    let (factor, _) = try fixture.add("lan")
    let home: [UInt8] = [10]
    _ = try fixture.signIn("lan", factor, from: home)
    // A day of guessing from ever new addresses, as fast as is heard.
    var heard = 0
    var time = now + 100
    for number in 0..<20_000 {
      let stranger = withUnsafeBytes(of: UInt32(number)) { Array($0) }
      switch code({ _ = try fixture.begin("lan", "guess \(number)", from: stranger, at: time) }) {
      case "wrong-credentials": heard += 1
      case "too-many-failures": time += 5
      default: Issue.record("a guess was right")
      }
    }
    #expect(heard < 1_700, "\(heard) guesses in \(time - now) seconds")
    // From where she signed in before she is heard at once, and even a stranger's wait is a minute.
    #expect(code { _ = try fixture.signIn("lan", factor, from: home, at: time) } == nil)
    #expect(code { _ = try fixture.begin("lan", from: [77], at: time + 61) } == nil)
  }

  @Test("A hundred guesses at once are a hundred guesses")
  func guessesAtOnceAreCounted() async throws {
    _ = try fixture.add("lan")
    let fixture = fixture
    let now = now
    let heard = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<100 {
        group.addTask {
          code {
            _ = try fixture.begin("lan", "a wrong guess \(number)", from: [9], at: now)
          } == "wrong-credentials"
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(heard == 4)
  }

  @Test("Codes cannot be guessed: three a sign-in, and less and less often")
  func codesAreNotGuessed() throws {
    let (factor, _) = try fixture.add("lan")
    var heard = 0
    var time = now
    let end = now + 86_400
    while time < end {
      let ticket = try fixture.begin("lan", from: [1], at: time).token
      guessing: for guess in 0..<5 {
        // Never a code that is right now.
        let wrong = factor.code(ofStep: OneTimePassword.step(at: time) + 1_000 + Int64(guess))
        switch code({
          _ = try fixture.desk.finishSignIn(ticket: ticket, code: wrong, from: [1], at: time)
        }) {
        case "wrong-code": heard += 1
        case "no-sign-in": break guessing
        default:
          time += 30
          break guessing
        }
      }
    }
    // Three codes of a million are right at a time: a day of guessing finds one once in 5,000 tries.
    #expect(heard < 60, "\(heard) codes were heard in a day")
    let lines = try fixture.store.auditEntries().filter {
      $0.note.action == "sign-in refused" && $0.note.object == "lan"
    }
    #expect(!lines.isEmpty)
  }

  @Test("Sessions end with the password, the second factor and the account")
  func changesEndSessions() throws {
    let (factor, _) = try fixture.add("lan")
    let first = try fixture.signIn("lan", factor)
    try fixture.desk.setPassword("another good one", of: "lan", by: "admin", at: now)
    #expect(code { _ = try fixture.desk.session(of: first.token, at: now) } == "no-session")
    #expect(code { _ = try fixture.begin("lan") } == "wrong-credentials")
    try fixture.desk.setPassword(AccountFixture.password, of: "lan", by: "admin", at: now)
    let second = try fixture.signIn("lan", factor, at: now + 60)
    let setup = try fixture.desk.resetFactor(of: "lan", by: "admin", at: now + 60)
    #expect(code { _ = try fixture.desk.session(of: second.token, at: now + 60) } == "no-session")
    #expect(code { _ = try fixture.signIn("lan", factor, at: now + 120) } == "wrong-code")
    let renewed = try AccountFixture.factor(of: setup)
    let third = try fixture.signIn("lan", renewed, at: now + 180)
    // A scope changes under an open session.
    try fixture.desk.setScope(.divisions(["304"]), of: "lan", by: "admin", at: now)
    #expect(
      try fixture.desk.session(of: third.token, at: now + 180).account.scope == .divisions(["304"]))
    try fixture.desk.setDisabled(true, of: "lan", by: "admin", at: now + 181)
    #expect(code { _ = try fixture.desk.session(of: third.token, at: now + 182) } == "no-session")
  }

  @Test("A12: an account is not made anew over another, and the try is in the audit log")
  func accountsAreNotOverwritten() throws {
    let (factor, _) = try fixture.add("lan")
    let before = try #require(try fixture.accounts.account(named: "lan"))
    #expect(
      code {
        _ = try fixture.desk.add(
          "Lan", role: .administrator, scope: .everything, password: "some other password",
          by: "mallory", at: now)
      } == "account-name-taken")
    #expect(try fixture.accounts.account(named: "lan") == before)
    #expect(code { _ = try fixture.signIn("lan", factor) } == nil)
    let refused = try fixture.store.auditEntries().filter {
      $0.note.action == "account add refused"
    }
    #expect(refused.map(\.note.actor) == ["mallory"])
  }

  @Test("What does not fit is refused before anything is written")
  func refusals() throws {
    func add(_ name: String, _ role: StaffRole, _ scope: StaffScope, _ password: String) -> String?
    {
      code {
        _ = try fixture.desk.add(
          name, role: role, scope: scope, password: password, by: "test", at: now)
      }
    }
    let good = AccountFixture.password
    #expect(add("x", .administrator, .everything, good) == "account-bad-name")
    #expect(add("root", .administrator, .divisions(["1"]), good) == "account-unsuitable-scope")
    #expect(add("root", .administrator, .everything, "short") == "password-too-short")
    #expect(try fixture.accounts.accounts().isEmpty)
    #expect(
      code { try fixture.desk.setPassword(good, of: "x", by: "t", at: 1) } == "account-unknown")
    _ = try fixture.add("root", role: .administrator, scope: .everything)
    #expect(
      code { try fixture.desk.setDisabled(true, of: "root", by: "t", at: 1) }
        == "account-last-administrator")
  }

  @Test("A hash of another cost still matches, and is made anew")
  func costIsRaised() throws {
    _ = try fixture.add("lan")
    let dearer = try #require(PassphraseCost(operations: 2, memoryKiB: 16))
    let desk = AccountDesk(
      accounts: fixture.accounts, store: fixture.store, key: try fixture.vault.accountKey(),
      policy: SignInPolicy(cost: dearer))
    func kept() throws -> String {
      let path = fixture.store.path + "/accounts.sqlite"
      let connection = try Connection(opening: path, for: .read)
      return "\(try connection.number("SELECT operations FROM account") ?? 0)"
    }
    #expect(try kept() == "1")
    _ = try desk.beginSignIn(
      name: "lan", password: AccountFixture.password, from: address, at: now)
    #expect(try kept() == "2")
    #expect(code { _ = try fixture.begin("lan") } == nil)
  }

  @Test("Neither passwords, tokens, factors nor recovery codes are in the files as they are")
  func filesTellNothing() throws {
    let (factor, setup) = try fixture.add("lan")
    let opened = try fixture.signIn("lan", factor)
    let secret = try #require(setup.address.split(separator: "secret=").last?.prefix { $0 != "&" })
    let needles: [[UInt8]] =
      [
        Array(AccountFixture.password.utf8), Array(opened.token.text.utf8), Array(secret.utf8),
        try #require(Base32.bytes(of: secret)),
      ] + setup.recoveryCodes.flatMap { [Array($0.utf8), Base32.bytes(of: $0) ?? []] }
    for name in ["accounts.sqlite", "accounts.sqlite-wal", "checkin.sqlite", "checkin.sqlite-wal"] {
      let bytes =
        (try? Data(contentsOf: URL(fileURLWithPath: fixture.store.path + "/" + name))) ?? Data()
      for needle in needles {
        #expect(bytes.range(of: Data(needle)) == nil, "\(name)")
      }
    }
    let mode =
      try FileManager.default.attributesOfItem(
        atPath: fixture.store.path + "/accounts.sqlite")[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test("A factor sealed for one account does not open for another")
  func factorsAreBound() throws {
    let (factor, _) = try fixture.add("lan")
    _ = try fixture.add("minh")
    let path = fixture.store.path + "/accounts.sqlite"
    let connection = try Connection(opening: path, for: .write)
    try connection.execute(
      "UPDATE account SET factor = (SELECT factor FROM account WHERE name = 'lan') WHERE name = 'minh'"
    )
    let failure = code { _ = try fixture.signIn("minh", factor) }
    #expect(failure == "sealed_wrong_key")
  }
}
