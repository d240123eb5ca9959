import Presence
import VenueCodes

/// Rows as lines of JSON: the one place that knows the keys and their order.
///
/// What is the same for many rows is written once and copied.
struct ExposureText {
  /// What differs from row to row; people are JSON strings already.
  struct Row {
    var degree: Int
    var contact: [UInt8]
    var day: LocalDay
    var exposureClass: ExposureClass
    var seconds: Int
    var nearSeconds: Int
    var venueSeconds: Int
    var tailSeconds: Int
    var first: Int64
    var last: Int64
    /// Empty when there is nobody, as in degree 1.
    var via: [UInt8]
  }

  private let calendar: LocalCalendar
  /// The key and the id of the case, and the key of the degree.
  private var head: [UInt8]
  /// The label, the rule, and the key of the evidence.
  private let tail: [UInt8]

  /// Prepares lines of one case and label.
  init(caseID: String, rule: String, label: String, calendar: LocalCalendar) {
    self.calendar = calendar
    head = []
    var tail = Array(",\"label\":\"\(label)\",\"rule\":".utf8)
    Self.appendString(rule, to: &tail)
    tail.append(contentsOf: ",\"evidence\":[".utf8)
    self.tail = tail
    begin(caseID: caseID)
  }

  /// Prepares lines of another case.
  mutating func begin(caseID: String) {
    head.removeAll(keepingCapacity: true)
    head.append(contentsOf: "{\"case\":".utf8)
    Self.appendString(caseID, to: &head)
    head.append(contentsOf: ",\"degree\":".utf8)
  }

  /// Appends a line without its end.
  func append(
    _ row: Row, venues: ArraySlice<VenueID>, evidence: ArraySlice<EvidenceID>,
    to line: inout [UInt8]
  ) {
    line.append(contentsOf: head)
    Self.append(row.degree, to: &line)
    line.append(contentsOf: Self.contact)
    line.append(contentsOf: row.contact)
    line.append(contentsOf: Self.day)
    row.day.append(to: &line)
    line.append(contentsOf: Self.classes[Int(row.exposureClass.rawValue)])
    Self.append(row.seconds, to: &line)
    line.append(contentsOf: Self.near)
    Self.append(row.nearSeconds, to: &line)
    line.append(contentsOf: Self.atVenue)
    Self.append(row.venueSeconds, to: &line)
    line.append(contentsOf: Self.inTail)
    Self.append(row.tailSeconds, to: &line)
    line.append(contentsOf: Self.first)
    ISO8601.append(row.first, in: calendar, to: &line)
    line.append(contentsOf: Self.last)
    ISO8601.append(row.last, in: calendar, to: &line)
    line.append(contentsOf: Self.venues)
    for place in venues.indices {
      if place > venues.startIndex { line.append(UInt8(ascii: ",")) }
      line.append(UInt8(ascii: "\""))
      venues[place].append(to: &line)
      line.append(UInt8(ascii: "\""))
    }
    line.append(contentsOf: Self.via)
    line.append(contentsOf: row.via.isEmpty ? Self.null : row.via)
    line.append(contentsOf: tail)
    for place in evidence.indices {
      if place > evidence.startIndex { line.append(UInt8(ascii: ",")) }
      line.append(UInt8(ascii: "\""))
      evidence[place].append(to: &line)
      line.append(UInt8(ascii: "\""))
    }
    line.append(UInt8(ascii: "]"))
    line.append(UInt8(ascii: "}"))
  }

  private static let contact = Array(",\"contact\":".utf8)
  private static let day = Array(",\"day\":\"".utf8)
  private static let classes = ExposureClass.allCases.map {
    Array("\",\"class\":\"\($0.name)\",\"seconds\":".utf8)
  }
  private static let near = Array(",\"near_seconds\":".utf8)
  private static let atVenue = Array(",\"venue_seconds\":".utf8)
  private static let inTail = Array(",\"tail_seconds\":".utf8)
  private static let first = Array(",\"first\":\"".utf8)
  private static let last = Array("\",\"last\":\"".utf8)
  private static let venues = Array("\",\"venues\":[".utf8)
  private static let via = Array("],\"via\":".utf8)
  private static let null = Array("null".utf8)

  /// Appends a number that is not negative in decimal digits.
  static func append(_ number: Int, to line: inout [UInt8]) {
    if number < 10 {
      line.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number))
      return
    }
    var power = 10
    while number / power >= 10 { power *= 10 }
    var rest = number
    while power > 0 {
      line.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest / power))
      rest %= power
      power /= 10
    }
  }

  /// Appends text as a JSON string.
  static func appendString(_ text: String, to line: inout [UInt8]) {
    line.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): line.append(contentsOf: "\\\"".utf8)
      case UInt8(ascii: "\\"): line.append(contentsOf: "\\\\".utf8)
      case UInt8(ascii: "\n"): line.append(contentsOf: "\\n".utf8)
      case UInt8(ascii: "\r"): line.append(contentsOf: "\\r".utf8)
      case UInt8(ascii: "\t"): line.append(contentsOf: "\\t".utf8)
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        line.append(
          contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
      default: line.append(byte)
      }
    }
    line.append(UInt8(ascii: "\""))
  }
}
