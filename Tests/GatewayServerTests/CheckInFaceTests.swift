import ExposureStorage
import Foundation
import Presence
import Synchronization
import TestSupport
import Testing
import VenueCodes
import VenueRegistry

@testable import GatewayServer

@Suite("Check-ins over HTTP")
struct CheckInFaceTests {
  private let site: TestDeployment
  private let deployment: Deployment
  private let application: HTTPApplication

  init() throws {
    site = try TestDeployment()
    deployment = try site.deployment { $0.scanners = ["10.0.0.7"] }
    application = HTTPApplication(
      faces: [CheckInFace(deployment)], workers: WorkerPool(threads: 1, capacity: 1),
      metrics: deployment.metrics, log: deployment.log)
  }

  private func post(
    _ members: [String: String], key: String? = nil, from client: String? = nil
  ) throws -> HTTPResponse {
    let json = try JSONSerialization.data(withJSONObject: members)
    return TestDeployment.post(
      application, String(decoding: json, as: UTF8.self), at: site.milliseconds,
      fields: key.map { [("idempotency-key", $0)] } ?? [],
      client: client.flatMap { ClientAddress($0) } ?? .none)
  }

  @Test("A poster's scan is stored with both times before it is answered")
  func stores() throws {
    let answer = try post([
      "code": try site.poster(), "visitor": "0912345678", "direction": "in",
      "scanned_at": "2020-08-06T08:50:00+07:00",
    ])
    #expect(answer.status == 201)
    #expect(answer.members["venue"] as? String == "C4C6BHFZC")
    #expect(answer.members["direction"] as? String == "in")
    #expect(answer.members["counts"] as? Bool == true)
    let stored = try #require(try site.evidence().first)
    #expect(answer.members["evidence"] as? String == "\(stored.id)")
    #expect(stored.start == TestDeployment.start - 600)
    #expect(stored.receivedAt == TestDeployment.start)
    #expect(stored.kind == .scanIn)
    #expect(stored.grade == 1)
  }

  @Test("What is sent again is answered again and stored once; something else is a conflict")
  func repeats() throws {
    let id = "01890000-0000-7000-8000-000000000001"
    var members = [
      "code": try site.poster(), "visitor": "a", "direction": "in",
      "scanned_at": "2020-08-06T08:50:00+07:00",
    ]
    #expect(try post(members, key: id).status == 201)
    site.advance(seconds: 90)
    #expect(try post(members, key: id).status == 200)
    #expect(try post(members.merging(["id": id]) { $1 }).status == 200)
    members["visitor"] = "b"
    let other = try post(members, key: id)
    #expect(other.status == 409)
    #expect(other.members["type"] as? String == "urn:checkin:problem:conflict")
    #expect(try site.evidence().count == 1)
  }

  @Test("A key of any form stands for one check-in", arguments: ["order 17", "\"quoted\"", "x"])
  func takesKeys(key: String) throws {
    let members = [
      "code": try site.poster(), "visitor": "a", "direction": "in",
      "scanned_at": "2020-08-06T08:50:00+07:00",
    ]
    #expect(try post(members, key: key).status == 201)
    #expect(try post(members, key: key).status == 200)
  }

  @Test("Two visitors who number their check-ins alike do not collide")
  func keepsKeysApart() throws {
    var members = [
      "code": try site.poster(), "direction": "in", "scanned_at": "2020-08-06T08:50:00+07:00",
    ]
    var ids: Set<String> = []
    for visitor in ["a", "b"] {
      members["visitor"] = visitor
      let answer = try post(members, key: "1")
      #expect(answer.status == 201)
      ids.insert("\(answer.members["evidence"] ?? "")")
    }
    members["code"] = "\(deployment.snapshot.registry.venues[0].id)"
    let elsewhere = try post(members, key: "1")
    #expect(elsewhere.status == 201)
    ids.insert("\(elsewhere.members["evidence"] ?? "")")
    #expect(ids.count == 3)
  }

