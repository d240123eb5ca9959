import DelimitedText
import EvidenceIntake
import ExposureRisk
import Presence
import ProximityFormats
import TestSupport
import Testing
import VenueCodes

@Suite("Reading sightings") struct SightingReaderTests {
  static let moment = "2020-08-08T13:00:00+07:00"
  static let bluezone = "bluezone:29ABD013B41C90269332AB5D"
  static let proximity = "rpi:8be6cd371c5c891604bfbe49df845096"
  /// Two models, 10 dB apart.
  private let context: IntakeContext

  init() throws {
    context = try Sample.context(
      models: DeviceModels(
        Array(
          "manufacturer,name,model,dbm_at_2m,source\nA,Loud,L-1,-55,x\nB,Quiet,Q-1,-65,x\n".utf8)))
  }

  private func read(_ row: String) throws -> SightingReader.Sighting {
    var reader = SightingReader(context: context)
    return try reader.sighting(from: Sample.row(row, fields: SightingReader.fields))
  }

  private func identifier(_ text: String) throws -> RadioIdentifier {
    let identifier: RadioIdentifier? = RadioIdentifier(text)
    return try #require(identifier)
  }

  private func refusal(_ row: String) throws -> IntakeRejection? {
    do {
      _ = try read(row)
      return nil
    } catch let error as IntakeRejection {
      return error
    }
  }

  @Test("What a phone heard is of the two that it names")
  func phone() throws {
    let sighting = try read(
      "subject,heard,time,rssi_dbm,tx_power_dbm\n0912,\(Self.bluezone),\(Self.moment),-60,8\n")
    let evidence = sighting.evidence
    #expect(evidence.kind == .bleSighting && evidence.status == .rotatingIdentifier)
    #expect(try evidence.subject == Sample.subject("0912"))
    #expect(try evidence.peer == Sample.subject(Self.bluezone))
    #expect(evidence.start == Sample.moment(Self.moment) && evidence.end == nil)
    #expect(evidence.venue == nil && evidence.attenuation == 68)
    #expect(evidence.attenuationUncertainty == 9)
    #expect(try sighting.identifiers == [Sample.subject(Self.bluezone)])
  }

  @Test("Whoever is named by no identifier is a person")
  func persons() throws {
    let sighting = try read(
      "subject,heard,time,attenuation_db\n0912,0913,\(Self.moment),57.2\n")
    #expect(sighting.evidence.status == .accepted && sighting.identifiers.isEmpty)
    #expect(sighting.evidence.attenuation == 58)
  }

  @Test("A row that states the attenuation and agreeing strengths is taken as it states")
  func statedAndMeasured() throws {
    for strengths in ["-60,", "-60,8", "-72,8"] {
      let sighting = try read(
        "subject,heard,time,attenuation_db,rssi_dbm,tx_power_dbm\n"
          + "0912,0913,\(Self.moment),61,\(strengths)\n")
      #expect(sighting.evidence.attenuation == 61)
    }
  }

  @Test("A hearer that is an identifier has to be known too")
  func rotatingHearer() throws {
    let sighting = try read(
      "subject,heard,time,rssi_dbm\n\(Self.proximity),0913,\(Self.moment),-60\n")
    #expect(sighting.evidence.status == .rotatingHearer)
    #expect(try sighting.identifiers == [Sample.subject(Self.proximity)])
    let both = try read(
      "subject,heard,time,rssi_dbm\n\(Self.proximity),\(Self.bluezone),\(Self.moment),-60\n")
    #expect(both.evidence.status == .rotatingPair && both.identifiers.count == 2)
  }

  @Test("What a box at a door heard is of the phone and the place")
  func box() throws {
    let sighting = try read(
      "gateway,venue,zone,heard,time,rssi_dbm\ndoor 1,000000Z92,3,\(Self.bluezone),"
        + "\(Self.moment),-60\n")
    let evidence = sighting.evidence
    #expect(evidence.kind == .bleSighting && evidence.peer == nil)
    #expect(evidence.venue == Sample.hotel && evidence.zone == 3)
    #expect(evidence.gateway == "door 1" && evidence.status == .rotatingIdentifier)
    #expect(try evidence.subject == Sample.subject(Self.bluezone))
    #expect(evidence.attenuation == 55)
  }

