public import StaffAccounts
internal import VenueCodes

/// What the first step of a sign-in gives: the way to the second.
public struct SignInTicket: Sendable {
  /// What the second step has to show.
  public let token: SessionToken
  /// When it expires, in Unix seconds.
  public let expiresAt: Int64
}

/// What the second step gives.
public struct OpenedSession: Sendable {
  /// What its holder is known by.
  public let token: SessionToken
  /// Whose it is.
  public let account: AccountRecord
  /// When it ends at the latest, in Unix seconds.
  public let expiresAt: Int64
  /// How many recovery codes are left.
  public let recoveryCodes: Int
}

/// A session that a request was known by.
public struct SessionRecord: Sendable {
  /// Whose it is.
  public let account: AccountRecord
  /// When it ends unless it is used again, and when it ends at the latest, in Unix seconds.
  public let idleEnd: Int64
  /// When it ends at the latest, in Unix seconds.
  public let expiresAt: Int64
}

extension AccountDesk {
  /// The first step: name and password.
  ///
  /// An unknown name, a disabled account and a wrong password are the same failure after the same
  /// work, and are counted alike.
  ///
  /// - Parameters:
  ///   - typed: What was typed for a name.
  ///   - password: What was typed, in normalization form C.
  ///   - address: What addresses are counted by: an IPv4 address, or the /64 of an IPv6 one.
  ///   - now: The present, in Unix seconds.
  /// - Returns: The way to the second step.
  /// - Throws: `wrongCredentials`, `throttled`, `store`, `vault`.
  public func beginSignIn(
    name typed: String, password: String, from address: [UInt8], at now: Int64
  ) throws(AccountError) -> SignInTicket {
    let name = AccountName.canonical(typed)
    let key = Array((name ?? "").utf8)
    let pair = AttemptCounter(policy.perPair, [Array("pair".utf8), key, address])
    let bucket = AttemptCounter(policy.perAddress, [Array("address".utf8), address])
    let all = AttemptCounter(policy.perAccount, [Array("account".utf8), key])
    let found = try stored { () throws(StoreError) in
      try accounts.writing { connection throws(StoreError) -> Found in
        var account: AccountRecord?
        var credentials: AccountTable.Credentials?
        var counters = [pair, bucket, all]
        if let name { account = try AccountTable.record(named: name, in: connection) }
        if let account {
          credentials = try AccountTable.credentials(of: account.number, in: connection)
          if try isFamiliar(address, to: account, at: now, in: connection) {
            counters = [pair, bucket]
          }
        }
        let reservation = try AttemptTable.reserve(
          counters, at: now, memory: policy.memory, in: connection)
        return Found(account: account, credentials: credentials, reservation: reservation)
      }
    }
    guard case .counted(let isAtLimit) = found.reservation else {
      guard case .wait(let seconds) = found.reservation else { throw .wrongCredentials }
      throw .throttled(seconds: seconds)
    }
    let isRight = try matches(password, found.credentials?.password)
    guard isRight, let account = found.account, account.disabledAt == nil else {
      // What was typed for a name may be a password: only names that are there are written down.
      if isAtLimit {
        try note(
          "sign-in refused", found.account?.name ?? "an unknown name",
          detail: "several wrong passwords", by: "gateway", at: now)
      }
      throw .wrongCredentials
    }
    if let cost = found.credentials?.password.cost, cost != policy.cost {
      let renewed = try hash(password)
      try stored { () throws(StoreError) in
        try accounts.writing { connection throws(StoreError) in
          try AccountTable.setPassword(
            renewed, of: account.number, endsSessions: false, in: connection)
        }
      }
    }
    var generator = SystemRandomNumberGenerator()
    let ticket = SignInTicket(
      token: SessionToken(using: &generator), expiresAt: now + policy.ticketLife)
    try stored { () throws(StoreError) in
      try accounts.writing { connection throws(StoreError) in
        try AttemptTable.forget(pair, in: connection)
        try AttemptTable.forget(all, in: connection)
        try AttemptTable.takeBack(bucket, in: connection)
        try connection.run("DELETE FROM sign_in WHERE expires_at <= ?1") { row throws(StoreError) in
          row.bind(now, at: 1)
          try row.execute()
        }
        try connection.run(
          """
          INSERT INTO sign_in (digest, account, generation, expires_at, failures)
          VALUES (?1, ?2, ?3, ?4, 0)
          """
        ) { row throws(StoreError) in
          row.bind(ticket.token.digest, at: 1)
          row.bind(account.number, at: 2)
          row.bind(account.generation, at: 3)
          row.bind(ticket.expiresAt, at: 4)
          try row.execute()
        }
      }
    }
    return ticket
  }

