public import Presence
internal import VenueCodes

/// Evidence on its way from a door to its centre, by columns.
///
/// One batch, all numbers little-endian:
///
///     start      4 bytes "CKEV", 1 byte version, 1
///     rows       4 bytes, 1 to 10,000
///     people     4 bytes, how many; then 16 bytes each, the inner pseudonyms
///     gateways   2 bytes, how many; then each 1 byte length and that many bytes of UTF-8
///     columns    15 times, in the order of `Column`: 1 byte, width of a value (0 to 8); 8 bytes, the
///                base; then rows × width bytes, each value less the base
///
/// People and gateways are places in their lists. Times are Unix seconds plus 2^63; what may be missing
/// is coded as 0 and the rest one higher; an end is coded relative to its start. A batch is meant to
/// be compressed on top. The media type is `application/vnd.checkin.evidence`.
public enum EvidenceBatch {
  /// The most rows of a batch.
  public static let mostRows: Int = 10_000
  /// The most bytes of a batch that is not compressed: each row with two people and a gateway of its
  /// own would be less.
  public static let mostBytes: Int = 8 << 20
  /// The media type.
  public static let mediaType: String = "application/vnd.checkin.evidence"

  static let start = Array("CKEV".utf8)
  static let version: UInt8 = 1

  /// The columns in their order.
  enum Column: Int, CaseIterable {
    case high, low, start, finish, subject, peer, venue, zone, kind, grade, status, attenuation
    case detail, gateway, receivedAt
  }
}

// MARK: Writing

extension EvidenceBatch {
  /// Returns rows as a batch.
  ///
  /// - Parameter rows: 1 to `mostRows`.
  /// - Returns: The bytes.
  /// - Throws: `rowCount`, `badValue` for what a batch cannot hold.
  /// - Complexity: O(n) in the rows.
  public static func bytes(of rows: [Evidence]) throws(DoorProtocolError) -> [UInt8] {
    guard (1...mostRows).contains(rows.count) else { throw .rowCount(rows.count) }
    var people: [Pseudonym] = []
    var placeOfPerson: [Pseudonym: UInt64] = [:]
    func place(of person: Pseudonym) -> UInt64 {
      if let known = placeOfPerson[person] { return known }
      let place = UInt64(people.count)
      people.append(person)
      placeOfPerson[person] = place
      return place
    }
    var gateways: [String] = []
    var placeOfGateway: [String: UInt64] = [:]
    var lastGateway: (name: String, place: UInt64)?
    func place(of gateway: String) -> UInt64 {
      if let lastGateway, lastGateway.name == gateway { return lastGateway.place }
      let place = placeOfGateway[gateway] ?? UInt64(gateways.count)
      if place == gateways.count {
        // One name that cannot be carried must not keep everything else from the centre.
        gateways.append(GatewayName.carried(gateway))
        placeOfGateway[gateway] = place
      }
      lastGateway = (gateway, place)
      return place
    }
    let subjects = rows.map { place(of: $0.subject) }
    let peers = rows.map { row in row.peer.map { place(of: $0) + 1 } ?? 0 }
    let doors = rows.map { place(of: $0.gateway) }
    for (number, row) in rows.enumerated() where row.end.map({ $0 < row.start }) ?? false {
      throw .badValue(row: number, column: "end")
    }
    var bytes = start + [version]
    bytes.reserveCapacity(64 + people.count * 16 + rows.count * 48)
    append(UInt64(rows.count), 4, to: &bytes)
    append(UInt64(people.count), 4, to: &bytes)
    for person in people {
      append(person.high.byteSwapped, 8, to: &bytes)
      append(person.low.byteSwapped, 8, to: &bytes)
    }
    append(UInt64(gateways.count), 2, to: &bytes)
    for gateway in gateways {
      bytes.append(UInt8(gateway.utf8.count))
      bytes += gateway.utf8
    }
    func column(_ value: (Int) -> UInt64) {
      append(rows.indices.map(value), to: &bytes)
    }
    column { rows[$0].id.high }
    column { rows[$0].id.low }
    column { code(ofTime: rows[$0].start) }
    column { place in rows[place].end.map { UInt64($0 &- rows[place].start) &+ 1 } ?? 0 }
    column { subjects[$0] }
    column { peers[$0] }
    column { rows[$0].venue.map { $0.rawValue + 1 } ?? 0 }
    column { UInt64(rows[$0].zone) }
    column { UInt64(rows[$0].kind.rawValue) }
    column { UInt64(Int(rows[$0].grade) + 128) }
    column { UInt64(rows[$0].status.rawValue) }
    column { rows[$0].attenuation.map { UInt64(Int($0) + 32_769) } ?? 0 }
    column { place in
      (rows[place].statedStay ?? rows[place].attenuationUncertainty).map { UInt64($0) + 1 } ?? 0
    }
    column { doors[$0] }
    column { code(ofTime: rows[$0].receivedAt) }
    return bytes
  }

