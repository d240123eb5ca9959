internal import ExposureAnswers
public import ExposureStorage
internal import Foundation
internal import JSONText
internal import Presence
public import StaffAccounts
internal import Synchronization
internal import Tracing
internal import VenueCodes
internal import VenueRegistry

/// What the faces for people with accounts share.
public final class StaffDesk: Sendable {
  /// What all faces share.
  public let deployment: Deployment
  /// The accounts and how they sign in.
  public let accounts: AccountDesk
  private let passwordChecks: Turnstile
  let questions: Turnstile

  /// Opens the accounts of a deployment.
  ///
  /// - Parameters:
  ///   - deployment: What all faces share.
  ///   - policy: Times and limits of signing in.
  ///   - issuer: Who runs the service, as authenticator apps show it.
  /// - Throws: What keeps accounts or their key from being opened.
  public init(
    deployment: Deployment, policy: SignInPolicy = SignInPolicy(), issuer: String = "checkin"
  ) throws {
    self.deployment = deployment
    accounts = AccountDesk(
      accounts: try AccountStore(at: deployment.store.path), store: deployment.store,
      key: try deployment.vault.accountKey(), policy: policy, issuer: issuer)
    // Each takes 64 MiB and a core for a tenth of a second.
    passwordChecks = Turnstile(most: 2)
    questions = Turnstile(most: 2)
  }

  /// The faces for people with accounts.
  public var faces: [any Face] {
    [AccountFace(self), HealthFace(self), VenueFace(self), AdministratorFace(self)]
  }

  /// What finds out whose a session is.
  public var authenticator: any Authenticator { AccountAuthenticator(desk: accounts) }

  /// Writes a line of the audit log, durably, before what it is about is answered.
  func audit(
    _ request: HTTPRequest, _ action: String, _ object: String, purpose: String = "",
    detail: String = ""
  ) throws {
    do throws(StoreError) {
      try deployment.store.audit(
        note(request, action, object, purpose: purpose, detail: detail))
    } catch {
      // What cannot be written down is not answered.
      throw Problem(error)
    }
  }

  /// What the audit log keeps of a request.
  func note(
    _ request: HTTPRequest, _ action: String, _ object: String, purpose: String = "",
    detail: String = ""
  ) -> AuditNote {
    AuditNote(
      at: request.receivedSecond, actor: request.principal?.auditName ?? "somebody",
      action: action, object: object, purpose: purpose, detail: detail)
  }

  /// The account that a request is of.
  func account(of request: HTTPRequest) throws(Problem) -> AccountRecord {
    guard let principal = request.principal as? StaffPrincipal else {
      throw .unauthenticated("sign in first")
    }
    return principal.account
  }

  /// Runs a check of a password, unless too many run already.
  func checkingPassword<Result>(_ body: () throws -> Result) throws -> Result {
    try passwordChecks.pass(body)
  }

  // MARK: Scopes

  /// Returns a venue that is within the scope of a request's account; one that is not is as good as
  /// not there, and the try is in the audit log.
  func venue(_ text: String, of request: HTTPRequest, for action: String) throws -> Venue {
    let registry = deployment.snapshot.registry
    guard let id = try? VenueID(parsing: text), let venue = registry.venue(id) else {
      throw Problem.notFound
    }
    guard try account(of: request).scope.covers(venue, in: registry) else {
      try audit(request, "\(action) refused", "\(id)", detail: "out of scope")
      throw Problem.forbidden("the venue is outside your scope")
    }
    return venue
  }

  /// Returns a case that is within the scope of a request's account.
  func caseRecord(_ id: String, of request: HTTPRequest, for action: String) throws -> CaseRecord {
    let record: CaseRecord?
    do {
      record = try deployment.store.caseRecord(id)
    } catch {
      throw Problem(error)
    }
    guard let record else { throw Problem.notFound }
    guard try covers(caseID: id, account(of: request)) else {
      try audit(request, "\(action) refused", id, detail: "out of scope")
      throw Problem.forbidden("the case is outside your scope")
    }
    return record
  }

  /// Whether a case is within the scope of an account; one of no division is so only for all.
  func covers(caseID: String, _ account: AccountRecord) throws -> Bool {
    if account.scope == .everything { return true }
    guard let division = try accounts.accounts.division(ofCase: caseID) else { return false }
    return account.scope.covers(division: division, in: deployment.snapshot.registry)
  }

  /// Whether a case may open what is outside the scope of an account: two vouch for it, or nothing is
  /// outside.
  func isTrusted(caseID: String, by account: AccountRecord) throws -> Bool {
    if account.scope == .everything { return true }
    return try accounts.accounts.isConfirmed(caseID: caseID)
  }

