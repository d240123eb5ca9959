public import StaffAccounts

/// Who may use a route.
public enum Access: Hashable, Sendable {
  /// Anybody.
  case anyone
  /// A visitor, who shows the secret that came with a check-in.
  case visitor
  /// An enrolled door, which signs its requests.
  case door
  /// An account with one of these roles.
  case account(Set<StaffRole>)

  /// The way in which clients of a kind prove who they are.
  public enum Scheme: String, CaseIterable, Hashable, Sendable {
    /// A visitor's secret.
    case visitor
    /// A signed request.
    case door
    /// A session.
    case account
  }

  /// The way; nil when nothing need be proved.
  public var scheme: Scheme? {
    switch self {
    case .anyone: nil
    case .visitor: .visitor
    case .door: .door
    case .account: .account
    }
  }
}

/// Finds out who a request is of.
public protocol Authenticator: Sendable {
  /// Returns who the request is of.
  ///
  /// - Parameters:
  ///   - request: The request, read to its end.
  ///   - access: What its route asks for.
  /// - Returns: Who it is of.
  /// - Throws: The problem to answer with, 401 or 403.
  func principal(of request: HTTPRequest, for access: Access) throws(Problem) -> any Principal
}