  /// The second step: the code of the authenticator app, or a recovery code.
  ///
  /// Which account it is about follows from the ticket alone; without one there is no second step.
  ///
  /// - Parameters:
  ///   - ticket: What the first step gave.
  ///   - code: What was typed.
  ///   - address: What addresses are counted by.
  ///   - now: The present, in Unix seconds.
  /// - Returns: The session.
  /// - Throws: `noSignIn`, `wrongCode`, `throttled`, `store`, `vault`.
  public func finishSignIn(
    ticket: SessionToken, code: String, from address: [UInt8], at now: Int64
  ) throws(AccountError) -> OpenedSession {
    let begun = try stored { () throws(StoreError) in
      try accounts.writing { connection throws(StoreError) -> Begun in
        guard let account = try account(ofTicket: ticket, at: now, in: connection) else {
          return .none
        }
        let counter = try factorCounter(of: account, from: address, at: now, in: connection)
        let reservation = try AttemptTable.reserve(
          [counter], at: now, memory: policy.memory, in: connection)
        guard let credentials = try AccountTable.credentials(of: account.number, in: connection)
        else { return .none }
        return .some(account, credentials, reservation)
      }
    }
    guard case .some(let account, let credentials, let reservation) = begun else {
      throw .noSignIn
    }
    if case .wait(let seconds) = reservation { throw .throttled(seconds: seconds) }
    let secret: SecretBytes
    do throws(VaultError) {
      secret = try key.open(credentials.factor, of: account.number)
    } catch {
      throw .vault(error)
    }
    let factor = OneTimePassword(secret: secret, digest: credentials.digest)
    let step = factor.acceptedStep(of: code, at: now, after: credentials.lastStep)
    let recovery = step == nil ? RecoveryCode(typed: code) : nil
    var generator = SystemRandomNumberGenerator()
    let token = SessionToken(using: &generator)
    let isOpened = try stored { () throws(StoreError) in
      try accounts.writing { connection throws(StoreError) -> Bool in
        guard
          try self.account(ofTicket: ticket, at: now, in: connection) != nil,
          try useUp(step, recovery, of: account, in: connection)
        else {
          try countWrongCode(of: ticket, in: connection)
          return false
        }
        try open(
          token, of: account, by: step == nil ? "recovery" : "code", from: address, at: now,
          ticket: ticket, in: connection)
        return true
      }
    }
    guard isOpened else {
      if case .counted(isAtLimit: true) = reservation {
        try note(
          "sign-in refused", account.name, detail: "several wrong codes after the right password",
          by: "gateway", at: now)
      }
      throw .wrongCode
    }
    try note(
      "sign-in", account.name, detail: step == nil ? "with a recovery code" : "",
      by: account.name, at: now)
    return OpenedSession(
      token: token, account: account, expiresAt: now + policy.sessionLife,
      recoveryCodes: try stored { () throws(StoreError) in
        try accounts.recoveryCodeCount(of: account)
      })
  }

