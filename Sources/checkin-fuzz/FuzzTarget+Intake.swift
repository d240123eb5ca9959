import DelimitedText
import EvidenceIntake
import FoundationEssentials
import Presence
import Tracing
import VenueCodes
import VenueRegistry

extension FuzzTarget {
  /// Tables of evidence and of cases.
  static let visits = evidence(
    .visits,
    "id,venue,zone,subject,enter,leave\n"
      + "019074d0-a1b2-7c3d-8e4f-0123456789ab,000000Z92,1,0912345678,"
      + "2020-08-06T09:15:00+07:00,2020-08-06T10:15:00+07:00\n"
      + ",HNHPMC,,0912345679,2020-08-06T09:15:00+07:00,\n")
  static let scans = evidence(
    .scans,
    "code,venue,zone,subject,time,direction,gateway\n"
      + ",000000Z92,2,0912345678,2020-08-06T09:15:00+07:00,in,door-1\n"
      + "\(SampleIntake.code),,,0912345678,2020-08-06 09:15Z,auto,\n")
  static let encounters = evidence(
    .encounters,
    "subject,peer,start,end,attenuation_db,rssi_dbm,tx_power_dbm,source\n"
      + "0912345678,0912345679,2020-08-06T09:15:00+07:00,2020-08-06T09:25:00+07:00,55.5,,,a\n"
      + "0912345678,0912345670,2020-08-06T09:15:00+07:00,2020-08-06T09:25:00+07:00,,-60,12,b\n")

  static let sightings = evidence(
    .sightings,
    "id,subject,gateway,venue,zone,heard,time,rssi_dbm,tx_power_dbm,attenuation_db,model,heard_model\n"
      + ",0912345678,,,,bluezone:29ABD013B41C90269332AB5D,2020-08-06T09:15:00+07:00,-60,8,,,\n"
      + ",,door,000000Z92,2,rpi:8be6cd371c5c891604bfbe49df845096,2020-08-06T09:15:00Z,-60,,,,\n"
      + ",a,,,,b,2020-08-06T09:15:00Z,,,55.5,L-1,Q-1\n")

  private static func evidence(_ table: EvidenceTable, _ example: String) -> FuzzTarget {
    FuzzTarget(table.rawValue, examples: texts(example)) { input in
      let context = SampleIntake.context
      var intake = EvidenceReader(table, context: context)
      SampleIntake.forEachRow(of: input, fields: table.fields) { record in
        do throws(IntakeRejection) {
          let evidence = try intake.evidence(from: record)
          check(evidence)
          var other = EvidenceReader(table, context: context)
          require((try? other.evidence(from: record)) == evidence, "a row has one meaning")
        } catch {
          check(error)
        }
      }
    }
  }

  private static func check(_ evidence: Evidence) {
    let latest = SampleIntake.receivedAt + IntakeContext.futureToleranceSeconds
    require((0...latest).contains(evidence.start), "evidence is of the past")
    require(evidence.end.map { (evidence.start...latest).contains($0) } ?? true, "ends in order")
    require((evidence.venue == nil) != (evidence.peer == nil), "a venue or a peer")
    require(evidence.peer != evidence.subject, "nobody meets themself")
    require(
      evidence.venue.map { SampleRegistry.registry.venue($0) != nil } ?? true, "a known venue")
    require(evidence.attenuation.map { (0...200).contains($0) } ?? true, "a possible attenuation")
    require((evidence.attenuation == nil) != evidence.kind.isBluetooth, "attenuation by radio")
    require(evidence.kind != .bleEncounter || evidence.peer != nil, "an encounter is of two")
    require((-1...1).contains(evidence.grade), "a grade that a row can have")
    require(
      (evidence.grade == -1) ? evidence.status != .accepted : true, "contradicted, so refused")
  }

  /// A refusal must say why, and must not repeat what could be a telephone number.
  private static func check(_ rejection: IntakeRejection) {
    require(!rejection.column.isEmpty && !rejection.reason.isEmpty, "a refusal says why")
    // These name venues, whose ids may be all digits.
    guard rejection.code != .unknownVenue, rejection.code != .otherVenue else { return }
    var run = 0
    for byte in rejection.reason.utf8 {
      run = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? run + 1 : 0
      require(run < 6, "a refusal repeats no number")
    }
  }

  /// A table of keys: what is taken makes every identifier of one day, in order.
  static let keys = FuzzTarget(
    "keys",
    examples: texts(
      "subject,format,key,date\n0912345678,bluezone,"
        + String(repeating: "4C", count: 32)
        + ",2020-08-08\n0912345678,gaen,dXV1dXV1dXV1dXV1dXV1dQ==,"
        + "2020-08-08\n0912345678,bluezone,\(String(repeating: "4C", count: 32)),\n")
  ) { input in
    let reader = IdentifierKeyReader(context: SampleIntake.context)
    SampleIntake.forEachRow(of: input, fields: IdentifierKeyReader.fields) { record in
      do throws(IntakeRejection) {
        let aliases = try reader.aliases(from: record)
        require([96, 144].contains(aliases.count), "all identifiers of a day")
        require(Set(aliases.map(\.credential)).count == aliases.count, "each of them once")
        require(Set(aliases.map(\.person)).count == 1, "of one person")
        require(zip(aliases, aliases.dropFirst()).allSatisfy { $0.to == $1.from }, "no gap")
        let length = (aliases.last?.to ?? 0) - (aliases.first?.from ?? 0)
        require(length == 86_400, "one day and no more")
      } catch {
        check(error)
      }
    }
  }