  @Test("A check-in that was seen on a receipt checks nobody in at another venue (A09)")
  func refusesSeenCheckIn() throws {
    let secret = try CheckInSecret(try SecretBytes(copying: Array(repeating: 9, count: 32).span))
    let pseudonym = Base64URL.text(of: secret.pseudonym.bytes)
    let url = try site.poster()
    #expect(try post(["code": url, "check_in": pseudonym, "direction": "in"]).status == 201)
    site.advance(seconds: 600)
    let other = try #require(
      deployment.snapshot.registry.venues.first { "\($0.id)" != "C4C6BHFZC" })
    let answer = try post(["code": "\(other.id)", "check_in": pseudonym, "direction": "in"])
    #expect(answer.status == 403)
    #expect(answer.members["type"] as? String == "urn:checkin:problem:unproved-visitor")
    #expect(try site.evidence().count == 1)
  }

  @Test("Anybody's word neither changes who is inside nor shows it (A03, A09)")
  func tellsNothing() throws {
    let scanner = "10.0.0.7"
    let url = try site.poster()
    let came = try post(["code": url, "visitor": "0912345678"], from: scanner)
    #expect(came.members["direction"] as? String == "in")
    site.advance(seconds: 30)
    let again = try post(["code": url, "visitor": "0912345678", "direction": "in"])
    #expect(again.members["repeat"] as? Bool == false)
    let other = try #require(
      deployment.snapshot.registry.venues.first { "\($0.id)" != "C4C6BHFZC" })
    let claimed = try post(
      ["code": "\(other.id)", "visitor": "0912345678", "direction": "in"])
    #expect(claimed.status == 201)
    #expect((claimed.members["flags"] as? [String])?.contains("elsewhere") == false)
    site.advance(seconds: 900)
    // The door still knows that the visitor is inside.
    let left = try post(["code": url, "visitor": "0912345678"], from: scanner)
    #expect(left.members["direction"] as? String == "out")
  }

  @Test("With a key and no time of the scan nothing is stored, since a repetition could not match")
  func wantsTimeWithKey() throws {
    let answer = try post(["code": try site.poster(), "visitor": "a", "direction": "in"], key: "k")
    #expect(answer.status == 422)
    #expect(try site.evidence().isEmpty)
  }

  @Test(
    "The server verifies for itself: a changed signature, kind or path buys nothing (A07, A10)")
  func verifies() throws {
    let url = try site.poster()
    let carrier = Carrier(prefixes: [try URLPrefix(ExposureStore.defaultCodePrefix)])
    let bytes = try carrier.bytes(decoding: url)
    for place in [0, bytes.count / 2, bytes.count - 1] {
      var changed = bytes
      changed[place] ^= place == 0 ? 1 : 0x40
      let digits = Carrier.digits(of: changed.span)
      let answer = try post(["code": digits, "visitor": "a", "direction": "in"])
      #expect(answer.status == 422, "byte \(place)")
    }
    #expect(try site.evidence().isEmpty)
    // What stands before the digits is the address of a page and says nothing.
    let digits = Carrier.digits(of: bytes.span)
    #expect(try post(["code": digits, "visitor": "a", "direction": "in"]).status == 201)
  }

  @Test("Nobody checks another out: that needs a pass, the proof, or a door (A09)")
  func provesCheckOut() throws {
    let url = try site.poster()
    let secret = try CheckInSecret(try SecretBytes(copying: Array(repeating: 7, count: 32).span))
    let pseudonym = Base64URL.text(of: secret.pseudonym.bytes)
    let proof = Base64URL.text(of: secret.checkOutProof.bytes)
    #expect(try post(["code": url, "check_in": pseudonym, "direction": "in"]).status == 201)
    site.advance(seconds: 600)
    for members in [
      ["code": url, "check_in": pseudonym, "direction": "out"],
      ["code": url, "visitor": "0912345678", "direction": "out"],
      ["code": url, "visitor": "0912345678"],
      ["code": try site.poster(kind: .exit), "visitor": "0912345678"],
    ] {
      let answer = try post(members)
      #expect(answer.status == 403)
      #expect(answer.members["type"] as? String == "urn:checkin:problem:unproved-visitor")
    }
    let out = try post(["code": url, "proof": proof, "direction": "out"])
    #expect(out.status == 201)
    #expect(out.members["direction"] as? String == "out")
    #expect(
      try post(["code": url, "visitor": "0912345678", "direction": "out"], from: "10.0.0.7")
        .status == 201)
    let stored = try site.evidence()
    #expect(stored.count == 3)
    // The way in and the way out are of one visitor.
    #expect(stored.filter { $0.subject == stored[0].subject }.map(\.kind) == [.scanIn, .scanOut])
  }

  @Test("Two check-ins of one phone share nothing but the venue (A06)")
  func cannotBeLinked() throws {
    let url = try site.poster()
    var answers: [[String: Any]] = []
    for first in [1, 2] as [UInt8] {
      let secret = try CheckInSecret(
        try SecretBytes(copying: Array(repeating: first, count: 32).span))
      let answer = try post([
        "code": url, "check_in": Base64URL.text(of: secret.pseudonym.bytes), "direction": "in",
      ])
      answers.append(answer.members)
      site.advance(seconds: 60)
    }
    let ofVenue: Set<String> = [
      "venue", "zone", "name", "zone_name", "direction", "counts", "grade", "repeat", "flags",
    ]
    for (name, value) in answers[0] where !ofVenue.contains(name) {
      #expect("\(value)" != "\(answers[1][name] ?? "")", "\(name) is the same twice")
    }
    #expect(Set(try site.evidence().map(\.subject)).count == 2)
  }

  @Test("A member that is not known, or a long note, is refused (A15)")
  func refusesNotes() throws {
    var members = ["code": try site.poster(), "visitor": "a", "direction": "in"]
    members["note"] = "x"
    #expect(try post(members).status == 422)
    members["note"] = String(repeating: "x", count: 4_000)
    #expect(try post(members).status == 413)
    #expect(try site.evidence().isEmpty)
  }

  @Test("One phone at fifty venues in five minutes is stopped, and told when to come back (A14)")
  func limitsVisitors() throws {
    var statuses: [Int] = []
    let venues = Array(deployment.snapshot.registry.venues.prefix(50))
    #expect(venues.count == 50)
    for venue in venues {
      let answer = try post(["code": "\(venue.id)", "visitor": "0912345678", "direction": "in"])
      statuses.append(answer.status)
      if answer.status == 429 {
        let text = try #require(answer.header("Retry-After"))
        #expect((1...60).contains(Int(text) ?? 0))
      } else {
        // Who proved nothing is not told where the visitor was.
        #expect((answer.members["flags"] as? [String])?.contains("elsewhere") == false)
      }
      site.advance(seconds: 6)
    }
    #expect(statuses.filter { $0 == 429 }.count > 10)
    #expect(statuses.filter { $0 == 201 }.count >= 12)
    let flagged = deployment.metrics.text.split(separator: "\n").first {
      $0.hasPrefix("checkin_flagged_total{flag=\"elsewhere\"} ")
    }
    #expect(try #require(flagged.flatMap { Int($0.split(separator: " ")[1]) }) >= 10)
  }

  @Test("Check-ins from a photo at four in the morning count little and are marked (A01)")
  func flagsOutOfHours() throws {
    let registry = deployment.snapshot.registry
    let venue = try #require(
      registry.venues.first { venue in
        registry.openingHours(of: venue).map { !$0.contains(minute: 4 * 60) } ?? false
      })
    let answer = try post([
      "code": "\(venue.id)", "visitor": "a", "direction": "in",
      "scanned_at": "2020-08-06T04:00:00+07:00",
    ])
    #expect(answer.status == 201)
    #expect((answer.members["flags"] as? [String])?.contains("out-of-hours") == true)
    #expect(try site.evidence().first?.grade == 0)
  }

  @Test(
    "A scan of the future or of long ago is refused (A31)",
    arguments: ["2020-08-06T09:06:00+07:00", "2020-07-01T09:00:00+07:00", "1960-01-01T00:00:00Z"])
  func refusesImpossibleTimes(time: String) throws {
    let answer = try post([
      "code": try site.poster(), "visitor": "a", "direction": "in", "scanned_at": time,
    ])
    #expect(answer.status == 422)
    #expect(try site.evidence().isEmpty)
  }

  @Test("A genuine code that does not count is kept, and the visitor told")
  func keepsExpired() throws {
    let url = try site.poster(weeks: 1)
    site.advance(seconds: 9 * 86_400)
    let answer = try post(["code": url, "visitor": "a", "direction": "in"])
    #expect(answer.status == 201)
    #expect(answer.members["counts"] as? Bool == false)
    #expect(answer.members["code"] as? String == "expired")
  }

  @Test("A full disk is told before a tick, and nothing is stored")
  func tellsFullDisk() throws {
    let site = try TestDeployment()
    try site.store.close()
    var tuning = StoreTuning()
    tuning.dayPageLimit = 4
    let full = try ExposureStore(at: site.folder + "/store", mode: .readWrite, tuning: tuning)
    let committer = Committer(store: full)
    let venue = try VenueID(parsing: "C4C6BHFZC")
    let evidence = (0..<10_000 as Range<UInt64>).map { number in
      Evidence(
        id: EvidenceID(high: number &* 0x9E37_79B9_7F4A_7C15, low: 1), kind: .scanIn,
        subject: Pseudonym(high: number, low: 1), venue: venue, start: TestDeployment.start,
        gateway: "g", receivedAt: TestDeployment.start)
    }
    let box = ResultBox()
    #expect(committer.append(evidence) { box.put($0) })
    guard case .failure(let error) = box.wait() else {
      Issue.record("a full disk was acknowledged")
      return
    }
    #expect(error.code == .diskFull)
    #expect(Problem(error).status == 507)
    #expect(!committer.isHealthy)
    committer.stop()
    try full.close()
  }

  @Test("Nothing of a person, a venue or an address is in the log or the metrics (A36)")
  func logsNothing() throws {
    for client in ["203.0.113.77", "2001:db8::77"] {
      _ = try post(
        ["code": try site.poster(), "visitor": "0912345678", "direction": "in"], from: client)
      _ = try post(["code": "nonsense", "visitor": "0912345678"], from: client)
    }
    deployment.log.info("serving")
    let text = site.lines.withLock { $0 }.joined() + deployment.metrics.text
    #expect(text.contains("serving"))
    for word in ["203.0.113", "2001:db8", "0912345678", "C4C6BHFZC", "Hữu Nghị"] {
      #expect(!text.contains(word))
    }
    let address = try #require(ClientAddress("203.0.113.77"))
    #expect("\(address)\(String(reflecting: address))" == "addressaddress")
  }
}

/// Holds what became of evidence for who waits for it.
final class ResultBox: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)
  private let results = Mutex<[Committer.Result]>([])

  func put(_ result: Committer.Result) {
    results.withLock { $0.append(result) }
    semaphore.signal()
  }

  func wait() -> Committer.Result {
    semaphore.wait()
    return results.withLock { $0.removeFirst() }
  }
}
