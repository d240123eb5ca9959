internal import ExposureStorage
internal import JSONText
internal import StaffAccounts

/// Signing in and out, and accounts.
public struct AccountFace: Face {
  private let desk: StaffDesk

  /// Makes the face.
  public init(_ desk: StaffDesk) {
    self.desk = desk
  }

  /// The routes.
  public var routes: [Route] { signing + administration }

  private static let everyRole = Access.account(Set(StaffRole.allCases))
  private static let administrators = Access.account([.administrator])

  private static let accountSchema = Schema.object([
    Schema.Member("name", .string()),
    Schema.Member("role", .word(StaffRole.allCases.map(\.rawValue))),
    Schema.Member("scope", .string(), "all, agency:ID,… or division:CODE,…"),
    Schema.Member("created_at", .string(format: "date-time")),
    Schema.Member("disabled_at", .optional(.string(format: "date-time"))),
  ])
  private static let setupSchema = Schema.object([
    Schema.Member("otpauth", .string(), "Sets up an authenticator app; shown once"),
    Schema.Member("recovery_codes", .list(.string(), most: RecoveryCode.count), "Shown once"),
  ])

  // MARK: Signing in

  private var signing: [Route] {
    [
      Route(
        .post, "/sessions", access: .anyone,
        operation: Operation(
          "signIn", "Signs in, in two steps",
          discussion: """
            First name and password give a ticket; then the ticket and a code of the authenticator app, \
            or a recovery code, give a session. The second step without the first is refused. With \
            cookie true the session is also set as a cookie, and requests that change something then \
            need request_proof in X-CSRF-Token.
            """,
          tag: "accounts",
          body: .json(
            .either([
              .object([
                Schema.Member("name", .string(length: 1...256)),
                Schema.Member("password", .string(length: 1...PasswordRule.longest)),
              ]),
              .object([
                Schema.Member("ticket", .string(length: 43...43)),
                Schema.Member("code", .string(length: 1...64)),
                Schema.Member("cookie", .boolean, isRequired: false),
              ]),
            ])),
          responses: [
            Operation.Response(
              200, "The password is right; a code is needed",
              .json(
                .object([
                  Schema.Member("step", .word(["code"])), Schema.Member("ticket", .string()),
                  Schema.Member("expires_at", .string(format: "date-time")),
                ]))),
            Operation.Response(
              201, "The session is open",
              .json(
                .object([
                  Schema.Member("token", .string()), Schema.Member("request_proof", .string()),
                  Schema.Member("expires_at", .string(format: "date-time")),
                  Schema.Member("recovery_codes_left", .integer(0...10)),
                ]))),
          ], problems: [401, 422, 429]),
        work: .queued, maximumBody: 4_096,
        answer: { request in try answering { try signIn(request) } }),
      Route(
        .delete, "/sessions/current", access: Self.everyRole,
        operation: Operation(
          "signOut", "Ends the session", tag: "accounts",
          responses: [Operation.Response(204, "It has ended")]),
        work: .queued,
        answer: { request in
          try answering {
            guard let principal = request.principal as? StaffPrincipal else {
              throw Problem.internalError
            }
            try desk.accounts.endSession(principal.token)
            return HTTPResponse.empty()
              .adding("Set-Cookie", AccountAuthenticator.cookieField(nil, seconds: 0))
          }
        }),
      Route(
        .get, "/accounts/me", access: Self.everyRole,
        operation: Operation(
          "ownAccount", "Says whose session it is", tag: "accounts",
          responses: [Operation.Response(200, "The account", .json(Self.accountSchema))]),
        work: .queued,
        answer: { request in
          let account = try desk.account(of: request)
          return HTTPResponse.json { write(account, to: &$0) }
            .adding("Cache-Control", "private, no-store")
        }),
      Route(
        .post, "/accounts/me/password", access: Self.everyRole,
        operation: Operation(
          "changePassword", "Changes the password; all sessions end", tag: "accounts",
          body: .json(
            .object([
              Schema.Member("password", .string(length: 1...PasswordRule.longest)),
              Schema.Member("new_password", .string(length: 1...PasswordRule.longest)),
            ])),
          responses: [Operation.Response(204, "It is changed")], problems: [401, 422, 429]),
        work: .queued, maximumBody: 4_096,
        answer: { request in try answering { try changePassword(request) } }),
    ]
  }