  /// A table of cases: a case that is taken must have a window.
  static let cases = FuzzTarget(
    "cases",
    examples: texts(
      "id,subject,onset,specimen,isolation,from,to\n"
        + "BN1,0912345678,2020-08-01,,2020-08-05T09:00:00+07:00,,\n"
        + "BN2,0912345679,,,,2020-08-01T00:00+07:00,2020-08-02T00:00+07:00\n")
  ) { input in
    let reader = CaseReader(context: SampleIntake.context)
    SampleIntake.forEachRow(of: input, fields: CaseReader.fields) { record in
      do throws(IntakeRejection) {
        let confirmed = try reader.confirmedCase(from: record)
        require(!confirmed.id.isEmpty, "a case has a name")
        if let rules = SampleRules.rules {
          let window = rules.window(of: confirmed, in: .haiPhong)
          require(window.lowerBound <= window.upperBound, "a window has its ends in order")
        }
      } catch {
        check(error)
      }
    }
  }

  /// Lines at a door: each must be answered, and as the visits derived later will have it.
  ///
  /// The first byte of a line says how many seconds after the line before it comes.
  static let door = FuzzTarget(
    "door",
    examples: texts(
      "\u{01}000000Z92 0912345678\n\u{20}0000 00Z9 2 0912345678\n\u{7F}000000Z92 0912345678",
      "\u{01}\(SampleIntake.code)\tvisitor-1\n\u{7F}monaco visitor-1\n\u{01}000000ZB4")
      + [
        LiveSamples.texts.map { [1] + $0 + Array(" an".utf8) }, LiveSamples.texts.map { [1] + $0 },
      ]
      .map { Array($0.joined(separator: [UInt8(ascii: "\n")])) }
  ) { input in
    let context = SampleIntake.context
    // A first byte that is odd makes a door that knows where it is.
    var door = Door(
      gateway: "fuzz", direction: .auto, defaultVisitor: Pseudonym(high: 1, low: 2),
      place: (input.first ?? 0) % 2 == 1 ? LiveSamples.venue.map { ScanPlace(venue: $0) } : nil,
      context: context)
    var usesProvenCodes: Set<Pseudonym> = []
    var now = SampleIntake.receivedAt
    var events: [Pseudonym: [PresenceEvent]] = [:]
    for (place, line) in input.split(separator: UInt8(ascii: "\n")).prefix(40).enumerated() {
      now += Int64(line.first ?? 0)
      let id = EvidenceID(high: 0, low: UInt64(place))
      switch door.read(Array(line.dropFirst()), at: now, id: id) {
      case .refused(let rejection): check(rejection)
      case .evidence(let evidence, let answer):
        if evidence.id == id {
          require(evidence.start == now, "a scan is what the door saw")
        } else {
          require(abs(now - evidence.start) < 86_400, "a code proves a moment of that day")
          usesProvenCodes.insert(evidence.subject)
        }
        require(answer.venue == evidence.venue && answer.zone == evidence.zone, "one place")
        require((answer.failure == nil) == (evidence.status == .accepted), "a failure has a reason")
        // What a code proves may lie before scans that the door has answered.
        guard !usesProvenCodes.contains(evidence.subject),
          let event = PresenceEvent(evidence, subject: 0)
        else { continue }
        events[evidence.subject, default: []].append(event)
        let visits = VisitDeriver(rules: StayRules(calendar: .haiPhong)).visits(
          from: events[evidence.subject] ?? [])
        let isExit = visits.contains { $0.closedBy == id && $0.endReason == .exitScan }
        let isEntry = !isExit && visits.contains { $0.openedBy == id }
        require(!isExit || !answer.isEntry, "who is told out has left")
        require(!isEntry || answer.isEntry, "who is told in is there")
      }
    }
  }
}

/// What evidence is read against: always the same.
private enum SampleIntake {
  static let receivedAt: Int64 = 1_597_900_000  // 2020-08-20T12:06:40+07:00

  static let key = try? Ed25519.SigningKey(seed: SecretBytes(copying: Array(0..<32).span))

  static let code: String = {
    guard let key, let venue = SampleRegistry.registry.venues.first,
      let token = try? VenueToken(
        kind: .inAndOut, keyID: 7, venue: venue.id, zone: 1,
        firstDay: LocalDay(daysSince2020: 200), weeksValid: 26)
    else { return "" }
    return VenueCode(signing: token, with: key).digits
  }()

  static let context: IntakeContext = {
    let keys =
      (try? KeySet(
        [key].compactMap { $0 }.map {
          try PublishedKey(id: 7, publicKey: $0.publicKey, notBefore: 0, notAfter: 2_000_000_000)
        })) ?? KeySet()
    let verifier = VenueCodeVerifier(
      keys: keys,
      directory: VenueDirectory(
        status: { id, _ in
          SampleRegistry.registry.venue(id).map { .active(name: $0.name) } ?? .unknown
        }, isRevoked: { token, _ in token.serial == 9 }), carrier: Carrier(),
      secrets: LiveSamples.secrets)
    guard let secret = try? SecretBytes(copying: Array(64..<96).span),
      let hash = (try? KeyedHash(key: secret, domain: "fuzz")).map(PseudonymHash.init)
    else { fatalError("no memory for a key") }
    return IntakeContext(
      registry: SampleRegistry.registry, verifier: verifier, subjectHash: hash,
      calendar: .haiPhong, receivedAt: receivedAt)
  }()

  /// Gives the rows of a table that can be read.
  static func forEachRow(of input: [UInt8], fields: [TableField], _ body: (Record) -> Void) {
    var reader = RecordReader(fields: fields)
    try? reader.readAll(input) { record, fault in
      if fault == nil { body(record) }
    }
  }
}
