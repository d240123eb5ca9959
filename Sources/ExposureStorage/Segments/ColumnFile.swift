internal import CXXHash
package import CrossMatch
internal import Glibc

/// What a column file is about; the raw value is in the file.
package enum ColumnFileKind: UInt32, Sendable, CaseIterable {
  /// The list of the files that count.
  case manifest = 1
  /// Stays of one day that were given with both ends.
  case stays = 2
  /// Visits of one day that were derived from scans, and what they stand on.
  case visits = 3
  /// The scans of one day by person, to derive visits again.
  case scans = 4
  /// The encounters of one day.
  case encounters = 5
  /// The pseudonyms of a range of people.
  case people = 6
  /// Rows of other files that later evidence replaced.
  case replaced = 7
  /// What the sightings of one day say: encounters, when phones listened, and what was of no use.
  case heard = 8
}

/// Why bytes are not a column file that can be used.
package enum ColumnFileFault: Error, Hashable, Sendable {
  /// There are fewer or more bytes than the file says.
  case wrongSize
  /// The file is of another program or another edition of this one.
  case foreignFormat
  /// The file is of another store.
  case foreignStore
  /// The file is of another kind.
  case wrongKind
  /// The list of columns contradicts itself.
  case brokenDirectory
  /// The bytes are not those that were written.
  case wrongChecksum
  /// The columns are not what their kind must have.
  case brokenContent
}

/// The bytes of one column and the number that says which it is.
package struct ColumnBytes: Sendable {
  /// Which column of its kind of file.
  package let tag: UInt32
  /// The bytes of one value.
  package let width: Int
  /// How many values there are.
  package let count: Int
  /// What keeps the bytes alive.
  private let owner: any Sendable
  private let address: UInt

  /// Makes a column to be written.
  package init<Element>(_ column: Column<Element>, tag: UInt32) {
    self.tag = tag
    self.width = MemoryLayout<Element>.stride
    self.count = column.count
    self.owner = column
    self.address = UInt(bitPattern: column.base)
  }

  private init(segment: VisitSegment, column: SegmentColumn, bytes: UnsafeRawBufferPointer) {
    self.tag = column.rawValue
    self.width = column.stride
    self.count = bytes.count / column.stride
    self.owner = segment
    self.address = UInt(bitPattern: bytes.baseAddress)
  }

  /// Returns the columns of a segment of visits.
  package static func columns(of segment: VisitSegment) -> [ColumnBytes] {
    var columns: [ColumnBytes] = []
    // The body throws nothing, so nothing is thrown.
    try? segment.forEachColumn { column, bytes in
      columns.append(ColumnBytes(segment: segment, column: column, bytes: bytes))
    }
    return columns
  }

  /// Runs `body` with the bytes.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    defer { withExtendedLifetime(owner) {} }
    return body(
      UnsafeRawBufferPointer(
        start: UnsafeRawPointer(bitPattern: address), count: width * count))
  }
}