  /// Refuses a question about a case that nobody but the account that registered it vouches for.
  func requireConfirmed(_ id: String, _ request: HTTPRequest, for action: String) throws {
    guard try isTrusted(caseID: id, by: account(of: request)) else {
      try audit(request, "\(action) refused", id, purpose: "case \(id)", detail: "not confirmed")
      throw Problem(
        code: "needs-confirmation", status: 403, title: "The case is not confirmed",
        detail: "another account of its division confirms a case that was registered over HTTP")
    }
  }

  // MARK: Rows

  /// Counts the rows of an answer towards what one account is shown in a day; too many are refused.
  func spend(
    _ rows: Int, _ request: HTTPRequest, for action: String, _ object: String, purpose: String
  ) throws {
    let most = deployment.configuration.rowsPerAccountAndDay
    let day = deployment.store.calendar.day(of: request.receivedSecond)
    guard
      try accounts.accounts.spend(rows: rows, of: try account(of: request), on: day, most: most)
    else {
      try audit(
        request, "\(action) refused", object, purpose: purpose,
        detail: "\(rows) rows are beyond \(most) of the day")
      throw Problem(
        code: "needs-second-person", status: 403, title: "This needs a second person",
        detail: "an account is shown \(most) rows a day: ask for an export, which another person "
          + "approves")
    }
  }

  // MARK: Rules

  /// The rule set of contacts that was asked for, or the one in force on a day.
  func rules(_ id: String?, on day: LocalDay) throws -> RuleSet {
    let library = try RuleFolder.contactRules(in: deployment.registryFolder.path + "/rules")
    guard let id else { return library.inForce(on: day).rules }
    guard let rules = library.ruleSets.first(where: { $0.id == id }) else {
      throw Problem.invalid(
        "there is no such rule set", fields: [Problem.Field("rules", "is not known")])
    }
    return rules
  }

  /// A moment as answers write it.
  func time(_ second: Int64) -> String { ISO8601.format(second, in: deployment.calendar) }
}

/// Lets a few through at a time, and turns the others away.
final class Turnstile: Sendable {
  private let inside = Mutex(0)
  private let most: Int

  init(most: Int) { self.most = most }

  func pass<Result>(_ body: () throws -> Result) throws -> Result {
    let isFree = inside.withLock { count in
      guard count < most else { return false }
      count += 1
      return true
    }
    guard isFree else { throw Problem.overloaded(retryAfter: 1) }
    defer { inside.withLock { $0 -= 1 } }
    return try body()
  }
}

extension Problem {
  /// The problem that a failure of an account is for a client.
  init(_ error: AccountError) {
    switch error {
    case .wrongCredentials, .wrongCode, .noSignIn, .noSession:
      self = Problem(
        code: error.code, status: 401, title: "Who asks is not known", detail: error.description)
    case .throttled(let seconds):
      self = Problem(
        code: error.code, status: 429, title: "Too many failures", detail: error.description,
        retryAfter: Int(clamping: seconds))
    case .badName, .unsuitableScope, .password:
      self = Problem(
        code: error.code, status: 422, title: "What the request says cannot be",
        detail: error.description)
    case .nameTaken, .lastAdministrator:
      self = Problem(
        code: error.code, status: 409, title: "Something else is known by this key",
        detail: error.description)
    case .unknownAccount: self = .notFound
    case .store(let error): self = Problem(error)
    case .vault: self = .internalError
    }
  }

  /// The problem that a failure of an export is for a client.
  init(_ error: ExportError) {
    switch error {
    case .unknownExport: self = .notFound
    case .ownRequest, .outOfScope:
      self = Problem(
        code: error.rawValue, status: 403, title: "This is not allowed",
        detail: error.description)
    case .wrongState:
      self = Problem(
        code: error.rawValue, status: 409, title: "Not in this state", detail: error.description)
    }
  }
}

/// Runs a handler whose failures are of the store, of accounts or of exports.
func answering(_ body: () throws -> HTTPResponse) throws -> HTTPResponse {
  do {
    return try body()
  } catch let error as StoreError {
    throw Problem(error)
  } catch let error as AccountError {
    throw Problem(error)
  } catch let error as ExportError {
    throw Problem(error)
  }
}

