import DelimitedText
import EvidenceIntake
import Foundation
import Presence
import Testing
import VenueCodes
import VenueRegistry

@Suite("Foreign codes at a door") struct ForeignDoorTests {
  static let newZealand =
    "NZCOVIDTRACER:"
    + Data(
      #"{"gln":"7000000243950","ver":"c19:1","typ":"entry","opn":"Blue Stone","adr":"Leeston"}"#
        .utf8
    ).base64EncodedString()
  static let leaveHomeSafe =
    "HKEN:0gxr8l5A6"
    + Data(#"{"nameZh":"x","nameEn":"Leung Tin","type":"x","hash":"e73818b1"}"#.utf8)
    .base64EncodedString()
  static let pcCovid = "https://qr.pccovid.gov.vn/ksvrbm"
  static let address = "https://qr.tokhaiyte.vn/abc?x=1"
  static let card =
    "001090123456|012345678|NGUYEN VAN A|01011990|Nam|Phường Bến Nghé, Quận 1|15042021"
  static let personalCode =
    "001090123456|NGUYEN VAN A|1990-01-01|0|162979388586171100|<1<00<0912345678"

  /// A context whose hotel is known by some aliases.
  static func context(aliases: [String], ofMarket: [String] = []) throws -> IntakeContext {
    let venues = Sample.registry.venues.map { venue in
      var venue = venue
      if venue.id == Sample.hotel { venue.aliases = aliases }
      if venue.id == Sample.market { venue.aliases = ofMarket }
      return venue
    }
    let registry = Registry(
      categories: Sample.registry.categories, agencies: [], divisions: [], venues: venues)
    let plain = try Sample.context()
    return IntakeContext(
      registry: registry,
      verifier: VenueCodeVerifier(
        keys: KeySet(),
        directory: VenueDirectory(status: { _, _ in .unknown }, isRevoked: { _, _ in false }),
        carrier: Carrier(prefixes: [try URLPrefix("https://qr.haiphong.gov.vn/#")])),
      subjectHash: try Sample.subjectHash(0), calendar: plain.calendar, receivedAt: Sample.now)
  }

  static func read(_ line: String, aliases: [String] = []) throws -> Door.Reading {
    var door = Door(
      gateway: "door-1", direction: .inward, defaultVisitor: nil,
      context: try context(aliases: aliases))
    return door.read(Array(line.utf8), at: Sample.now, id: DoorTests.uuid)
  }

  static func refusal(_ line: String) throws -> IntakeRejection {
    guard case .refused(let refusal) = try read(line) else {
      throw Unexpected()
    }
    return refusal
  }

  struct Unexpected: Error {}

  static let refused = [
    Named("A16: an address", ("https://evil.example/checkin#1", "foreign_url", "do not open it")),
    Named("NZ COVID Tracer", (newZealand, "foreign-code", "NZ COVID Tracer")),
    Named("A18: a key-less hash", (leaveHomeSafe, "foreign-code", "its hash has no key")),
    Named("PC-Covid", (pcCovid, "foreign-code", "PC-Covid")),
    Named("a damaged code", ("UKC19TRACING:2:x.y.z", "foreign-code", "version")),
  ]

  @Test("A foreign code is named and refused, and its content not repeated", arguments: refused)
  func namedAndRefused(row: Named<(String, String, String)>) throws {
    let (code, word, phrase) = row.value
    let refusal = try Self.refusal("\(code) V1")
    #expect(refusal.word == word)
    #expect(refusal.reason.contains(phrase), "\(refusal.reason)")
    for part in ["evil", "Blue", "7000000", "gxr8", "ksvrbm"] {
      #expect(!refusal.reason.contains(part))
    }
  }

  static let aliases = [
    Named("PC-Covid", (pcCovid, "pccovid:ksvrbm")),
    Named("PC-Covid in capitals", ("HTTPS://QR.PCCOVID.GOV.VN/KSVRBM", "pccovid:ksvrbm")),
    Named("NZ COVID Tracer", (newZealand, "nz:7000000243950")),
    Named("LeaveHomeSafe", (leaveHomeSafe, "lhs:gxr8l5A6")),
    Named("an address", (address, address)),
    Named("PC-Covid, by its whole text", (pcCovid, pcCovid)),
  ]

  @Test("A foreign code that is an alias counts as a typed id: grade 0", arguments: aliases)
  func aliasCounts(row: Named<(String, String)>) throws {
    let (code, alias) = row.value
    guard case .evidence(let evidence, let answer) = try Self.read("\(code) V1", aliases: [alias])
    else {
      Issue.record("it is refused")
      return
    }
    #expect(evidence.venue == Sample.hotel && answer.venue == Sample.hotel)
    #expect(evidence.grade == 0 && evidence.status == .accepted && evidence.statedStay == nil)
    let row = ",\(code),,,V1,2020-08-20T09:00:00+07:00,in,g"
    let table = EvidenceTable.scans
    let head = table.fields.map(\.name).joined(separator: ",")
    let imported = try Sample.evidence(
      table, "\(head)\n\(row)\n", try Self.context(aliases: [alias]))
    #expect(imported.venue == Sample.hotel && imported.grade == 0)
  }

  @Test("A foreign code that is an alias of two venues is refused")
  func ambiguousAlias() throws {
    let alias = ["pccovid:ksvrbm"]
    var door = Door(
      gateway: "g", direction: .auto, defaultVisitor: nil,
      context: try Self.context(aliases: alias, ofMarket: alias))
    let line = Array("\(Self.pcCovid) V1".utf8)
    guard case .refused(let refusal) = door.read(line, at: Sample.now, id: DoorTests.uuid) else {
      throw Unexpected()
    }
    #expect(refusal.code == .badVenue)
  }

  @Test("A card or a personal code of one number is one visitor, the number's")
  func visitors() throws {
    let expected = try Sample.subject("cccd:001090123456")
    for visitor in [Self.card, Self.personalCode, "cccd:001090123456"] {
      guard case .evidence(let evidence, let answer) = try Self.read("000000Z92 \(visitor)") else {
        Issue.record("\(visitor) is refused")
        continue
      }
      #expect(evidence.subject == expected && answer.visitor == expected)
    }
    #expect(try Sample.context().pseudonym(of: Self.card) == expected)
  }

  @Test("A damaged card is no visitor, and nothing of it is repeated")
  func damagedCard() throws {
    let refusal = try Self.refusal("000000Z92 001090123456||NGUYEN VAN A|0101")
    #expect(refusal.code == .badSubject)
    for part in ["0010", "NGUYEN", "0101"] { #expect(!refusal.reason.contains(part)) }
  }

  /// Cards that lost a part, in ways that leave a text of bars: no first digit, cut after the name,
  /// cut in the number, and an insurance card of which the end is missing.
  static let cutCards = [
    String(card.dropFirst()), "001090123456|012345678|NGUYEN VAN A", "001090123456|",
    "001090123456|012345678|NGUYEN VAN A|0101", "GD4310123456789|4E677579|18/01/1987|1",
    "4310123456789|4E677579|18/01/1987|1|-|31|01/01/2021|31/12/2021", "|NGUYEN VAN A|01011990|",
  ]

  @Test(
    "A card that was cut is nobody, at a door, in a table and as a subject", arguments: cutCards)
  func cutCard(card: String) throws {
    let refusal = try Self.refusal("000000Z92 \(card)")
    #expect(refusal.code == .badSubject && !refusal.reason.contains("NGUYEN"))
    #expect(throws: IntakeRejection.self) { try Sample.context().pseudonym(of: card) }
    let row = try Sample.refusal(
      .visits, "venue,subject,enter\n000000Z92,\"\(card)\",2020-08-20T09:00:00+07:00\n",
      Sample.context())
    #expect(row?.code == .badSubject)
    // Alone, at a door that knows its venue and at one that does not.
    for place in [Sample.hotel, nil] {
      let word = try LiveCodeTests.outcome(card, at: place)
      #expect(["bad-subject", "foreign-code"].contains(word), "\(word)")
    }
    #expect(try Sample.context().isDocument(card))
  }

  @Test("A symbology mark and a byte order mark before a card or a pass are no part of a person")
  func markedVisitor() throws {
    let card = try Sample.subject("cccd:001090123456")
    let pass = try Sample.pass()
    let holder = try Sample.context().pseudonym(of: pass)
    for mark in ["]Q1", "\u{FEFF}", "\u{FEFF}]Q1"] {
      guard case .evidence(let read, _) = try Self.read("000000Z92 \(mark)\(Self.card)") else {
        Issue.record("\(mark) is refused")
        continue
      }
      #expect(read.subject == card)
      #expect(try Sample.context().pseudonym(of: mark + Self.card) == card)
      #expect(try Sample.context().pseudonym(of: mark + pass) == holder)
      #expect(try Sample.context().isPass(mark + pass))
    }
  }

  @Test("A card in the place of a venue's code is refused, and nothing of it is repeated")
  func cardFirst() throws {
    for line in [
      Self.card, Self.card + " V1", Self.personalCode, "001090123456||NGUYEN VAN A|0101",
    ] {
      let refusal = try Self.refusal(line)
      #expect(refusal.word == "foreign-code")
      for part in ["0010", "NGUYEN", "1990", "Nghé"] { #expect(!refusal.reason.contains(part)) }
    }
  }

  @Test("A code typed under the Vietnamese layout opens the door, and a wrong digit does not")
  func vietnameseLayout() throws {
    let code = try Sample.code()
    var door = try DoorTests.door(.inward)
    let typed = Typed.vietnamese("https://qr.haiphong.gov.vn/#\(code) 0912345678")
    guard
      case .evidence(let evidence, _) = door.read(
        Array(typed.utf8), at: Sample.now, id: DoorTests.uuid)
    else {
      Issue.record("it is refused")
      return
    }
    #expect(evidence.grade == 1 && evidence.venue == Sample.hotel)
    #expect(evidence.subject == (try Sample.subject("0912345678")))
    let wrong = Typed.vietnamese(code.dropLast() + (code.hasSuffix("1") ? "2" : "1"))
    guard
      case .refused(let refusal) = door.read(
        Array("\(wrong) V1".utf8), at: Sample.now, id: DoorTests.uuid)
    else {
      Issue.record("a wrong code is taken")
      return
    }
    #expect(refusal.word == "bad_signature")
  }
}