  /// Returns the session that a token is of, and keeps it from idling away.
  ///
  /// - Throws: `noSession`, `store`.
  /// - Complexity: O(log n) in the sessions; a write at most once a minute.
  public func session(of token: SessionToken, at now: Int64) throws(AccountError) -> SessionRecord {
    let found = try stored { () throws(StoreError) in
      try accounts.reading { connection throws(StoreError) in
        try row(of: token, in: connection)
      }
    }
    guard let found, found.createdAt + policy.sessionLife > now,
      found.usedAt + policy.idleLife > now
    else { throw .noSession }
    let account = try stored { () throws(StoreError) in
      try accounts.reading { connection throws(StoreError) in
        try AccountTable.record(found.account, in: connection)
      }
    }
    guard let account, account.disabledAt == nil, account.generation == found.generation else {
      throw .noSession
    }
    if now - found.usedAt >= 60 {
      try stored { () throws(StoreError) in
        try accounts.writing { connection throws(StoreError) in
          try connection.run("UPDATE session SET used_at = max(used_at, ?2) WHERE digest = ?1") {
            row throws(StoreError) in
            row.bind(token.digest, at: 1)
            row.bind(now, at: 2)
            try row.execute()
          }
        }
      }
    }
    let end = found.createdAt + policy.sessionLife
    return SessionRecord(account: account, idleEnd: min(end, now + policy.idleLife), expiresAt: end)
  }

  /// Ends a session; one that is not there has ended already.
  public func endSession(_ token: SessionToken) throws(AccountError) {
    try stored { () throws(StoreError) in
      try accounts.writing { connection throws(StoreError) in
        try connection.run("DELETE FROM session WHERE digest = ?1") { row throws(StoreError) in
          row.bind(token.digest, at: 1)
          try row.execute()
        }
      }
    }
  }

  // MARK: -

  private struct Found: Sendable {
    let account: AccountRecord?
    let credentials: AccountTable.Credentials?
    let reservation: AttemptTable.Reservation
  }

  private enum Begun: Sendable {
    case none
    case some(AccountRecord, AccountTable.Credentials, AttemptTable.Reservation)
  }

  private struct SessionRow: Sendable {
    let account: Int64
    let generation: Int64
    let createdAt: Int64
    let usedAt: Int64
  }

  /// Compares with the account's password, or does the same work when there is none.
  private func matches(
    _ password: String, _ hash: PasswordHash?
  ) throws(AccountError) -> Bool {
    do throws(KeyError) {
      let secret = try SecretBytes(copying: password.utf8.span)
      if let hash { return try hash.matches(secret) }
      let nobody = PasswordHash(
        cost: policy.cost, salt: [UInt8](repeating: 0, count: PasswordHash.saltLength),
        digest: [UInt8](repeating: 0, count: PasswordHash.digestLength))
      _ = try nobody?.matches(secret)
      return false
    } catch {
      throw .vault(.key(error))
    }
  }

  private func addressDigest(_ address: [UInt8]) -> [UInt8] {
    StoreDigest.digest(of: Array("checkin/address/v1\0".utf8) + address)
  }

  private func isFamiliar(
    _ address: [UInt8], to account: AccountRecord, at now: Int64,
    in connection: borrowing Connection
  ) throws(StoreError) -> Bool {
    try connection.run(
      "SELECT last_at FROM familiar_address WHERE account = ?1 AND address = ?2"
    ) { row throws(StoreError) in
      row.bind(account.number, at: 1)
      row.bind(addressDigest(address), at: 2)
      guard try row.step(), let lastAt = row.integer(0) else { return false }
      return now - lastAt < policy.familiarity
    }
  }

  /// The counter of wrong codes: one for each familiar address, and one for all others.
  private func factorCounter(
    of account: AccountRecord, from address: [UInt8], at now: Int64,
    in connection: borrowing Connection
  ) throws(StoreError) -> AttemptCounter {
    var words = [Array("factor".utf8), Array(account.name.utf8)]
    if try isFamiliar(address, to: account, at: now, in: connection) { words.append(address) }
    return AttemptCounter(policy.perFactor, words)
  }

