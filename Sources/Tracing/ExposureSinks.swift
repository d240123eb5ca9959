import CrossMatch
public import Presence
import VenueCodes

extension Tracer {
  /// Names what a class that was reached makes of a contact.
  ///
  /// - Parameters:
  ///   - exposureClass: The strongest class reached.
  ///   - degree: The degree of the row.
  /// - Returns: The label as rows have it.
  public func label(of exposureClass: ExposureClass, degree: Int) -> String {
    if degree > 1 { return "F\(degree)" }
    return rules.criterion(of: exposureClass)?.label.rawValue ?? ExposureClass.brief.name
  }

  /// Returns a row with everything written out.
  public func exposure(_ row: ExposureRow, of block: ExposureBlock) -> Exposure {
    Exposure(
      caseID: block.caseID, degree: block.degree,
      contact: history.people.pseudonym(of: row.contact),
      day: LocalDay(daysSince2020: row.day), exposureClass: row.exposureClass,
      seconds: Int(row.seconds), nearSeconds: Int(row.nearSeconds),
      venueSeconds: Int(row.venueSeconds), tailSeconds: Int(row.tailSeconds),
      first: ColumnTime.unixSeconds(row.first), last: ColumnTime.unixSeconds(row.last),
      venues: Array(block.venues(of: row)),
      via: block.degree == 1 ? nil : history.people.pseudonym(of: row.via),
      label: label(of: row.exposureClass, degree: block.degree), rule: rules.id,
      evidence: Array(block.evidence(of: row)))
  }
}

/// A sink that keeps all rows in memory.
struct ExposureArray: ExposureSink {
  private let tracer: Tracer
  private(set) var rows: [Exposure] = []

  init(_ tracer: Tracer) {
    self.tracer = tracer
  }

  var wantsEvidence: Bool { true }

  func preparation() -> @Sendable (ExposureBlock) throws -> [Exposure] {
    let tracer = tracer
    return { block in block.rows.map { tracer.exposure($0, of: block) } }
  }

  mutating func take(_ prepared: [Exposure]) {
    rows.append(contentsOf: prepared)
  }
}

/// Rows as lines of JSON in bytes, for a sink to write; see `Exposure.json` for the keys.
public struct ExposureLines: Sendable {
  private let people: any PeopleTable
  private let name: (@Sendable (Pseudonym) -> String?)?
  private let tracer: Tracer

  /// Makes what writes rows of a trace.
  ///
  /// - Parameters:
  ///   - tracer: What makes the trace.
  ///   - name: Returns how a person is written, or nil for the short form; nil when there is no
  ///     name at all. It may be called by many threads at once.
  public init(of tracer: Tracer, nameOfPerson name: (@Sendable (Pseudonym) -> String?)?) {
    self.tracer = tracer
    self.people = tracer.history.people
    self.name = name
  }

  /// Returns a block as lines with their ends.
  public func json(of block: ExposureBlock) -> [UInt8] {
    var bytes: [UInt8] = []
    // About what a row takes; growing would copy.
    bytes.reserveCapacity(block.rows.count * 360 + block.evidence.count * 40)
    let texts = ExposureClass.allCases.map {
      ExposureText(
        caseID: block.caseID, rule: tracer.rules.id,
        label: tracer.label(of: $0, degree: block.degree), calendar: tracer.calendar)
    }
    var row = ExposureText.Row(
      degree: block.degree, contact: [], day: LocalDay(daysSince2020: 0), exposureClass: .brief,
      seconds: 0, nearSeconds: 0, venueSeconds: 0, tailSeconds: 0, first: 0, last: 0,
      via: [])
    for exposure in block.rows {
      write(exposure.contact, to: &row.contact)
      if block.degree > 1 { write(exposure.via, to: &row.via) }
      row.day = LocalDay(daysSince2020: exposure.day)
      row.exposureClass = exposure.exposureClass
      row.seconds = Int(exposure.seconds)
      row.nearSeconds = Int(exposure.nearSeconds)
      row.venueSeconds = Int(exposure.venueSeconds)
      row.tailSeconds = Int(exposure.tailSeconds)
      row.first = ColumnTime.unixSeconds(exposure.first)
      row.last = ColumnTime.unixSeconds(exposure.last)
      texts[Int(exposure.exposureClass.rawValue)].append(
        row, venues: block.venues(of: exposure), evidence: block.evidence(of: exposure), to: &bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  private func write(_ number: SubjectNumber, to text: inout [UInt8]) {
    text.removeAll(keepingCapacity: true)
    let person = people.pseudonym(of: number)
    if let name, let known = name(person) {
      ExposureText.appendString(known, to: &text)
      return
    }
    text.append(UInt8(ascii: "\""))
    person.append(to: &text)
    text.append(UInt8(ascii: "\""))
  }
}
