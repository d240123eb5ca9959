internal import Glibc
internal import Presence
internal import VenueCodes

/// The file of an `IdentityTable`, mapped: a header, the days, and slots in regions.
///
/// A slot holds, from the top, 26 bits of fragment, 11 bits of day and 27 bits of row; no row is 0,
/// so an empty slot is 0. The first bits of a hash choose the region and the next 26 are the
/// fragment, by whose size the slots of a region are in order but for collisions. A larger table
/// has more regions, because more ids need more bits to be told apart.
///
/// The bytes are in the machine's own order: the file never leaves it.
final class TableMap {
  /// How many days a table can tell apart.
  static let mostDays = 1 << 11
  /// The largest row number.
  static let mostRows: Int64 = 1 << 27 - 1
  /// How many ids are so many that the file is made durable when it is closed.
  static let worthKeeping = 4_000_000

  private static let magic: UInt64 = 0x3162_6174_6469_6b63  // "ckidtab1"
  private static let daysOffset = 4_096
  private static let dayStride = 32
  private static let slotsOffset = daysOffset + mostDays * dayStride
  private static let fragmentBits = 26
  private static let placeBits = 38
  private static let rowBits = 27

  private let path: String
  private let base: UnsafeMutableRawPointer
  private let size: Int
  private let slots: UnsafeMutablePointer<UInt64>
  /// What the hashes of this table begin with.
  let seeds: (UInt64, UInt64)
  /// Which file this is.
  let node: FileOperation.Node?
  /// How many bits of a hash choose the region.
  let regionBits: Int
  private let slotsInRegion: Int
  private var touched: UInt64 = 0

  /// How many slots there are.
  var slotCount: Int { slotsInRegion << regionBits }

  /// What the header says of a day.
  struct Day {
    enum State: UInt32 { case free, live, dead }
    var day: LocalDay
    var state: State
    var identity: Int64
    /// The newest row that is known.
    var covered: Int64
    var isBeingWritten: Bool
  }