  private static func append(_ values: [UInt64], to bytes: inout [UInt8]) {
    let base = values.min() ?? 0
    let span = (values.max() ?? 0) - base
    let width = (64 - span.leadingZeroBitCount + 7) / 8
    bytes.append(UInt8(width))
    append(base, 8, to: &bytes)
    for value in values { append(value - base, width, to: &bytes) }
  }

  @inline(__always)
  private static func append(_ value: UInt64, _ width: Int, to bytes: inout [UInt8]) {
    var rest = value
    for _ in 0..<width {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  /// Times in an order that has no negative numbers.
  private static func code(ofTime time: Int64) -> UInt64 { UInt64(bitPattern: time) ^ 1 << 63 }
  fileprivate static func time(ofCode code: UInt64) -> Int64 { Int64(bitPattern: code ^ 1 << 63) }
}

// MARK: Reading

extension EvidenceBatch {
  /// Reads a batch.
  ///
  /// - Parameters:
  ///   - bytes: Of whatever content.
  ///   - person: What each person of the batch is called from now on; called once for each.
  /// - Returns: The rows, in their order.
  /// - Throws: `notABatch`, `unknownVersion`, `wrongLength`, `rowCount`, `badValue`.
  /// - Complexity: O(n) in the rows.
  public static func rows(
    of bytes: [UInt8], person: (Pseudonym) -> Pseudonym = { $0 }
  ) throws(DoorProtocolError) -> [Evidence] {
    var reading = BatchReading(bytes)
    guard bytes.count > 5, bytes.starts(with: start) else { throw .notABatch }
    guard bytes[4] == version else { throw .unknownVersion(bytes[4]) }
    reading.place = 5
    let count = Int(try reading.number(4))
    guard (1...mostRows).contains(count) else { throw .rowCount(count) }
    let peopleCount = Int(try reading.number(4))
    guard peopleCount <= 2 * count else { throw .wrongLength }
    var people: [Pseudonym] = []
    people.reserveCapacity(peopleCount)
    for _ in 0..<peopleCount {
      let high = try reading.number(8).byteSwapped
      let low = try reading.number(8).byteSwapped
      people.append(person(Pseudonym(high: high, low: low)))
    }
    let gatewayCount = Int(try reading.number(2))
    guard gatewayCount <= count else { throw .wrongLength }
    var gateways: [String] = []
    for _ in 0..<gatewayCount {
      let length = Int(try reading.number(1))
      let name = try reading.take(length)
      guard let text = String(validating: name, as: UTF8.self),
        !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f })
      else { throw .badValue(row: 0, column: "gateway") }
      gateways.append(text)
    }
    var columns: [[UInt64]] = []
    columns.reserveCapacity(Column.allCases.count)
    for _ in Column.allCases { columns.append(try reading.column(count)) }
    guard reading.place == bytes.count else { throw .wrongLength }
    var rows: [Evidence] = []
    rows.reserveCapacity(count)
    for row in 0..<count {
      rows.append(try evidence(row, columns, people, gateways))
    }
    return rows
  }

