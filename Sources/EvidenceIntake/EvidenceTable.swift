public import DelimitedText
public import Presence
internal import Bluetooth
internal import ProximityFormats
internal import VenueCodes

/// The tables of evidence that can be imported, with their fixed columns.
public enum EvidenceTable: String, Sendable, CaseIterable {
  /// Stays with both ends known, or the start only.
  case visits
  /// Scans of codes.
  case scans
  /// Bluetooth encounters.
  case encounters
  /// What a phone, or a box at a door, heard of phones.
  case sightings

  /// The columns of the table, in the order that `EvidenceReader` reads them by.
  public var fields: [TableField] {
    switch self {
    case .visits:
      [
        TableField("id"), TableField("venue", isRequired: true), TableField("zone"),
        TableField("subject", isRequired: true), TableField("enter", isRequired: true),
        TableField("leave"),
      ]
    case .scans:
      [
        TableField("id"), TableField("code"), TableField("venue"), TableField("zone"),
        TableField("subject", isRequired: true), TableField("time", isRequired: true),
        TableField("direction"), TableField("gateway"),
      ]
    case .encounters:
      [
        TableField("id"), TableField("subject", isRequired: true),
        TableField("peer", isRequired: true), TableField("start", isRequired: true),
        TableField("end", isRequired: true), TableField("attenuation_db"), TableField("rssi_dbm"),
        TableField("tx_power_dbm"), TableField("source"),
      ]
    case .sightings: SightingReader.fields
    }
  }
}

/// Makes evidence of the rows of one table.
///
/// A row without an id gets one derived from its content, with the pseudonym in place of the
/// subject, so that the id tells nobody's phone number and the same row twice is one piece of
/// evidence.
public struct EvidenceReader: Sendable {
  /// The table.
  public let table: EvidenceTable

  private let context: IntakeContext
  private var digest: ContentDigest
  private var codes: GenuineCodeCache
  private var gateways = GatewayNames()
  private var sightings: SightingReader

  /// Makes a reader.
  public init(_ table: EvidenceTable, context: IntakeContext) {
    self.table = table
    self.context = context
    self.digest = ContentDigest(domain: "checkin/evidence/\(table.rawValue)/v1")
    self.codes = GenuineCodeCache()
    self.sightings = SightingReader(context: context)
  }

  /// Reads a row.
  ///
  /// - Parameter record: A row read with the table's `fields`.
  /// - Returns: The evidence; a genuine code that does not count gives evidence with a status.
  /// - Throws: The first thing that is wrong with the row.
  public mutating func evidence(from record: Record) throws(IntakeRejection) -> Evidence {
    switch table {
    case .visits: try visit(record)
    case .scans: try scan(record)
    case .encounters: try encounter(record)
    case .sightings: try sightings.sighting(from: record).evidence
    }
  }

  private mutating func visit(_ record: Record) throws(IntakeRejection) -> Evidence {
    let venue = try context.venue(record.trimmed(1).required("venue"), column: "venue")
    let zone = try record.trimmed(2).zone
    let subject = try context.person(ofSlice: record.trimmed(3), column: "subject")
    let enter = try record.trimmed(4).required("enter").time(column: "enter")
    try context.checkNotFuture(enter, column: "enter")
    let leave = record.trimmed(5).isEmpty ? nil : try record.trimmed(5).time(column: "leave")
    if let leave {
      guard leave >= enter else {
        throw IntakeRejection(.contradiction, "leave", "leave is before enter")
      }
      try context.checkNotFuture(leave, column: "leave")
      try checkLength(from: enter, to: leave, column: "leave")
    }
    let id = try id(record.trimmed(0)) { digest in
      digest.append(venue, zone, subject)
      digest.append(enter)
      digest.append(leave ?? -1)
    }
    return Evidence(
      id: id, kind: .visit, subject: subject, venue: venue, zone: zone, start: enter, end: leave,
      status: context.isRetired(venue, at: enter) ? .retiredVenue : .accepted,
      receivedAt: context.receivedAt)
  }