  /// Maps a file, or returns nil when there is none or it is none of ours.
  init?(opening path: String) throws(StoreError) {
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw FileOperation.failure(path)
    }
    defer { Glibc.close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileOperation.failure(path) }
    let size = Int(status.st_size)
    guard status.st_mode & S_IFMT == S_IFREG, size > TableMap.slotsOffset else { return nil }
    let base = try TableMap.map(descriptor, size, path)
    let regionBits = Int(truncatingIfNeeded: base.load(fromByteOffset: 8, as: UInt64.self))
    let slotsInRegion = Int(truncatingIfNeeded: base.load(fromByteOffset: 16, as: UInt64.self))
    guard base.load(as: UInt64.self) == TableMap.magic,
      base.load(fromByteOffset: 40, as: UInt64.self) == TableMap.check(base),
      (0..<32).contains(regionBits), slotsInRegion > 0, slotsInRegion <= size,
      (slotsInRegion << regionBits) * 8 + TableMap.slotsOffset == size
    else {
      munmap(base, size)
      return nil
    }
    self.path = path
    self.base = base
    self.size = size
    self.regionBits = regionBits
    self.slotsInRegion = slotsInRegion
    slots = (base + TableMap.slotsOffset).assumingMemoryBound(to: UInt64.self)
    seeds = (
      base.load(fromByteOffset: 24, as: UInt64.self), base.load(fromByteOffset: 32, as: UInt64.self)
    )
    node = FileOperation.Node(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  /// Makes an empty table under a draft's name, all its room reserved; `replace` puts it in place.
  ///
  /// - Parameters:
  ///   - path: Where it will be.
  ///   - wanted: How many slots it has at least.
  ///   - given: The seeds of another table, to take over its slots.
  ///   - tuning: Where tables begin to have regions.
  /// - Throws: `diskFull`, and what the file system reports.
  init(
    making path: String, slots wanted: Int, seeds given: (UInt64, UInt64)? = nil,
    tuning: StoreTuning
  ) throws(StoreError) {
    let draft = path + ".new"
    let wanted = max(wanted, 1_024)
    regionBits =
      wanted < tuning.identityRegionSlots ? 0 : wanted < tuning.identityRegionSlots << 7 ? 8 : 14
    slotsInRegion = (wanted + 1 << regionBits - 1) >> regionBits
    size = TableMap.slotsOffset + (slotsInRegion << regionBits) * 8
    guard unlink(draft) == 0 || errno == ENOENT else { throw FileOperation.failure(draft) }
    let descriptor = open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileOperation.failure(draft) }
    defer { Glibc.close(descriptor) }
    // A page that the disk has no room for would end the process when it is first written.
    let result = posix_fallocate(descriptor, 0, off_t(size))
    guard result == 0 else {
      unlink(draft)
      errno = result
      throw FileOperation.failure(path)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileOperation.failure(draft) }
    node = FileOperation.Node(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    base = try TableMap.map(descriptor, size, draft)
    slots = (base + TableMap.slotsOffset).assumingMemoryBound(to: UInt64.self)
    var generator = SystemRandomNumberGenerator()
    seeds = given ?? (generator.next(), generator.next())
    self.path = path
    base.storeBytes(of: TableMap.magic, as: UInt64.self)
    base.storeBytes(of: UInt64(regionBits), toByteOffset: 8, as: UInt64.self)
    base.storeBytes(of: UInt64(slotsInRegion), toByteOffset: 16, as: UInt64.self)
    base.storeBytes(of: seeds.0, toByteOffset: 24, as: UInt64.self)
    base.storeBytes(of: seeds.1, toByteOffset: 32, as: UInt64.self)
    base.storeBytes(of: TableMap.check(base), toByteOffset: 40, as: UInt64.self)
    bootID = TableMap.kernelBootID
  }

  deinit { munmap(base, size) }

  /// Puts a table that was made in its place.
  func replace(_ path: String) throws(StoreError) {
    guard rename(path + ".new", path) == 0 else { throw FileOperation.failure(path) }
  }

  private static func map(
    _ descriptor: Int32, _ size: Int, _ path: String
  ) throws(StoreError) -> UnsafeMutableRawPointer {
    guard let base = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
      base != MAP_FAILED
    else { throw FileOperation.failure(path) }
    return base
  }

  /// A sum over what never changes in a header.
  private static func check(_ base: UnsafeMutableRawPointer) -> UInt64 {
    EvidenceFrame.checksum(of: UnsafeRawBufferPointer(start: base, count: 40)[...])
  }
}

// MARK: The header

extension TableMap {
  private func word(_ offset: Int) -> UInt64 { base.load(fromByteOffset: offset, as: UInt64.self) }

  private func set(_ value: UInt64, at offset: Int) {
    base.storeBytes(of: value, toByteOffset: offset, as: UInt64.self)
  }

  /// How many slots are taken, also by ids that are forgotten.
  var used: Int {
    get { Int(truncatingIfNeeded: word(48)) }
    set { set(UInt64(truncatingIfNeeded: newValue), at: 48) }
  }

  /// Changes with the list of days.
  var generation: UInt64 {
    get { word(56) }
    set { set(newValue, at: 56) }
  }

  /// More than 0 while days are being written.
  var pendingDays: Int {
    get { Int(truncatingIfNeeded: word(64)) }
    set { set(UInt64(truncatingIfNeeded: newValue), at: 64) }
  }

  /// The run of the kernel in which the table was last changed.
  var bootID: [UInt64] {
    get { [word(80), word(88)] }
    set {
      set(newValue[0], at: 80)
      set(newValue[1], at: 88)
    }
  }

  /// Whether what the table says is what its writers wrote: in the same run of the kernel memory
  /// is whole even when they were killed.
  var isTrusted: Bool { word(72) == 1 || bootID == TableMap.kernelBootID }

  /// Notes durably that the table changes, when the disk has it as clean.
  func markDirty() {
    guard word(72) == 1 else { return }
    set(0, at: 72)
    msync(base, TableMap.daysOffset, MS_SYNC)
  }

  /// Makes the table durable, and notes that it is.
  func markClean() {
    guard word(72) == 0, pendingDays == 0 else { return }
    // What fails here costs the next run of the kernel some time, and nothing else.
    guard msync(base, size, MS_SYNC) == 0 else { return }
    set(1, at: 72)
    msync(base, TableMap.daysOffset, MS_SYNC)
  }

