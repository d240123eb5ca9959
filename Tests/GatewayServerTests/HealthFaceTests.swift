import EvidenceIntake
import ExposureStorage
import Foundation
import JSONText
import Presence
import StaffAccounts
import TestSupport
import Testing
import VenueCodes
import VenueRegistry

@testable import GatewayServer

@Suite("Questions of health staff")
struct HealthFaceTests {
  private let gateway: StaffFixture
  private var now: Int64 { StaffFixture.now }
  private let span = "from=2020-08-06T08:00:00%2B07:00&to=2020-08-06T11:00:00%2B07:00"
  /// Nine o'clock of the day.
  private let nine: Int64 = 1_596_679_200

  init() throws { gateway = try StaffFixture() }

  private func milestones(_ question: String, _ token: String) throws -> [JSONObject] {
    try gateway.rows(gateway.post("/people/milestones", question, token))
  }

  private func people(_ numbers: Range<UInt64>) -> [Pseudonym] { numbers.map(StaffFixture.person) }

  @Test(
    "A28: who was at a venue is told for a case or an order only, and is in the audit log first")
  func venueNeedsReason() throws {
    let token = try gateway.session("lan")
    try gateway.visit(people(0..<5), at: gateway.venue, from: nine)
    try gateway.addCase("BN-1", StaffFixture.person(0), division: "303")
    let path = "/venues/\(gateway.venue.id)/exposures?\(span)"
    #expect(gateway.code(gateway.get(path, token)) == "needs-reason")
    #expect(try gateway.lastNote().action == "exposure venue refused")
    #expect(gateway.code(gateway.get(path + "&order=", token)) == "needs-reason")
    #expect(gateway.get(path + "&case=BN-2", token).status == 404)
    let answer = gateway.get(path + "&case=BN-1", token)
    #expect(answer.status == 200)
    #expect(try gateway.rows(answer).count == 5)
    let note = try gateway.lastNote()
    #expect(note.actor == "lan" && note.action == "exposure venue" && note.purpose == "case BN-1")
    #expect(note.object == "\(gateway.venue.id)" && note.detail.hasSuffix(", 5 rows"))
    #expect(gateway.get(path + "&order=QD%2012", token).status == 200)
    #expect(try gateway.lastNote().purpose == "order QD 12")
    #expect(gateway.get(path + "&case=BN-1").status == 401)
  }

