public import ExposureStorage
internal import StaffAccounts
internal import VenueCodes

/// A person who signed in.
public struct StaffPrincipal: Principal {
  /// Whose session it is.
  public let account: AccountRecord
  let token: SessionToken
  let expiresAt: Int64

  /// The name of the account.
  public var auditName: String { account.name }
}

/// Finds out whose session a request is of: by a bearer token, or by a cookie.
///
/// A browser sends a cookie by itself, also with a request that another site made it send. So one
/// that changes something needs the proof from the sign-in beside its cookie; a bearer token is sent
/// by nobody by itself. A request that has both is known by the token alone.
public struct AccountAuthenticator: Authenticator {
  /// The name of the cookie; a browser takes one of this prefix from a secure origin only, for that
  /// origin alone.
  static let cookie = "__Host-session"
  /// The field that carries the proof.
  static let proofField = "X-CSRF-Token"

  private let desk: AccountDesk

  /// Makes an authenticator.
  public init(desk: AccountDesk) {
    self.desk = desk
  }

  /// Returns the account, when its session lives and its role is one that the route takes.
  public func principal(
    of request: HTTPRequest, for access: Access
  ) throws(Problem) -> any Principal {
    let token: SessionToken
    if let field = request.header("Authorization") {
      let words = field.split(separator: " ", omittingEmptySubsequences: true)
      guard words.count == 2, words[0].lowercased() == "bearer",
        let bearer = SessionToken(text: words[1])
      else { throw Problem(AccountError.noSession) }
      token = bearer
    } else if let cookie = AccountAuthenticator.cookie(of: request) {
      token = cookie
      guard request.method == .get || AccountAuthenticator.isProved(request, by: cookie) else {
        throw .forbidden("send the request proof of the sign-in in \(Self.proofField)")
      }
    } else {
      throw Problem(AccountError.noSession)
    }
    let session: SessionRecord
    do throws(AccountError) {
      session = try desk.session(of: token, at: request.receivedSecond)
    } catch {
      throw Problem(error)
    }
    guard case .account(let roles) = access, roles.contains(session.account.role) else {
      throw .forbidden("your role does not include this")
    }
    return StaffPrincipal(account: session.account, token: token, expiresAt: session.expiresAt)
  }

  /// The token in the one cookie of ours; two of them are none.
  private static func cookie(of request: HTTPRequest) -> SessionToken? {
    let found = request.fields.filter { $0.name.isSameField(as: "Cookie") }
      .flatMap { $0.value.split(separator: ";") }
      .map(\.trimmed)
      .filter { $0.hasPrefix("\(cookie)=") }
    guard found.count == 1, let value = found.first?.dropFirst(cookie.utf8.count + 1) else {
      return nil
    }
    return SessionToken(text: value)
  }

  private static func isProved(_ request: HTTPRequest, by token: SessionToken) -> Bool {
    guard let proof = request.header(proofField) else { return false }
    return ConstantTime.areEqual(Array(proof.utf8), Array(token.requestProof.utf8))
  }

  /// The field that sets the cookie, or takes it away.
  static func cookieField(_ token: SessionToken?, seconds: Int64) -> String {
    "\(cookie)=\(token?.text ?? ""); Path=/; Secure; HttpOnly; SameSite=Strict; "
      + "Max-Age=\(token == nil ? 0 : seconds)"
  }
}
