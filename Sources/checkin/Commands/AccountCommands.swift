internal import CommandKit
internal import ExposureStorage
internal import JSONText
internal import Posters
internal import Presence
internal import StaffAccounts
internal import VenueCodes
internal import VenueRegistry

/// The role of an account on the command line.
struct RoleWord: ArgumentValue, Hashable {
  let role: StaffRole

  init(argument: String) throws(InvalidArgument) {
    guard let role = StaffRole(rawValue: argument) else {
      let words = StaffRole.allCases.map(\.rawValue)
      throw InvalidArgument("is no role: choose of \(words.joined(separator: ", "))")
    }
    self.role = role
  }

  static var kind: String { "a role" }
  static var placeholder: String { "ROLE" }
  var argumentText: String { role.rawValue }
}

/// The scope of an account on the command line.
struct ScopeWord: ArgumentValue, Hashable {
  let scope: StaffScope

  init(argument: String) throws(InvalidArgument) {
    guard let scope = StaffScope(text: argument) else {
      throw InvalidArgument("is no scope: write all, agency:ID,… or division:CODE,…")
    }
    self.scope = scope
  }

  static var kind: String { "a scope" }
  static var placeholder: String { "SCOPE" }
  var argumentText: String { scope.text }
}

/// `checkin account add`: makes an account.
struct AccountAddCommand: Sendable {
  var name = Required<String>()
  var role = Required<RoleWord>()
  var scope = Required<ScopeWord>()
  var passwordFile: Path?