  @Test("A28: another district's venue or case is refused, and the try is in the audit log")
  func scopes() throws {
    let token = try gateway.session("lan")
    try gateway.addCase("BN-1", StaffFixture.person(0), division: "304")
    try gateway.addCase("BN-2", StaffFixture.person(1), division: nil)
    try gateway.addCase("BN-3", StaffFixture.person(2), division: "11296")
    let other = gateway.get("/venues/\(gateway.otherVenue.id)/exposures?\(span)&order=1", token)
    #expect(other.status == 403)
    #expect(try gateway.lastNote().detail == "out of scope")
    for (id, status) in [("BN-1", 403), ("BN-2", 403), ("BN-3", 200), ("BN-4", 404)] {
      #expect(gateway.get("/cases/\(id)", token).status == status, "\(id)")
      #expect(gateway.get("/cases/\(id)/exposures", token).status == status, "\(id)")
    }
    #expect(
      gateway.get("/venues/\(gateway.venue.id)/exposures?\(span)&case=BN-1", token).status == 403)
    #expect(try gateway.rows(gateway.get("/cases", token)).count == 1)
    let city = try gateway.session("chief", .healthStaff, "all")
    #expect(try gateway.rows(gateway.get("/cases", city)).count == 3)
    #expect(gateway.get("/cases/BN-2", city).status == 200)
  }

  @Test("Other roles see neither cases nor exposures")
  func roles() throws {
    try gateway.addCase("BN-1", StaffFixture.person(0), division: "303")
    let manager = try gateway.session("manager", .venueManager, "agency:\(gateway.venue.agency)")
    let root = try gateway.session("root", .administrator, "all")
    for token in [manager, root] {
      for path in ["/cases", "/cases/BN-1", "/cases/BN-1/exposures", "/exports"] {
        #expect(gateway.code(gateway.get(path, token)) == "forbidden", "\(path)")
      }
    }
    let staff = try gateway.session("lan")
    for path in ["/administration/audit", "/administration/keys", "/administration/retention"] {
      #expect(gateway.get(path, staff).status == 403)
      #expect(gateway.get(path, root).status == 200)
    }
  }

  @Test(
    "Contacts come in pages that follow each other, also when rows come meanwhile",
    arguments: [true, false])
  func pages(isRanked: Bool) throws {
    let token = try gateway.session("lan")
    try gateway.visit(people(0..<31), at: gateway.venue, from: nine)
    try gateway.addCase("BN-1", StaffFixture.person(0), division: "303")
    let path = "/cases/BN-1/exposures?ranked=\(isRanked)&limit=7"
    var seen: [String] = []
    var cursor: String?
    var pages = 0
    repeat {
      let answer = gateway.get(path + (cursor.map { "&cursor=\($0)" } ?? ""), token)
      #expect(answer.status == 200)
      seen += try gateway.rows(answer).compactMap {
        $0[isRanked ? "person" : "contact"]?.string
      }
      cursor = try gateway.body(answer)["next"]?.string
      pages += 1
      #expect(try gateway.lastNote().detail.contains(" rows of "))
      // A newcomer in the midst of it.
      if pages == 2 {
        try gateway.visit([StaffFixture.person(1_000)], at: gateway.venue, from: nine)
      }
    } while cursor != nil && pages < 20
    #expect(Set(seen).count == seen.count, "nobody is told twice")
    #expect(Set(seen).isSuperset(of: people(1..<31).map { "\($0)" }), "nobody is left out")
    let foreign = PageCursor(place: 1, person: StaffFixture.person(1), of: ["other"]).text
    let stranger = gateway.get("/cases/BN-1/exposures?cursor=\(foreign)", token)
    #expect(gateway.code(stranger) == "foreign-cursor")
    #expect(gateway.get("/cases/BN-1/exposures?ranked=yes", token).status == 422)
  }

  @Test("The same answer again is a 304, and is in the audit log all the same")
  func tags() throws {
    let token = try gateway.session("lan")
    try gateway.visit(people(0..<3), at: gateway.venue, from: nine)
    try gateway.addCase("BN-1", StaffFixture.person(0), division: "303")
    let first = gateway.get("/cases/BN-1/exposures", token)
    let tag = try #require(first.header("ETag"))
    #expect(first.header("Cache-Control") == "private, no-store")
    let before = try gateway.deployment.store.auditEntries().count
    let again = gateway.get("/cases/BN-1/exposures", token, fields: [("If-None-Match", tag)])
    #expect(again.status == 304 && again.body.isEmpty)
    #expect(try gateway.deployment.store.auditEntries().count == before + 1)
    try gateway.visit([StaffFixture.person(9)], at: gateway.venue, from: nine)
    #expect(
      gateway.get("/cases/BN-1/exposures", token, fields: [("If-None-Match", tag)]).status == 200)
  }

  @Test("A28: what is bulk needs a second person, is taken once, and all of it is in the audit log")
  func exports() throws {
    let lan = try gateway.session("lan")
    let minh = try gateway.session("minh")
    let hoa = try gateway.session("hoa", .healthStaff, "division:304")
    try gateway.visit(people(0..<600), at: gateway.venue, from: nine)
    try gateway.addCase("BN-1", StaffFixture.person(0), division: "303")
    let whole = gateway.get("/venues/\(gateway.venue.id)/exposures?\(span)&case=BN-1", lan)
    #expect(gateway.code(whole) == "needs-second-person")
    #expect(try gateway.lastNote().action == "exposure venue refused")
    #expect(gateway.code(gateway.post("/exports", #"{"kind":"trace"}"#, lan)) == "needs-reason")
    let asked = gateway.post("/exports", #"{"kind":"trace","order":"QD 12"}"#, lan)
    #expect(asked.status == 202)
    let id = try #require(try gateway.body(asked)["id"]?.integer)
    let take = "/exports/\(id)/take"
    #expect(gateway.code(gateway.post(take, nil, lan)) == "export-wrong-state")
    #expect(gateway.code(gateway.post("/exports/\(id)/approve", nil, lan)) == "export-own-request")
    #expect(try gateway.lastNote().action == "export approve refused")
    #expect(gateway.code(gateway.post("/exports/\(id)/approve", nil, hoa)) == "export-out-of-scope")
    #expect(gateway.post("/exports/\(id)/approve", nil, minh).status == 200)
    #expect(gateway.code(gateway.post("/exports/\(id)/refuse", nil, minh)) == "export-wrong-state")
    #expect(gateway.post(take, nil, minh).status == 404)
    let taken = gateway.post(take, nil, lan)
    #expect(taken.status == 200)
    let lines = taken.body.split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == 599)
    #expect(try #require(try JSONValue(Array(lines[0])).object)["case"]?.string == "BN-1")
    #expect(gateway.code(gateway.post(take, nil, lan)) == "export-wrong-state")
    let actions = try gateway.deployment.store.auditEntries().filter {
      $0.note.object == "\(id)" && $0.note.action.hasPrefix("export")
    }.map { "\($0.note.actor) \($0.note.action)" }
    #expect(
      actions == [
        "lan export request", "lan export take refused", "lan export approve refused",
        "hoa export approve refused", "minh export approve", "minh export refuse refused",
        "lan export take", "lan export take refused",
      ])
    #expect(
      try gateway.deployment.store.auditEntries().contains {
        $0.note.detail == "599 rows, approved by minh" && $0.note.purpose == "order QD 12"
      })
  }

  @Test("A request that nobody approved in a day, or nobody took, is worth nothing")
  func exportsExpire() throws {
    let lan = try gateway.session("lan")
    _ = try gateway.session("minh")
    let accounts = gateway.desk.accounts.accounts
    let own = try #require(try accounts.account(named: "lan"))
    let second = try #require(try accounts.account(named: "minh"))
    let registry = gateway.deployment.snapshot.registry
    func request() throws -> Int64 {
      try accounts.requestExport("{}", purpose: "p", by: own, at: now) { _ in }
    }
    let late = try request()
    #expect(throws: ExportError.wrongState) {
      try accounts.decideExport(
        late, isApproved: true, by: second, in: registry, at: now + 86_400
      ) { _ in }
    }
    let forgotten = try request()
    try accounts.decideExport(
      forgotten, isApproved: true, by: second, in: registry, at: now + 10
    ) { _ in }
    #expect(throws: ExportError.wrongState) {
      try accounts.takeExport(forgotten, by: own, at: now + 10 + 86_400)
    }
    let refused = try request()
    try accounts.decideExport(refused, isApproved: false, by: second, in: registry, at: now) { _ in
    }
    #expect(throws: ExportError.wrongState) { try accounts.takeExport(refused, by: own, at: now) }
    #expect(throws: ExportError.unknownExport) { try accounts.takeExport(999, by: own, at: now) }
    #expect(gateway.get("/exports", lan).status == 200)
  }

  @Test("More than the first rows of a case are bulk too")
  func caseBeyondBulk() throws {
    let lan = try gateway.session("lan")
    try gateway.visit(people(0..<520), at: gateway.venue, from: nine)
    try gateway.addCase("BN-1", StaffFixture.person(0), division: "303")
    var cursor: String?
    var seen = 0
    var last: HTTPResponse
    repeat {
      last = gateway.get(
        "/cases/BN-1/exposures?limit=200" + (cursor.map { "&cursor=\($0)" } ?? ""), lan)
      if last.status != 200 { break }
      seen += try gateway.rows(last).count
      cursor = try gateway.body(last)["next"]?.string
    } while cursor != nil
    #expect(seen == HealthFace.bulkRows)
    #expect(gateway.code(last) == "needs-second-person")
  }

  @Test("A29: nobody lists venues by how many were there, and small counts are not told")
  func noRanking() throws {
    let manager = try gateway.session("manager", .venueManager, "agency:\(gateway.venue.agency)")
    let staff = try gateway.session("lan", .healthStaff, "all")
    let root = try gateway.session("root", .administrator, "all")
    try gateway.visit(people(0..<9), at: gateway.venue, from: nine)
    let counts = "/venues/\(gateway.venue.id)/counts?from=2020-08-05&to=2020-08-06"
    #expect(gateway.get(counts, staff).status == 403 && gateway.get(counts, root).status == 403)
    func entered() throws -> [JSONValue?] {
      try #require(try gateway.body(gateway.get(counts, manager))["days"]?.array).map {
        $0.object?["entered"]
      }
    }
    #expect(try entered() == [.number("0"), .null])
    try gateway.visit([StaffFixture.person(77)], at: gateway.venue, from: nine)
    #expect(try entered() == [.number("0"), .number("10")])
    // No route counts or ranks more than one venue, and lists of venues are by id.
    let counting = gateway.application.routes.filter {
      $0.pattern.hasSuffix("/counts") || $0.pattern.contains("rank") || $0.pattern.contains("hot")
    }
    #expect(counting.map(\.pattern) == ["/venues/{venue}/counts"])
    for token in [manager, staff] {
      let list = try gateway.rows(gateway.get("/venues?limit=200", token))
      let ids = try list.map { try VenueID(parsing: try #require($0["id"]?.string)).rawValue }
      #expect(ids == ids.sorted() && !ids.isEmpty)
      #expect(list.allSatisfy { $0["scans"] == nil && $0["entered"] == nil && $0["cases"] == nil })
    }
    let other = try #require(
      gateway.deployment.snapshot.registry.venues.first { $0.agency != gateway.venue.agency })
    let foreign = "/venues/\(other.id)/counts?from=2020-08-05&to=2020-08-06"
    #expect(gateway.get(foreign, manager).status == 403)
    for wrong in [
      "from=2020-08-06&to=2020-08-05", "from=2020-01-01&to=2020-08-05", "from=x&to=y", "",
    ] {
      #expect(
        gateway.get("/venues/\(gateway.venue.id)/counts?\(wrong)", manager).status == 422,
        "\(wrong)")
    }
  }

  @Test("A03: a pass that somebody shows is not answered with its holder's history")
  func passesAreNotAnswered() throws {
    let token = try gateway.session("lan", .healthStaff, "all")
    var generator = SeededGenerator(seed: 3)
    let master = try gateway.deployment.vault.passMasterKey()
    let pass = VisitorPass(issuedWith: master, using: &generator)
    let reason = #","order":"QD 12""#
    func ask(_ subject: String) -> HTTPResponse {
      gateway.post("/people/milestones", #"{"subject":"\#(subject)"\#(reason)}"#, token)
    }
    #expect(ask("0912345678").status == 200)
    let shown = ask("https://qr.example/#\(pass.digits)")
    #expect(gateway.code(shown) == "forbidden")
    #expect(try gateway.lastNote().detail == "a pass or a card")
    #expect(
      gateway.code(gateway.post("/people/milestones", #"{"subject":"0912345678"}"#, token))
        == "needs-reason")
    #expect(ask("").status == 422)
  }

  @Test("Of who is no case of the scope only visits within the scope are told")
  func peopleWithinScope() throws {
    let token = try gateway.session("lan")
    let intake = gateway.deployment.snapshot.intake
    let person = try intake.pseudonym(of: "0912345678")
    try gateway.visit([person], at: gateway.venue, from: nine)
    try gateway.visit([person], at: gateway.otherVenue, from: nine + 7_200)
    let body = #"{"subject":"0912345678","order":"QD 12"}"#
    let within = try gateway.rows(gateway.post("/people/milestones", body, token))
    #expect(within.compactMap { $0["venue"]?.string } == ["\(gateway.venue.id)"])
    #expect(try gateway.lastNote().detail == "within the scope, 1 rows")
    #expect(!(try gateway.lastNote().object.contains("0912345678")))
    try gateway.addCase("BN-1", person, division: "303")
    let all = try gateway.rows(gateway.post("/people/milestones", body, token))
    #expect(all.count == 2)
  }

  @Test(
    "A12: a case is registered once, within the scope, and another district's is not taken over")
  func addingCases() throws {
    let token = try gateway.session("lan")
    func add(_ id: String, _ subject: String, _ division: String) -> HTTPResponse {
      gateway.post(
        "/cases",
        #"{"id":"\#(id)","subject":"\#(subject)","division":"\#(division)","onset":"2020-08-05"}"#,
        token)
    }
    let made = add("BN-1", "0912345678", "303")
    #expect(made.status == 201)
    #expect(try gateway.body(made)["division"]?.string == "303")
    #expect(try gateway.lastNote().action == "case add")
    #expect(add("BN-1", "0912345678", "303").status == 200)
    #expect(add("BN-1", "0987654321", "303").status == 409)
    #expect(add("BN-2", "0912345678", "304").status == 403)
    #expect(add("BN-2", "0912345678", "99999").status == 403)
    try gateway.addCase("BN-9", StaffFixture.person(5), division: "304")
    #expect(add("BN-9", "0912345678", "303").status == 403)
    #expect(try gateway.desk.accounts.accounts.division(ofCase: "BN-9") == "304")
    let closed = gateway.post("/cases/BN-1/close", #"{"purpose":"recovered"}"#, token)
    #expect(closed.status == 200)
    #expect(try gateway.body(closed)["closed_at"]?.string != nil)
    #expect(gateway.post("/cases/BN-9/close", #"{"purpose":"x"}"#, token).status == 403)
    for body in ["{}", #"{"id":"BN-3","subject":"a","division":"303"}"#] {
      #expect(gateway.post("/cases", body, token).status == 422)
    }
  }

  @Test("A case that one account registered opens nothing elsewhere until another confirms it")
  func confirmation() throws {
    let lan = try gateway.session("lan")
    let minh = try gateway.session("minh")
    let hoa = try gateway.session("hoa", .healthStaff, "division:304")
    let person = try gateway.deployment.snapshot.intake.pseudonym(of: "0912345678")
    try gateway.visit([person, StaffFixture.person(1)], at: gateway.venue, from: nine)
    try gateway.visit([person, StaffFixture.person(2)], at: gateway.otherVenue, from: nine + 7_200)
    let made = gateway.post(
      "/cases", #"{"id":"BN-1","subject":"0912345678","division":"303","onset":"2020-08-05"}"#, lan)
    #expect(made.status == 201)
    #expect(try gateway.body(made)["confirmed"] == .bool(false))
    let note = try gateway.lastNote()
    #expect(note.action == "case add" && note.detail == "division 303, person \(person)")
    let question = #"{"subject":"0912345678","case":"BN-1"}"#
    #expect(try milestones(question, lan).count == 1)
    #expect(gateway.code(gateway.get("/cases/BN-1/exposures", lan)) == "needs-confirmation")
    #expect(try gateway.lastNote().detail == "not confirmed")
    let named = #"{"kind":"trace","cases":["BN-1"],"order":"QD 12"}"#
    #expect(gateway.code(gateway.post("/exports", named, lan)) == "needs-confirmation")
    let own = gateway.post("/cases/BN-1/confirm", nil, lan)
    #expect(gateway.code(own) == "case-own-confirmation")
    #expect(gateway.post("/cases/BN-1/confirm", nil, hoa).status == 403)
    #expect(try milestones(question, lan).count == 1)
    let confirmed = gateway.post("/cases/BN-1/confirm", nil, minh)
    #expect(try gateway.body(confirmed)["confirmed"] == .bool(true))
    #expect(try gateway.lastNote().actor == "minh" && gateway.lastNote().action == "case confirm")
    #expect(try milestones(question, lan).count == 2)
    #expect(try gateway.rows(gateway.get("/cases/BN-1/exposures", lan)).count == 2)
    #expect(gateway.post("/exports", named, lan).status == 202)
  }

  @Test("A case of a pass, or of more than 60 days, is not registered")
  func boundedCases() throws {
    let token = try gateway.session("lan")
    var generator = SeededGenerator(seed: 4)
    let master = try gateway.deployment.vault.passMasterKey()
    let pass = VisitorPass(issuedWith: master, using: &generator)
    func add(_ id: String, _ members: String, subject: String = "0912345678") -> HTTPResponse {
      gateway.post(
        "/cases", #"{"id":"\#(id)","subject":"\#(subject)","division":"303",\#(members)}"#, token)
    }
    let onset = #""onset":"2020-08-05""#
    #expect(
      gateway.code(add("BN-1", onset, subject: "https://qr.example/#\(pass.digits)")) == "forbidden"
    )
    #expect(try gateway.lastNote().detail == "a pass or a card")
    let start = #""from":"2020-06-07T00:00:00+07:00","to":"#
    #expect(add("BN-1", start + #""2020-08-06T00:00:01+07:00""#).status == 422)
    #expect(try gateway.lastNote().detail == "a window beyond 60 days")
    #expect(add("BN-1", onset + #","from":"2001-01-01T00:00:00Z""#).status == 422)
    #expect(add("BN-1", onset + #","to":"2040-01-01T00:00:00Z""#).status == 422)
    #expect(add("BN-1", onset + #","isolation":"2040-01-01T00:00:00Z""#).status == 422)
    #expect(try gateway.deployment.store.caseRecords().isEmpty)
    #expect(add("BN-1", start + #""2020-08-06T00:00:00+07:00""#).status == 201)
    #expect(add("BN-2", onset).status == 201)
  }

  @Test("A case that another division of the scope works on is a conflict")
  func otherDivision() throws {
    let token = try gateway.session("lan")
    func add(_ division: String) -> HTTPResponse {
      gateway.post(
        "/cases",
        #"{"id":"BN-1","subject":"a b","division":"\#(division)","onset":"2020-08-05"}"#, token)
    }
    #expect(add("11296").status == 201)
    #expect(gateway.code(add("303")) == "conflict")
    #expect(add("11296").status == 200)
    #expect(try gateway.desk.accounts.accounts.division(ofCase: "BN-1") == "11296")
  }

  @Test("What was approved is what is taken: the cases of then, within the scope of then and now")
  func settledExports() throws {
    let lan = try gateway.session("lan")
    let minh = try gateway.session("minh", .healthStaff, "all")
    try gateway.visit(people(0..<2), at: gateway.venue, from: nine)
    try gateway.visit(people(2..<4), at: gateway.otherVenue, from: nine)
    try gateway.visit(people(4..<6), at: gateway.venue, from: nine + 7_200)
    try gateway.addCase("BN-1", StaffFixture.person(0), division: "303")
    func request(_ token: String) throws -> Int64 {
      let asked = gateway.post("/exports", #"{"kind":"trace","order":"QD 12"}"#, token)
      #expect(asked.status == 202)
      return try #require(try gateway.body(asked)["id"]?.integer)
    }
    func cases(_ number: Int64, _ token: String) throws -> Set<String> {
      let taken = gateway.post("/exports/\(number)/take", nil, token)
      #expect(taken.status == 200)
      return Set(
        try taken.body.split(separator: UInt8(ascii: "\n")).compactMap {
          try JSONValue(Array($0)).object?["case"]?.string
        })
    }
    let first = try request(lan)
    let asked = try #require(try gateway.desk.accounts.accounts.exportRequest(first))
    #expect(asked.question.contains(#""cases":["BN-1"]"#) && asked.question.contains(#""rules""#))
    try gateway.addCase("BN-3", StaffFixture.person(4), division: "303")
    #expect(gateway.post("/exports/\(first)/approve", nil, minh).status == 200)
    #expect(try cases(first, lan) == ["BN-1"], "not the case that came after the approval")
    // A scope that grows after it was asked for, and one that shrinks.
    let second = try request(lan)
    try gateway.addCase("BN-2", StaffFixture.person(2), division: "304")
    #expect(gateway.post("/exports/\(second)/approve", nil, minh).status == 200)
    let desk = gateway.desk.accounts
    try desk.setScope(.divisions(["303", "304"]), of: "lan", by: "test", at: now)
    let third = try request(lan)
    #expect(gateway.post("/exports/\(third)/approve", nil, minh).status == 200)
    #expect(try cases(second, lan) == ["BN-1", "BN-3"])
    try desk.setScope(.divisions(["304"]), of: "lan", by: "test", at: now)
    #expect(try cases(third, lan) == ["BN-2"])
  }

  @Test("An account is shown so many rows a day alone, whatever it asks")
  func rowsOfTheDay() throws {
    let lan = try gateway.session("lan")
    let minh = try gateway.session("minh")
    #expect(GatewayConfiguration().rowsPerAccountAndDay == 2_000)
    try gateway.visit(people(0..<450), at: gateway.venue, from: nine)
    let path = "/venues/\(gateway.venue.id)/exposures?\(span)&order=QD"
    for _ in 0..<4 { #expect(gateway.get(path, lan).status == 200) }
    #expect(gateway.code(gateway.get(path, lan)) == "needs-second-person")
    #expect(try gateway.lastNote().detail == "450 rows are beyond 2000 of the day")
    try gateway.addCase("BN-1", StaffFixture.person(0), division: "303")
    #expect(gateway.get("/cases/BN-1/exposures?limit=200", lan).status == 200)
    #expect(gateway.code(gateway.get("/cases/BN-1/exposures", lan)) == "needs-second-person")
    #expect(gateway.get(path, minh).status == 200)
    // The budget is of the local day.
    let accounts = gateway.desk.accounts.accounts
    let account = try #require(try accounts.account(named: "lan"))
    let today = gateway.deployment.store.calendar.day(of: now)
    #expect(try !accounts.spend(rows: 1, of: account, on: today, most: 2_000))
    let tomorrow = today.advanced(by: 1)
    #expect(try accounts.spend(rows: 2_000, of: account, on: tomorrow, most: 2_000))
    #expect(try !accounts.spend(rows: 1, of: account, on: tomorrow, most: 2_000))
    #expect(try !accounts.spend(rows: 6, of: account, on: tomorrow.advanced(by: 1), most: 5))
  }

  @Test("A venue outside the scope is not named by what its receiver heard")
  func unnamedVenues() throws {
    let lan = try gateway.session("lan")
    let city = try gateway.session("chief", .healthStaff, "all")
    let person = try gateway.deployment.snapshot.intake.pseudonym(of: "0912345678")
    _ = try gateway.deployment.store.append([
      Evidence(
        id: EvidenceID(high: 1, low: 1), kind: .scanIn, subject: person, venue: gateway.venue.id,
        zone: 0, start: nine, grade: 1, gateway: "gate", receivedAt: nine),
      Evidence(
        id: EvidenceID(high: 1, low: 2), kind: .bleSighting, subject: person,
        venue: gateway.otherVenue.id, zone: 0, start: nine + 300, attenuation: 60, grade: 0,
        gateway: "box", receivedAt: nine + 300),
    ])
    let question = #"{"subject":"0912345678","order":"QD 12"}"#
    func answer(_ token: String) -> String {
      String(
        decoding: gateway.post("/people/milestones", question, token).body, as: UTF8.self)
    }
    let name = gateway.otherVenue.name
    #expect(answer(city).contains("heard by the receiver of \(name)"))
    let own = answer(lan)
    #expect(own.contains("heard by the receiver of another venue") && !own.contains(name))
    #expect(!own.contains("\(gateway.otherVenue.id)"))
  }

  @Test("Too many milestones, and a look at the requests, are in the audit log")
  func noRefusalUnnoted() throws {
    let lan = try gateway.session("lan")
    let person = try gateway.deployment.snapshot.intake.pseudonym(of: "0912345678")
    for number in 0..<501 {
      try gateway.visit([person], at: gateway.venue, from: nine - Int64(number) * 7_200)
    }
    let question = #"{"subject":"0912345678","order":"QD 12"}"#
    let bulk = gateway.post("/people/milestones", question, lan)
    #expect(gateway.code(bulk) == "needs-second-person")
    #expect(try gateway.lastNote().action == "exposure subject refused")
    #expect(try gateway.lastNote().object == "\(person)")
    #expect(gateway.get("/exports", lan).status == 200)
    #expect(try gateway.lastNote().action == "export list")
  }

  @Test("An export is neither asked for nor approved when that cannot be written down")
  func noExportWithoutNote() throws {
    let lan = try gateway.session("lan")
    let minh = try gateway.session("minh")
    let body = #"{"kind":"trace","order":"QD 12"}"#
    let asked = gateway.post("/exports", body, lan)
    let number = try #require(try gateway.body(asked)["id"]?.integer)
    let catalog = try Connection(
      opening: gateway.deployment.store.path + "/checkin.sqlite", for: .write)
    try catalog.execute(
      "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE (ABORT, 'full'); END")
    let accounts = gateway.desk.accounts.accounts
    #expect(gateway.post("/exports", body, lan).status >= 500)
    #expect(try accounts.exportRequests().count == 1)
    #expect(gateway.post("/exports/\(number)/approve", nil, minh).status >= 500)
    #expect(try accounts.exportRequest(number)?.state(at: now) == .open)
  }

  @Test("What retention deletes of a case, it deletes of its division too")
  func retentionOfDivisions() throws {
    let store = gateway.deployment.store
    let accounts = gateway.desk.accounts.accounts
    for id in ["BN-1", "BN-2"] {
      try gateway.addCase(id, StaffFixture.person(0), division: "303")
    }
    let note = AuditNote(at: now, actor: "test", action: "case close", object: "", purpose: "")
    try store.closeCase("BN-1", at: now, note: note)
    let end = now + 40 * 86_400
    _ = try store.retain(
      RetentionPolicy(cases: 30), today: store.calendar.day(of: end), keeping: [], now: end)
    #expect(try store.caseRecord("BN-1") == nil && accounts.division(ofCase: "BN-1") == nil)
    #expect(try accounts.division(ofCase: "BN-2") == "303")
  }

  @Test("An audit log that cannot be written keeps the question unanswered")
  func noAnswerWithoutNote() throws {
    let token = try gateway.session("lan")
    try gateway.visit(people(0..<3), at: gateway.venue, from: nine)
    try gateway.addCase("BN-1", StaffFixture.person(0), division: "303")
    let catalog = try Connection(
      opening: gateway.deployment.store.path + "/checkin.sqlite", for: .write)
    try catalog.execute(
      "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE (ABORT, 'full'); END")
    let answer = gateway.get("/cases/BN-1/exposures", token)
    #expect(answer.status >= 500)
    #expect(!String(decoding: answer.body, as: UTF8.self).contains("\(StaffFixture.person(1))"))
  }

  @Test("Checkpoints are made when there is something new, and a cut-off log is told")
  func checkpoints() throws {
    let root = try gateway.session("root", .administrator, "all")
    #expect(try AuditKeeper.keep(gateway.deployment, at: now))
    #expect(try !AuditKeeper.keep(gateway.deployment, at: now + 10_000))
    _ = gateway.get("/accounts", root)
    #expect(try !AuditKeeper.keep(gateway.deployment, at: now + 60))
    #expect(try AuditKeeper.keep(gateway.deployment, at: now + 901))
    let made = gateway.post("/administration/audit/checkpoints", nil, root)
    #expect(made.status == 201)
    let text = String(decoding: made.body, as: UTF8.self)
    #expect(AuditCheckpoint(line: text.dropLast()) != nil)
    func agrees() throws -> JSONValue? {
      try gateway.body(gateway.get("/administration/audit/verdict", root))["checkpoints_agree"]
    }
    #expect(try agrees() == .bool(true))
    let catalog = try Connection(
      opening: gateway.deployment.store.path + "/checkin.sqlite", for: .write)
    try catalog.execute(
      "DROP TRIGGER audit_is_never_deleted; DELETE FROM audit WHERE sequence > 2")
    #expect(try agrees() == .bool(false))
    #expect(
      gateway.code(gateway.post("/administration/audit/checkpoints", nil, root)) == "audit-broken")
  }
}

@Suite("Cursors")
struct PageCursorTests {
  @Test("A cursor comes back for its question, and for no other", arguments: [UInt64(1), 2, 3])
  func roundTrip(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let cursor = PageCursor(
        place: generator.next(),
        person: Pseudonym(high: generator.next(), low: generator.next()), of: ["a", "b"])
      #expect(PageCursor(text: cursor.text, of: ["a", "b"]) == cursor, "seed \(seed)")
      #expect(PageCursor(text: cursor.text, of: ["ab"]) == nil, "seed \(seed)")
    }
  }

  @Test(
    "What is none is refused",
    arguments: [
      "", "A", String(repeating: "A", count: 44), String(repeating: "=", count: 44), "../x",
    ])
  func others(text: String) {
    #expect(PageCursor(text: text, of: []) == nil)
  }
}