  private static func evidence(
    _ row: Int, _ columns: [[UInt64]], _ people: [Pseudonym], _ gateways: [String]
  ) throws(DoorProtocolError) -> Evidence {
    func value(_ column: Column) -> UInt64 { columns[column.rawValue][row] }
    func checked<Value>(_ value: Value?, _ column: Column) throws(DoorProtocolError) -> Value {
      guard let value else { throw .badValue(row: row, column: "\(column)") }
      return value
    }
    func place(_ code: UInt64, _ count: Int) -> Int? {
      Int(exactly: code).flatMap { $0 < count ? $0 : nil }
    }
    /// What may be missing: nil for 0, else one less, when it is one.
    func optional<Value>(
      _ column: Column, _ make: (UInt64) -> Value?
    ) throws(DoorProtocolError) -> Value? {
      let code = value(column)
      return code == 0 ? nil : try checked(make(code - 1), column)
    }
    let kind = try checked(
      UInt8(exactly: value(.kind)).flatMap { Evidence.Kind(rawValue: $0) }, .kind)
    let begin = time(ofCode: value(.start))
    let end = try optional(.finish) { code in
      Int64(exactly: code).flatMap { length in
        let (end, isTooLate) = begin.addingReportingOverflow(length)
        return isTooLate ? nil : end
      }
    }
    let detail = try optional(.detail) { UInt8(exactly: $0) }
    return Evidence(
      id: EvidenceID(high: value(.high), low: value(.low)), kind: kind,
      subject: people[try checked(place(value(.subject), people.count), .subject)],
      venue: try optional(.venue) { VenueID(rawValue: $0) },
      zone: try checked(UInt8(exactly: value(.zone)), .zone),
      peer: try optional(.peer) { code in place(code, people.count).map { people[$0] } },
      start: begin, end: end,
      attenuation: try optional(.attenuation) { code in
        Int64(exactly: code).flatMap { Int16(exactly: $0 - 32_768) }
      },
      attenuationUncertainty: kind.isBluetooth ? detail : nil,
      statedStay: kind.isBluetooth ? nil : detail,
      grade: try checked(
        Int64(exactly: value(.grade)).flatMap { Int8(exactly: $0 - 128) }, .grade),
      status: try checked(
        UInt8(exactly: value(.status)).flatMap { Evidence.Status(rawValue: $0) }, .status),
      gateway: gateways[try checked(place(value(.gateway), gateways.count), .gateway)],
      receivedAt: time(ofCode: value(.receivedAt)))
  }
}

/// A walk through the bytes of a batch that never leaves them.
private struct BatchReading {
  let bytes: [UInt8]
  var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func take(_ count: Int) throws(DoorProtocolError) -> ArraySlice<UInt8> {
    guard count <= bytes.count - place else { throw .wrongLength }
    defer { place += count }
    return bytes[place..<(place + count)]
  }

  mutating func number(_ width: Int) throws(DoorProtocolError) -> UInt64 {
    guard width <= bytes.count - place else { throw .wrongLength }
    var value: UInt64 = 0
    for digit in 0..<width { value |= UInt64(bytes[place + digit]) << UInt64(8 * digit) }
    place += width
    return value
  }

  mutating func column(_ count: Int) throws(DoorProtocolError) -> [UInt64] {
    let width = Int(try number(1))
    let base = try number(8)
    guard width <= 8, width * count <= bytes.count - place else { throw .wrongLength }
    guard width > 0 else { return [UInt64](repeating: base, count: count) }
    let start = place
    place += width * count
    // What would be beyond the largest number wraps; the limits of each column find it.
    return [UInt64](unsafeUninitializedCapacity: count) { values, initialized in
      bytes.withUnsafeBufferPointer { bytes in
        var offset = start
        for row in 0..<count {
          var value: UInt64 = 0
          for digit in 0..<width { value |= UInt64(bytes[offset + digit]) << UInt64(8 * digit) }
          values[row] = base &+ value
          offset += width
        }
      }
      initialized = count
    }
  }
}