  private mutating func scan(_ record: Record) throws(IntakeRejection) -> Evidence {
    let time = try record.trimmed(5).required("time").time(column: "time")
    try context.checkNotFuture(time, column: "time")
    let direction = try Direction(record.trimmed(6))
    let code = record.trimmed(1)
    // A pass or a receipt in the column of codes names the visitor itself.
    let named =
      code.isEmpty || !record.trimmed(4).isEmpty
      ? try context.person(ofSlice: record.trimmed(4), column: "subject") : nil
    let scanned: ScannedVenue
    if code.isEmpty {
      let venue = try context.venue(record.trimmed(2).required("venue"), column: "venue")
      scanned = ScannedVenue(
        unverified: venue, zone: try record.trimmed(3).zone, at: time, direction: direction,
        context: context)
    } else {
      scanned = try ScannedVenue(
        code: code, at: time, direction: direction, place: try place(of: record),
        context: context, cache: &codes)
      try checkCode(scanned, agreesWith: record)
    }
    guard let subject = scanned.visitor ?? named else {
      throw IntakeRejection(.missing, "subject", "subject is missing")
    }
    guard named == nil || named == subject else {
      throw IntakeRejection(.contradiction, "subject", "the code is another visitor's")
    }
    let rowID = try id(record.trimmed(0)) { digest in
      digest.append(scanned.venue, scanned.zone, subject)
      digest.append(time)
      digest.append(Int64(scanned.kind.rawValue))
      digest.append(code.isEmpty ? 0 : 1)
    }
    // A code that proves a moment is one check-in, whatever the row is called and states.
    return Evidence(
      id: scanned.provenID(of: subject) ?? rowID, kind: scanned.kind, subject: subject,
      venue: scanned.venue, zone: scanned.zone, start: scanned.seenAt ?? time,
      statedStay: scanned.statedStay, grade: scanned.grade, status: scanned.status,
      gateway: try gateways.name(record.trimmed(7), column: "gateway"),
      receivedAt: context.receivedAt)
  }

  /// Where the scanner stood, when the row says so.
  private func place(of record: Record) throws(IntakeRejection) -> ScanPlace? {
    let venue = record.trimmed(2)
    guard !venue.isEmpty else { return nil }
    return ScanPlace(
      venue: try context.venue(venue, column: "venue"), zone: try record.trimmed(3).zone)
  }

  /// Refuses a row whose own venue or zone is not that of its code.
  private func checkCode(
    _ scanned: ScannedVenue, agreesWith record: Record
  ) throws(IntakeRejection) {
    let venue = record.trimmed(2)
    if !venue.isEmpty, try context.venue(venue, column: "venue") != scanned.venue {
      throw IntakeRejection(.contradiction, "venue", "the code is another venue's")
    }
    let zone = record.trimmed(3)
    if !zone.isEmpty, try zone.zone != scanned.zone {
      throw IntakeRejection(.contradiction, "zone", "the code is another zone's")
    }
  }

  private mutating func encounter(_ record: Record) throws(IntakeRejection) -> Evidence {
    let subject = try context.person(ofSlice: record.trimmed(1), column: "subject")
    let peer = try context.person(ofSlice: record.trimmed(2), column: "peer")
    guard subject != peer else {
      throw IntakeRejection(.contradiction, "peer", "subject and peer are the same person")
    }
    let start = try record.trimmed(3).required("start").time(column: "start")
    try context.checkNotFuture(start, column: "start")
    let end = try record.trimmed(4).required("end").time(column: "end")
    guard end >= start else {
      throw IntakeRejection(.contradiction, "end", "end is before start")
    }
    try context.checkNotFuture(end, column: "end")
    try checkLength(from: start, to: end, column: "end")
    let attenuation = try attenuation(record)
    let id = try id(record.trimmed(0)) { digest in
      digest.append(subject)
      digest.append(peer)
      digest.append(start)
      digest.append(end)
      digest.append(Int64(attenuation))
    }
    return Evidence(
      id: id, kind: .bleEncounter, subject: subject, peer: peer, start: start, end: end,
      attenuation: attenuation, gateway: try gateways.name(record.trimmed(8), column: "source"),
      receivedAt: context.receivedAt)
  }

