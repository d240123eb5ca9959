import DelimitedText
import EvidenceIntake
import Presence
import TestSupport
import Testing
import VenueCodes

@Suite("Screens, passes and receipts at a door and in a table") struct LiveCodeTests {
  static func door(
    at venue: VenueID? = Sample.hotel, _ direction: Direction = .auto, visitor: String? = nil
  ) throws -> Door {
    Door(
      gateway: "door-1", direction: direction,
      defaultVisitor: try visitor.map { try Sample.subject($0) },
      place: venue.map { ScanPlace(venue: $0, zone: 2) }, context: try Sample.context())
  }

  static let uuid = EvidenceID(high: 1, low: 2)

  /// Kind, status and grade of the evidence of a line, or the word of its refusal.
  static func outcome(
    _ line: String, at venue: VenueID? = Sample.hotel, _ direction: Direction = .auto,
    now: Int64 = Sample.now
  ) throws -> String {
    var door = try door(at: venue, direction)
    switch door.read(Array(line.utf8), at: now, id: uuid) {
    case .refused(let refusal):
      #expect(!refusal.reason.isEmpty)
      return refusal.word
    case .evidence(let read, _): return "\(read.kind) \(read.status) \(read.grade)"
    }
  }

  @Test("A door reads every kind of code, alone or before a visitor")
  func kinds() throws {
    let rotating = try Sample.rotating()
    let pass = try Sample.pass()
    let old = try Sample.rotating(at: Sample.now - 400)
    let rows: [(String, VenueID?, Direction, String)] = [
      ("\(rotating) an", Sample.hotel, .auto, "scan accepted 2"),
      ("\(rotating) an", nil, .inward, "scanIn accepted 2"),
      ("\(try Sample.batch()) an", Sample.hotel, .auto, "scan accepted 2"),
      ("\(try Sample.rotating(at: Sample.now - 100)) an", nil, .auto, "scan accepted 1"),
      ("\(old) an", nil, .auto, "scan clockSkew -1"),
      ("\(try Sample.rotating(at: Sample.now - 86_400)) an", nil, .auto, "screen_of_another_day"),
      ("\(try Sample.batch(at: Sample.now - 86_400)) an", nil, .auto, "scan expiredCode -1"),
      (pass, Sample.hotel, .auto, "gatewayScan accepted 2"),
      ("https://qr.haiphong.gov.vn/#" + pass, Sample.hotel, .auto, "gatewayScan accepted 2"),
      (pass, Sample.hotel, .outward, "scanOut accepted 2"),
      (pass, nil, .auto, "missing"), (pass, Sample.bar, .auto, "gatewayScan retiredVenue -1"),
      ("\(pass) an", Sample.hotel, .auto, "contradiction"),
      ("\(rotating) \(pass)", Sample.hotel, .auto, "scan accepted 2"),
      ("\(try Sample.code()) \(pass)", nil, .auto, "scan accepted 1"),
      ("000000Z92 \(pass)", nil, .auto, "scan accepted 0"),
      (try Sample.receipt(), nil, .auto, "gatewayScan unproved 0"),
      (try Sample.receipt(at: Sample.now - 60), Sample.hotel, .auto, "gatewayScan unproved 0"),
      (try Sample.receipt(at: Sample.now - 90), nil, .auto, "stale_receipt"),
      (try Sample.receipt(at: Sample.now + 90), nil, .auto, "receipt_ahead"),
      (try Sample.receipt(venue: Sample.market), Sample.hotel, .auto, "other-venue"),
      (rotating, Sample.hotel, .auto, "missing"),
      (try Sample.rotating(venue: Sample.id(5)), nil, .auto, "unknown_venue"),
      ("\(try Sample.rotating(venue: Sample.bar)) an", nil, .auto, "scan retiredVenue -1"),
    ]
    for (line, venue, direction, expected) in rows {
      #expect(try Self.outcome(line, at: venue, direction) == expected, "\(expected): \(line)")
    }
  }

  @Test("A pass is one person however it comes, and not the person of its digits")
  func passHolder() throws {
    let pass = try Sample.pass()
    var door = try Self.door()
    let lines = [pass, "000000Z92 \(pass)", "\(try Sample.rotating()) \(pass)"]
    let subjects = lines.compactMap { line -> Pseudonym? in
      guard
        case .evidence(let read, _) = door.read(
          Array(line.utf8), at: Sample.now, id: Self.uuid)
      else { return nil }
      return read.subject
    }
    #expect(subjects.count == 3 && Set(subjects).count == 1)
    #expect(try subjects.first != Sample.subject(pass))
    let context = try Sample.context()
    #expect(try context.pseudonym(of: " \(pass) ") == subjects.first)
    #expect(context.isPass(pass) && !context.isPass("0912345678"))
  }

