public import VenueCodes

/// A print that is to be made: what a serial is reserved for.
public struct PrintRequest: Hashable, Sendable {
  /// The venue on it.
  public var venue: VenueID
  /// The zone on it; 0 is the whole venue.
  public var zone: UInt8
  /// The kind of its code, as in the token.
  public var kind: UInt8
  /// The id of the key that signs it.
  public var keyID: UInt8
  /// The first day it is valid.
  public var firstDay: LocalDay
  /// For how many weeks; 0 is the first day only.
  public var weeks: UInt8
  /// The last day it is valid, as the rules of the code say.
  public var lastDay: LocalDay
  /// The word of the sheet it is on, `unknownSheet` when an earlier version did not note it, or nil
  /// when it is on none: a bare code, or a screen.
  public var sheet: String?

  /// What stands for the sheet of a print of the time before sheets were noted.
  public static let unknownSheet = "unknown"

  /// Makes a request; see the properties.
  public init(
    venue: VenueID, zone: UInt8 = 0, kind: UInt8, keyID: UInt8, firstDay: LocalDay, weeks: UInt8,
    lastDay: LocalDay, sheet: String? = nil
  ) {
    self.venue = venue
    self.zone = zone
    self.kind = kind
    self.keyID = keyID
    self.firstDay = firstDay
    self.weeks = weeks
    self.lastDay = lastDay
    self.sheet = sheet
  }
}

/// What tells the valid prints of a day apart: a venue, a zone and a serial.
public struct PrintPlace: Hashable, Sendable {
  /// The venue in the code.
  public let venue: VenueID
  /// The zone in the code.
  public let zone: UInt8
  /// The serial in the code.
  public let serial: UInt8

  /// Makes the place of a code's venue, zone and serial.
  public init(venue: VenueID, zone: UInt8, serial: UInt8) {
    self.venue = venue
    self.zone = zone
    self.serial = serial
  }
}

/// The prints of a store that have been revoked, and when.
///
/// A serial is used again when its print has expired; the first day on a print tells the two apart.
public struct RevokedPrints: Hashable, Sendable {
  private struct Print: Hashable {
    let place: PrintPlace
    let firstDay: LocalDay
  }

  private var times: [Print: Int64] = [:]

  /// Makes a set without prints.
  public init() {}

  /// Returns whether a print had been revoked by a moment.
  ///
  /// A scan of the time before counts, whenever it arrives: a print that is stolen today was
  /// genuine yesterday.
  ///
  /// - Parameters:
  ///   - place: The venue, zone and serial in the code.
  ///   - firstDay: The first day in the code.
  ///   - time: When the code was seen, in Unix seconds.
  /// - Returns: Whether it is to be refused.
  public func contains(_ place: PrintPlace, firstDay: LocalDay, at time: Int64) -> Bool {
    times[Print(place: place, firstDay: firstDay)].map { time >= $0 } ?? false
  }

  mutating func insert(_ place: PrintPlace, firstDay: LocalDay, at time: Int64) {
    times[Print(place: place, firstDay: firstDay)] = time
  }
}

/// A print, or the reservation of its serial.
public struct PrintRecord: Hashable, Sendable {
  /// The number of the print in this store.
  public let number: Int64
  /// What it was made for.
  public let request: PrintRequest
  /// The serial on it: which print of its place it is.
  public let serial: UInt8
  /// When its file was made, in Unix seconds; nil while the serial is only reserved.
  public let printedAt: Int64?
  /// When it was revoked, in Unix seconds; nil while it counts.
  public let revokedAt: Int64?
  /// Why it was revoked.
  public let revokeReason: String?
}

extension ExposureStore {
  /// How long a reservation waits for its confirmation: a day, more than any run of posters takes.
  public static let reservationSeconds: Int64 = 86_400

