public import StaffAccounts

/// An account as the store keeps it, without what it signs in with.
public struct AccountRecord: Hashable, Sendable {
  /// Its number, never given twice.
  public let number: Int64
  /// The name its owner signs in with.
  public let name: String
  /// What it may do.
  public let role: StaffRole
  /// What part of the registry it is for.
  public let scope: StaffScope
  /// When it was made, in Unix seconds.
  public let createdAt: Int64
  /// When it was disabled, in Unix seconds; nil while it is in use.
  public let disabledAt: Int64?
  /// How often its password or second factor was made anew: sessions of before are void.
  let generation: Int64
}

/// Why an account or a sign-in is not what was asked for.
///
/// What a stranger may be told is only `code` and the wait: an unknown name and a wrong password are
/// the same failure.
public enum AccountError: Error, Hashable, Sendable {
  /// The name cannot be one of an account.
  case badName
  /// There is an account of this name.
  case nameTaken
  /// There is no account of this name.
  case unknownAccount
  /// The role does not work with a scope of this kind.
  case unsuitableScope
  /// The password breaks a rule.
  case password(PasswordRule.Failure)
  /// The last administrator would be disabled.
  case lastAdministrator
  /// The name or the password is not right.
  case wrongCredentials
  /// The code of the second factor is not right, or was used before.
  case wrongCode
  /// No sign-in was begun, or it is too long ago, or was ended by wrong codes.
  case noSignIn
  /// There were too many failures: try again after so many seconds.
  case throttled(seconds: Int64)
  /// There is no such session, or it has expired.
  case noSession
  /// A file of the store failed.
  case store(StoreError)
  /// The keys failed.
  case vault(VaultError)
}

extension AccountError: CustomStringConvertible {
  /// The stable word for this failure.
  public var code: String {
    switch self {
    case .badName: "account-bad-name"
    case .nameTaken: "account-name-taken"
    case .unknownAccount: "account-unknown"
    case .unsuitableScope: "account-unsuitable-scope"
    case .password(let failure): failure.rawValue
    case .lastAdministrator: "account-last-administrator"
    case .wrongCredentials: "wrong-credentials"
    case .wrongCode: "wrong-code"
    case .noSignIn: "no-sign-in"
    case .throttled: "too-many-failures"
    case .noSession: "no-session"
    case .store(let error): error.code.rawValue
    case .vault(let error): error.code
    }
  }

  /// A sentence for a person.
  public var description: String {
    switch self {
    case .badName:
      "the name cannot be one of an account: take 3 to \(AccountName.longest) letters, digits, dots, "
        + "dashes or underscores, the first of them a letter"
    case .nameTaken: "there is an account of this name: take another"
    case .unknownAccount: "there is no account of this name: see `checkin account list`"
    case .unsuitableScope:
      "the scope does not fit the role: a venue-manager has agency:ID, health-staff division:CODE or "
        + "all, an administrator all"
    case .password(let failure): "\(failure)"
    case .lastAdministrator:
      "this is the last administrator: make another one before it goes"
    case .wrongCredentials: "the name or the password is not right"
    case .wrongCode: "the code is not right, or was used before: wait for the next one"
    case .noSignIn: "no sign-in was begun, or it took too long: begin again with the password"
    case .throttled(let seconds): "there were too many failures: try again in \(seconds) seconds"
    case .noSession: "sign in first: there is no such session, or it has expired"
    case .store(let error): "\(error)"
    case .vault(let error): "\(error)"
    }
  }
}
