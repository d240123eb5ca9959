public import Presence
public import VenueCodes

/// A row of an import file, as a value.
public protocol ImportRow: Sendable {
  /// The first line of such a file, without its line feed.
  static var header: String { get }

  /// Appends the row and a line feed; times are written in the calendar's local time.
  func append(to buffer: inout [UInt8], calendar: LocalCalendar)
}

/// A row of `import scans`.
public struct SyntheticScan: ImportRow, Hashable {
  /// What the scanner knew of the direction.
  public enum Direction: String, Sendable, CaseIterable {
    /// The scanner stands at an entrance.
    case entry = "in"
    /// The scanner stands at an exit.
    case exit = "out"
    /// The scanner stands where people come and go.
    case auto
  }

  /// The id of the row.
  public let id: EvidenceID
  /// Where.
  public let venue: VenueID
  /// The zone; 0 is the whole venue.
  public let zone: UInt8
  /// Who, as `synthetic-0001`.
  public let subject: String
  /// When, in Unix seconds.
  public let time: Int64
  /// What the scanner knew of the direction.
  public let direction: Direction
  /// The gateway: always the word that says the row is synthetic.
  public var gateway: String { SyntheticCity.label }

  /// The columns of design: command-line.
  public static let header = "id,venue,zone,subject,time,direction,gateway"

  /// Appends the row as a line of CSV.
  public func append(to buffer: inout [UInt8], calendar: LocalCalendar) {
    id.append(to: &buffer)
    buffer.append(contentsOf: ",\(venue),\(zone),\(subject),".utf8)
    ISO8601.append(time, in: calendar, to: &buffer)
    buffer.append(contentsOf: ",\(direction.rawValue),\(gateway)\n".utf8)
  }
}

/// A row of `import visits`.
public struct SyntheticVisit: ImportRow, Hashable {
  /// The id of the row.
  public let id: EvidenceID
  /// Where.
  public let venue: VenueID
  /// The zone; 0 is the whole venue.
  public let zone: UInt8
  /// Who, as `synthetic-0001`.
  public let subject: String
  /// The first second inside.
  public let enter: Int64
  /// The first second after; nil when nobody wrote it down.
  public let leave: Int64?

  /// The columns of design: command-line.
  public static let header = "id,venue,zone,subject,enter,leave"

  /// Appends the row as a line of CSV.
  public func append(to buffer: inout [UInt8], calendar: LocalCalendar) {
    id.append(to: &buffer)
    buffer.append(contentsOf: ",\(venue),\(zone),\(subject),".utf8)
    ISO8601.append(enter, in: calendar, to: &buffer)
    buffer.append(UInt8(ascii: ","))
    if let leave { ISO8601.append(leave, in: calendar, to: &buffer) }
    buffer.append(UInt8(ascii: "\n"))
  }
}

/// A row of `import encounters`: what one phone heard.
public struct SyntheticEncounter: ImportRow, Hashable {
  /// The id of the row.
  public let id: EvidenceID
  /// Whose phone heard.
  public let subject: String
  /// Whose phone was heard.
  public let peer: String
  /// The first second near.
  public let start: Int64
  /// The first second after.
  public let end: Int64
  /// The attenuation in dB.
  public let attenuation: Int
  /// Where the row is from: always the word that says it is synthetic.
  public var source: String { SyntheticCity.label }

  /// The columns of design: command-line.
  public static let header = "id,subject,peer,start,end,attenuation_db,source"

  /// Appends the row as a line of CSV.
  public func append(to buffer: inout [UInt8], calendar: LocalCalendar) {
    id.append(to: &buffer)
    buffer.append(contentsOf: ",\(subject),\(peer),".utf8)
    ISO8601.append(start, in: calendar, to: &buffer)
    buffer.append(UInt8(ascii: ","))
    ISO8601.append(end, in: calendar, to: &buffer)
    buffer.append(contentsOf: ",\(attenuation),\(source)\n".utf8)
  }
}

/// A row of `import cases`: somebody confirmed to be infected.
public struct SyntheticCase: ImportRow, Hashable {
  /// The id of the case, as `synthetic-case-1`.
  public let id: String
  /// Who, as `synthetic-0001`.
  public let subject: String
  /// The day the illness began.
  public let onset: LocalDay
  /// The day a specimen was taken.
  public let specimen: LocalDay
  /// When the person was isolated, in Unix seconds.
  public let isolation: Int64

  /// The columns of design: command-line.
  public static let header = "id,subject,onset,specimen,isolation"

  /// Appends the row as a line of CSV.
  public func append(to buffer: inout [UInt8], calendar: LocalCalendar) {
    buffer.append(contentsOf: "\(id),\(subject),\(onset),\(specimen),".utf8)
    ISO8601.append(isolation, in: calendar, to: &buffer)
    buffer.append(UInt8(ascii: "\n"))
  }
}

extension Sequence where Element: ImportRow {
  /// Returns the rows as a CSV file with its header.
  public func importFile(calendar: LocalCalendar) -> [UInt8] {
    var buffer = Array("\(Element.header)\n".utf8)
    for row in self { row.append(to: &buffer, calendar: calendar) }
    return buffer
  }
}