  private func signIn(_ request: HTTPRequest) throws -> HTTPResponse {
    let members = try RequestMembers(
      request.body, ["name", "password", "ticket", "code", "cookie"])
    let now = request.receivedSecond
    let address = request.client.signInBytes
    if try members.text("ticket") == nil {
      let name = try members.required("name")
      let password = try members.password("password")
      guard try members.text("code") == nil else {
        throw Problem(AccountError.noSignIn)
      }
      let ticket = try desk.checkingPassword {
        try desk.accounts.beginSignIn(name: name, password: password, from: address, at: now)
      }
      return HTTPResponse.json {
        $0.field("step", "code")
        $0.field("ticket", ticket.token.text)
        $0.field("expires_at", desk.time(ticket.expiresAt))
      }.adding("Cache-Control", "no-store")
    }
    let text = try members.required("ticket")
    let code = try members.required("code", most: 64)
    let wantsCookie = try members.flag("cookie")
    guard try members.text("name") == nil, try members.text("password") == nil else {
      throw Problem.invalid("the second step takes a ticket and a code, and nothing else")
    }
    guard let token = SessionToken(text: text) else { throw Problem(AccountError.noSignIn) }
    let opened = try desk.accounts.finishSignIn(
      ticket: token, code: code, from: address, at: now)
    var response = HTTPResponse.json(status: 201) {
      $0.field("token", opened.token.text)
      $0.field("request_proof", opened.token.requestProof)
      $0.field("expires_at", desk.time(opened.expiresAt))
      $0.field("recovery_codes_left", opened.recoveryCodes)
    }.adding("Cache-Control", "no-store")
    if wantsCookie {
      response = response.adding(
        "Set-Cookie",
        AccountAuthenticator.cookieField(opened.token, seconds: opened.expiresAt - now))
    }
    return response
  }

  private func changePassword(_ request: HTTPRequest) throws -> HTTPResponse {
    let account = try desk.account(of: request)
    let members = try RequestMembers(request.body, ["password", "new_password"])
    let old = try members.password("password")
    let new = try members.password("new_password")
    // Who found an open session does not know the password: it is asked for as at the door.
    return try desk.checkingPassword {
      _ = try desk.accounts.beginSignIn(
        name: account.name, password: old, from: request.client.signInBytes,
        at: request.receivedSecond)
      try desk.accounts.setPassword(
        new, of: account.name, by: account.name, at: request.receivedSecond)
      return .empty()
    }
  }

  private func write(_ account: AccountRecord, to json: inout JSONWriter) {
    json.field("name", account.name)
    json.field("role", account.role.rawValue)
    json.field("scope", account.scope.text)
    json.field("created_at", desk.time(account.createdAt))
    json.field("disabled_at", account.disabledAt.map { desk.time($0) })
  }

  // MARK: Administration

  private var administration: [Route] {
    [
      Route(
        .get, "/accounts", access: Self.administrators,
        operation: Operation(
          "accounts", "Lists the accounts", tag: "administration",
          responses: [
            Operation.Response(
              200, "The accounts by name",
              .json(.object([Schema.Member("accounts", .list(Self.accountSchema, most: nil))])))
          ]),
        work: .queued,
        answer: { request in
          try answering {
            let accounts = try desk.accounts.accounts.accounts()
            try desk.audit(
              request, "account list", "accounts", detail: "\(accounts.count) rows")
            return HTTPResponse.json { json in
              json.key("accounts")
              json.array(accounts) { json, account in json.object { write(account, to: &$0) } }
            }.adding("Cache-Control", "private, no-store")
          }
        }),
      Route(
        .post, "/accounts", access: Self.administrators,
        operation: Operation(
          "addAccount", "Makes an account", tag: "administration",
          body: .json(
            .object([
              Schema.Member("name", .string(length: 3...AccountName.longest)),
              Schema.Member("role", .word(StaffRole.allCases.map(\.rawValue))),
              Schema.Member("scope", .string(length: 1...4_096)),
              Schema.Member("password", .string(length: 12...PasswordRule.longest)),
            ])),
          responses: [
            Operation.Response(201, "What its owner is told once", .json(Self.setupSchema))
          ],
          problems: [409, 422]),
        work: .queued, maximumBody: 8_192,
        answer: { request in try answering { try add(request) } }),
      change("disable", "Takes an account out of use; its sessions end") { name, account, request in
        try desk.accounts.setDisabled(
          true, of: name, by: account.name, at: request.receivedSecond)
        return .empty()
      },
      change("enable", "Puts an account back into use") { name, account, request in
        try desk.accounts.setDisabled(
          false, of: name, by: account.name, at: request.receivedSecond)
        return .empty()
      },
      change(
        "second-factor", "Gives an account another second factor; its sessions end",
        response: Operation.Response(200, "What its owner is told once", .json(Self.setupSchema))
      ) { name, account, request in
        let setup = try desk.accounts.resetFactor(
          of: name, by: account.name, at: request.receivedSecond)
        return HTTPResponse.json { write(setup, to: &$0) }.adding("Cache-Control", "no-store")
      },
      change(
        "password", "Gives an account another password; its sessions end",
        body: .object([Schema.Member("password", .string(length: 12...PasswordRule.longest))])
      ) { name, account, request in
        let password = try RequestMembers(request.body, ["password"]).password("password")
        try desk.checkingPassword {
          try desk.accounts.setPassword(
            password, of: name, by: account.name, at: request.receivedSecond)
        }
        return .empty()
      },
      change(
        "scope", "Gives an account another scope",
        body: .object([Schema.Member("scope", .string(length: 1...4_096))])
      ) { name, account, request in
        let scope = try scope(try RequestMembers(request.body, ["scope"]))
        try desk.accounts.setScope(scope, of: name, by: account.name, at: request.receivedSecond)
        return .empty()
      },
    ]
  }

