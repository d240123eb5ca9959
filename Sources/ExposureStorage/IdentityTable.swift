internal import Glibc
internal import Presence
internal import Synchronization
internal import VenueCodes

/// Where a piece of evidence is.
struct Place: Hashable {
  let day: LocalDay
  let row: Int64
}

/// Where every id is: what makes an id mean one row.
///
/// One hash table for all days in a file that all writers map. A slot is eight bytes: a fragment of
/// the id's hash, the day's place in the header and the row. So a lookup says where an id *may* be;
/// the row itself decides. The slot's position follows from the fragment, so that the table grows
/// without the ids.
///
/// The day files are the truth and the table is derived from them. It is not synchronized: it is
/// trusted while the same kernel runs, or when it was closed cleanly, and otherwise made anew. How
/// far it knows each day stands in the header, and which days are being written, noted before the
/// commit: who dies in between leaves days for the next one to read on. Who uses the table holds the
/// append lock.
///
/// - Complexity: 10 to 13 bytes an id. A lookup is O(1): one miss of the processor's cache.
final class IdentityTable {
  private let layout: StoreLayout
  private let tuning: StoreTuning
  private var map: TableMap
  /// The places of the days in the header, as of `generation`.
  private var daySlots: [LocalDay: Int] = [:]
  private var generation: UInt64 = .max

  /// Opens the table and makes it agree with the day files; one that cannot be trusted is made anew.
  init(in layout: StoreLayout, tuning: StoreTuning, days: DayPool) throws(StoreError) {
    self.layout = layout
    self.tuning = tuning
    if let map = try TableMap(opening: layout.identities), map.isTrusted {
      self.map = map
      map.bootID = TableMap.kernelBootID
      refreshDays()
    } else {
      map = try TableMap(making: layout.identities, slots: 0, tuning: tuning)
      try map.replace(layout.identities)
      // What stores kept before they had this table.
      try FileOperation.removeDatabase(layout.root + "/ids.sqlite")
      refreshDays()
    }
    let stored = try layout.storedDays()
    var missing = 0
    for day in stored {
      let newest = try days.file(of: day).newestRow()
      missing += Int(clamping: max(0, newest - (daySlots[day].map { map[$0].covered } ?? 0)))
    }
    try makeRoom(for: missing, days)
    for day in Set(stored).union(daySlots.keys).sorted() { try agree(with: day, days) }
  }

  /// Whether the file at the table's path is still this one.
  var isCurrent: Bool { FileOperation.node(of: layout.identities) == map.node }

  /// Reads the days on that a writer left in the middle.
  func settle(_ days: DayPool) throws(StoreError) {
    refreshDays()
    guard map.pendingDays > 0 else { return }
    for (day, slot) in daySlots.sorted(by: { $0.key < $1.key }) where map[slot].isBeingWritten {
      try agree(with: day, days)
    }
    map.pendingDays = 0
  }

  /// The hash of an id in this table.
  func hash(of id: EvidenceID) -> UInt64 { map.hash(high: id.high, low: id.low) }

  /// Calls `body` with each place where an id may be.
  ///
  /// - Parameters:
  ///   - hashes: The hashes of ids.
  ///   - body: Gets the place of a hash in them, and where its id may be.
  func forEachMatch(
    of hashes: [UInt64], _ body: (_ index: Int, Place) -> Void
  ) {
    map.touch(hashes)
    for index in hashes.indices {
      map.forEachMatch(of: hashes[index]) { slot, row in
        let entry = map[slot]
        if entry.state == .live { body(index, Place(day: entry.day, row: row)) }
      }
    }
  }

  /// Makes room for ids, so that to note them cannot fail for want of it.
  ///
  /// - Throws: `diskFull`, and what the file system reports.
  func makeRoom(for count: Int, _ days: DayPool) throws(StoreError) {
    if map.used + count > map.slotCount / 5 * 4 { try grow(for: count, days) }
  }

  /// Whether every row of a file is known.
  func knows(_ file: DayFile) throws(StoreError) -> Bool {
    let newest = try file.newestRow()
    guard let slot = daySlots[file.day] else { return newest == 0 }
    return map[slot].identity == file.identity && map[slot].covered == newest
  }

  /// Announces that a file of a day, which is known to its end, is about to get rows.
  ///
  /// - Throws: `full` for one day or one row too many.
  func announce(_ count: Int, in file: DayFile, _ days: DayPool) throws(StoreError) {
    let covered = daySlots[file.day].map { map[$0].covered } ?? 0
    guard covered + Int64(count) <= TableMap.mostRows else {
      throw StoreError(.full, subject: file.connection.path)
    }
    let slot = try slot(for: file, days)
    map.markDirty()
    map.pendingDays += 1
    map[slot].isBeingWritten = true
    atomicMemoryFence(ordering: .sequentiallyConsistent)
  }