  @Test("Two boxes that hear a phone in one second are two sightings")
  func twoBoxes() throws {
    let rows = ["a", "b"].map {
      "gateway,venue,heard,time,rssi_dbm\n\($0),000000Z92,0912,\(Self.moment),-60\n"
    }
    let ids = try Set(rows.map { try read($0).evidence.id })
    #expect(ids.count == 2)
  }

  @Test("A known model is corrected for, and its uncertainty is smaller")
  func models() throws {
    func read(_ models: String) throws -> Evidence {
      try self.read(
        "subject,heard,time,rssi_dbm,model,heard_model\n0912,0913,\(Self.moment),-65,\(models)\n"
      ).evidence
    }
    #expect(try read("Q-1,L-1").attenuation == 65)
    #expect(try read("Q-1,Q-1").attenuation == 55)
    #expect(try read("Q-1,L-1").attenuationUncertainty == 3)
    #expect(try read(",L-1").attenuationUncertainty == 5)
    #expect(try read("Q-1,").attenuationUncertainty ?? 0 > 5)
  }

  @Test("An id follows from what was measured, and not from the letters or the table of models")
  func ids() throws {
    let row =
      "subject,heard,time,rssi_dbm,heard_model\n0912,\(Self.bluezone),\(Self.moment),-65,L-1\n"
    let id = try read(row).evidence.id
    #expect(try read(row.replacingOccurrences("29ABD013", with: "29abd013")).evidence.id == id)
    var other = SightingReader(context: try Sample.context())
    let uncorrected = try other.sighting(from: Sample.row(row, fields: SightingReader.fields))
    #expect(uncorrected.evidence.id == id && uncorrected.evidence.attenuation == 60)
    for change in [("-65", "-66"), ("0912", "0914"), ("13:00:00", "13:00:01"), ("5D,", "5E,")] {
      #expect(try read(row.replacingOccurrences(change.0, with: change.1)).evidence.id != id)
    }
    let given =
      "id," + row.replacingOccurrences("\n0912", with: "\n\(EvidenceReaderTests.uuid),0912")
    #expect(try "\(read(given).evidence.id)" == EvidenceReaderTests.uuid)
  }

  @Test("A sighting is the same from an app's file and from a table")
  func sameFromBoth() throws {
    let row = try read(
      "subject,heard,time,rssi_dbm\n0912,\(Self.bluezone),\(Self.moment),-65\n"
    ).evidence
    var reader = SightingReader(context: context)
    let upload = try reader.sighting(
      from: RadioSighting(
        heard: identifier(Self.bluezone), second: Sample.moment(Self.moment),
        receivedStrength: -65), owner: Sample.subject("0912"), source: "bluezone")
    #expect(upload.evidence.statesTheSame(as: row))
  }