  private func change(
    _ word: String, _ summary: String, body: Schema? = nil,
    response: Operation.Response = Operation.Response(204, "It is done"),
    _ change: @escaping @Sendable (String, AccountRecord, HTTPRequest) throws -> HTTPResponse
  ) -> Route {
    Route(
      .post, "/accounts/{name}/\(word)", access: Self.administrators,
      operation: Operation(
        "account-\(word)", summary, tag: "administration",
        parameters: [Operation.Parameter("name", in: .path, .string(), "The account's name")],
        body: body.map { .json($0) }, responses: [response], problems: [404, 409, 422]),
      work: .queued, maximumBody: 8_192,
      answer: { request in
        try answering {
          try change(request.parameters["name"] ?? "", try desk.account(of: request), request)
        }
      })
  }

  private func add(_ request: HTTPRequest) throws -> HTTPResponse {
    let account = try desk.account(of: request)
    let members = try RequestMembers(request.body, ["name", "role", "scope", "password"])
    let name = try members.required("name")
    guard let role = StaffRole(rawValue: try members.required("role")) else {
      throw Problem.invalid("a value is not known", fields: [Problem.Field("role", "is no role")])
    }
    let scope = try scope(members)
    let password = try members.password("password")
    let setup = try desk.checkingPassword {
      try desk.accounts.add(
        name, role: role, scope: scope, password: password, by: account.name,
        at: request.receivedSecond
      ).setup
    }
    return HTTPResponse.json(status: 201) { write(setup, to: &$0) }
      .adding("Cache-Control", "no-store")
  }

  private func scope(_ members: RequestMembers) throws(Problem) -> StaffScope {
    guard let scope = StaffScope(text: try members.required("scope", most: 4_096)) else {
      throw .invalid("a value is not known", fields: [Problem.Field("scope", "is no scope")])
    }
    let unknown = scope.unknownWords(in: desk.deployment.snapshot.registry)
    guard unknown.isEmpty else {
      throw .invalid(
        "a value is not known",
        fields: [
          Problem.Field("scope", "the registry does not have \(unknown.joined(separator: ", "))")
        ])
    }
    return scope
  }

  private func write(_ setup: FactorSetup, to json: inout JSONWriter) {
    json.field("otpauth", setup.address)
    json.field("recovery_codes", setup.recoveryCodes)
  }
}

extension ClientAddress {
  /// What sign-ins are counted by: the address, or of IPv6 the network.
  var signInBytes: [UInt8] {
    [network.high, network.low].flatMap { half in
      stride(from: UInt64(56), through: 0, by: -8).map { UInt8(truncatingIfNeeded: half >> $0) }
    }
  }
}

extension RequestMembers {
  /// A flag that may be missing, and is then false.
  func flag(_ name: String) throws(Problem) -> Bool {
    guard let value = value(name), !value.isNull else { return false }
    guard let flag = value.bool else {
      throw .invalid(
        "a value is not as it must be", fields: [Problem.Field(name, "must be true or false")])
    }
    return flag
  }
}