  /// Reserves a serial for each print that is to be made: for all or for none.
  ///
  /// A serial is on the print before its file exists, so it takes two steps: reserve, make the file
  /// under another name, `confirmPrints`, rename the file. A crash then leaves a serial that nobody
  /// uses, and never a print that the store does not know. When the file cannot be made,
  /// `cancelPrints` gives the serial back; a reservation that nobody confirms goes by itself.
  ///
  /// The serial is the lowest, from 1 (0 comes last), that no print of the venue and zone has that is still valid, or is
  /// valid later.
  ///
  /// - Parameters:
  ///   - requests: The prints.
  ///   - today: The present local day.
  ///   - now: The present, in Unix seconds.
  /// - Returns: One record for each request, in order.
  /// - Throws: `serialsExhausted` when a place has 256 prints that are valid.
  public func reservePrints(
    _ requests: [PrintRequest], today: LocalDay, now: Int64
  ) throws(StoreError) -> [PrintRecord] {
    try withWritableCatalog { catalog throws(StoreError) in
      try catalog.run("DELETE FROM print WHERE printed_at IS NULL AND reserved_at < ?1") {
        row throws(StoreError) in
        row.bind(now - ExposureStore.reservationSeconds, at: 1)
        try row.execute()
      }
      var records: [PrintRecord] = []
      for request in requests {
        let serial = try PrintTable.freeSerial(
          for: request, today: today, lapsedBefore: now - ExposureStore.reservationSeconds,
          in: catalog
        ) { _ in true }
        records.append(try PrintTable.insert(request, serial: serial, now: now, to: catalog))
      }
      return records
    }
  }

  /// Returns the serials that the next prints would get, and reserves nothing.
  ///
  /// - Parameters:
  ///   - requests: The prints, which are taken to be made one after the other.
  ///   - today: The present local day.
  ///   - now: The present, in Unix seconds.
  /// - Returns: One serial for each request, in order.
  /// - Throws: `serialsExhausted` when a place has 256 prints that are valid.
  public func nextSerials(
    for requests: [PrintRequest], today: LocalDay, now: Int64
  ) throws(StoreError) -> [UInt8] {
    try withCatalog { catalog throws(StoreError) in
      var given: Set<PrintPlace> = []
      var serials: [UInt8] = []
      for request in requests {
        let serial = try PrintTable.freeSerial(
          for: request, today: today, lapsedBefore: now - ExposureStore.reservationSeconds,
          in: catalog
        ) { serial in
          !given.contains(PrintPlace(venue: request.venue, zone: request.zone, serial: serial))
        }
        given.insert(PrintPlace(venue: request.venue, zone: request.zone, serial: serial))
        serials.append(serial)
      }
      return serials
    }
  }

  /// Confirms that the files of reserved prints were made: all or none.
  ///
  /// - Parameters:
  ///   - numbers: The numbers of the reservations.
  ///   - now: The present, in Unix seconds.
  /// - Throws: `reservationLost` when one is there no longer.
  public func confirmPrints(_ numbers: [Int64], now: Int64) throws(StoreError) {
    try withWritableCatalog { catalog throws(StoreError) in
      try catalog.run("UPDATE print SET printed_at = coalesce(printed_at, ?2) WHERE number = ?1") {
        row throws(StoreError) in
        for number in numbers {
          row.bind(number, at: 1)
          row.bind(now, at: 2)
          try row.execute()
          guard catalog.changes == 1 else {
            throw StoreError(.reservationLost, subject: "print \(number)")
          }
        }
      }
    }
  }

  /// Gives the serials of reservations back; a print that was confirmed stays.
  public func cancelPrints(_ numbers: [Int64]) throws(StoreError) {
    try withWritableCatalog { catalog throws(StoreError) in
      try catalog.run("DELETE FROM print WHERE number = ?1 AND printed_at IS NULL") {
        row throws(StoreError) in
        for number in numbers {
          row.bind(number, at: 1)
          try row.execute()
        }
      }
    }
  }