  @Test("An app's sighting without an owner is of what the phone said of itself")
  func ownIdentifier() throws {
    var reader = SightingReader(context: context)
    let own = try identifier(Self.bluezone)
    let sighting = RadioSighting(
      hearer: own, heard: try identifier(Self.proximity),
      second: Sample.moment(Self.moment), receivedStrength: -65)
    let read = try reader.sighting(from: sighting, owner: nil, source: "bluezone")
    #expect(read.evidence.subject == context.pseudonym(of: own))
    #expect(read.identifiers.count == 2)
    #expect(read.evidence.gateway == "bluezone")
    var nobody = sighting
    nobody.hearer = nil
    #expect(throws: IntakeRejection.self) {
      try reader.sighting(from: nobody, owner: nil, source: "x")
    }
  }

  @Test(
    "A sighting that its service does not count is kept with the reason",
    arguments: [
      (RadioSighting.Fault.expired, Evidence.Status.expiredIdentifier),
      (.unreadable, .unreadableIdentifier), (.noIdentifier, .unreadableIdentifier),
    ])
  func faults(fault: RadioSighting.Fault, status: Evidence.Status) throws {
    var reader = SightingReader(context: context)
    let read = try reader.sighting(
      from: RadioSighting(
        heard: nil, second: Sample.moment(Self.moment), receivedStrength: -65, fault: fault),
      owner: Sample.subject("0912"), source: "opentrace")
    #expect(read.evidence.status == status && read.evidence.peer != nil)
  }

  static let badRows: [(String, String, IntakeRejection.Code)] = [
    ("heard,time,rssi_dbm\n0913,\(moment),-60", "subject", .missing),
    ("subject,heard,time,rssi_dbm\n0912,,\(moment),-60", "heard", .missing),
    ("subject,heard,time,rssi_dbm\n0912,0912,\(moment),-60", "heard", .contradiction),
    (
      "subject,venue,heard,time,rssi_dbm\n0912,000000Z92,0913,\(moment),-60", "subject",
      .contradiction
    ),
    ("subject,zone,heard,time,rssi_dbm\n0912,1,0913,\(moment),-60", "venue", .missing),
    ("gateway,venue,heard,time,rssi_dbm\nd,0000000B8,0913,\(moment),-60", "venue", .unknownVenue),
    ("subject,heard,time,rssi_dbm\n0912,bluezone:29AB,\(moment),-60", "heard", .badIdentifier),
    ("subject,heard,time,rssi_dbm\n0912,rpi:zz,\(moment),-60", "heard", .badIdentifier),
    ("subject,heard,time,rssi_dbm\ntempid:x,0912,\(moment),-60", "subject", .badIdentifier),
    ("subject,heard,time,rssi_dbm\n0912,0913,,-60", "time", .missing),
    ("subject,heard,time,rssi_dbm\n0912,0913,2020-08-08T13:00:00,-60", "time", .badTime),
    ("subject,heard,time,rssi_dbm\n0912,0913,2021-08-08T13:00:00Z,-60", "time", .future),
    ("subject,heard,time,rssi_dbm\n0912,0913,\(moment),127", "rssi_dbm", .badNumber),
    ("subject,heard,time\n0912,0913,\(moment)", "rssi_dbm", .missing),
    (
      "subject,heard,time,rssi_dbm,tx_power_dbm\n0912,0913,\(moment),-10,-60", "rssi_dbm",
      .contradiction
    ),
    (
      "subject,heard,time,rssi_dbm,tx_power_dbm\n0912,0913,\(moment),-10,90", "tx_power_dbm",
      .badNumber
    ),
    ("subject,heard,time,attenuation_db\n0912,0913,\(moment),201", "attenuation_db", .badNumber),
    (
      "subject,heard,time,attenuation_db,rssi_dbm\n0912,0913,\(moment),20,-90", "attenuation_db",
      .contradiction
    ),
    (
      "subject,heard,time,attenuation_db,rssi_dbm,tx_power_dbm\n0912,0913,\(moment),40,-90,8",
      "attenuation_db", .contradiction
    ),
    (
      "subject,heard,time,attenuation_db,rssi_dbm\n0912,0913,\(moment),60,weak", "rssi_dbm",
      .badNumber
    ),
    ("id,subject,heard,time,rssi_dbm\nx,0912,0913,\(moment),-60", "id", .badID),
  ]

  @Test("A row that cannot be is refused, and says which column", arguments: badRows)
  func refusedRow(row: String, column: String, code: IntakeRejection.Code) throws {
    // What a venue's id has at its end is checked before it is looked up.
    let rejection = try #require(try refusal(row + "\n"))
    #expect(rejection.column == column)
    #expect(rejection.code == code || code == .unknownVenue && rejection.code == .badVenue)
  }
}

@Suite("Reading keys") struct IdentifierKeyReaderTests {
  static let bluezoneKey = String(repeating: "4C", count: 32)
  static let exposureKey = String(repeating: "75", count: 16)

  private func aliases(_ row: String) throws -> [CredentialAlias] {
    try IdentifierKeyReader(context: Sample.context()).aliases(
      from: Sample.row(
        "subject,format,key,date\n\(row)\n", fields: IdentifierKeyReader.fields))
  }