  /// A year in one place is a mistyped year, and would make every trace look at all days.
  private func checkLength(
    from start: Int64, to end: Int64, column: String
  ) throws(IntakeRejection) {
    guard end - start <= 366 * 86_400 else {
      throw IntakeRejection(
        .contradiction, column, "more than a year passes: check the year of both times")
    }
  }

  /// Reads what got lost on the way.
  ///
  /// A rule set asks whether it is at most a whole number of decibels. Rounding up keeps the answer:
  /// 63.4 dB are more than 63, and 63 when rounded to the nearest would be taken for near.
  private func attenuation(_ record: Record) throws(IntakeRejection) -> Int16 {
    if !record.trimmed(5).isEmpty {
      return Int16(
        clamping: try record.trimmed(5).decibels(
          column: "attenuation_db", in: 0...200, rounded: .up))
    }
    guard !record.trimmed(6).isEmpty, !record.trimmed(7).isEmpty else {
      throw IntakeRejection(
        .missing, "attenuation_db",
        "give attenuation_db, or both rssi_dbm and tx_power_dbm")
    }
    let received = try record.trimmed(6).decibels(
      column: "rssi_dbm", in: -127...20, rounded: .down)
    let sent = try record.trimmed(7).decibels(
      column: "tx_power_dbm", in: -127...30, rounded: .up)
    guard let lost = Attenuation.decibels(receivedStrength: received, transmitPower: sent),
      lost >= 0
    else {
      throw IntakeRejection(
        .contradiction, "rssi_dbm",
        "more was received than sent: rssi_dbm and tx_power_dbm may have changed places")
    }
    return lost
  }

  private mutating func id(
    _ text: ArraySlice<UInt8>, content: (inout ContentDigest) -> Void
  ) throws(IntakeRejection) -> EvidenceID {
    if text.isEmpty {
      content(&digest)
      let (high, low) = digest.finish()
      return EvidenceID(contentDigest: high, low)
    }
    return try EvidenceID(row: text)
  }
}

extension EvidenceID {
  /// Reads the id that a row gives itself.
  init(row text: ArraySlice<UInt8>) throws(IntakeRejection) {
    guard let id = EvidenceID(utf8: text) else {
      throw IntakeRejection(
        .badID, "id", "the id is not a UUID: leave it empty to have one made from the row")
    }
    self = id
  }
}

/// The names of gateways: few name millions of rows, and each name is made once.
struct GatewayNames: Sendable {
  private var names: [ArraySlice<UInt8>: String] = [:]

  /// Returns the name in a cell, which may be empty.
  mutating func name(
    _ text: ArraySlice<UInt8>, column: String
  ) throws(IntakeRejection) -> String {
    if text.isEmpty { return "" }
    if let known = names[text] { return known }
    guard text.count <= 256 else {
      throw IntakeRejection(.badGateway, column, "\(column) is longer than 256 bytes")
    }
    guard !text.hasControlCharacters else {
      throw IntakeRejection(.badGateway, column, "\(column) has control characters")
    }
    let name = String(decoding: text, as: UTF8.self)
    // The key must not hold on to the row it was read from.
    if names.count < 10_000 { names[Array(text)[...]] = name }
    return name
  }
}

/// The direction a row or a door states.
public enum Direction: String, Sendable, CaseIterable {
  /// Going in.
  case inward = "in"
  /// Going out.
  case outward = "out"
  /// To be found out from the scans before.
  case auto

  init(_ text: ArraySlice<UInt8>) throws(IntakeRejection) {
    if text.isEmpty {
      self = .auto
      return
    }
    guard let direction = Direction(rawValue: String(decoding: text, as: UTF8.self).lowercased())
    else {
      throw IntakeRejection(.badWord, "direction", "the direction is none of in, out, auto")
    }
    self = direction
  }
}

extension ContentDigest {
  mutating func append(_ venue: VenueID, _ zone: UInt8, _ subject: Pseudonym) {
    append(Int64(venue.rawValue) << 8 | Int64(zone))
    append(subject)
  }

  mutating func append(_ subject: Pseudonym) {
    append(Int64(bitPattern: subject.high))
    append(Int64(bitPattern: subject.low))
  }
}
