public import StaffAccounts
public import VenueRegistry

/// A request to take many people's data out of the store, which a second person has to approve.
public struct ExportRequest: Hashable, Sendable {
  /// Its number.
  public let number: Int64
  /// What is asked for, as the one who asks wrote it.
  public let question: String
  /// The case or order that it is for.
  public let purpose: String
  /// The account that asks.
  public let requestedBy: String
  /// When, in Unix seconds.
  public let requestedAt: Int64
  /// The scope of that account at that time.
  public let scope: StaffScope
  /// The account that approved it.
  public let approvedBy: String?
  /// When, in Unix seconds.
  public let approvedAt: Int64?
  /// The account that refused it.
  public let refusedBy: String?
  /// When it was taken, in Unix seconds: once.
  public let takenAt: Int64?

  /// How long a request may be approved, and an approved one taken, in seconds: a day.
  public static let life: Int64 = 86_400

  /// What state it is in.
  public enum State: String, Sendable, CaseIterable {
    /// Nobody has decided yet.
    case open
    /// Another person approved it, and it was not taken yet.
    case approved
    /// Another person refused it.
    case refused
    /// It was taken.
    case taken
    /// Nobody decided, or nobody took it, within a day.
    case expired
  }

  /// Returns the state at a moment.
  public func state(at now: Int64) -> State {
    if takenAt != nil { return .taken }
    if refusedBy != nil { return .refused }
    if let approvedAt { return now < approvedAt + ExportRequest.life ? .approved : .expired }
    return now < requestedAt + ExportRequest.life ? .open : .expired
  }
}

/// Why a request of an export is not decided on or taken; the raw value is stable.
public enum ExportError: String, Error, Sendable, CaseIterable {
  /// There is no such request, or none that this account may see.
  case unknownExport = "export-unknown"
  /// Nobody approves what they asked for themselves.
  case ownRequest = "export-own-request"
  /// The scope of the one who decides does not cover what is asked for.
  case outOfScope = "export-out-of-scope"
  /// It is in another state than the act needs.
  case wrongState = "export-wrong-state"
}

extension ExportError: CustomStringConvertible {
  /// A sentence for a person.
  public var description: String {
    switch self {
    case .unknownExport: "there is no such request of an export"
    case .ownRequest: "a second person has to decide: nobody approves what they asked for"
    case .outOfScope: "your scope does not cover all that this export is about"
    case .wrongState:
      "the export cannot be had in its state: a request is approved within a day, and taken once "
        + "within a day after"
    }
  }
}

extension AccountStore {
  /// Notes a request of an export.
  ///
  /// - Parameters:
  ///   - question: What is asked for.
  ///   - purpose: The case or order that it is for.
  ///   - account: Who asks.
  ///   - now: The present, in Unix seconds.
  ///   - note: Writes its number down before it holds; what it throws undoes the request.
  /// - Returns: Its number.
  /// - Throws: `busy`, `diskFull`, and what `note` throws.
  public func requestExport(
    _ question: String, purpose: String, by account: AccountRecord, at now: Int64,
    noting note: (Int64) throws(StoreError) -> Void
  ) throws(StoreError) -> Int64 {
    try writing { connection throws(StoreError) in
      try connection.run(
        """
        INSERT INTO export_request (question, purpose, requested_by, requested_at, scope)
        VALUES (?1, ?2, ?3, ?4, ?5)
        """
      ) { row throws(StoreError) in
        row.bind(question, at: 1)
        row.bind(purpose, at: 2)
        row.bind(account.name, at: 3)
        row.bind(now, at: 4)
        row.bind(account.scope.text, at: 5)
        try row.execute()
      }
      let number = connection.lastInsertedRow
      try note(number)
      return number
    }
  }

  /// Returns the newest requests of exports, newest first.
  public func exportRequests(limit: Int = 200) throws(StoreError) -> [ExportRequest] {
    try reading { connection throws(StoreError) in
      try ExportTable.requests("ORDER BY number DESC LIMIT ?1", in: connection) { row in
        row.bind(Int64(limit), at: 1)
      }
    }
  }

