import DelimitedText
import EvidenceIntake
import Presence
import Testing
import TestSupport
import VenueCodes
import VenueRegistry

@Suite("Reading evidence from tables") struct EvidenceReaderTests {
  static let uuid = "019074d0-a1b2-7c3d-8e4f-0123456789ab"
  static let morning = "2020-08-06T09:15:00+07:00"
  static let noon = "2020-08-06T12:00:00+07:00"

  struct Stated: Sendable {
    let table: EvidenceTable
    let text: String
    let kind: Evidence.Kind
    var venue: VenueID?
    var zone: UInt8 = 0
    var peer: String?
    var end: Int64?
    var attenuation: Int16?
    var status = Evidence.Status.accepted
    var gateway = ""
  }

  static let stated = [
    Named(
      "a visit with both ends",
      Stated(
        table: .visits,
        text: "id,venue,zone,subject,enter,leave\n\(uuid),000000Z92,3,A1,\(morning),\(noon)\n",
        kind: .visit, venue: Sample.hotel, zone: 3, end: Sample.moment(noon))),
    Named(
      "a visit without an end, in another order, with spaces",
      Stated(
        table: .visits,
        text: "leave;subject;enter;venue;id\n; A1 ;\(morning); 0000-00z9-2 ;\(uuid)\n",
        kind: .visit, venue: Sample.hotel)),
    Named(
      "a visit that ends at once, by an alias in other letters",
      Stated(
        table: .visits,
        text: "id,venue,subject,enter,leave\n\(uuid),hnhpmc,A1,\(morning),\(morning)\n",
        kind: .visit, venue: Sample.hotel, end: Sample.moment(morning))),
    Named(
      "a visit to a venue that was retired later",
      Stated(
        table: .visits, text: "id,venue,subject,enter\n\(uuid),000000ZA3,A1,\(morning)\n",
        kind: .visit, venue: Sample.bar)),
    Named(
      "a visit as JSON, its zone a number and its end null",
      Stated(
        table: .visits,
        text: """
          {"id":"\(uuid)","venue":"000000Z92","zone":3,"subject":"A1","enter":"\(morning)",\
          "leave":null}
          """,
        kind: .visit, venue: Sample.hotel, zone: 3)),
    Named(
      "a scan on the way in",
      Stated(
        table: .scans,
        text: "id,venue,zone,subject,time,direction,gateway\n"
          + "\(uuid),000000ZB4,1,A1,\(morning),In,door 1\n",
        kind: .scanIn, venue: Sample.market, zone: 1, gateway: "door 1")),
    Named(
      "a scan on the way out",
      Stated(
        table: .scans,
        text: "id,venue,subject,time,direction\n\(uuid),chợ,A1,\(morning),out\n",
        kind: .scanOut, venue: Sample.market)),
    Named(
      "a scan of unknown direction",
      Stated(
        table: .scans, text: "id,venue,subject,time\n\(uuid),000000ZB4,A1,\(morning)\n",
        kind: .scan, venue: Sample.market)),
    Named(
      "an encounter with its attenuation",
      Stated(
        table: .encounters,
        text: "id,subject,peer,start,end,attenuation_db,source\n"
          + "\(uuid),A1,B2,\(morning),\(noon),54.5,phone\n",
        kind: .bleEncounter, peer: "B2", end: Sample.moment(noon), attenuation: 55,
        gateway: "phone")),
    Named(
      "an encounter with what was sent and received",
      Stated(
        table: .encounters,
        text: "id,subject,peer,start,end,rssi_dbm,tx_power_dbm\n"
          + "\(uuid),A1,B2,\(morning),\(morning),-60,12\n",
        kind: .bleEncounter, peer: "B2", end: Sample.moment(morning), attenuation: 72)),
    Named(
      "an encounter whose attenuation counts before what was sent and received",
      Stated(
        table: .encounters,
        text: "id,subject,peer,start,end,attenuation_db,rssi_dbm,tx_power_dbm\n"
          + "\(uuid),A1,B2,\(morning),\(noon),0,-60,12\n",
        kind: .bleEncounter, peer: "B2", end: Sample.moment(noon), attenuation: 0)),
  ]

