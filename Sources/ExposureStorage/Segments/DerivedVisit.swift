internal import CrossMatch
internal import Presence
internal import VenueCodes

/// A visit that was derived from scans, in the numbers of columns.
struct DerivedVisit: Hashable, Sendable {
  var venue: UInt64
  var subject: SubjectNumber
  var enter: Int32
  var leave: Int32
  var earliestLeave: Int32
  var latestLeave: Int32
  var opened: EvidenceLocator
  var closed: EvidenceLocator?
  var zone: UInt8
  var endReason: Visit.EndReason
  var isStartUnknown: Bool

  /// Takes a visit whose evidence is given by locators.
  init(_ visit: Visit) {
    venue = visit.venue.rawValue
    subject = visit.subject
    enter = ColumnTime.clamping(visit.enter)
    leave = ColumnTime.clamping(visit.leave)
    earliestLeave = ColumnTime.clamping(visit.earliestLeave)
    latestLeave = ColumnTime.clamping(visit.latestLeave)
    opened = EvidenceLocator(standIn: visit.openedBy)
    closed = visit.closedBy.map(EvidenceLocator.init(standIn:))
    zone = visit.zone
    endReason = visit.endReason
    isStartUnknown = visit.isStartUnknown
  }

  /// Takes a row of a segment of derived visits.
  init(_ segment: VisitSegment, _ facts: VisitFacts, row: Int, day: LocalDay, venue: UInt64) {
    let place = Int(segment.source[row])
    self.venue = venue
    subject = segment.subject[row]
    enter = segment.enter[row]
    leave = segment.leave[row]
    earliestLeave = facts.earliestLeave[place]
    latestLeave = facts.latestLeave[place]
    opened = facts.opened(at: place, day: day)
    closed = facts.closed(at: place, day: day)
    zone = segment.zone(at: row)
    endReason = facts.endReason(at: place)
    isStartUnknown = facts.isStartUnknown(at: place)
  }
}

/// What a derived visit is beyond its columns in a segment; the `source` of a row is a place here.
///
/// - Complexity: 21 bytes a visit.
struct VisitFacts: Sendable {
  let openedRow: Column<UInt32>
  /// 0 when nothing closed the visit.
  let closedRow: Column<UInt32>
  /// Days after the day of the file.
  let openedDay: Column<Int16>
  let closedDay: Column<Int16>
  let earliestLeave: Column<Int32>
  let latestLeave: Column<Int32>
  /// The reason for the end (four bits), and 16 when the start is not known.
  let flags: Column<UInt8>

  private enum Tag: UInt32 {
    case openedRow = 101, closedRow, openedDay, closedDay, earliestLeave, latestLeave, flags
  }

  /// Makes the facts of visits in their order.
  init(_ visits: [DerivedVisit], day: LocalDay) {
    func offset(_ locator: EvidenceLocator?) -> Int16 {
      Int16(clamping: (locator?.day ?? day).daysSince2020 - day.daysSince2020)
    }
    openedRow = Column(visits.map(\.opened.row))
    closedRow = Column(visits.map { $0.closed?.row ?? 0 })
    openedDay = Column(visits.map { offset($0.opened) })
    closedDay = Column(visits.map { offset($0.closed) })
    earliestLeave = Column(visits.map(\.earliestLeave))
    latestLeave = Column(visits.map(\.latestLeave))
    flags = Column(visits.map { $0.endReason.rawValue | ($0.isStartUnknown ? 16 : 0) })
  }

  /// Takes the columns of a file; only sizes are checked.
  init(_ file: MappedColumns) throws(ColumnFileFault) {
    guard let openedRow = file.column(Tag.openedRow.rawValue, of: UInt32.self),
      let closedRow = file.column(Tag.closedRow.rawValue, of: UInt32.self),
      let openedDay = file.column(Tag.openedDay.rawValue, of: Int16.self),
      let closedDay = file.column(Tag.closedDay.rawValue, of: Int16.self),
      let earliestLeave = file.column(Tag.earliestLeave.rawValue, of: Int32.self),
      let latestLeave = file.column(Tag.latestLeave.rawValue, of: Int32.self),
      let flags = file.column(Tag.flags.rawValue, of: UInt8.self),
      [
        closedRow.count, openedDay.count, closedDay.count, earliestLeave.count,
        latestLeave.count, flags.count,
      ].allSatisfy({ $0 == openedRow.count })
    else { throw .brokenContent }
    self.openedRow = openedRow
    self.closedRow = closedRow
    self.openedDay = openedDay
    self.closedDay = closedDay
    self.earliestLeave = earliestLeave
    self.latestLeave = latestLeave
    self.flags = flags
  }

  /// Checks what reading relies on.
  ///
  /// - Complexity: O(n).
  func validate(for segment: VisitSegment) throws(ColumnFileFault) {
    for place in flags.indices {
      guard openedRow[place] > 0, Visit.EndReason(rawValue: flags[place] & 15) != nil,
        flags[place] < 32
      else { throw .brokenContent }
    }
    for row in segment.source.indices where Int(segment.source[row]) >= flags.count {
      throw .brokenContent
    }
  }

  /// The columns as a file holds them, beside those of the segment.
  var columns: [ColumnBytes] {
    [
      ColumnBytes(openedRow, tag: Tag.openedRow.rawValue),
      ColumnBytes(closedRow, tag: Tag.closedRow.rawValue),
      ColumnBytes(openedDay, tag: Tag.openedDay.rawValue),
      ColumnBytes(closedDay, tag: Tag.closedDay.rawValue),
      ColumnBytes(earliestLeave, tag: Tag.earliestLeave.rawValue),
      ColumnBytes(latestLeave, tag: Tag.latestLeave.rawValue),
      ColumnBytes(flags, tag: Tag.flags.rawValue),
    ]
  }

  func opened(at place: Int, day: LocalDay) -> EvidenceLocator {
    EvidenceLocator(day: day.advanced(by: Int(openedDay[place])), row: openedRow[place])
  }

  func closed(at place: Int, day: LocalDay) -> EvidenceLocator? {
    guard closedRow[place] > 0 else { return nil }
    return EvidenceLocator(day: day.advanced(by: Int(closedDay[place])), row: closedRow[place])
  }

  func endReason(at place: Int) -> Visit.EndReason {
    Visit.EndReason(rawValue: flags[place] & 15) ?? .given
  }

  func isStartUnknown(at place: Int) -> Bool { flags[place] & 16 != 0 }
}
