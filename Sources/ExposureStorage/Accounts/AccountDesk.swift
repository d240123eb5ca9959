public import StaffAccounts
internal import VenueCodes

/// What a new account, or one with a new second factor, is told once.
public struct FactorSetup: Sendable {
  /// The address that sets up an authenticator app, which carries the secret.
  public let address: String
  /// The recovery codes for paper.
  public let recoveryCodes: [String]
}

/// Makes and changes accounts, each change with a line in the audit log.
///
/// Commands, the gateway and tests call the same functions. The line is written before the change:
/// a change without a line is worse than a line without its change.
public struct AccountDesk: Sendable {
  /// The accounts.
  public let accounts: AccountStore
  /// Where the audit log is.
  public let store: ExposureStore
  let key: AccountKey
  let policy: SignInPolicy
  /// Who runs the service, as authenticator apps show it.
  let issuer: String

  /// Makes a desk.
  ///
  /// - Parameters:
  ///   - accounts: The accounts.
  ///   - store: The store whose audit log is written.
  ///   - key: What second factors are sealed under.
  ///   - policy: Times and limits.
  ///   - issuer: Who runs the service, as authenticator apps show it.
  public init(
    accounts: AccountStore, store: ExposureStore, key: AccountKey,
    policy: SignInPolicy = SignInPolicy(), issuer: String = "checkin"
  ) {
    self.accounts = accounts
    self.store = store
    self.key = key
    self.policy = policy
    self.issuer = issuer
  }

  /// Makes an account.
  ///
  /// - Parameters:
  ///   - name: What its owner signs in with; a name that is taken is refused and the try audited.
  ///   - role: What it may do.
  ///   - scope: What part of the registry it is for.
  ///   - password: What its owner or an administrator chose, in normalization form C.
  ///   - digest: The hash of the second factor.
  ///   - actor: Who makes it.
  ///   - now: The present, in Unix seconds.
  /// - Returns: The account, and what its owner is told once.
  /// - Throws: `badName`, `nameTaken`, `unsuitableScope`, `password`, `store`, `vault`.
  public func add(
    _ name: String, role: StaffRole, scope: StaffScope, password: String,
    digest: OneTimePassword.Digest = .sha1, by actor: String, at now: Int64
  ) throws(AccountError) -> (account: AccountRecord, setup: FactorSetup) {
    guard let name = AccountName.canonical(name) else { throw .badName }
    guard scope.suits(role) else { throw .unsuitableScope }
    let hash = try hash(password, ofAccount: name)
    let detail = "\(role.rawValue), \(scope.text)"
    guard try stored({ () throws(StoreError) in try accounts.account(named: name) }) == nil else {
      try note("account add refused", name, detail: "the name is taken", by: actor, at: now)
      throw .nameTaken
    }
    try note("account add", name, detail: detail, by: actor, at: now)
    let number = try stored { () throws(StoreError) in
      try accounts.writing { connection throws(StoreError) -> Int64? in
        // Another process may have taken the name meanwhile.
        guard try AccountTable.record(named: name, in: connection) == nil else { return nil }
        return try AccountTable.insert(
          name: name, role: role, scope: scope, password: hash, digest: digest, at: now,
          to: connection)
      }
    }
    guard let number else { throw .nameTaken }
    let setup = try makeFactor(of: number, name: name, digest: digest)
    guard let account = try stored({ () throws(StoreError) in try accounts.account(named: name) })
    else { throw .unknownAccount }
    return (account, setup)
  }

  /// Gives an account another password; its sessions end.
  ///
  /// - Throws: `unknownAccount`, `password`, `store`.
  public func setPassword(
    _ password: String, of name: String, by actor: String, at now: Int64
  ) throws(AccountError) {
    let account = try known(name)
    let hash = try hash(password, ofAccount: account.name)
    try note("account reset-password", account.name, by: actor, at: now)
    try stored { () throws(StoreError) in
      try accounts.writing { connection throws(StoreError) in
        try AccountTable.setPassword(
          hash, of: account.number, endsSessions: true, in: connection)
        try AccountTable.endSessions(of: account.number, in: connection)
      }
    }
  }

  /// Gives an account another second factor and other recovery codes; its sessions end.
  ///
  /// - Returns: What its owner is told once.
  /// - Throws: `unknownAccount`, `store`, `vault`.
  public func resetFactor(
    of name: String, by actor: String, at now: Int64
  ) throws(AccountError) -> FactorSetup {
    let account = try known(name)
    let credentials = try stored { () throws(StoreError) in
      try accounts.reading { connection throws(StoreError) in
        try AccountTable.credentials(of: account.number, in: connection)
      }
    }
    try note("account reset-second-factor", account.name, by: actor, at: now)
    return try makeFactor(
      of: account.number, name: account.name, digest: credentials?.digest ?? .sha1)
  }