  /// Returns a request of an export, or nil when there is none of this number.
  public func exportRequest(_ number: Int64) throws(StoreError) -> ExportRequest? {
    try reading { connection throws(StoreError) in
      try ExportTable.requests("WHERE number = ?1", in: connection) { row in
        row.bind(number, at: 1)
      }.first
    }
  }

  /// Decides on a request: only another person of the same or a wider scope may.
  ///
  /// - Parameters:
  ///   - number: The request.
  ///   - isApproved: Whether it is approved, or refused.
  ///   - account: Who decides.
  ///   - registry: What lies in what.
  ///   - now: The present, in Unix seconds.
  ///   - note: Writes the decision down before it holds; what it throws undoes it.
  /// - Throws: `ExportError`, `StoreError`, and what `note` throws.
  public func decideExport(
    _ number: Int64, isApproved: Bool, by account: AccountRecord, in registry: Registry,
    at now: Int64, noting note: (ExportRequest) throws(StoreError) -> Void
  ) throws {
    guard let request = try exportRequest(number) else { throw ExportError.unknownExport }
    guard request.requestedBy != account.name else { throw ExportError.ownRequest }
    guard account.scope.covers(request.scope, in: registry) else { throw ExportError.outOfScope }
    guard request.state(at: now) == .open else { throw ExportError.wrongState }
    let columns = isApproved ? ("approved_by", "approved_at") : ("refused_by", "refused_at")
    let changes = try writing { connection throws(StoreError) in
      try connection.run(
        """
        UPDATE export_request SET \(columns.0) = ?2, \(columns.1) = ?3
        WHERE number = ?1 AND approved_at IS NULL AND refused_at IS NULL
        """
      ) { row throws(StoreError) in
        row.bind(number, at: 1)
        row.bind(account.name, at: 2)
        row.bind(now, at: 3)
        try row.execute()
      }
      let changes = connection.changes
      if changes == 1 { try note(request) }
      return changes
    }
    guard changes == 1 else { throw ExportError.wrongState }
  }

  /// Uses up an approved request: the one who asked for it may take it once.
  ///
  /// - Throws: `ExportError`, or `StoreError`.
  public func takeExport(_ number: Int64, by account: AccountRecord, at now: Int64) throws {
    guard let request = try exportRequest(number), request.requestedBy == account.name else {
      throw ExportError.unknownExport
    }
    guard request.state(at: now) == .approved else { throw ExportError.wrongState }
    let changes = try writing { connection throws(StoreError) in
      try connection.run(
        "UPDATE export_request SET taken_at = ?2 WHERE number = ?1 AND taken_at IS NULL"
      ) { row throws(StoreError) in
        row.bind(number, at: 1)
        row.bind(now, at: 2)
        try row.execute()
      }
      return connection.changes
    }
    guard changes == 1 else { throw ExportError.wrongState }
  }
}

/// The requests in `accounts.sqlite`.
private enum ExportTable {
  static func requests(
    _ clause: String, in connection: borrowing Connection, bind: (borrowing Statement) -> Void
  ) throws(StoreError) -> [ExportRequest] {
    try connection.run(
      """
      SELECT number, question, purpose, requested_by, requested_at, scope, approved_by, approved_at,
        refused_by, taken_at
      FROM export_request \(clause)
      """
    ) { row throws(StoreError) in
      bind(row)
      var requests: [ExportRequest] = []
      while try row.step() {
        guard let number = row.integer(0), let question = row.text(1), let purpose = row.text(2),
          let requestedBy = row.text(3), let requestedAt = row.integer(4),
          let scope = row.text(5).flatMap(StaffScope.init(text:))
        else { throw StoreError(.corrupt, subject: connection.path) }
        requests.append(
          ExportRequest(
            number: number, question: question, purpose: purpose, requestedBy: requestedBy,
            requestedAt: requestedAt, scope: scope, approvedBy: row.text(6),
            approvedAt: row.integer(7), refusedBy: row.text(8), takenAt: row.integer(9)))
      }
      return requests
    }
  }
}