  /// A random number that the kernel draws when it starts; zeros when it does not tell.
  static let kernelBootID: [UInt64] = {
    let text = (try? FileOperation.read("/proc/sys/kernel/random/boot_id", limit: 64)) ?? []
    guard let id = EvidenceID(utf8: text.filter { $0 > 0x20 }[...]) else {
      // Unknown is never the same as before.
      var generator = SystemRandomNumberGenerator()
      return [generator.next(), generator.next()]
    }
    return [id.high, id.low]
  }()

  /// What the header says of the day at a place.
  subscript(slot: Int) -> Day {
    get {
      let entry = base + TableMap.daysOffset + slot * TableMap.dayStride
      return Day(
        day: LocalDay(daysSince2020: entry.load(as: Int32.self)),
        state: Day.State(rawValue: entry.load(fromByteOffset: 4, as: UInt32.self)) ?? .free,
        identity: entry.load(fromByteOffset: 8, as: Int64.self),
        covered: entry.load(fromByteOffset: 16, as: Int64.self),
        isBeingWritten: entry.load(fromByteOffset: 24, as: UInt64.self) != 0)
    }
    set {
      let entry = base + TableMap.daysOffset + slot * TableMap.dayStride
      entry.storeBytes(of: newValue.day.daysSince2020, as: Int32.self)
      entry.storeBytes(of: newValue.identity, toByteOffset: 8, as: Int64.self)
      entry.storeBytes(of: newValue.covered, toByteOffset: 16, as: Int64.self)
      entry.storeBytes(of: newValue.isBeingWritten ? 1 : 0, toByteOffset: 24, as: UInt64.self)
      entry.storeBytes(of: newValue.state.rawValue, toByteOffset: 4, as: UInt32.self)
    }
  }

  /// The first of some places that no day has.
  func firstFreeDay(of count: Int) -> Int? {
    (0..<min(count, TableMap.mostDays)).first { self[$0].state == .free }
  }
}

// MARK: Slots

extension TableMap {
  /// Returns the hash of an id: a product of both halves, folded, which nobody outside can aim
  /// because the seeds are the table's own.
  func hash(high: UInt64, low: UInt64) -> UInt64 {
    let product = (high ^ seeds.0).multipliedFullWidth(by: low ^ seeds.1)
    let folded = (product.high ^ product.low ^ high) &* 0x9e37_79b9_7f4a_7c15
    return folded ^ folded >> 29
  }

  @inline(__always)
  private func position(_ hash: UInt64) -> (region: Int, fragment: UInt64, home: Int) {
    // Two shifts, because a shift by 64 has no meaning of its own in hardware.
    let region = Int(truncatingIfNeeded: (hash &>> 1) &>> UInt64(63 &- regionBits))
    let fragment = (hash &<< UInt64(regionBits)) &>> UInt64(64 - TableMap.fragmentBits)
    let home = Int(
      truncatingIfNeeded: (fragment &* UInt64(slotsInRegion)) &>> UInt64(TableMap.fragmentBits))
    return (region &* slotsInRegion, fragment, home)
  }

  /// Reads the slots that hashes begin at: independent reads, which the processor does at once,
  /// where a search would wait for each in turn.
  func touch(_ hashes: [UInt64]) {
    var sum: UInt64 = 0
    for hash in hashes {
      let (region, _, home) = position(hash)
      sum |= slots[region &+ home]
    }
    // Kept, so that no compiler leaves the reads out.
    touched = sum
  }

  /// Calls `body` with the day's place and the row of each slot that a hash may mean.
  @inline(__always)
  func forEachMatch(of hash: UInt64, _ body: (_ slot: Int, _ row: Int64) -> Void) {
    let (region, fragment, home) = position(hash)
    var place = home
    for _ in 0..<slotsInRegion {
      let slot = slots[region &+ place]
      if slot == 0 { return }
      if slot >> UInt64(TableMap.placeBits) == fragment {
        body(
          Int(truncatingIfNeeded: slot >> UInt64(TableMap.rowBits)) & (TableMap.mostDays - 1),
          Int64(truncatingIfNeeded: slot & UInt64(TableMap.mostRows)))
      }
      place &+= 1
      if place == slotsInRegion { place = 0 }
    }
  }