  /// Takes prints back that were confirmed but whose files could not be put in place: all or none.
  ///
  /// Their serials are free again, so this is only for prints that nobody can have.
  ///
  /// - Parameter numbers: The numbers of the reservations; one that is there no longer is passed over.
  /// - Throws: What writing to the catalog throws.
  public func withdrawPrints(_ numbers: [Int64]) throws(StoreError) {
    try withWritableCatalog { catalog throws(StoreError) in
      try catalog.run("DELETE FROM print WHERE number = ?1 AND revoked_at IS NULL") {
        row throws(StoreError) in
        for number in numbers {
          row.bind(number, at: 1)
          try row.execute()
        }
      }
    }
  }

  /// Revokes the prints of a serial that have not expired, and notes it in the audit log.
  ///
  /// - Parameters:
  ///   - serial: The serial on the print.
  ///   - venue: The venue on it.
  ///   - zone: The zone on it.
  ///   - reason: Why, for the record.
  ///   - today: The present local day.
  ///   - note: Who revokes it; its time is the time of revocation.
  /// - Returns: The print; one that was revoked before stays as it was, without another note.
  /// - Throws: `unknownPrint`.
  public func revokePrint(
    serial: UInt8, venue: VenueID, zone: UInt8, reason: String, today: LocalDay, note: AuditNote
  ) throws(StoreError) -> PrintRecord {
    try withWritableCatalog { catalog throws(StoreError) in
      let found = try PrintTable.records(of: venue, in: catalog).last { print in
        print.request.zone == zone && print.serial == serial && print.printedAt != nil
          && print.request.lastDay >= today
      }
      guard let found else {
        throw StoreError(
          .unknownPrint, subject: "\(serial) of venue \(venue), zone \(zone), that is valid")
      }
      guard found.revokedAt == nil else { return found }
      try catalog.run("UPDATE print SET revoked_at = ?2, revoke_reason = ?3 WHERE number = ?1") {
        row throws(StoreError) in
        row.bind(found.number, at: 1)
        row.bind(note.at, at: 2)
        row.bind(reason, at: 3)
        try row.execute()
      }
      try AuditTable.append(note, to: catalog)
      return try PrintTable.records(of: venue, in: catalog)
        .first { $0.number == found.number } ?? found
    }
  }

  /// Returns all prints that have been revoked, for those who check codes; at a door those that its
  /// centre told.
  public func revokedPrints() throws(StoreError) -> RevokedPrints {
    var prints = try withCatalog { catalog throws(StoreError) in
      try PrintTable.revoked(in: catalog)
    }
    if FileOperation.exists(layout.upstream) {
      try UpstreamTables.addRevoked(to: &prints, at: layout.upstream)
    }
    return prints
  }

  /// Returns the prints and reservations of a venue, or of all venues, oldest first.
  public func prints(of venue: VenueID? = nil) throws(StoreError) -> [PrintRecord] {
    try withCatalog { catalog throws(StoreError) in
      try PrintTable.records(of: venue, in: catalog)
    }
  }
}

/// The prints in `checkin.sqlite`.
private enum PrintTable {
  static func freeSerial(
    for request: PrintRequest, today: LocalDay, lapsedBefore lapse: Int64,
    in catalog: borrowing Connection, isFree: (UInt8) -> Bool
  ) throws(StoreError) -> UInt8 {
    // A serial is free when its prints had ended both today and before this one begins: then no
    // two prints of one serial are ever valid at once, and no two have the same first day.
    let end = min(today, request.firstDay)
    let taken: Set<Int64> = try catalog.run(
      """
      SELECT serial FROM print WHERE venue = ?1 AND zone = ?2 AND last_day >= ?3
        AND (printed_at IS NOT NULL OR reserved_at >= ?4)
      """
    ) { row throws(StoreError) in
      row.bind(Int64(request.venue.rawValue), at: 1)
      row.bind(Int64(request.zone), at: 2)
      row.bind(Int64(end.daysSince2020), at: 3)
      row.bind(lapse, at: 4)
      var taken: Set<Int64> = []
      while try row.step() {
        if let serial = row.integer(0) { taken.insert(serial) }
      }
      return taken
    }
    // People count from one, so 0 comes last.
    let free = (1...256).first { serial in
      !taken.contains(serial & 255) && isFree(UInt8(truncatingIfNeeded: serial))
    }
    guard let free else {
      throw StoreError(
        .serialsExhausted, subject: "venue \(request.venue), zone \(request.zone)")
    }
    return UInt8(truncatingIfNeeded: free)
  }