/// Where the columns of a file are: its fixed head and its directory, read and checked.
///
/// A file is a head of 64 bytes, 24 bytes for each column (tag, bytes a value, place, count), the
/// columns, each at a multiple of 64 bytes and with 64 zeros or more behind it, which vector loops
/// read, and the 64-bit XXH3 of all bytes before. Numbers are little-endian. Everything but the columns follows from the sizes, so that the same columns are
/// always the same bytes.
package struct ColumnFileLayout: Hashable, Sendable {
  /// One column.
  package struct Entry: Hashable, Sendable {
    /// Which column of its kind of file.
    package let tag: UInt32
    /// The bytes of one value.
    package let width: Int
    /// Where the values begin.
    package let offset: Int
    /// How many values there are.
    package let count: Int
  }

  /// What the file is about.
  package let kind: ColumnFileKind
  /// The columns in the order of the file.
  package let entries: [Entry]
  /// The bytes of the whole file.
  package let size: Int

  static let alignment = 64
  static let padding = 64
  static let headSize = 64
  static let entrySize = 24
  static let checksumSize = 8
  static let mostColumns = 64
  /// `checkcol` and the edition of the format.
  static let magic: UInt64 = 0x6c6f_636b_6365_6863
  static let edition: UInt32 = 1

  /// Lays columns out.
  init(kind: ColumnFileKind, columns: [(tag: UInt32, width: Int, count: Int)]) {
    var end = Self.headSize + Self.entrySize * columns.count
    var entries: [Entry] = []
    for column in columns {
      let offset = Self.aligned(end)
      entries.append(
        Entry(tag: column.tag, width: column.width, offset: offset, count: column.count))
      end = Self.padding + offset + column.width * column.count
    }
    self.kind = kind
    self.entries = entries
    self.size = Self.size(endingAt: end)
  }

  /// Reads the head and the directory at the front of a file.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - store: The two halves of the id of the store it must be of.
  ///   - kind: What it must be about.
  /// - Throws: `ColumnFileFault`, for any bytes that `init(kind:columns:)` would not give.
  /// - Complexity: O(1); the columns are not looked at.
  package init(
    reading bytes: UnsafeRawBufferPointer, of store: (UInt64, UInt64), kind: ColumnFileKind
  ) throws(ColumnFileFault) {
    guard bytes.count >= Self.headSize + Self.checksumSize else {
      throw .wrongSize
    }
    func number<Number: FixedWidthInteger>(_ offset: Int, _ type: Number.Type) -> Number {
      Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
    }
    guard number(0, UInt64.self) == Self.magic, number(8, UInt32.self) == Self.edition else {
      throw .foreignFormat
    }
    guard number(16, UInt64.self) == store.0, number(24, UInt64.self) == store.1 else {
      throw .foreignStore
    }
    guard number(12, UInt32.self) == kind.rawValue else { throw .wrongKind }
    guard number(32, UInt64.self) == UInt64(bytes.count) else { throw .wrongSize }
    let count = Int(number(40, UInt32.self))
    guard count <= Self.mostColumns,
      Self.headSize + Self.entrySize * count <= bytes.count,
      (44..<64).allSatisfy({ bytes[$0] == 0 })
    else { throw .brokenDirectory }
    var end = Self.headSize + Self.entrySize * count
    var entries: [Entry] = []
    var tags: Set<UInt32> = []
    for place in 0..<count {
      let start = Self.headSize + Self.entrySize * place
      let width = number(start + 4, UInt32.self)
      let offset = Self.aligned(end)
      guard [1, 2, 4, 8, 16].contains(width), number(start + 8, UInt64.self) == UInt64(offset),
        let length = Int(exactly: number(start + 16, UInt64.self)),
        length <= bytes.count / Int(width), tags.insert(number(start, UInt32.self)).inserted
      else { throw .brokenDirectory }
      end = offset + length * Int(width) + Self.padding
      guard end <= bytes.count else { throw .brokenDirectory }
      entries.append(
        Entry(
          tag: number(start, UInt32.self), width: Int(width), offset: offset, count: length))
    }
    guard Self.size(endingAt: end) == bytes.count else { throw .brokenDirectory }
    self.kind = kind
    self.entries = entries
    self.size = bytes.count
  }

  /// Returns the entry of a tag whose values have a width.
  func entry(_ tag: UInt32, width: Int) -> Entry? {
    entries.first { $0.tag == tag && $0.width == width }
  }

  /// The length of the column that says how many rows a file of this kind has.
  var rowCount: Int {
    let tag: UInt32 =
      switch kind {
      case .stays, .visits, .scans, .encounters, .heard: 3
      case .people, .replaced: 2
      case .manifest: 1
      }
    return entries.first { $0.tag == tag }?.count ?? 0
  }

  /// The head and the directory, up to where the first column may begin.
  func head(of store: (UInt64, UInt64)) -> [UInt8] {
    var bytes: [UInt8] = []
    func append(_ number: some FixedWidthInteger) {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    append(Self.magic)
    append(Self.edition)
    append(kind.rawValue)
    append(store.0)
    append(store.1)
    append(UInt64(size))
    append(UInt32(entries.count))
    bytes.append(contentsOf: repeatElement(0, count: Self.headSize - bytes.count))
    for entry in entries {
      append(entry.tag)
      append(UInt32(entry.width))
      append(UInt64(entry.offset))
      append(UInt64(entry.count))
    }
    return bytes
  }

  private static func aligned(_ offset: Int) -> Int {
    (offset + alignment - 1) / alignment * alignment
  }

  private static func size(endingAt end: Int) -> Int {
    aligned(end) + checksumSize
  }
}

/// A file of columns in memory that the kernel pages in as it is read.
///
/// The mapping is private: what is written to it (`unlocked`) is seen by this process alone and never
/// reaches the file.
package final class MappedColumns: @unchecked Sendable {
  /// Where the columns are.
  package let layout: ColumnFileLayout
  private let base: UnsafeMutableRawPointer

  /// Maps a file and reads its head; `verify` looks at the rest.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - store: The id of the store it must be of.
  ///   - kind: What it must be about.
  /// - Throws: `ColumnFileFault` when the head is wrong; a file that cannot be opened is `wrongSize`.
  /// - Complexity: O(1).
  package init(
    _ path: String, of store: (UInt64, UInt64), kind: ColumnFileKind
  ) throws(ColumnFileFault) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .wrongSize }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size > 0 else { throw .wrongSize }
    let size = Int(status.st_size)
    guard
      let base = mmap(
        nil, size, PROT_READ, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0),
      base != UnsafeMutableRawPointer(bitPattern: -1)
    else { throw .wrongSize }
    do {
      self.layout = try ColumnFileLayout(
        reading: UnsafeRawBufferPointer(start: base, count: size), of: store, kind: kind)
    } catch {
      munmap(base, size)
      throw error
    }
    self.base = base
  }

  /// Takes a copy of bytes as if it were a file.
  ///
  /// - Throws: `ColumnFileFault` when the head is wrong; no memory is `wrongSize`.
  /// - Complexity: O(n) for the copy.
  package init(
    copying bytes: [UInt8], of store: (UInt64, UInt64), kind: ColumnFileKind
  ) throws(ColumnFileFault) {
    guard !bytes.isEmpty,
      let base = mmap(
        nil, bytes.count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      base != UnsafeMutableRawPointer(bitPattern: -1)
    else { throw .wrongSize }
    bytes.withUnsafeBytes {
      base.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(base), byteCount: $0.count)
    }
    do {
      self.layout = try ColumnFileLayout(
        reading: UnsafeRawBufferPointer(start: base, count: bytes.count), of: store, kind: kind)
    } catch {
      munmap(base, bytes.count)
      throw error
    }
    self.base = base
  }

  deinit { munmap(base, layout.size) }

  /// All bytes of the file.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: layout.size) }

  /// The checksum at the end of the file.
  package var statedChecksum: UInt64 {
    UInt64(
      littleEndian: bytes.loadUnaligned(
        fromByteOffset: layout.size - ColumnFileLayout.checksumSize, as: UInt64.self))
  }

  /// Compares all bytes with their checksum.
  ///
  /// - Complexity: O(n), at the speed of memory or of the disk.
  package func verify() throws(ColumnFileFault) {
    guard ColumnFile.checksum(ofFile: bytes) == statedChecksum else { throw .wrongChecksum }
  }

  /// Returns a column; nil when the file has none of the tag and width.
  package func column<Element>(_ tag: UInt32, of type: Element.Type) -> Column<Element>? {
    guard let entry = layout.entry(tag, width: MemoryLayout<Element>.stride) else { return nil }
    // The mapping begins at a page and columns at multiples of 64: any value is aligned.
    return Column(
      base: UnsafePointer(
        (base + entry.offset).bindMemory(to: Element.self, capacity: entry.count)),
      count: entry.count, owner: self)
  }

  /// Returns the columns of a segment of visits.
  ///
  /// - Throws: `brokenContent` when they are not those of a segment.
  func visitSegment() throws(ColumnFileFault) -> VisitSegment {
    do {
      return try VisitSegment { name in
        guard let entry = layout.entry(name.rawValue, width: name.stride) else {
          throw ColumnFileFault.brokenContent
        }
        return VisitSegment.ColumnBytes(
          base: UnsafeRawPointer(base + entry.offset), count: entry.count * entry.width,
          owner: self)
      }
    } catch {
      throw .brokenContent
    }
  }

  /// Marks rows of a segment of visits as void: each ends before it begins.
  ///
  /// Only whoever reads through this mapping sees the marks: it is private, and each opening of the
  /// segments maps the files anew. They are set while the set of segments is opened or advanced, by
  /// the one thread that does, and a view is made of it only afterwards; so no view that is read
  /// changes.
  ///
  /// - Returns: False when there is no such row, when nothing is before the first second of one, or
  ///   when the kernel has no memory for private pages.
  /// - Complexity: O(n) in the number of rows; each touched page is copied.
  func markVoid(_ rows: [UInt32]) -> Bool {
    guard !rows.isEmpty else { return true }
    guard let enter = layout.entry(SegmentColumn.enter.rawValue, width: 4),
      let leave = layout.entry(SegmentColumn.leave.rawValue, width: 4),
      rows.allSatisfy({ $0 < enter.count && $0 < leave.count }),
      mprotect(base, layout.size, PROT_READ | PROT_WRITE) == 0
    else { return false }
    for row in rows {
      let time = base.load(fromByteOffset: enter.offset + Int(row) * 4, as: Int32.self)
      // No time of the store is that early, see `ColumnTime`.
      guard time > .min else { return false }
      base.storeBytes(
        of: time - 1, toByteOffset: leave.offset + Int(row) * 4,
        as: Int32.self)
    }
    return true
  }
}