  /// Takes a slot for an id; one that is there is not taken again.
  ///
  /// - Returns: False when the id's region is full.
  @inline(__always)
  func insert(_ hash: UInt64, daySlot: Int, row: Int64) -> Bool {
    let (region, fragment, home) = position(hash)
    let value =
      fragment << UInt64(TableMap.placeBits) | UInt64(daySlot) << UInt64(TableMap.rowBits)
      | UInt64(row)
    guard let isNew = TableMap.insert(value, slots + region, slotsInRegion, home) else {
      return false
    }
    if isNew { used &+= 1 }
    return true
  }

  /// Returns whether a slot was taken, or nil when all are.
  @inline(__always)
  private static func insert(
    _ value: UInt64, _ region: UnsafeMutablePointer<UInt64>, _ count: Int, _ home: Int
  ) -> Bool? {
    var place = home
    for _ in 0..<count {
      let slot = region[place]
      if slot == 0 {
        region[place] = value
        return true
      }
      if slot == value { return false }
      place &+= 1
      if place == count { place = 0 }
    }
    return nil
  }

  private var liveDays: [Bool] { (0..<TableMap.mostDays).map { self[$0].state == .live } }

  /// Counts the slots of days that are not forgotten.
  func countLive() -> Int {
    let isLive = liveDays
    var count = 0
    for place in 0..<slotCount where slots[place] != 0 {
      if isLive[TableMap.daySlot(slots[place])] { count += 1 }
    }
    return count
  }

  private static func daySlot(_ slot: UInt64) -> Int {
    Int(truncatingIfNeeded: slot >> UInt64(rowBits)) & (mostDays - 1)
  }

  /// Takes over all that another table of as many regions has and is not forgotten, region by
  /// region; the seeds are the same.
  ///
  /// - Throws: What the file system reports.
  func take(_ other: TableMap) throws(StoreError) {
    precondition(regionBits == other.regionBits && seeds == other.seeds)
    let descriptor = open(path + ".new", O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileOperation.failure(path) }
    defer { Glibc.close(descriptor) }
    let isLive = other.liveDays
    var region = [UInt64](repeating: 0, count: slotsInRegion)
    var count = 0
    for number in 0..<1 << regionBits {
      let source = other.slots + number * other.slotsInRegion
      let isWhole = region.withUnsafeMutableBufferPointer { buffer -> Bool in
        guard let target = buffer.baseAddress else { return false }
        target.update(repeating: 0, count: slotsInRegion)
        for place in 0..<other.slotsInRegion {
          let slot = source[place]
          guard slot != 0, isLive[TableMap.daySlot(slot)] else { continue }
          let fragment = slot >> UInt64(TableMap.placeBits)
          let home = Int(
            truncatingIfNeeded: (fragment &* UInt64(slotsInRegion))
              &>> UInt64(TableMap.fragmentBits))
          guard TableMap.insert(slot, target, slotsInRegion, home) != nil else { return false }
          count += 1
        }
        return true
      }
      guard isWhole else { throw StoreError(.corrupt, subject: path) }
      try write(region, to: descriptor, at: TableMap.slotsOffset + number * slotsInRegion * 8)
    }
    memcpy(
      base + TableMap.daysOffset, other.base + TableMap.daysOffset,
      TableMap.mostDays * TableMap.dayStride)
    for slot in 0..<TableMap.mostDays where self[slot].state == .dead { self[slot].state = .free }
    used = count
    generation = other.generation &+ 1
    pendingDays = other.pendingDays
  }

  private func write(_ words: [UInt64], to descriptor: Int32, at offset: Int) throws(StoreError) {
    var written = 0
    while written < words.count * 8 {
      let count = words.withUnsafeBytes { bytes in
        pwrite(
          descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written,
          off_t(offset + written))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileOperation.failure(path) }
      written += count
    }
  }
}