  /// Gives an account another scope, from its next request on.
  ///
  /// - Throws: `unknownAccount`, `unsuitableScope`, `store`.
  public func setScope(
    _ scope: StaffScope, of name: String, by actor: String, at now: Int64
  ) throws(AccountError) {
    let account = try known(name)
    guard scope.suits(account.role) else { throw .unsuitableScope }
    try note("account scope", account.name, detail: scope.text, by: actor, at: now)
    try stored { () throws(StoreError) in
      try accounts.writing { connection throws(StoreError) in
        try connection.run("UPDATE account SET scope = ?2 WHERE number = ?1") {
          row throws(StoreError) in
          row.bind(account.number, at: 1)
          row.bind(scope.text, at: 2)
          try row.execute()
        }
      }
    }
  }

  /// Takes an account out of use, or puts it back; its sessions end.
  ///
  /// - Throws: `unknownAccount`, `lastAdministrator`, `store`.
  public func setDisabled(
    _ isDisabled: Bool, of name: String, by actor: String, at now: Int64
  ) throws(AccountError) {
    let account = try known(name)
    guard (account.disabledAt != nil) != isDisabled else { return }
    if isDisabled, account.role == .administrator {
      let others = try stored { () throws(StoreError) in try accounts.accounts() }.filter {
        $0.role == .administrator && $0.disabledAt == nil && $0.number != account.number
      }
      guard !others.isEmpty else { throw .lastAdministrator }
    }
    try note(isDisabled ? "account disable" : "account enable", account.name, by: actor, at: now)
    try stored { () throws(StoreError) in
      try accounts.writing { connection throws(StoreError) in
        try connection.run("UPDATE account SET disabled_at = ?2 WHERE number = ?1") {
          row throws(StoreError) in
          row.bind(account.number, at: 1)
          row.bind(isDisabled ? now : nil, at: 2)
          try row.execute()
        }
        try AccountTable.endSessions(of: account.number, in: connection)
      }
    }
  }

  // MARK: -

  private func known(_ name: String) throws(AccountError) -> AccountRecord {
    guard let account = try stored({ () throws(StoreError) in try accounts.account(named: name) })
    else { throw .unknownAccount }
    return account
  }

  func hash(_ password: String, ofAccount name: String) throws(AccountError) -> PasswordHash {
    do throws(PasswordRule.Failure) {
      try PasswordRule.check(password, ofAccount: name)
    } catch {
      throw .password(error)
    }
    return try hash(password)
  }

  func hash(_ password: String) throws(AccountError) -> PasswordHash {
    var generator = SystemRandomNumberGenerator()
    do throws(KeyError) {
      let secret = try SecretBytes(copying: password.utf8.span)
      return try PasswordHash(of: secret, cost: policy.cost, using: &generator)
    } catch {
      throw .vault(.key(error))
    }
  }

  private func makeFactor(
    of number: Int64, name: String, digest: OneTimePassword.Digest
  ) throws(AccountError) -> FactorSetup {
    var generator = SystemRandomNumberGenerator()
    let secret: SecretBytes
    do throws(KeyError) {
      secret = try SecretBytes(randomCount: OneTimePassword.secretLength, using: &generator)
    } catch {
      throw .vault(.key(error))
    }
    let sealed: [UInt8]
    do throws(VaultError) {
      sealed = try key.seal(secret, of: number)
    } catch {
      throw .vault(error)
    }
    let codes = (0..<RecoveryCode.count).map { _ in RecoveryCode(using: &generator) }
    try stored { () throws(StoreError) in
      try accounts.writing { connection throws(StoreError) in
        try AccountTable.setFactor(
          sealed, recovery: codes.map(\.digest), of: number, in: connection)
        try AccountTable.endSessions(of: number, in: connection)
      }
    }
    let factor = OneTimePassword(secret: secret, digest: digest)
    return FactorSetup(
      address: factor.setupAddress(account: name, issuer: issuer), recoveryCodes: codes.map(\.text))
  }

  func note(
    _ action: String, _ object: String, detail: String = "", by actor: String, at now: Int64
  ) throws(AccountError) {
    try stored { () throws(StoreError) in
      try store.audit(
        AuditNote(
          at: now, actor: actor, action: action, object: object, purpose: "", detail: detail))
    }
  }

  /// Turns a failure of a file into one of an account.
  func stored<Result>(
    _ body: () throws(StoreError) -> Result
  ) throws(AccountError) -> Result {
    do throws(StoreError) { return try body() } catch { throw .store(error) }
  }
}