  static let command = Command(
    "add", "Makes an account", AccountAddCommand(),
    [
      .argument("NAME", \.name, help: "What its owner signs in with"),
      .option("--role", \.role, help: "venue-manager, health-staff or administrator"),
      .option("--scope", \.scope, help: "all, agency:ID,… or division:CODE,…"),
      .option(
        "--password-file", \.passwordFile, help: "Read its password here; else it is asked for"),
    ],
    shared: [.passphrase, .dryRun],
    discussion: """
      A password has 12 characters or more and none of the usual ones. The address for an \
      authenticator app, also as a QR code, and the recovery codes are printed once: hand them to the \
      owner, and to nobody else.
      """,
    examples: [
      Example(
        "checkin account add lan --role health-staff --scope division:303",
        "An account for the cases of a district"),
      Example(
        "checkin account add sdl --role venue-manager --scope agency:so-du-lich",
        "An account for the venues of an agency"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    try workspace.check(scope.wrappedValue.scope)
    guard !context.isDryRun else {
      context.talk.note("nothing was changed")
      return .done
    }
    let store = try workspace.store()
    let desk = try workspace.accountDesk(store: store)
    let password = try AccountText.password(
      inFile: passwordFile, of: name.wrappedValue, context)
    let made: (account: AccountRecord, setup: FactorSetup)
    do {
      made = try desk.add(
        name.wrappedValue, role: role.wrappedValue.role, scope: scope.wrappedValue.scope,
        password: password, by: context.actor, at: context.now())
    } catch {
      throw AccountText.failure(error)
    }
    try AccountText.show(made.setup, of: made.account.name, context)
    try store.close()
    return .done
  }
}

/// `checkin account list`: prints the accounts.
struct AccountListCommand: Sendable {
  static let command = Command(
    "list", "Prints the accounts", AccountListCommand(), [],
    run: { _, context in
      let store = try Workspace(context).store(.readOnly)
      let accounts = try AccountStore(at: context.store).accounts()
      if context.json {
        try context.output.json { json in
          json.array(accounts) { json, account in
            json.object { AccountText.write(account, in: store.calendar, to: &$0) }
          }
        }
        return .done
      }
      var table = Table([.whole("Name"), "Role", "Scope", .whole("Made"), "State"])
      for account in accounts {
        table.append(
          account.name, account.role.rawValue, account.scope.text,
          ISO8601.format(account.createdAt, in: store.calendar),
          account.disabledAt == nil ? "in use" : "disabled")
      }
      try context.output.table(table)
      return .done
    })
}

/// `checkin account show`: prints one account.
struct AccountShowCommand: Sendable {
  var name = Required<String>()

  static let command = Command(
    "show", "Prints an account, its sessions and its recovery codes by number",
    AccountShowCommand(),
    [.argument("NAME", \.name, help: "The account")],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let store = try Workspace(context).store(.readOnly)
    let accounts = try AccountStore(at: context.store)
    guard let account = try accounts.account(named: name.wrappedValue) else {
      throw AccountText.failure(.unknownAccount)
    }
    let sessions = try accounts.sessionCount(
      of: account, at: context.now(), policy: SignInPolicy())
    let codes = try accounts.recoveryCodeCount(of: account)
    if context.json {
      try context.output.json { json in
        json.object { json in
          AccountText.write(account, in: store.calendar, to: &json)
          json.field("sessions", sessions)
          json.field("recovery_codes_left", codes)
        }
      }
      return .done
    }
    try context.output.table(
      Table(properties: [
        ("Name", account.name), ("Role", account.role.rawValue), ("Scope", account.scope.text),
        ("Made", ISO8601.format(account.createdAt, in: store.calendar)),
        ("Disabled", account.disabledAt.map { ISO8601.format($0, in: store.calendar) }),
        ("Sessions", "\(sessions)"), ("Recovery codes left", "\(codes)"),
      ]))
    return .done
  }
}

/// `checkin account disable` and `enable`: take an account out of use, and put it back.
struct AccountDisableCommand: Sendable {
  var name = Required<String>()
  var isDisabled = true

  static let command = make("disable", "Takes an account out of use; its sessions end", true)
  static let enabling = make("enable", "Puts an account back into use", false)

  private static func make(
    _ word: String, _ summary: String, _ isDisabled: Bool
  ) -> Command<AccountDisableCommand> {
    Command(
      word, summary, AccountDisableCommand(isDisabled: isDisabled),
      [.argument("NAME", \.name, help: "The account")], shared: .passphrase,
      run: { options, context in
        let workspace = Workspace(context)
        let store = try workspace.store()
        do {
          try workspace.accountDesk(store: store).setDisabled(
            options.isDisabled, of: options.name.wrappedValue, by: context.actor,
            at: context.now())
        } catch let error as AccountError {
          throw AccountText.failure(error)
        }
        try store.close()
        try context.output.line(
          "\(options.name.wrappedValue) is \(options.isDisabled ? "disabled" : "in use")")
        return .done
      })
  }
}

/// `checkin account reset-password`: gives an account another password.
struct AccountPasswordCommand: Sendable {
  var name = Required<String>()
  var passwordFile: Path?

  static let command = Command(
    "reset-password", "Gives an account another password; its sessions end",
    AccountPasswordCommand(),
    [
      .argument("NAME", \.name, help: "The account"),
      .option(
        "--password-file", \.passwordFile, help: "Read the password here; else it is asked for"),
    ],
    shared: .passphrase,
    run: { options, context in
      let workspace = Workspace(context)
      let store = try workspace.store()
      let desk = try workspace.accountDesk(store: store)
      let name = options.name.wrappedValue
      let password = try AccountText.password(inFile: options.passwordFile, of: name, context)
      do {
        try desk.setPassword(password, of: name, by: context.actor, at: context.now())
      } catch let error as AccountError {
        throw AccountText.failure(error)
      }
      try store.close()
      try context.output.line("\(name) has another password")
      return .done
    })
}

/// `checkin account reset-second-factor`: gives an account another second factor.
struct AccountFactorCommand: Sendable {
  var name = Required<String>()

  static let command = Command(
    "reset-second-factor", "Gives an account another second factor; its sessions end",
    AccountFactorCommand(),
    [.argument("NAME", \.name, help: "The account")],
    shared: .passphrase,
    discussion:
      "Make sure who asks for it: whoever has the factor and the password is that person.",
    run: { options, context in
      let workspace = Workspace(context)
      let store = try workspace.store()
      let name = options.name.wrappedValue
      do {
        let setup = try workspace.accountDesk(store: store)
          .resetFactor(of: name, by: context.actor, at: context.now())
        try AccountText.show(setup, of: name, context)
      } catch let error as AccountError {
        throw AccountText.failure(error)
      }
      try store.close()
      return .done
    })
}

/// `checkin account scope`: gives an account another scope.
struct AccountScopeCommand: Sendable {
  var name = Required<String>()
  var scope = Required<ScopeWord>()

  static let command = Command(
    "scope", "Gives an account another scope, from its next request on", AccountScopeCommand(),
    [
      .argument("NAME", \.name, help: "The account"),
      .argument("SCOPE", \.scope, help: "all, agency:ID,… or division:CODE,…"),
    ],
    shared: .passphrase,
    run: { options, context in
      let workspace = Workspace(context)
      try workspace.check(options.scope.wrappedValue.scope)
      let store = try workspace.store()
      let name = options.name.wrappedValue
      do {
        try workspace.accountDesk(store: store).setScope(
          options.scope.wrappedValue.scope, of: name, by: context.actor, at: context.now())
      } catch let error as AccountError {
        throw AccountText.failure(error)
      }
      try store.close()
      try context.output.line("\(name) has the scope \(options.scope.wrappedValue.scope.text)")
      return .done
    })
}

extension Workspace {
  /// Opens the accounts of the store.
  func accountDesk(store: ExposureStore) throws -> AccountDesk {
    AccountDesk(
      accounts: try AccountStore(at: context.store), store: store, key: try vault().accountKey())
  }

  /// Refuses a scope of what the registry does not have.
  func check(_ scope: StaffScope) throws {
    let unknown = scope.unknownWords(in: try registry())
    guard unknown.isEmpty else {
      throw UsageError(
        "the registry does not have \(unknown.joined(separator: ", "))",
        hint: "see agencies.csv and divisions.csv in \(context.venues)")
    }
  }
}

/// How accounts are read and printed.
enum AccountText {
  /// Takes the password of an account from a file, or asks twice.
  static func password(inFile file: Path?, of name: String, _ context: Context) throws -> String {
    try context.newSecret(inFile: file, option: "--password-file", for: "the account \(name)")
      .withBytes { bytes in String(decoding: bytes, as: UTF8.self) }.precomposed
  }

  static func failure(_ error: AccountError) -> CommandError {
    CommandError("\(error)", code: error.code)
  }

  static func write(
    _ account: AccountRecord, in calendar: LocalCalendar, to json: inout JSONWriter
  ) {
    json.field("name", account.name)
    json.field("role", account.role.rawValue)
    json.field("scope", account.scope.text)
    json.field("created_at", ISO8601.format(account.createdAt, in: calendar))
    json.field("disabled_at", account.disabledAt.map { ISO8601.format($0, in: calendar) })
  }

  /// Prints what is told once.
  static func show(_ setup: FactorSetup, of name: String, _ context: Context) throws {
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("name", name)
          $0.field("otpauth", setup.address)
          $0.field("recovery_codes", setup.recoveryCodes)
        }
      }
      return
    }
    if context.output.isTerminal {
      let symbol = try QRSymbol(text: setup.address, level: .medium)
      try context.output.write(
        symbol.terminalText(style: context.output.usesColour ? .coloured : .darkBackground))
    }
    try context.output.line(setup.address)
    for code in setup.recoveryCodes { try context.output.line(code) }
    context.talk.note(
      "\(name): scan the code with an authenticator app, and keep the recovery codes on paper; neither "
        + "is shown again")
  }
}