  static func revoked(in catalog: borrowing Connection) throws(StoreError) -> RevokedPrints {
    try catalog.run(
      """
      SELECT venue, zone, serial, first_day, revoked_at FROM print WHERE revoked_at IS NOT NULL
      """
    ) { row throws(StoreError) in
      var found = RevokedPrints()
      while try row.step() {
        guard let venue = venue(row.integer(0)), let zone = byte(row.integer(1)),
          let serial = byte(row.integer(2)), let firstDay = day(row.integer(3)),
          let time = row.integer(4)
        else { throw StoreError(.corrupt, subject: catalog.path) }
        found.insert(
          PrintPlace(venue: venue, zone: zone, serial: serial), firstDay: firstDay, at: time)
      }
      return found
    }
  }

  static func insert(
    _ request: PrintRequest, serial: UInt8, now: Int64, to catalog: borrowing Connection
  ) throws(StoreError) -> PrintRecord {
    try catalog.run(
      """
      INSERT INTO print (
        venue, zone, serial, kind, key, first_day, weeks, last_day, reserved_at, sheet
      ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
      """
    ) { row throws(StoreError) in
      row.bind(Int64(request.venue.rawValue), at: 1)
      row.bind(Int64(request.zone), at: 2)
      row.bind(Int64(serial), at: 3)
      row.bind(Int64(request.kind), at: 4)
      row.bind(Int64(request.keyID), at: 5)
      row.bind(Int64(request.firstDay.daysSince2020), at: 6)
      row.bind(Int64(request.weeks), at: 7)
      row.bind(Int64(request.lastDay.daysSince2020), at: 8)
      row.bind(now, at: 9)
      row.bind(request.sheet, at: 10)
      try row.execute()
    }
    return PrintRecord(
      number: catalog.lastInsertedRow, request: request, serial: serial, printedAt: nil,
      revokedAt: nil, revokeReason: nil)
  }

  static func records(
    of venue: VenueID?, in catalog: borrowing Connection
  ) throws(StoreError) -> [PrintRecord] {
    try catalog.run(
      """
      SELECT number, venue, zone, serial, kind, key, first_day, weeks, last_day, printed_at,
        revoked_at, revoke_reason, sheet
      FROM print \(venue == nil ? "" : "WHERE venue = ?1") ORDER BY number
      """
    ) { row throws(StoreError) in
      if let venue { row.bind(Int64(venue.rawValue), at: 1) }
      var records: [PrintRecord] = []
      while try row.step() {
        guard let number = row.integer(0),
          let venue = PrintTable.venue(row.integer(1)),
          let zone = byte(row.integer(2)), let serial = byte(row.integer(3)),
          let kind = byte(row.integer(4)), let key = byte(row.integer(5)),
          let firstDay = day(row.integer(6)), let weeks = byte(row.integer(7)),
          let lastDay = day(row.integer(8))
        else { throw StoreError(.corrupt, subject: catalog.path) }
        records.append(
          PrintRecord(
            number: number,
            request: PrintRequest(
              venue: venue, zone: zone, kind: kind, keyID: key, firstDay: firstDay, weeks: weeks,
              lastDay: lastDay, sheet: row.text(12)),
            serial: serial, printedAt: row.integer(9), revokedAt: row.integer(10),
            revokeReason: row.text(11)))
      }
      return records
    }
  }

  private static func venue(_ number: Int64?) -> VenueID? {
    number.flatMap { UInt64(exactly: $0) }.flatMap(VenueID.init(rawValue:))
  }

  private static func byte(_ number: Int64?) -> UInt8? { number.flatMap { UInt8(exactly: $0) } }

  private static func day(_ number: Int64?) -> LocalDay? {
    number.flatMap { Int32(exactly: $0) }.map(LocalDay.init(daysSince2020:))
  }
}
