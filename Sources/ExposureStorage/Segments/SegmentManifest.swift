internal import CrossMatch
internal import Glibc
package import VenueCodes

/// The list of the segment files that count, and of how much of the log is in them.
///
/// Whoever reads it has a whole and consistent set of files: it is swapped in one step, after all
/// its files are durable.
package struct SegmentManifest: Hashable, Sendable {
  /// One file.
  package struct File: Hashable, Sendable {
    /// What it is about.
    package var kind: ColumnFileKind
    /// The local day whose rows it holds; of no meaning for people and replaced rows.
    package var day: LocalDay
    /// A number that no other file of the store ever had.
    package var sequence: UInt64
    /// How many rows it has.
    package var rowCount: Int
    /// Its bytes.
    package var size: Int
    /// The checksum at its end.
    package var checksum: UInt64

    /// The name in the folder of segments.
    package var name: String { "\(sequence).\(kind)" }
  }

  /// How much of a day's log is in the files: the newest row of each sort.
  package struct Mark: Hashable, Sendable {
    /// The local day.
    package var day: LocalDay
    /// The identity of the day's file in the log.
    package var identity: Int64
    /// Given stays up to this row are in files.
    package var stays: Int64 = 0
    /// Scans up to this row are in files, and so are the visits they make.
    package var scans: Int64 = 0
    /// Encounters up to this row are in files.
    package var encounters: Int64 = 0
    /// Sightings up to this row are in files, and so is what follows from them.
    package var sightings: Int64 = 0
    /// The generation of the aliases by which sightings were read.
    package var aliases: Int64 = 0

    /// Up to here everything is in files.
    var oldest: Int64 { min(stays, scans, encounters, sightings) }
    /// Nothing after this row is in files.
    var newest: Int64 { max(stays, scans, encounters, sightings) }
  }

  /// The files, by kind, day and sequence.
  package var files: [File] = []
  /// How much of each day is in them, by day.
  package var marks: [Mark] = []
  /// The number of the next file.
  package var nextSequence: UInt64 = 1
  /// More than the number of any person in the files.
  package var subjectCount: UInt32 = 0
  /// People with smaller numbers have their pseudonyms in files.
  package var peopleCount: UInt32 = 0
  /// How often people had been deleted when `people` was written: after another time it may name
  /// somebody who was forgotten.
  package var forgettings: UInt64 = 0
  /// The digest of the rules of stays at `scanVenues`.
  package var rulesDigest: UInt64 = 0
  /// The digest of the rules by which sightings became encounters.
  package var encounterDigest: UInt64 = 0
  /// The venues at which anybody was scanned, ascending: only their rules matter to visits.
  package var scanVenues: [UInt64] = []
  /// The first moment of anything, as columns count; more than `latest` when there is nothing.
  package var earliest: Int32 = .max
  /// The last moment of anything.
  package var latest: Int32 = .min

  /// Makes the list of no files.
  package init() {}

  /// The files of a kind.
  func files(_ kind: ColumnFileKind) -> [File] { files.filter { $0.kind == kind } }

  /// Whether any scan is in the files.
  var hasScans: Bool { files.contains { $0.kind == .scans } }

  /// Forgets the files of some kinds, of one day or of all; the rows are to be read again.
  mutating func drop(_ kinds: Set<ColumnFileKind>, of day: LocalDay? = nil) {
    files.removeAll { kinds.contains($0.kind) && (day == nil || $0.day == day) }
    for place in marks.indices where day == nil || marks[place].day == day {
      if kinds.contains(.stays) { marks[place].stays = 0 }
      if kinds.contains(.scans) { marks[place].scans = 0 }
      if kinds.contains(.encounters) { marks[place].encounters = 0 }
      if kinds.contains(.heard) { marks[place].sightings = 0 }
    }
    if kinds.contains(.people) { peopleCount = 0 }
    if kinds.contains(.scans) { scanVenues = [] }
  }

  /// The kinds that only mean something together: visits follow from scans of any day.
  static let derivedKinds: Set<ColumnFileKind> = [.scans, .visits, .replaced]

  /// Forgets whatever a file that cannot be used was a part of.
  mutating func drop(damaged file: File) {
    switch file.kind {
    case .stays, .encounters, .heard: drop([file.kind], of: file.day)
    case .people: drop([.people])
    case .scans, .visits, .replaced: drop(Self.derivedKinds)
    case .manifest: break
    }
  }

  /// Forgets the people when any were deleted since they were written.
  mutating func agree(forgettings count: UInt64) {
    guard forgettings != count else { return }
    drop([.people])
    forgettings = count
  }

  /// Returns the mark of a day, one of nothing when there is none.
  func mark(of day: LocalDay, identity: Int64) -> Mark {
    marks.first { $0.day == day && $0.identity == identity } ?? Mark(day: day, identity: identity)
  }

  /// Sets the mark of a day.
  mutating func set(_ mark: Mark) {
    marks.removeAll { $0.day == mark.day }
    let place = marks.firstIndex { $0.day > mark.day } ?? marks.endIndex
    marks.insert(mark, at: place)
  }

  /// Puts the files in their order.
  mutating func sortFiles() {
    files.sort {
      ($0.kind.rawValue, $0.day.daysSince2020, $0.sequence)
        < ($1.kind.rawValue, $1.day.daysSince2020, $1.sequence)
    }
  }

  // MARK: As a file

  private enum Tag: UInt32, CaseIterable {
    case numbers = 1, fileKind, fileDay, fileSequence, fileRows, fileSize, fileChecksum
    case markDay, markIdentity, markStays, markScans, markEncounters, venues
    case markSightings, markAliases
  }

  /// The name in the folder of segments.
  package static let name = "manifest"

  /// The columns that say everything.
  package var columns: [ColumnBytes] {
    func column<Element: BitwiseCopyable & Sendable>(
      _ tag: Tag, _ values: [Element]
    ) -> ColumnBytes {
      ColumnBytes(Column(values), tag: tag.rawValue)
    }
    return [
      column(
        .numbers,
        [
          nextSequence, UInt64(subjectCount), UInt64(peopleCount), rulesDigest,
          UInt64(UInt32(bitPattern: earliest)), UInt64(UInt32(bitPattern: latest)), forgettings,
          encounterDigest,
        ]),
      column(.fileKind, files.map(\.kind.rawValue)),
      column(.fileDay, files.map(\.day.daysSince2020)),
      column(.fileSequence, files.map(\.sequence)),
      column(.fileRows, files.map { UInt64($0.rowCount) }),
      column(.fileSize, files.map { UInt64($0.size) }),
      column(.fileChecksum, files.map(\.checksum)),
      column(.markDay, marks.map(\.day.daysSince2020)),
      column(.markIdentity, marks.map(\.identity)),
      column(.markStays, marks.map(\.stays)),
      column(.markScans, marks.map(\.scans)),
      column(.markEncounters, marks.map(\.encounters)),
      column(.markSightings, marks.map(\.sightings)),
      column(.markAliases, marks.map(\.aliases)),
      column(.venues, scanVenues),
    ]
  }

  /// Reads a manifest from a file in memory whose checksum is right.
  ///
  /// - Throws: `brokenContent` for anything that no builder writes.
  package init(_ file: MappedColumns) throws(ColumnFileFault) {
    func values<Element: BitwiseCopyable & Sendable>(
      _ tag: Tag, of type: Element.Type = Element.self
    ) throws(ColumnFileFault) -> [Element] {
      guard let column = file.column(tag.rawValue, of: type) else { throw .brokenContent }
      return column.indices.map { column[$0] }
    }
    let numbers = try values(.numbers, of: UInt64.self)
    guard numbers.count == 8, let subjects = UInt32(exactly: numbers[1]),
      let people = UInt32(exactly: numbers[2]), let first = UInt32(exactly: numbers[4]),
      let last = UInt32(exactly: numbers[5])
    else { throw .brokenContent }
    nextSequence = numbers[0]
    subjectCount = subjects
    peopleCount = people
    rulesDigest = numbers[3]
    forgettings = numbers[6]
    encounterDigest = numbers[7]
    earliest = Int32(bitPattern: first)
    latest = Int32(bitPattern: last)
    let kinds = try values(.fileKind, of: UInt32.self)
    let days = try values(.fileDay, of: Int32.self)
    let sequences = try values(.fileSequence, of: UInt64.self)
    let rows = try values(.fileRows, of: UInt64.self)
    let sizes = try values(.fileSize, of: UInt64.self)
    let checksums = try values(.fileChecksum, of: UInt64.self)
    guard
      [days.count, sequences.count, rows.count, sizes.count, checksums.count]
        .allSatisfy({ $0 == kinds.count })
    else { throw .brokenContent }
    for place in kinds.indices {
      guard let kind = ColumnFileKind(rawValue: kinds[place]), kind != .manifest,
        sequences[place] < nextSequence, rows[place] < UInt64(UInt32.max),
        let size = Int(exactly: sizes[place])
      else { throw .brokenContent }
      files.append(
        File(
          kind: kind, day: LocalDay(daysSince2020: days[place]), sequence: sequences[place],
          rowCount: Int(rows[place]), size: size, checksum: checksums[place]))
    }
    guard Set(sequences).count == sequences.count else { throw .brokenContent }
    let markDays = try values(.markDay, of: Int32.self)
    let identities = try values(.markIdentity, of: Int64.self)
    let stays = try values(.markStays, of: Int64.self)
    let scans = try values(.markScans, of: Int64.self)
    let encounters = try values(.markEncounters, of: Int64.self)
    let sightings = try values(.markSightings, of: Int64.self)
    let aliases = try values(.markAliases, of: Int64.self)
    guard
      [
        identities.count, stays.count, scans.count, encounters.count, sightings.count,
        aliases.count,
      ].allSatisfy({ $0 == markDays.count })
    else { throw .brokenContent }
    for place in markDays.indices {
      guard place == 0 || markDays[place - 1] < markDays[place],
        min(stays[place], scans[place], encounters[place], sightings[place]) >= 0
      else { throw .brokenContent }
      marks.append(
        Mark(
          day: LocalDay(daysSince2020: markDays[place]), identity: identities[place],
          stays: stays[place], scans: scans[place], encounters: encounters[place],
          sightings: sightings[place], aliases: aliases[place]))
    }
    scanVenues = try values(.venues, of: UInt64.self)
  }
}