/// Writing of column files.
package enum ColumnFile {
  /// The 64-bit XXH3 of the bytes of a file before its checksum.
  ///
  /// The C function is `XXH3_64bits`.
  package static func checksum(ofFile bytes: UnsafeRawBufferPointer) -> UInt64 {
    XXH3_64bits(bytes.baseAddress, bytes.count - ColumnFileLayout.checksumSize)
  }

  /// Writes columns to a new file, durable but for its name.
  ///
  /// - Parameters:
  ///   - columns: What to write, in order.
  ///   - kind: What they are about.
  ///   - store: The id of the store.
  ///   - path: The file; one that is there is replaced, but only when the new one is whole.
  ///   - limit: The most bytes it may have, to play a full disk.
  /// - Returns: The size and the checksum.
  /// - Throws: What the file system reports; then nothing new is there.
  /// - Complexity: O(n) time, a MiB of memory.
  package static func write(
    _ columns: [ColumnBytes], kind: ColumnFileKind, of store: (UInt64, UInt64), to path: String,
    limit: Int? = nil
  ) throws(StoreError) -> (size: Int, checksum: UInt64) {
    let layout = ColumnFileLayout(
      kind: kind, columns: columns.map { ($0.tag, $0.width, $0.count) })
    if let limit, layout.size > limit { throw StoreError(.diskFull, subject: path) }
    let draft = path + ".new"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileOperation.failure(draft) }
    defer { close(descriptor) }
    do throws(StoreError) {
      var writer = try ChecksumWriter(descriptor: descriptor, path: draft)
      layout.head(of: store).withUnsafeBytes { writer.write($0) }
      for (entry, column) in zip(layout.entries, columns) {
        writer.fill(to: entry.offset)
        column.withBytes { writer.write($0) }
      }
      writer.fill(to: layout.size - ColumnFileLayout.checksumSize)
      let checksum = try writer.finish()
      guard fsync(descriptor) == 0 else { throw FileOperation.failure(draft) }
      guard rename(draft, path) == 0 else { throw FileOperation.failure(path) }
      return (layout.size, checksum)
    } catch {
      unlink(draft)
      throw error
    }
  }
}