  @Test("A row is the evidence that it states", arguments: stated)
  func readsStatedValues(row: Named<Stated>) throws {
    let value = row.value
    let read = try Sample.evidence(value.table, value.text, Sample.context())
    let expected = Evidence(
      id: try #require(EvidenceID(Self.uuid)), kind: value.kind, subject: try Sample.subject("A1"),
      venue: value.venue, zone: value.zone, peer: try value.peer.map { try Sample.subject($0) },
      start: Sample.moment(Self.morning), end: value.end, attenuation: value.attenuation,
      status: value.status, gateway: value.gateway, receivedAt: Sample.now)
    #expect(read == expected)
  }

  struct Refused: Sendable {
    let table: EvidenceTable
    let row: String
    let code: IntakeRejection.Code
    let column: String

    /// The row has every column of its table, between semicolons.
    init(_ table: EvidenceTable, _ row: String, _ code: IntakeRejection.Code, _ column: String) {
      self.table = table
      self.row = row
      self.code = code
      self.column = column
    }

    var text: String {
      table.fields.map(\.name).joined(separator: ";") + "\n" + row + "\n"
    }
  }

  private static let person = "0912345678"
  static let refused: [Named<Refused>] = [
    Named("no venue", Refused(.visits, ";;;\(person);\(morning);", .missing, "venue")),
    Named(
      "a mistyped venue", Refused(.visits, ";000000Z93;;\(person);\(morning);", .badVenue, "venue")),
    Named(
      "a telephone number for a venue",
      Refused(.visits, ";\(person);;\(person);\(morning);", .badVenue, "venue")),
    Named(
      "an alias of two venues",
      Refused(.visits, ";SHARED;;\(person);\(morning);", .badVenue, "venue")),
    Named(
      "a venue that is not in the registry",
      Refused(.visits, ";C0FFEE00Y;;\(person);\(morning);", .unknownVenue, "venue")),
    Named(
      "a zone past 255",
      Refused(.visits, ";000000Z92;256;\(person);\(morning);", .badNumber, "zone")),
    Named("no subject", Refused(.visits, ";000000Z92;;;\(morning);", .missing, "subject")),
    Named(
      "a subject of spaces", Refused(.visits, ";000000Z92;; ;\(morning);", .missing, "subject")),
    Named(
      "a subject with a control character",
      Refused(.visits, ";000000Z92;;\(person)\u{1B};\(morning);", .badSubject, "subject")),
    Named(
      "a subject of 257 bytes",
      Refused(
        .visits, ";000000Z92;;\(String(repeating: "9", count: 257));\(morning);", .badSubject,
        "subject")),
    Named("no start", Refused(.visits, ";000000Z92;;\(person);;", .missing, "enter")),
    Named(
      "a time without offset",
      Refused(.visits, ";000000Z92;;\(person);2020-08-06T09:15:00;", .badTime, "enter")),
    Named(
      "a date alone", Refused(.visits, ";000000Z92;;\(person);2020-08-06;", .badTime, "enter")),
    Named(
      "a subject where a time belongs",
      Refused(.visits, ";000000Z92;;\(person);\(person);", .badTime, "enter")),
    Named(
      "a start of next week",
      Refused(.visits, ";000000Z92;;\(person);2020-08-27T09:00:00+07:00;", .future, "enter")),
    Named(
      "an end of next week",
      Refused(
        .visits, ";000000Z92;;\(person);\(morning);2020-08-27T09:00:00+07:00", .future, "leave")),
    Named(
      "an end before the start",
      Refused(.visits, ";000000Z92;;\(person);\(noon);\(morning)", .contradiction, "leave")),
    Named(
      "a stay of more than a year",
      Refused(
        .visits, ";000000Z92;;\(person);2019-08-05T09:15:00+07:00;\(morning)", .contradiction,
        "leave")),
    Named(
      "an id that is no UUID",
      Refused(.visits, "17;000000Z92;;\(person);\(morning);", .badID, "id")),
    Named(
      "an unknown direction",
      Refused(.scans, ";;000000Z92;;\(person);\(morning);inside;", .badWord, "direction")),
    Named(
      "a scan without code and venue",
      Refused(.scans, ";;;;\(person);\(morning);;", .missing, "venue")),
    Named(
      "a code that is none",
      Refused(.scans, ";\(person);;;\(person);\(morning);;", .badCode, "code")),
    Named(
      "a gateway with a control character",
      Refused(.scans, ";;000000Z92;;\(person);\(morning);;a\u{7}b", .badGateway, "gateway")),
    Named(
      "a source of 257 bytes",
      Refused(
        .encounters,
        ";\(person);B;\(morning);\(noon);60;;;\(String(repeating: "x", count: 257))", .badGateway,
        "source")),
    Named(
      "an encounter with oneself",
      Refused(
        .encounters, ";\(person); \(person) ;\(morning);\(noon);60;;;", .contradiction, "peer")),
    Named(
      "an encounter with an identifier",
      Refused(
        .encounters, ";\(person);\(SightingReaderTests.bluezone);\(morning);\(noon);60;;;",
        .badSubject, "peer")),
    Named(
      "no peer", Refused(.encounters, ";\(person);;\(morning);\(noon);60;;;", .missing, "peer")),
    Named("no end", Refused(.encounters, ";\(person);B;\(morning);;60;;;", .missing, "end")),
    Named(
      "an encounter that ends before it starts",
      Refused(.encounters, ";\(person);B;\(noon);\(morning);60;;;", .contradiction, "end")),
    Named(
      "an encounter that ends next week",
      Refused(
        .encounters, ";\(person);B;\(morning);2020-08-27T09:00:00+07:00;60;;;", .future, "end")),
    Named(
      "an encounter of more than a year",
      Refused(
        .encounters, ";\(person);B;2019-08-05T09:15:00+07:00;\(morning);60;;;", .contradiction,
        "end")),
    Named(
      "no strength at all",
      Refused(.encounters, ";\(person);B;\(morning);\(noon);;;;", .missing, "attenuation_db")),
    Named(
      "what was received alone",
      Refused(.encounters, ";\(person);B;\(morning);\(noon);;-60;;", .missing, "attenuation_db")),
    Named(
      "a strength for an attenuation",
      Refused(.encounters, ";\(person);B;\(morning);\(noon);-60;;;", .badNumber, "attenuation_db")),
    Named(
      "an attenuation in hexadecimal",
      Refused(.encounters, ";\(person);B;\(morning);\(noon);0x20;;;", .badNumber, "attenuation_db")),
    Named(
      "an attenuation that is no number",
      Refused(.encounters, ";\(person);B;\(morning);\(noon);nan;;;", .badNumber, "attenuation_db")),
    Named(
      "what radios say when they cannot tell",
      Refused(.encounters, ";\(person);B;\(morning);\(noon);;127;0;", .badNumber, "rssi_dbm")),
    Named(
      "strengths that changed places",
      Refused(.encounters, ";\(person);B;\(morning);\(noon);;12;-60;", .contradiction, "rssi_dbm")),
  ]

