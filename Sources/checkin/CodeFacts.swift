internal import CommandKit
internal import JSONText
internal import Presence
internal import VenueCodes
internal import VenueRegistry

/// What `checkin verify` tells of a code, of whatever kind.
struct CodeFacts {
  private let verdict: CodeVerdict
  private let name: String?
  private let zoneName: String?
  private let calendar: LocalCalendar

  init(_ verdict: CodeVerdict, _ registry: Registry, _ calendar: LocalCalendar) {
    self.verdict = verdict
    self.calendar = calendar
    let venue = verdict.venue.flatMap { registry.venue($0) }
    name = venue?.name ?? verdict.venueName
    zoneName = venue?.zone(numbered: verdict.zone)?.name
  }

  /// Whether the code is known to be genuine; a receipt is only when its upload arrives.
  var isProved: Bool {
    switch verdict.content {
    case .receipt, nil: false
    case .poster, .screenBatch, .rotating, .pass: true
    }
  }

  /// The word for the kind of code; nil for what is not genuine.
  private var kind: String? {
    switch verdict.content {
    case .poster(let token): token.kind.word
    case .screenBatch: "day-batch"
    case .rotating: "rotating"
    case .pass: "pass"
    case .receipt: "receipt"
    case nil: nil
    }
  }

  private var signedName: String? {
    guard case .poster(let token) = verdict.content else { return nil }
    return token.name
  }

  private var days: (first: LocalDay, last: LocalDay)? {
    switch verdict.content {
    case .poster(let token): (token.firstDay, token.lastDay)
    case .screenBatch(let token): (token.day, token.day)
    case .rotating, .pass, .receipt, nil: nil
    }
  }

  private var keyID: UInt8? {
    switch verdict.content {
    case .poster(let token): token.keyID
    case .screenBatch(let token): token.keyID
    case .rotating(let code): code.keyID
    case .pass(let pass): pass.keyID
    case .receipt, nil: nil
    }
  }

  private var serial: UInt8? {
    switch verdict.content {
    case .poster(let token): token.serial
    case .screenBatch(let token): token.serial
    case .rotating, .pass, .receipt, nil: nil
    }
  }

  /// When the screen or phone showed the code, by what it says itself.
  private var shown: String? {
    let time: Int64
    switch verdict.content {
    case .screenBatch(let token):
      time = calendar.start(of: token.day) + Int64(token.minute.rawValue) * 60
    case .rotating(let code): time = code.step.start
    case .receipt(let receipt): time = receipt.step.start
    case .poster, .pass, nil: return nil
    }
    return ISO8601.format(time, in: calendar)
  }

  /// Writes the fields into an open JSON object; a kind that has not a field has null there.
  func write(to json: inout JSONWriter) {
    json.field("valid", verdict.failure == nil)
    json.field("reason", verdict.failure?.code)
    json.field("message", verdict.failure.map { "\($0)" })
    json.field("kind", kind)
    json.field("venue", verdict.venue.map { "\($0)" })
    json.field("zone", verdict.venue == nil ? nil : Int(verdict.zone))
    json.field("name", name)
    json.field("signed_name", signedName)
    json.field("valid_from", days.map { "\($0.first)" })
    json.field("valid_to", days.map { "\($0.last)" })
    json.field("shown", shown)
    json.field("key_id", keyID.map { Int($0) })
    json.field("serial", serial.map { Int($0) })
    json.field("grade", verdict.grade.map { Int($0) })
  }

  /// The rows of the table for people.
  var properties: [(String, String?)] {
    let zone = zoneName.map { "\(verdict.zone), \($0)" } ?? "\(verdict.zone)"
    return [
      ("Venue", verdict.venue.map { "\(name ?? "unknown") (\($0))" }),
      ("Signed name", signedName == name ? nil : signedName),
      ("Zone", verdict.venue == nil || verdict.zone == 0 ? nil : zone),
      ("Kind", kind),
      ("Valid", days.map { "\($0.first) to \($0.last)" }),
      ("Shown", shown),
      ("Key, print", keyID.flatMap { key in serial.map { "\(key), \($0)" } }),
      ("Key", serial == nil ? keyID.map { "\($0)" } : nil),
      ("Evidence grade", verdict.grade.map { "\($0)" }),
    ]
  }
}