  /// Notes rows that were committed to a file that was known to its end.
  ///
  /// - Returns: False when a part of the table is full; the day is then read again at the next
  ///   append.
  func note(_ hashes: [UInt64], from row: Int64, in file: DayFile) -> Bool {
    guard let slot = daySlots[file.day], map[slot].covered == row - 1 else { return false }
    map.touch(hashes)
    for index in hashes.indices {
      guard map.insert(hashes[index], daySlot: slot, row: row + Int64(index)) else { return false }
    }
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    map[slot].covered = row + Int64(hashes.count) - 1
    map[slot].isBeingWritten = false
    map.pendingDays -= 1
    return true
  }

  /// Makes the table agree with the file of a day: reads rows that it does not know, and forgets
  /// the rows of a file that is gone or shorter than it was (deleted on purpose, or restored from a
  /// backup), because an id must never lead to a row that is not there, or to another one.
  func agree(with day: LocalDay, _ days: DayPool) throws(StoreError) {
    guard FileOperation.exists(layout.file(of: day)) else { return forget(day) }
    let file = try days.file(of: day)
    let newest = try file.newestRow()
    if let slot = daySlots[day],
      map[slot].identity != file.identity || newest < map[slot].covered
    {
      forget(day)
    }
    guard newest <= TableMap.mostRows else {
      throw StoreError(.full, subject: file.connection.path)
    }
    let from = daySlots[day].map { map[$0].covered } ?? 0
    if newest > from {
      map.markDirty()
      try makeRoom(for: Int(newest - from), days)
      // To grow may have read this day too.
      while try !readOn(file, through: newest, days) {
        try grow(for: 0, atLeast: map.slotCount / 4 * 5, days)
      }
    }
    if let slot = daySlots[day] { map[slot].isBeingWritten = false }
  }

  /// Notes the rows of a file that are not known yet; returns false when a part of the table is
  /// full.
  private func readOn(
    _ file: DayFile, through newest: Int64, _ days: DayPool
  ) throws(StoreError) -> Bool {
    let slot = try slot(for: file, days)
    let from = map[slot].covered
    guard newest > from else { return true }
    var hashes: [UInt64] = []
    var next = from + 1
    func noteAll() -> Bool {
      map.touch(hashes)
      for index in hashes.indices {
        guard map.insert(hashes[index], daySlot: slot, row: next + Int64(index)) else {
          return false
        }
      }
      next += Int64(hashes.count)
      hashes.removeAll(keepingCapacity: true)
      return true
    }
    var isRoomy = true
    var expected = next
    try file.connection.forEachFrame(holding: next...newest) { first, frame throws(StoreError) in
      guard first <= expected else { throw StoreError(.corrupt, subject: file.connection.path) }
      for place in Int(expected - first)..<frame.count {
        let id = frame.id(at: place)
        hashes.append(map.hash(high: id.high, low: id.low))
      }
      expected = first + Int64(frame.count)
      if hashes.count >= 4_096 { isRoomy = noteAll() }
      return isRoomy
    }
    guard isRoomy, noteAll() else { return false }
    guard next == newest + 1 else { throw StoreError(.corrupt, subject: file.connection.path) }
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    map[slot].covered = newest
    return true
  }

  /// Forgets all ids of a day; their slots go when the table grows.
  func forget(_ day: LocalDay) {
    guard let slot = daySlots[day] else { return }
    map.markDirty()
    map[slot].state = .dead
    map.generation &+= 1
    refreshDays()
  }

  /// Writes the table, so that it is trusted after a restart too, when to make it anew takes long.
  func close() {
    guard map.used >= TableMap.worthKeeping else { return }
    map.markClean()
  }

  /// Makes a larger table, without what is forgotten.
  private func grow(
    for count: Int, atLeast least: Int = 0, _ days: DayPool
  ) throws(StoreError) {
    let live = map.countLive()
    // After it, four fifths are reached with three tenths more ids.
    let slots = max(least, (live + count) / 8 * 13 + 64)
    let larger = try TableMap(
      making: layout.identities, slots: slots, seeds: map.seeds, tuning: tuning)
    let isKept = larger.regionBits == map.regionBits
    if isKept {
      try larger.take(map)
    }
    try larger.replace(layout.identities)
    map = larger
    generation = .max
    refreshDays()
    // With other regions, the ids themselves are needed. Their room is there already.
    if !isKept {
      for day in try layout.storedDays() { try agree(with: day, days) }
    }
  }

  /// Returns the place of a file's day in the header, and gives it one when it has none.
  private func slot(for file: DayFile, _ days: DayPool) throws(StoreError) -> Int {
    if let slot = daySlots[file.day] { return slot }
    if map.firstFreeDay(of: tuning.identityDays) == nil { try grow(for: 0, days) }
    if let slot = daySlots[file.day] { return slot }
    guard let slot = map.firstFreeDay(of: tuning.identityDays) else {
      throw StoreError(.full, subject: layout.root)
    }
    map.markDirty()
    map[slot] = TableMap.Day(
      day: file.day, state: .live, identity: file.identity, covered: 0, isBeingWritten: false)
    map.generation &+= 1
    refreshDays()
    return slot
  }

  private func refreshDays() {
    guard generation != map.generation else { return }
    generation = map.generation
    daySlots = [:]
    for slot in 0..<TableMap.mostDays where map[slot].state == .live {
      daySlots[map[slot].day] = slot
    }
  }
}