  @Test("A day key of Bluezone makes 96 aliases, in hexadecimal and in base64")
  func bluezone() throws {
    let aliases = try aliases("0912,Bluezone,\(Self.bluezoneKey),2020-08-08")
    #expect(aliases.count == 96)
    #expect(aliases.first?.from == 1_596_844_800 && aliases.last?.to == 1_596_931_200)
    let base64 = String(repeating: "TExM", count: 10) + "TEw="
    #expect(try self.aliases("0912,bluezone,\(base64),2020-08-08") == aliases)
    let key = try BluezoneDayKey(
      Array(repeating: 0x4C, count: 32), day: #require(LocalDay(iso8601: "2020-08-08")))
    for (alias, slot) in zip(aliases, key.slots()) {
      #expect(alias.from == slot.from && alias.to == slot.to)
      #expect(try alias.person == Sample.subject("0912"))
      #expect(try alias.credential == Sample.subject("bluezone:\(slot.identifier)"))
    }
  }

  @Test("An exposure key makes 144 aliases")
  func exposure() throws {
    let aliases = try aliases("0912,gaen,\(Self.exposureKey),2020-08-08")
    #expect(aliases.count == 144)
    #expect(aliases.first?.from == 1_596_844_800 && aliases.last?.to == 1_596_931_200)
    let key = try ExposureKey(
      Array(repeating: 0x75, count: 16), day: #require(LocalDay(iso8601: "2020-08-08")))
    let first = try #require(try key.slots().first)
    #expect(try aliases.first?.credential == Sample.subject("rpi:\(first.identifier)"))
  }

  @Test(
    "A key that cannot be taken is refused, and says why",
    arguments: [
      ("0912,bluezone,\(bluezoneKey),", "date", IntakeRejection.Code.baseKey),
      ("0912,gaen,\(exposureKey),", "date", .baseKey),
      ("0912,bluezone,\(bluezoneKey),08/08/2020", "date", .badDate),
      ("0912,bluezone,\(exposureKey),2020-08-08", "key", .badKey),
      ("0912,gaen,\(bluezoneKey),2020-08-08", "key", .badKey),
      ("0912,bluezone,\(bluezoneKey.dropLast())x,2020-08-08", "key", .badKey),
      ("0912,bluezone,,2020-08-08", "key", .missing),
      ("0912,base,\(bluezoneKey),2020-08-08", "format", .badWord),
      ("0912,,\(bluezoneKey),2020-08-08", "format", .missing),
      (",bluezone,\(bluezoneKey),2020-08-08", "subject", .missing),
      (
        "\(SightingReaderTests.bluezone),bluezone,\(bluezoneKey),2020-08-08", "subject", .badSubject
      ),
      ("0912,gaen,\(exposureKey),1969-12-31", "date", .badDate),
      ("0912,gaen,\(exposureKey),0020-08-08", "date", .badDate),
      ("0912,bluezone,\(bluezoneKey),1969-12-31", "date", .badDate),
      ("0912,bluezone,\(bluezoneKey),2000-12-31", "date", .badDate),
      ("0912,bluezone,\(bluezoneKey),2020-08-21", "date", .future),
      ("0912,bluezone,\(bluezoneKey),2080-08-08", "date", .future),
      ("0912,gaen,\(exposureKey),9999-12-31", "date", .future),
    ])
  func refused(row: String, column: String, code: IntakeRejection.Code) throws {
    do {
      _ = try aliases(row)
      Issue.record("taken: \(row)")
    } catch let error as IntakeRejection {
      #expect(error.code == code && error.column == column)
      #expect(!error.reason.contains("4C4C") && !error.reason.contains("7575"))
    }
  }

  @Test("A temporary id that was opened is its user's, for its time")
  func temporaryID() throws {
    let context = try Sample.context()
    let id = try #require(TemporaryID(bytes: Array(repeating: 9, count: 61)))
    let reader = IdentifierKeyReader(context: context)
    let start = Sample.now - 86_400
    let alias = try reader.alias(of: id, .init(user: "abc", from: start, to: start + 900))
    #expect(alias.credential == context.pseudonym(of: .temporary(id)))
    #expect(try alias.person == Sample.subject("abc"))
    #expect(alias.from == start && alias.to == start + 900)
  }

  @Test("A slot that no server seals is not believed")
  func absurdSlots() throws {
    let id = try #require(TemporaryID(bytes: Array(repeating: 9, count: 61)))
    let reader = IdentifierKeyReader(context: try Sample.context())
    for (from, to) in [
      (1_000, 1_900), (Sample.now - 86_400, Sample.now + 86_400), (Sample.now, Sample.now),
      (Sample.now, Int64(Int32.max)), (Sample.now + 86_401, Sample.now + 87_301),
    ] {
      #expect(throws: IntakeRejection.self) {
        try reader.alias(of: id, .init(user: "abc", from: from, to: to))
      }
    }
  }

  @Test("The key of today is taken and that of tomorrow in an upload is not")
  func daysOfUploads() throws {
    let reader = IdentifierKeyReader(context: try Sample.context())
    let person = try Sample.subject("0912")
    let bytes = [UInt8](repeating: 0x4C, count: 32)
    let today = try #require(LocalDay(iso8601: "2020-08-20"))
    #expect(try reader.aliases(of: BluezoneDayKey(bytes, day: today), person: person).count == 96)
    let tomorrow = try BluezoneDayKey(bytes, day: today.advanced(by: 1))
    do throws(IntakeRejection) {
      _ = try reader.aliases(of: tomorrow, person: person)
      Issue.record("taken")
    } catch {
      #expect(error.code == .future)
    }
  }
}

@Suite("Reading exposure windows") struct ExposureWindowReaderTests {
  private func window(_ scans: [(Int, Int)], day: Int = 18_482) -> ExposureWindow {
    ExposureWindow(
      day: day, reportType: 1, infectiousness: 1, calibrationConfidence: 0,
      scanInstances: scans.map {
        .init(minimumAttenuation: $0.0 - 5, typicalAttenuation: $0.0, secondsSinceLastScan: $0.1)
      })
  }

