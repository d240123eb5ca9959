import ExposureStorage
import Foundation
import JSONText
import StaffAccounts
import TestSupport
import Testing

@testable import GatewayServer

@Suite("Signing in over HTTP")
struct SignInTests {
  private let gateway: StaffFixture
  private var now: Int64 { StaffFixture.now }

  init() throws { gateway = try StaffFixture() }

  @Test("Two steps open a session, and leaving ends it")
  func twoSteps() throws {
    let token = try gateway.session("lan")
    let me = gateway.get("/accounts/me", token)
    #expect(me.status == 200)
    #expect(try gateway.body(me)["name"]?.string == "lan")
    #expect(try gateway.body(me)["scope"]?.string == "division:303")
    let left = gateway.application.response(
      to: HTTPRequest(
        .delete, "/sessions/current", fields: [("Authorization", "bearer \(token)")],
        receivedAt: now * 1_000))
    #expect(left.status == 204)
    #expect(left.header("Set-Cookie")?.contains("Max-Age=0") == true)
    #expect(gateway.code(gateway.get("/accounts/me", token)) == "no-session")
  }

  @Test("A04: step two without step one, or with a name of its own, is refused")
  func stateIsKeptByTheServer() throws {
    let setup = try gateway.desk.accounts.add(
      "lan", role: .administrator, scope: .everything, password: StaffFixture.password,
      by: "test", at: now
    ).setup
    let code = try StaffFixture.code(of: setup)
    let invented = String(repeating: "A", count: 43)
    #expect(
      gateway.code(gateway.post("/sessions", #"{"ticket":"\#(invented)","code":"\#(code)"}"#))
        == "no-sign-in")
    #expect(
      gateway.code(gateway.post("/sessions", #"{"ticket":"x","code":"\#(code)"}"#)) == "no-sign-in")
    let onlyCode = gateway.post("/sessions", #"{"name":"lan","code":"\#(code)"}"#)
    #expect(onlyCode.status == 422)
    let both = gateway.post(
      "/sessions", #"{"name":"lan","password":"\#(StaffFixture.password)","code":"\#(code)"}"#)
    #expect(gateway.code(both) == "no-sign-in")
    // The ticket of the first step is no session.
    let ticket = try #require(try gateway.body(gateway.signIn(name: "lan"))["ticket"]?.string)
    #expect(gateway.code(gateway.get("/accounts/me", ticket)) == "no-session")
    #expect(gateway.get("/accounts", ticket).status == 401)
  }

  @Test("An unknown name and a wrong password are answered with the same bytes")
  func sameAnswers() throws {
    _ = try gateway.session("lan")
    let wrong = gateway.signIn(name: "lan", password: "not the right one")
    let unknown = gateway.signIn(name: "nobody", password: "not the right one")
    #expect(wrong.status == 401 && wrong.body == unknown.body)
    #expect(wrong.headers.map(\.name) == unknown.headers.map(\.name))
  }

  @Test("A30: codes are not guessed: few a sign-in, then later and later, and each once")
  func codesAreNotGuessed() throws {
    _ = try gateway.session("lan")
    let ticket = try #require(
      try gateway.body(gateway.signIn(name: "lan", at: now + 60))["ticket"]?.string)
    var codes: [String?] = []
    for guess in 0..<5 {
      let answer = gateway.post(
        "/sessions", #"{"ticket":"\#(ticket)","code":"00000\#(guess)"}"#, at: now + 60)
      codes.append(gateway.code(answer))
    }
    #expect(codes == ["wrong-code", "wrong-code", "wrong-code", "no-sign-in", "no-sign-in"])
    var throttled: HTTPResponse?
    for _ in 0..<10 {
      let again = gateway.signIn(name: "lan", at: now + 61)
      guard let ticket = try gateway.body(again)["ticket"]?.string else { break }
      let answer = gateway.post(
        "/sessions", #"{"ticket":"\#(ticket)","code":"111111"}"#, at: now + 61)
      if answer.status == 429 {
        throttled = answer
        break
      }
    }
    #expect(throttled.map { Int($0.header("Retry-After") ?? "") ?? 0 } ?? 0 >= 29)
  }

  @Test("A cookie needs its proof for what changes something, and a token does not")
  func cookies() throws {
    let setup = try gateway.desk.accounts.add(
      "root", role: .administrator, scope: .everything, password: StaffFixture.password,
      by: "test", at: now
    ).setup
    let ticket = try #require(try gateway.body(gateway.signIn(name: "root"))["ticket"]?.string)
    let opened = gateway.post(
      "/sessions",
      #"{"ticket":"\#(ticket)","code":"\#(try StaffFixture.code(of: setup))","cookie":true}"#)
    #expect(opened.status == 201)
    let set = try #require(opened.header("Set-Cookie"))
    for word in ["__Host-session=", "; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/"] {
      #expect(set.contains(word), "\(word)")
    }
    #expect(!set.contains("Domain"))
    let cookie = (name: "Cookie", value: "theme=dark; \(set.prefix { $0 != ";" })")
    let proof = try #require(try gateway.body(opened)["request_proof"]?.string)
    #expect(gateway.get("/accounts/me", fields: [cookie]).status == 200)
    let body = #"{"scope":"all"}"#
    let path = "/accounts/root/scope"
    #expect(gateway.code(gateway.post(path, body, fields: [cookie])) == "forbidden")
    #expect(
      gateway.code(gateway.post(path, body, fields: [cookie, ("X-CSRF-Token", proof + "A")]))
        == "forbidden")
    #expect(gateway.post(path, body, fields: [cookie, ("x-csrf-token", proof)]).status == 204)
    let token = try #require(try gateway.body(opened)["token"]?.string)
    #expect(gateway.post(path, body, token).status == 204)
    // The proof is no token, and of two cookies none counts.
    #expect(gateway.get("/accounts/me", proof).status == 401)
    let twice = (name: "Cookie", value: cookie.value + "; __Host-session=x")
    #expect(gateway.get("/accounts/me", fields: [twice]).status == 401)
  }

  @Test(
    "What is no sign-in is refused, and not said back",
    arguments: [
      "", "{", "[]", "null", "{}", #"{"name":1,"password":"x"}"#, #"{"name":"lan"}"#,
      #"{"name":"lan","password":""}"#, #"{"name":"lan","password":"x","name":"root"}"#,
      #"{"name":"lan","password":"x","admin":true}"#, #"{"ticket":null,"code":"1"}"#,
      #"{"ticket":["a"],"code":"1"}"#, "{\"name\":\"lan\",\"password\":\"\u{0}\"}",
      #"{"name":"lan","password":{"$ne":null}}"#,
      #"{"name":"\#(String(repeating: "a", count: 300))","password":"hunter2hunter2"}"#,
    ])
  func refusedBodies(body: String) {
    let answer = gateway.post("/sessions", body)
    #expect([400, 401, 411, 422].contains(answer.status), "\(answer.status)")
    #expect(!String(decoding: answer.body, as: UTF8.self).contains("hunter2"))
    #expect(!String(decoding: answer.body, as: UTF8.self).contains("admin"))
  }

  @Test(
    "Bodies of random members never open a session or fail inside", arguments: [UInt64(1), 2, 3])
  func randomBodies(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let values = ["null", "true", "0", "\"\"", "\"lan\"", "[]", "{}", "\"\\u0000\"", "1e999"]
    let names = ["name", "password", "ticket", "code", "cookie", "x"]
    for _ in 0..<120 {
      let members = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
        "\"\(names.randomElement(using: &generator) ?? "")\":"
          + (values.randomElement(using: &generator) ?? "")
      }
      let body = "{\(members.joined(separator: ","))}"
      let answer = gateway.post("/sessions", body)
      #expect((400..<500).contains(answer.status), "seed \(seed): \(body) → \(answer.status)")
    }
  }

  @Test("Only administrators look after accounts, and each change is in the audit log")
  func administration() throws {
    let root = try gateway.session("root", .administrator, "all")
    let staff = try gateway.session("lan")
    #expect(gateway.code(gateway.get("/accounts", staff)) == "forbidden")
    let body =
      #"{"name":"minh","role":"venue-manager","scope":"agency:so-y-te","password":"four random words"}"#
    let made = gateway.post("/accounts", body, root)
    #expect(made.status == 201)
    #expect(try gateway.body(made)["otpauth"]?.string?.hasPrefix("otpauth://totp/") == true)
    #expect(try gateway.body(made)["recovery_codes"]?.array?.count == 10)
    #expect(gateway.code(gateway.post("/accounts", body, root)) == "account-name-taken")
    #expect(try gateway.lastNote().action == "account add refused")
    let unknown = gateway.post("/accounts/minh/scope", #"{"scope":"agency:nowhere"}"#, root)
    #expect(unknown.status == 422)
    #expect(gateway.post("/accounts/lan/disable", nil, root).status == 204)
    #expect(try gateway.lastNote().action == "account disable")
    #expect(gateway.code(gateway.get("/accounts/me", staff)) == "no-session")
    #expect(
      gateway.code(gateway.post("/accounts/root/disable", nil, root))
        == "account-last-administrator")
    #expect(gateway.post("/accounts/nobody/disable", nil, root).status == 404)
    let list = try gateway.body(gateway.get("/accounts", root))["accounts"]?.array
    #expect(list?.count == 3)
  }

  @Test("An own password is changed with the old one only, and ends all sessions")
  func ownPassword() throws {
    let token = try gateway.session("lan")
    let wrong = #"{"password":"not the right one","new_password":"quite another one"}"#
    #expect(
      gateway.code(gateway.post("/accounts/me/password", wrong, token)) == "wrong-credentials")
    let right = #"{"password":"\#(StaffFixture.password)","new_password":"quite another one"}"#
    #expect(gateway.post("/accounts/me/password", right, token).status == 204)
    #expect(gateway.get("/accounts/me", token).status == 401)
    #expect(gateway.signIn(name: "lan", password: "quite another one").status == 200)
  }
}