  @Test("A row that cannot be is refused at its column, without its subject", arguments: refused)
  func refuses(row: Named<Refused>) throws {
    let refusal = try #require(
      try Sample.refusal(row.value.table, row.value.text, Sample.context()))
    #expect(
      [refusal.code.rawValue, refusal.column] == [row.value.code.rawValue, row.value.column])
    #expect(!refusal.reason.isEmpty && !refusal.reason.contains(Self.person))
  }

  struct Scan: Sendable {
    var kind = PosterKind.inAndOut
    var venue = Sample.hotel
    var zone: UInt8 = 0
    var key: UInt8 = 7
    var signer: UInt8?
    var from = "2020-07-01"
    var weeks: UInt8 = 26
    var serial: UInt8 = 0
    var columns = ""
    var time = EvidenceReaderTests.noon
    /// What it is taken as, or why and where it is refused.
    let outcome: String
  }

  static let codes = [
    Named("good", Scan(outcome: "scan accepted 1")),
    Named("of a zone", Scan(zone: 4, columns: ",4,", outcome: "scan accepted 1")),
    Named("with its venue beside it", Scan(columns: "hnhpmc,,in", outcome: "scanIn accepted 1")),
    Named("of an entrance", Scan(kind: .entrance, outcome: "scanIn accepted 1")),
    Named("of an exit", Scan(kind: .exit, columns: ",,out", outcome: "scanOut accepted 1")),
    Named(
      "of an entrance on the way out",
      Scan(kind: .entrance, columns: ",,out", outcome: "contradiction direction")),
    Named(
      "of an exit on the way in",
      Scan(kind: .exit, columns: ",,in", outcome: "contradiction direction")),
    Named(
      "of another venue than stated",
      Scan(columns: "000000ZB4,,", outcome: "contradiction venue")),
    Named("of another zone than stated", Scan(columns: ",2,", outcome: "contradiction zone")),
    Named("with a zone that is none", Scan(columns: ",x,", outcome: "bad-number zone")),
    Named("past its last day", Scan(weeks: 2, outcome: "scan expiredCode -1")),
    Named("before its first day", Scan(from: "2020-08-07", outcome: "scan codeNotYetValid -1")),
    Named("of a revoked print", Scan(serial: 9, outcome: "scan revokedPrint -1")),
    Named("of a venue in use, then retired", Scan(venue: Sample.bar, outcome: "scan accepted 1")),
    Named(
      "of a retired venue",
      Scan(venue: Sample.bar, time: "2020-08-10T00:00:00+07:00", outcome: "scan retiredVenue -1")),
    Named(
      "of a revoked print of a venue retired since",
      Scan(venue: Sample.bar, serial: 9, outcome: "scan revokedPrint -1")),
    Named("of a key before it was revoked", Scan(key: 8, outcome: "scan accepted 1")),
    Named(
      "of a revoked key",
      Scan(key: 8, time: "2020-08-16T00:00:00+07:00", outcome: "bad-code code")),
    Named("of an unknown key", Scan(key: 9, outcome: "bad-code code")),
    Named("forged", Scan(signer: 9, outcome: "bad-code code")),
    Named("of an unknown venue", Scan(venue: Sample.id(5), outcome: "unknown-venue code")),
    Named(
      "expired, of an unknown venue",
      Scan(venue: Sample.id(5), weeks: 2, outcome: "unknown-venue code")),
  ]

  @Test("A scanned code is judged as of the time of its scan", arguments: codes)
  func judgesCodes(row: Named<Scan>) throws {
    let scan = row.value
    let code = try Sample.code(
      scan.kind, venue: scan.venue, zone: scan.zone, key: scan.key, signedBy: scan.signer,
      from: scan.from, weeks: scan.weeks, serial: scan.serial)
    let columns = scan.columns.isEmpty ? ",," : scan.columns
    let text = "code,subject,time,venue,zone,direction\n\(code),A1,\(scan.time),\(columns)\n"
    let context = try Sample.context()
    do {
      let read = try Sample.evidence(.scans, text, context)
      #expect("\(read.kind) \(read.status) \(read.grade)" == scan.outcome)
      #expect(read.venue == scan.venue && read.zone == scan.zone)
    } catch let error as IntakeRejection {
      #expect("\(error.code.rawValue) \(error.column)" == scan.outcome)
    }
  }

  private static let visitHeader = "venue,zone,subject,enter,leave\n"
  private static let scanHeader = "code,venue,subject,time,direction,gateway\n"
  private static let encounterHeader =
    "subject,peer,start,end,attenuation_db,rssi_dbm,tx_power_dbm\n"

  struct Pair: Sendable {
    let table: EvidenceTable
    let first: String
    let second: String
    let isSame: Bool

    init(_ table: EvidenceTable, _ first: String, _ second: String, isSame: Bool) {
      self.table = table
      self.first = first
      self.second = second
      self.isSame = isSame
    }
  }

  static let pairs: [Named<Pair>] = {
    let visit = visitHeader + "000000Z92,1,A1,\(morning),\(noon)\n"
    let scan = scanHeader + ",000000Z92,A1,\(morning),in,door-1\n"
    let encounter = encounterHeader + "A1,B2,\(morning),\(noon),60,,\n"
    return [
      Named("the same row", Pair(.visits, visit, visit, isSame: true)),
      Named(
        "columns in another order",
        Pair(
          .visits, visit, "leave,enter,subject,zone,venue\n\(noon),\(morning),A1,1,000000Z92\n",
          isSame: true)),
      Named(
        "an alias, an offset and a zone of other spelling",
        Pair(
          .visits, visit,
          visitHeader + "hnhpmc,01, A1 ,2020-08-06T02:15Z,2020-08-06 05:00:00.25+0000\n",
          isSame: true)),
      Named(
        "a row of JSON",
        Pair(
          .visits, visit,
          """
          {"venue":"000000Z92","zone":1,"subject":"A1","enter":"\(morning)","leave":"\(noon)"}
          """, isSame: true)),
      Named(
        "another venue",
        Pair(
          .visits, visit, visitHeader + "000000ZB4,1,A1,\(morning),\(noon)\n", isSame: false)),
      Named(
        "another zone",
        Pair(.visits, visit, visitHeader + "000000Z92,2,A1,\(morning),\(noon)\n", isSame: false)),
      Named(
        "another subject",
        Pair(.visits, visit, visitHeader + "000000Z92,1,A2,\(morning),\(noon)\n", isSame: false)),
      Named(
        "a subject of other letters",
        Pair(.visits, visit, visitHeader + "000000Z92,1,a1,\(morning),\(noon)\n", isSame: false)),
      Named(
        "another start",
        Pair(
          .visits, visit, visitHeader + "000000Z92,1,A1,2020-08-06T09:15:01+07:00,\(noon)\n",
          isSame: false)),
      Named(
        "no end", Pair(.visits, visit, visitHeader + "000000Z92,1,A1,\(morning),\n", isSame: false)),
      Named(
        "another gateway",
        Pair(.scans, scan, scanHeader + ",000000Z92,A1,\(morning),in,door-2\n", isSame: true)),
      Named(
        "another direction",
        Pair(.scans, scan, scanHeader + ",000000Z92,A1,\(morning),out,door-1\n", isSame: false)),
      Named(
        "subject and peer the other way round",
        Pair(
          .encounters, encounter, encounterHeader + "B2,A1,\(morning),\(noon),60,,\n",
          isSame: false)),
      Named(
        "the same attenuation by another way",
        Pair(
          .encounters, encounter, encounterHeader + "A1,B2,\(morning),\(noon),,-55,5\n",
          isSame: true)),
      Named(
        "another attenuation",
        Pair(
          .encounters, encounter, encounterHeader + "A1,B2,\(morning),\(noon),61,,\n",
          isSame: false)),
    ]
  }()

  @Test("Rows that state the same have one id, all others have two", arguments: pairs)
  func derivesIDs(row: Named<Pair>) throws {
    let context = try Sample.context()
    let first = try Sample.evidence(row.value.table, row.value.first, context)
    let second = try Sample.evidence(row.value.table, row.value.second, context)
    #expect((first.id == second.id) == row.value.isSame)
    #expect(first.statesTheSame(as: second) == row.value.isSame)
  }

  @Test("A code and a typed venue are two statements")
  func tellsCodesFromTypedVenues() throws {
    let context = try Sample.context()
    let typed = Self.scanHeader + ",000000Z92,A1,\(Self.noon),,\n"
    let scanned = Self.scanHeader + "\(try Sample.code()),,A1,\(Self.noon),,\n"
    let both = Self.scanHeader + "\(try Sample.code()),000000Z92,A1,\(Self.noon),,\n"
    let ids = try [typed, scanned, both].map { try Sample.evidence(.scans, $0, context).id }
    #expect(ids[0] != ids[1] && ids[1] == ids[2])
  }

  @Test("A derived id follows from the pseudonym and tells nothing about the subject behind it")
  func derivesIDFromPseudonym() throws {
    let text = Self.visitHeader + "000000Z92,1,A1,\(Self.morning),\(Self.noon)\n"
    let ids: [EvidenceID] = try [UInt8(0), 1].map { key in
      let subject = try Sample.subject("A1", key: key)
      var digest = ContentDigest(domain: "checkin/evidence/visits/v1")
      digest.append(Int64(Sample.hotel.rawValue) << 8 | 1)
      digest.append(Int64(bitPattern: subject.high))
      digest.append(Int64(bitPattern: subject.low))
      digest.append(Sample.moment(Self.morning))
      digest.append(Sample.moment(Self.noon))
      let (high, low) = digest.finish()
      let read = try Sample.evidence(.visits, text, Sample.context(subjectKey: key))
      #expect(read.id == EvidenceID(contentDigest: high, low))
      return read.id
    }
    #expect(ids[0] != ids[1])
  }

  @Test("A reader gives each of many rows its own meaning, refused ones between")
  func readsRowAfterRow() throws {
    let context = try Sample.context()
    var reader = EvidenceReader(.visits, context: context)
    let good = try Sample.row(
      Self.visitHeader + "000000Z92,1,A1,\(Self.morning),\(Self.noon)\n",
      fields: EvidenceTable.visits.fields)
    let bad = try Sample.row(
      "id,venue,subject,enter\nx,000000Z92,A2,\(Self.morning)\n",
      fields: EvidenceTable.visits.fields)
    let first = try reader.evidence(from: good)
    #expect(throws: IntakeRejection.self) { try reader.evidence(from: bad) }
    #expect(try reader.evidence(from: good) == first)
  }

  @Test(
    "Whatever is written is read", arguments: 1...UInt64(TestEnvironment.propertyRuns(default: 4)))
  func readsWhatIsWritten(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let context = try Sample.context()
    let venues = Sample.registry.venues.map(\.id)
    func number(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &generator) }
    func text(_ moment: Int64) -> String {
      let calendar = LocalCalendar(zoneName: "x", fixedOffset: Int32(number(-72...72)) * 900)
      return ISO8601.format(moment, in: calendar)
    }
    for table in EvidenceTable.allCases {
      for format in 0..<24 {
        let subject = "phone \(number(0...9_999)), \"\(number(0...9))\" Hải"
        let start = Int64(number(1_500_000_000...1_597_000_000))
        let end = start + Int64(number(0...86_400))
        let zone = number(0...255)
        let venue = venues[number(0...2)]
        let attenuation = number(0...157)
        let id = EvidenceID(atMilliseconds: start * 1_000, using: &generator)
        let hasEnd = number(0...1) == 0
        let direction = Direction.allCases[number(0...2)]
        var cells: [String: String] = ["id": "\(id)", "subject": subject]
        var expected = Evidence(
          id: id, kind: .visit, subject: try Sample.subject(subject), start: start,
          receivedAt: Sample.now)
        switch table {
        case .visits:
          cells["enter"] = text(start)
          cells["leave"] = hasEnd ? text(end) : ""
          expected.end = hasEnd ? end : nil
        case .scans:
          cells["time"] = text(start)
          cells["direction"] = direction.rawValue
          cells["gateway"] = "door \(zone)"
          expected.kind = [.inward: .scanIn, .outward: .scanOut, .auto: .scan][direction] ?? .visit
          expected.gateway = "door \(zone)"
        case .encounters:
          let peer = subject + "x"
          cells["peer"] = peer
          cells["start"] = text(start)
          cells["end"] = text(end)
          if hasEnd {
            cells["attenuation_db"] = "\(attenuation)"
          } else {
            let sent = number(max(-127, attenuation - 127)...min(30, attenuation + 20))
            cells["tx_power_dbm"] = "\(sent)"
            cells["rssi_dbm"] = "\(sent - attenuation)"
          }
          expected.kind = .bleEncounter
          expected.peer = try Sample.subject(peer)
          expected.end = end
          expected.attenuation = Int16(attenuation)
        case .sightings:
          let heard = subject + "x"
          cells["heard"] = heard
          cells["time"] = text(start)
          cells["attenuation_db"] = "\(attenuation)"
          expected.kind = .bleSighting
          expected.peer = try Sample.subject(heard)
          expected.attenuation = Int16(attenuation)
          expected.attenuationUncertainty = 7
        }
        if table == .visits || table == .scans {
          cells["venue"] = "\(venue)"
          cells["zone"] = zone == 0 ? "" : "\(zone)"
          expected.venue = venue
          expected.zone = UInt8(zone)
          let isRetired =
            venue == Sample.bar && start >= Sample.moment("2020-08-10T00:00:00+07:00")
          expected.status = isRetired ? .retiredVenue : .accepted
        }
        var writer = DelimitedWriter(separator: Array(",;\t".utf8)[format % 3])
        let columns = cells.keys.sorted().shuffled(using: &generator)
        writer.write(columns)
        writer.write(columns.map { cells[$0] ?? "" })
        #expect(try Sample.evidence(table, writer.text, context) == expected, "\(writer.text)")
      }
    }
  }
}