/// Writes to a file and sums what it writes; the first failure ends the writing and is told by
/// `finish`.
private struct ChecksumWriter: ~Copyable {
  private let descriptor: Int32
  private let path: String
  private let state: OpaquePointer
  private var written = 0
  private var failure: StoreError?

  init(descriptor: Int32, path: String) throws(StoreError) {
    guard let state = XXH3_createState() else { throw StoreError(.cannotOpen, subject: path) }
    XXH3_64bits_reset(state)
    self.descriptor = descriptor
    self.path = path
    self.state = state
  }

  deinit { XXH3_freeState(state) }

  /// Writes zeros up to an offset.
  mutating func fill(to offset: Int) {
    let zeros = [UInt8](repeating: 0, count: max(0, offset - written))
    zeros.withUnsafeBytes { write($0) }
  }

  mutating func write(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    // In pieces, so that what is summed is still in the cache when it is written.
    var place = 0
    while place < bytes.count {
      let length = min(1 << 20, bytes.count - place)
      XXH3_64bits_update(state, base + place, length)
      writeRaw(UnsafeRawBufferPointer(start: base + place, count: length))
      place += length
    }
  }

  /// Writes the checksum and returns it.
  mutating func finish() throws(StoreError) -> UInt64 {
    let checksum = UInt64(XXH3_64bits_digest(state))
    withUnsafeBytes(of: checksum.littleEndian) { writeRaw($0) }
    if let failure { throw failure }
    return checksum
  }

  private mutating func writeRaw(_ bytes: UnsafeRawBufferPointer) {
    var place = 0
    while place < bytes.count, failure == nil {
      let count = Glibc.write(
        descriptor, bytes.baseAddress.map { $0 + place }, bytes.count - place)
      if count < 0, errno == EINTR { continue }
      if count > 0 { place += count } else { failure = FileOperation.failure(path) }
    }
    written += bytes.count
  }
}