  @Test("A forged or mistyped pass is nobody, at a door and as a subject")
  func forgedPass() throws {
    let pass = try Sample.pass()
    let last = pass.last == "5" ? "6" : "5"
    let forged = String(pass.dropLast()) + last
    #expect(try Self.outcome(forged) == "bad_signature")
    #expect(try Self.outcome("000000Z92 \(forged)") == "bad_signature")
    #expect(try Sample.context().isPass(forged))
    let refusal = try Sample.refusal(
      .visits, "venue,subject,enter\n000000Z92,\(forged),2020-08-20T09:00:00+07:00\n",
      Sample.context())
    #expect(refusal?.word == "bad_signature" && refusal?.column == "subject")
    #expect(refusal?.reason.contains(forged) == false)
  }

  @Test("A table of scans takes the same codes, with the moment that the code proves")
  func tables() throws {
    let context = try Sample.context()
    let header = "code,venue,subject,time,direction\n"
    let shown = Sample.moment("2020-08-20T09:00:00+07:00")
    func evidence(_ row: String) throws -> Evidence {
      try Sample.evidence(.scans, header + row + "\n", context)
    }
    let rotating = try Sample.rotating(at: shown)
    let live = try evidence("\(rotating),,an,2020-08-20T09:00:10+07:00,")
    #expect(live.grade == 2 && live.start == shown && live.kind == .scan)
    let late = try evidence("\(rotating),,an,2020-08-20T09:03:00+07:00,")
    // What it is worth is part of the id: the late one does not stand in the way of the live one.
    #expect(late.grade == 1 && late.start == shown && late.id != live.id)
    let later = try evidence("\(rotating),,an,2020-08-20T09:04:00+07:00,")
    #expect(later.id == late.id)
    let ways = try ["in", "", "out"].map {
      try evidence("\(rotating),,an,2020-08-20T09:00:10+07:00,\($0)").id
    }
    #expect(ways == ways.sorted() && Set(ways).count == 3 && ways[1] == live.id)
    let other = try evidence("\(rotating),,binh,2020-08-20T09:00:10+07:00,")
    #expect(other.id != live.id)
    let batch = try evidence("\(try Sample.batch(at: shown)),,an,2020-08-20T09:00:10+07:00,in")
    #expect(batch.grade == 2 && batch.start == shown && batch.statedStay == Sample.stay)
    // Later on that day it is a poster of the day: the row's time counts, and its own id.
    let noon = try evidence("\(try Sample.batch(at: shown)),,an,2020-08-20T11:00:00+07:00,")
    #expect(noon.grade == 1 && noon.start == shown + 7_200 && noon.id != batch.id)

    let pass = try Sample.pass()
    let scanned = try evidence("\(pass),000000Z92,,2020-08-20T09:00:00+07:00,")
    #expect(try scanned.kind == .gatewayScan && scanned.subject == context.pseudonym(of: pass))
    let same = try evidence("\(pass),000000Z92,\(pass),2020-08-20T09:00:00+07:00,")
    #expect(same.id == scanned.id)
    let receipt = try evidence(
      "\(try Sample.receipt(at: shown)),,,2020-08-20T09:00:30+07:00,")
    #expect(receipt.grade == 0 && receipt.kind == .gatewayScan && receipt.start == shown)
    #expect(receipt.status == .unproved && PresenceEvent(receipt, subject: 0) == nil)

    let refusals = [
      ("\(pass),,,2020-08-20T09:00:00+07:00,", "missing"),
      ("\(pass),000000Z92,an,2020-08-20T09:00:00+07:00,", "contradiction"),
      ("\(rotating),,,2020-08-20T09:00:00+07:00,", "missing"),
      ("\(rotating),000000ZB4,an,2020-08-20T09:00:00+07:00,", "contradiction"),
      ("\(rotating),,an,2020-08-19T09:00:00+07:00,", "screen_of_another_day"),
      ("\(try Sample.receipt(at: shown)),,,2020-08-20T09:02:00+07:00,", "stale_receipt"),
    ]
    for (row, word) in refusals {
      #expect(try Sample.refusal(.scans, header + row + "\n", context)?.word == word, "\(word)")
    }
    let flagged = try evidence("\(rotating),,an,2020-08-20T10:00:00+07:00,")
    #expect(flagged.status == .clockSkew && flagged.grade == -1 && flagged.start == shown)
  }

  @Test("A row's own id does not make a second check-in of one step")
  func oneID() throws {
    let rotating = try Sample.rotating()
    let ids = try ["", "0192e4a8-0000-7000-8000-000000000001"].map { id in
      try Sample.evidence(
        .scans, "id,code,subject,time\n\(id),\(rotating),an,2020-08-20T12:00:00+07:00\n",
        Sample.context()
      ).id
    }
    #expect(ids[0] == ids[1])
    let refusal = try Sample.refusal(
      .scans, "id,code,subject,time\nx,\(rotating),an,2020-08-20T12:00:00+07:00\n",
      Sample.context())
    #expect(refusal?.code == .badID)
  }
}
