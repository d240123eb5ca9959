internal import CrossMatch
internal import Presence
internal import VenueCodes

/// What the rows of a day that are not in segment files put into columns.
struct DayReading {
  let extent: DayExtent
  /// Given stays.
  var stays: [VisitRecord] = []
  /// Scans, in the order of a walk once `order` was called.
  var scans: [ScanRecord] = []
  /// Encounters.
  var encounters: [EncounterRecord] = []
  /// How many sightings there are that no file has.
  var sightingCount = 0
  /// The first and the last moment of anything.
  var earliest = Int32.max
  var latest = Int32.min
  /// More than the number of anybody.
  var subjectCount: UInt32 = 0

  /// Reads rows of the log.
  ///
  /// Rows that do not count, and rows about neither a venue nor an encounter, put nothing in.
  ///
  /// - Parameters:
  ///   - extent: The day.
  ///   - mark: What is in files already.
  ///   - log: The log.
  /// - Throws: `corrupt`, and `timeOutOfRange` for a time before 1952 or after 2087.
  /// - Complexity: O(n) in the rows that are read.
  init(
    _ extent: DayExtent, after mark: SegmentManifest.Mark, in log: EvidenceLog
  ) throws(StoreError) {
    self.extent = extent
    guard extent.newestRow < Int64(UInt32.max) else {
      throw StoreError(.constraint, subject: extent.path)
    }
    let first = mark.oldest
    guard first < extent.newestRow else { return }
    let expected = Int(extent.newestRow - first)
    var stays: [VisitRecord] = []
    var scans: [ScanRecord] = []
    var encounters: [EncounterRecord] = []
    var earliest = Int64.max
    var latest = Int64.min
    var subjectCount: UInt32 = 0
    var sightingCount = 0
    // Most days are nearly all of one sort: the first frame tells which.
    var isFirst = true
    try log.read(of: extent, after: first, .statements) {
      columns, places, firstRow throws(StoreError) in
      if isFirst {
        isFirst = false
        if columns.kind[places.lowerBound] == Evidence.Kind.visit.rawValue {
          stays.reserveCapacity(expected)
        }
      }
      for place in places {
        let row = firstRow + Int64(place)
        if columns.kind[place] == Evidence.Kind.bleSighting.rawValue {
          // What they say follows from all of the day: see `SightingReading`.
          if row > mark.sightings { sightingCount += 1 }
          continue
        }
        guard columns.status[place] == Evidence.Status.accepted.rawValue else { continue }
        let subject = columns.subject[place]
        let start = columns.start[place]
        let finish = columns.finish[place]
        guard ColumnTime.range.contains(start),
          finish == .min || ColumnTime.range.contains(finish)
        else { throw StoreError(.timeOutOfRange, subject: extent.path) }
        if columns.kind[place] == Evidence.Kind.bleEncounter.rawValue {
          guard row > mark.encounters, columns.peer[place] != .max,
            columns.peer[place] != subject, finish >= start, columns.venue[place] == .max,
            let attenuation = Int16(exactly: columns.attenuation[place])
          else { continue }
          encounters.append(
            EncounterRecord(
              first: min(subject, columns.peer[place]), second: max(subject, columns.peer[place]),
              start: ColumnTime.clamping(start), end: ColumnTime.clamping(finish),
              attenuation: attenuation, source: UInt32(row),
              quality: EncounterQuality(
                isOneSided: false, uncertainty: UInt8(exactly: columns.stay[place]))))
          subjectCount = max(subjectCount, columns.peer[place] + 1)
        } else {
          let venue = columns.venue[place]
          guard venue != .max, let kind = DayReading.eventKinds[Int(columns.kind[place])] else {
            continue
          }
          if kind == .stay, finish != .min {
            guard row > mark.stays else { continue }
            stays.append(
              VisitRecord(
                venue: venue, enter: ColumnTime.clamping(start),
                leave: ColumnTime.clamping(max(start, finish)), subject: subject,
                source: UInt32(row), zone: columns.zone[place]))
          } else {
            guard row > mark.scans else { continue }
            // A stay of unknown end says no more than that somebody came in.
            scans.append(
              ScanRecord(
                subject: subject, time: ColumnTime.clamping(start), row: UInt32(row),
                venue: venue, zone: columns.zone[place], kind: kind == .stay ? .entry : kind,
                statedStay: columns.stay[place]))
          }
        }
        subjectCount = max(subjectCount, subject + 1)
        earliest = min(earliest, start)
        latest = max(latest, start, finish)
      }
      return true
    }
    self.stays = stays
    self.scans = scans
    self.encounters = encounters
    self.sightingCount = sightingCount
    self.subjectCount = subjectCount
    if earliest <= latest {
      self.earliest = ColumnTime.clamping(earliest)
      self.latest = ColumnTime.clamping(latest)
    }
    try log.order(&self.scans, of: extent)
  }

  /// What a kind of evidence says about presence, by its raw value.
  private static let eventKinds: [PresenceEvent.Kind?] = (0...UInt8.max).map { value in
    switch Evidence.Kind(rawValue: value) {
    case .scanIn: .entry
    case .scanOut: .exit
    case .scan, .gatewayScan: .scan
    case .visit: .stay
    case .bleSighting, .bleEncounter, .staffNote, .correction, nil: nil
    }
  }
}

extension EvidenceLog {
  /// Puts scans of one day in order of person, time, and evidence id.
  ///
  /// Ids are only read where two scans of a person are of the same second.
  func order(_ scans: inout [ScanRecord], of extent: DayExtent) throws(StoreError) {
    guard scans.count > 1 else { return }
    scans.sort {
      ($0.subject, $0.time, $0.row) < ($1.subject, $1.time, $1.row)
    }
    var ties: [Range<Int>] = []
    var start = 0
    for end in 1...scans.count {
      if end < scans.count, scans[end].subject == scans[start].subject,
        scans[end].time == scans[start].time
      {
        continue
      }
      if end - start > 1 { ties.append(start..<end) }
      start = end
    }
    guard !ties.isEmpty else { return }
    let ids = try ids(of: extent, rows: ties.flatMap { tie in scans[tie].map(\.row) })
    for tie in ties {
      scans[tie].sort { (ids[$0.row], $0.row) < (ids[$1.row], $1.row) }
    }
  }

  /// Returns the ids of some rows of a day, asked for in any order; none when the day is gone.
  func ids(of extent: DayExtent, rows: [UInt32]) throws(StoreError) -> EvidenceIDs {
    let wanted = Set(rows).sorted()
    let found = try evidenceIDs(of: extent, rows: wanted.map(Int64.init))
    return EvidenceIDs(
      byRow: Dictionary(uniqueKeysWithValues: zip(wanted, found)))
  }
}

/// The ids of some rows of a day.
struct EvidenceIDs {
  fileprivate let byRow: [UInt32: EvidenceID]

  /// The id of a row; zeros when the day was deleted meanwhile.
  subscript(row: UInt32) -> EvidenceID {
    byRow[row] ?? EvidenceIDs.none
  }

  /// What stands for the id of evidence that is no longer there.
  static let none = EvidenceID(high: 0, low: 0)
}