  private func account(
    ofTicket ticket: SessionToken, at now: Int64, in connection: borrowing Connection
  ) throws(StoreError) -> AccountRecord? {
    let begun = try connection.run(
      "SELECT account, generation, expires_at, failures FROM sign_in WHERE digest = ?1"
    ) { row throws(StoreError) -> (account: Int64, generation: Int64)? in
      row.bind(ticket.digest, at: 1)
      guard try row.step(), let account = row.integer(0), let generation = row.integer(1),
        let expiresAt = row.integer(2), let failures = row.integer(3), expiresAt > now,
        failures < Int64(policy.codesPerTicket)
      else { return nil }
      return (account, generation)
    }
    guard let begun, let account = try AccountTable.record(begun.account, in: connection),
      account.disabledAt == nil, account.generation == begun.generation
    else { return nil }
    return account
  }

  /// Uses up a step or a recovery code; false when it was used before, or there is neither.
  private func useUp(
    _ step: Int64?, _ recovery: RecoveryCode?, of account: AccountRecord,
    in connection: borrowing Connection
  ) throws(StoreError) -> Bool {
    if let step {
      try connection.run("UPDATE account SET last_step = ?2 WHERE number = ?1 AND last_step < ?2") {
        row throws(StoreError) in
        row.bind(account.number, at: 1)
        row.bind(step, at: 2)
        try row.execute()
      }
      return connection.changes == 1
    }
    guard let recovery else { return false }
    try connection.run("DELETE FROM recovery_code WHERE account = ?1 AND digest = ?2") {
      row throws(StoreError) in
      row.bind(account.number, at: 1)
      row.bind(recovery.digest, at: 2)
      try row.execute()
    }
    return connection.changes == 1
  }

  private func countWrongCode(
    of ticket: SessionToken, in connection: borrowing Connection
  ) throws(StoreError) {
    try connection.run("UPDATE sign_in SET failures = failures + 1 WHERE digest = ?1") {
      row throws(StoreError) in
      row.bind(ticket.digest, at: 1)
      try row.execute()
    }
  }

  private func open(
    _ token: SessionToken, of account: AccountRecord, by factor: String, from address: [UInt8],
    at now: Int64, ticket: SessionToken, in connection: borrowing Connection
  ) throws(StoreError) {
    let counter = try factorCounter(of: account, from: address, at: now, in: connection)
    try AttemptTable.forget(counter, in: connection)
    try connection.run("DELETE FROM sign_in WHERE digest = ?1") { row throws(StoreError) in
      row.bind(ticket.digest, at: 1)
      try row.execute()
    }
    try connection.run("DELETE FROM session WHERE used_at <= ?1 OR created_at <= ?2") {
      row throws(StoreError) in
      row.bind(now - policy.idleLife, at: 1)
      row.bind(now - policy.sessionLife, at: 2)
      try row.execute()
    }
    try connection.run(
      """
      INSERT INTO session (digest, account, generation, created_at, used_at, factor)
      VALUES (?1, ?2, ?3, ?4, ?4, ?5)
      """
    ) { row throws(StoreError) in
      row.bind(token.digest, at: 1)
      row.bind(account.number, at: 2)
      row.bind(account.generation, at: 3)
      row.bind(now, at: 4)
      row.bind(factor, at: 5)
      try row.execute()
    }
    try connection.run(
      """
      INSERT INTO familiar_address (account, address, last_at) VALUES (?1, ?2, ?3)
      ON CONFLICT (account, address) DO UPDATE SET last_at = excluded.last_at
      """
    ) { row throws(StoreError) in
      row.bind(account.number, at: 1)
      row.bind(addressDigest(address), at: 2)
      row.bind(now, at: 3)
      try row.execute()
    }
  }

  private func row(
    of token: SessionToken, in connection: borrowing Connection
  ) throws(StoreError) -> SessionRow? {
    try connection.run(
      "SELECT account, generation, created_at, used_at FROM session WHERE digest = ?1"
    ) { row throws(StoreError) in
      row.bind(token.digest, at: 1)
      guard try row.step(), let account = row.integer(0), let generation = row.integer(1),
        let createdAt = row.integer(2), let usedAt = row.integer(3)
      else { return nil }
      return SessionRow(
        account: account, generation: generation, createdAt: createdAt, usedAt: usedAt)
    }
  }
}