/// The members of a body of JSON, each taken by its name.
package struct RequestMembers {
  private let object: JSONObject

  /// Reads a body.
  ///
  /// - Parameters:
  ///   - body: The bytes.
  ///   - names: The members there may be; any other is refused.
  /// - Throws: The problem to answer with.
  package init(_ body: [UInt8], _ names: [String]) throws(Problem) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(body, limits: JSONLimits(depth: 4, values: 2_000))
    } catch {
      throw .badRequest("\(error)")
    }
    guard let object = value.object else { throw .badRequest("the body is no object") }
    let unknown = object.names(besides: names)
    guard unknown.isEmpty else {
      // What stands there may be a misplaced password: it is not said back.
      throw .invalid(
        "the body has a member that is not known",
        fields: names.map { Problem.Field($0, "is known") })
    }
    self.object = object
  }

  /// The value of a member, when there is one.
  func value(_ name: String) -> JSONValue? { object[name] }

  /// A text that may be missing.
  package func text(_ name: String, most: Int = 256) throws(Problem) -> String? {
    guard let value = object[name], !value.isNull else { return nil }
    guard let text = value.string, text.utf8.count <= most else {
      throw .invalid(
        "a value is not as it must be",
        fields: [Problem.Field(name, "must be a text of at most \(most) bytes")])
    }
    return text
  }

  /// A text that must be there.
  func required(_ name: String, most: Int = 256) throws(Problem) -> String {
    guard let text = try text(name, most: most), !text.isEmpty else {
      throw .invalid("a value is missing", fields: [Problem.Field(name, "must be there")])
    }
    return text
  }

  /// A password, in normalization form C: the same for whoever types it on another keyboard.
  package func password(_ name: String) throws(Problem) -> String {
    try required(name, most: PasswordRule.longest + 1).precomposedStringWithCanonicalMapping
  }

  /// A list of texts that may be missing.
  func texts(_ name: String, most: Int) throws(Problem) -> [String]? {
    guard let value = object[name], !value.isNull else { return nil }
    guard let values = value.array, values.count <= most else {
      throw .invalid(
        "a value is not as it must be",
        fields: [Problem.Field(name, "must be a list of at most \(most) texts")])
    }
    let texts = values.compactMap(\.string)
    guard texts.count == values.count, texts.allSatisfy({ $0.utf8.count <= 256 }) else {
      throw .invalid(
        "a value is not as it must be", fields: [Problem.Field(name, "must be a list of texts")])
    }
    return texts
  }

  /// A whole number that may be missing.
  func integer(_ name: String, in range: ClosedRange<Int64>) throws(Problem) -> Int64? {
    guard let value = object[name], !value.isNull else { return nil }
    guard let number = value.integer, range.contains(number) else {
      throw .invalid(
        "a value is not as it must be",
        fields: [
          Problem.Field(
            name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        ])
    }
    return number
  }

  /// A moment that may be missing.
  func time(_ name: String) throws(Problem) -> Int64? {
    guard let text = try text(name, most: 40) else { return nil }
    return try HTTPRequest.second(text, name)
  }

  /// A local day that may be missing.
  func day(_ name: String) throws(Problem) -> LocalDay? {
    guard let text = try text(name, most: 10) else { return nil }
    guard let day = LocalDay(iso8601: text) else {
      throw .invalid(
        "a value is not as it must be", fields: [Problem.Field(name, "must be a day, YYYY-MM-DD")])
    }
    return day
  }
}

extension HTTPRequest {
  static func second(_ text: String, _ name: String) throws(Problem) -> Int64 {
    do {
      return try ISO8601.parse(text)
    } catch {
      throw .invalid(
        "a value is not as it must be",
        fields: [Problem.Field(name, "must be a time with its offset, ISO 8601")])
    }
  }

  /// A moment of the query that must be there.
  func requiredTime(_ name: String) throws(Problem) -> Int64 {
    guard let text = query(name) else {
      throw .invalid("a value is missing", fields: [Problem.Field(name, "must be there")])
    }
    return try HTTPRequest.second(text, name)
  }

  /// A whole number of the query, or what it is when it is missing.
  func number(_ name: String, in range: ClosedRange<Int>, else usual: Int) throws(Problem) -> Int {
    guard let text = query(name) else { return usual }
    guard let number = Int(text), range.contains(number) else {
      throw .invalid(
        "a value is not as it must be",
        fields: [
          Problem.Field(name, "must be a number from \(range.lowerBound) to \(range.upperBound)")
        ])
    }
    return number
  }

  /// A flag of the query; false when it is missing.
  func flag(_ name: String) throws(Problem) -> Bool {
    switch query(name) {
    case nil, "false": return false
    case "true": return true
    default:
      throw .invalid(
        "a value is not as it must be", fields: [Problem.Field(name, "must be true or false")])
    }
  }

  /// The answer with a tag of its content, or 304 when the client has it already.
  func tagged(_ response: HTTPResponse) -> HTTPResponse {
    let digest = ContentDigest.longDigest(of: response.body.span)
    let tag = "\"\(HexDigits.text(of: digest.prefix(16)))\""
    let known = (header("If-None-Match") ?? "").split(separator: ",").map(\.trimmed)
    if known.contains(where: { $0 == tag[...] || $0 == "*" || $0 == "W/\(tag)"[...] }) {
      return HTTPResponse(status: 304, headers: [("ETag", tag)])
    }
    // What names people is nobody else's to keep.
    return response.adding("ETag", tag).adding("Cache-Control", "private, no-store")
  }
}