  private func read(_ window: ExposureWindow) throws -> Evidence {
    var reader = ExposureWindowReader(
      context: try Sample.context(), owner: try Sample.subject("0912"))
    return try reader.evidence(from: window, source: "gaen")
  }

  @Test("A window is an encounter of its day without a moment")
  func reads() throws {
    let evidence = try read(window([(50, 300), (70, 600), (99, -30)]))
    #expect(evidence.kind == .bleEncounter && evidence.status == .undated)
    #expect(evidence.start == 18_482 * 86_400 && evidence.end == 18_482 * 86_400 + 900)
    #expect(evidence.attenuation == 64)
    #expect(try evidence.subject == Sample.subject("0912"))
    #expect(evidence.peer != nil && evidence.gateway == "gaen")
  }

  @Test("The same window is the same evidence, and another is another person's as far as we know")
  func ids() throws {
    let (one, two) = (window([(50, 300)]), window([(50, 301)]))
    #expect(try read(one) == read(one))
    #expect(try read(one).id != read(two).id && read(one).peer != read(two).peer)
  }

  @Test("A window that took no time has the plain mean")
  func noTime() throws {
    let evidence = try read(window([(50, 0), (60, -5)]))
    #expect(evidence.attenuation == 55 && evidence.start == evidence.end)
  }

  @Test("A window that cannot be is refused")
  func refused() throws {
    for (bad, code) in [
      (window([]), IntakeRejection.Code.missing), (window([(50, 300)], day: 30_000), .future),
      (window([(50, 300)], day: -18_000), .badDate), (window([(50, 300)], day: 11_322), .badDate),
      (window([(50, 300)], day: .max), .badDate),
      (window([(50, 86_401)]), .contradiction),
    ] {
      do {
        _ = try read(bad)
        Issue.record("taken")
      } catch let error as IntakeRejection {
        #expect(error.code == code)
      }
    }
  }
}

extension String {
  fileprivate func replacingOccurrences(_ old: String, with new: String) -> String {
    split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
  }
}
