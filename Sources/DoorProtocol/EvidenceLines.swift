public import Presence
internal import DelimitedText
internal import VenueCodes

/// Evidence of a third party's gateway, a JSON object a line (`application/x-ndjson`).
///
///     {"id":"0190…","kind":"scan-in","subject":"00112233445566778899aabbccddeeff",
///      "venue":"C4C6BHFZC","zone":0,"time":"2020-08-06T12:00:00+07:00","grade":2}
///
/// `subject` is the inner pseudonym, 32 hexadecimal digits. `id`, `kind`, `subject`, `venue` and `time`
/// must be there; `zone` (0), `end`, `grade` (0), `stay` (units of 5 minutes) and `gateway` may. Other
/// keys are refused: what is not understood is not stored in part.
public enum EvidenceLines {
  /// The media type.
  public static let mediaType: String = "application/x-ndjson"

  private static let fields = [
    TableField("id", isRequired: true), TableField("kind", isRequired: true),
    TableField("subject", isRequired: true), TableField("venue", isRequired: true),
    TableField("zone"), TableField("time", isRequired: true), TableField("end"),
    TableField("grade"), TableField("stay"), TableField("gateway"),
  ]

  /// Reads a batch.
  ///
  /// - Parameters:
  ///   - bytes: Of whatever content.
  ///   - receivedAt: When it was received, in Unix seconds.
  ///   - person: What each person is called from now on.
  /// - Returns: The rows, in their order.
  /// - Throws: `badLine` for the first line that cannot be read, `rowCount`.
  public static func rows(
    of bytes: [UInt8], receivedAt: Int64, person: (Pseudonym) -> Pseudonym = { $0 }
  ) throws(DoorProtocolError) -> [Evidence] {
    guard bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else {
      throw .badLine(1, "a JSON object is expected")
    }
    var reader = RecordReader(fields: fields, limits: TableLimits(rowBytes: 4_096))
    reader.append(bytes)
    reader.finish()
    var record = Record()
    var rows: [Evidence] = []
    reading: while true {
      let step: RecordStep
      do throws(TableError) {
        step = try reader.next(into: &record)
      } catch {
        throw .badLine(1, "\(error)")
      }
      switch step {
      case .record:
        guard rows.count < EvidenceBatch.mostRows else { throw .rowCount(rows.count + 1) }
        if let unknown = reader.unknownColumns.first {
          throw .badLine(record.line, "the key \(unknown.prefix(40)) is none of a row's")
        }
        rows.append(try evidence(record, receivedAt, person))
      case .fault(let fault): throw .badLine(fault.line, "\(fault)")
      case .needsBytes, .end: break reading
      }
    }
    guard !rows.isEmpty else { throw .rowCount(0) }
    return rows
  }

  private static func evidence(
    _ record: Record, _ receivedAt: Int64, _ person: (Pseudonym) -> Pseudonym
  ) throws(DoorProtocolError) -> Evidence {
    func checked<Value>(_ value: Value?, _ column: String) throws(DoorProtocolError) -> Value {
      guard let value else { throw .badLine(record.line, "\(column) cannot be read") }
      return value
    }
    func number<Number: FixedWidthInteger>(
      _ field: Int, _ column: String, none: Number
    ) throws(DoorProtocolError) -> Number {
      guard record.has(field) else { return none }
      return try checked(Number(record.text(field)), column)
    }
    let kind: Evidence.Kind =
      switch record.text(1) {
      case "scan": .scan
      case "scan-in": .scanIn
      case "scan-out": .scanOut
      case "gateway-scan": .gatewayScan
      case "visit": .visit
      default: throw .badLine(record.line, "kind is none that a door sends")
      }
    let subject = try checked(inner(record[2]), "subject")
    let start = try checked(try? ISO8601.parse(record[5].span), "time")
    let end = record.has(6) ? try checked(try? ISO8601.parse(record[6].span), "end") : nil
    let gateway = record.text(9)
    guard gateway.isEmpty || GatewayName.isValid(gateway) else {
      throw .badLine(record.line, "gateway is longer than 64 bytes or has control characters")
    }
    return Evidence(
      id: try checked(EvidenceID(utf8: record[0]), "id"), kind: kind, subject: person(subject),
      venue: try checked(try? VenueID(parsing: record[3].span), "venue"),
      zone: try number(4, "zone", none: 0), start: start, end: end,
      statedStay: record.has(8) ? try checked(UInt8(record.text(8)), "stay") : nil,
      grade: try number(7, "grade", none: 0), gateway: gateway, receivedAt: receivedAt)
  }

  /// Reads an inner pseudonym, or returns nil.
  private static func inner(_ text: ArraySlice<UInt8>) -> Pseudonym? {
    guard text.count == 32,
      let high = UInt64(String(decoding: text.prefix(16), as: UTF8.self), radix: 16),
      let low = UInt64(String(decoding: text.suffix(16), as: UTF8.self), radix: 16),
      // The initializer takes a sign, which is no digit.
      !text.contains(UInt8(ascii: "+")), !text.contains(UInt8(ascii: "-"))
    else { return nil }
    return Pseudonym(high: high, low: low)
  }
}
