package import Presence

/// Up to 512 consecutive rows of evidence, packed by columns into bytes that fit one database page.
///
/// One frame, all numbers little-endian:
///
///     version    1 byte, 1
///     count      2 bytes, 1 to 512
///     columns    15 times, in the order of `Column`: 1 byte, width of a value (low four bits, 0 to
///                8) and width of the base (high four bits, 0 to 8); then the base
///     values     15 times: count × width bytes, each value less the base
///     checksum   8 bytes over everything before
///
/// A column whose values are all the same costs its header. Missing values are coded as 0 and the
/// others one higher, so that they do not widen a column; an end is coded relative to its start.
/// The checksum stands at the end also because a reader may then load eight bytes wherever a value
/// begins.
///
/// A frame is a view: it must not outlive the bytes it was made of.
///
/// - Complexity: To open a frame is O(n) in its bytes, for the checksum; one row then is O(1).
struct EvidenceFrame {
  /// The most rows of a frame.
  static let mostRows = 512
  /// The most bytes of a frame: what SQLite keeps on a page of 8 KiB without a second page.
  static let mostBytes = 8_140
  static let version: UInt8 = 1

  /// The columns in the order of the frame; the raw value is the place of each.
  enum Column: Int, CaseIterable {
    case start, finish, subject, venue, kind, zone, peer, attenuation, grade, status, stay
    case gateway, receivedAt, high, low

    /// The largest code of the column.
    var limit: UInt64 {
      switch self {
      case .start, .finish, .receivedAt, .high, .low: .max
      case .subject: UInt64(SubjectNumber.subjectLimit - 1)
      case .peer, .gateway: UInt64(UInt32.max)
      case .venue: 1 << 40
      case .kind: 9
      case .status: 13
      case .zone, .grade: 255
      case .attenuation: 65_536
      case .stay: 256
      }
    }
  }

  /// Where a column is and what its values are counted from.
  struct Packing {
    var offset = 0
    var width = 0
    var base: UInt64 = 0
  }

  /// The number of rows.
  let count: Int
  private let packings: [15 of Packing]
  private let bytes: UnsafeRawBufferPointer

  /// Looks at bytes, or returns nil when they are no whole frame.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 3 + 15 + 8, bytes.count <= EvidenceFrame.mostBytes,
      bytes[0] == EvidenceFrame.version
    else { return nil }
    let end = bytes.count - 8
    let stored = bytes.loadUnaligned(fromByteOffset: end, as: UInt64.self)
    guard UInt64(littleEndian: stored) == EvidenceFrame.checksum(of: bytes.prefix(end)) else {
      return nil
    }
    let count = Int(bytes[1]) | Int(bytes[2]) << 8
    guard (1...EvidenceFrame.mostRows).contains(count) else { return nil }
    var packings = [15 of Packing](repeating: Packing())
    var place = 3
    for column in 0..<15 {
      guard place < end else { return nil }
      let width = Int(bytes[place] & 15)
      let baseWidth = Int(bytes[place] >> 4)
      guard width <= 8, baseWidth <= 8, place + 1 + baseWidth <= end else { return nil }
      var base: UInt64 = 0
      for digit in 0..<baseWidth {
        base |= UInt64(bytes[place + 1 + digit]) << UInt64(8 * digit)
      }
      packings[column] = Packing(offset: 0, width: width, base: base)
      place += 1 + baseWidth
    }
    for column in 0..<15 {
      packings[column].offset = place
      place += packings[column].width * count
    }
    guard place == end else { return nil }
    self.count = count
    self.packings = packings
    self.bytes = bytes
  }

  /// Returns the checksum of bytes.
  ///
  /// Four sums, which each word enters by steps that can be undone: whatever changes one word
  /// changes the result, and other damage escapes once in 2^64. At several bytes a cycle it costs
  /// less than to unpack the frame.
  static func checksum(of bytes: Slice<UnsafeRawBufferPointer>) -> UInt64 {
    let bytes = UnsafeRawBufferPointer(rebasing: bytes)
    let factor: UInt64 = 0x9e37_79b9_7f4a_7c15
    func mixed(_ sum: UInt64, _ word: UInt64) -> UInt64 {
      let product = (sum ^ word) &* factor
      return product ^ product >> 32
    }
    func word(_ offset: Int) -> UInt64 {
      UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    var (a, b, c, d) = (UInt64(bytes.count), factor, ~factor, factor << 1)
    var place = 0
    while place + 32 <= bytes.count {
      a = mixed(a, word(place))
      b = mixed(b, word(place + 8))
      c = mixed(c, word(place + 16))
      d = mixed(d, word(place + 24))
      place += 32
    }
    while place + 8 <= bytes.count {
      a = mixed(a, word(place))
      place += 8
    }
    var rest: UInt64 = 0
    for (shift, byte) in bytes[place...].enumerated() { rest |= UInt64(byte) << UInt64(8 * shift) }
    return mixed(mixed(mixed(mixed(a, rest), b), c), d)
  }
}

// MARK: Reading

extension EvidenceFrame {
  /// Unpacks the rows behind those that are in the columns.
  ///
  /// - Parameters:
  ///   - parts: What is wanted; other columns keep what they hold.
  ///   - columns: What gets the rows.
  /// - Returns: False when a value is none that its column can have; then no row is added.
  func unpack(_ parts: EvidenceColumns.Parts = .all, into columns: inout EvidenceColumns) -> Bool {
    columns.reserve(count)
    let first = columns.count
    var isSound = true
    if parts.contains(.identities) {
      isSound = unpack(.high, &columns.high, first) { $0 } && isSound
      isSound = unpack(.low, &columns.low, first) { $0 } && isSound
    }
    if parts.contains(.origins) {
      isSound =
        unpack(.gateway, &columns.gateway, first) { .init(truncatingIfNeeded: $0) } && isSound
      isSound = unpack(.receivedAt, &columns.receivedAt, first) { .init(bitPattern: $0) } && isSound
    }
    if parts.contains(.statements) {
      isSound = unpack(.start, &columns.start, first) { .init(bitPattern: $0) } && isSound
      isSound = unpack(.finish, &columns.finish, first) { .init(bitPattern: $0) } && isSound
      columns.start.withUnsafeBufferPointer { start in
        columns.finish.withUnsafeMutableBufferPointer { finish in
          for row in first..<first + count {
            finish[row] = EvidenceFrame.finish(
              ofCode: UInt64(bitPattern: finish[row]), start: start[row])
          }
        }
      }
      isSound =
        unpack(.subject, &columns.subject, first) { .init(truncatingIfNeeded: $0) } && isSound
      isSound = unpack(.venue, &columns.venue, first) { $0 &- 1 } && isSound
      isSound = unpack(.kind, &columns.kind, first) { .init(truncatingIfNeeded: $0) } && isSound
      isSound = unpack(.zone, &columns.zone, first) { .init(truncatingIfNeeded: $0) } && isSound
      isSound =
        unpack(.peer, &columns.peer, first) { .init(truncatingIfNeeded: $0 &- 1) } && isSound
      isSound =
        unpack(.attenuation, &columns.attenuation, first) { EvidenceFrame.attenuation(ofCode: $0) }
        && isSound
      isSound = unpack(.grade, &columns.grade, first) { .init(truncatingIfNeeded: $0) } && isSound
      isSound = unpack(.status, &columns.status, first) { .init(truncatingIfNeeded: $0) } && isSound
      isSound =
        unpack(.stay, &columns.stay, first) { .init(truncatingIfNeeded: $0 &- 1) } && isSound
      // Kinds begin at 1.
      columns.kind.withUnsafeBufferPointer { kind in
        for row in first..<first + count where kind[row] == 0 { isSound = false }
      }
    }
    guard isSound else { return false }
    columns.count = first + count
    return true
  }

  /// Unpacks one column; returns false when a value is beyond the column's limit.
  @inline(__always)
  private func unpack<Number: FixedWidthInteger>(
    _ column: Column, _ target: inout [Number], _ first: Int, _ value: (UInt64) -> Number
  ) -> Bool {
    let packing = packings[column.rawValue]
    let limit = column.limit
    guard packing.base <= limit else { return false }
    let base = packing.base
    let count = count
    // `init` has seen that count × width bytes are there, and eight more behind the last column.
    let source = bytes.baseAddress.unsafelyUnwrapped + packing.offset
    return target.withUnsafeMutableBufferPointer { buffer in
      let target = buffer.baseAddress.unsafelyUnwrapped + first
      var most: UInt64 = 0
      @inline(__always) func each<Word: FixedWidthInteger & UnsignedInteger>(
        _: Word.Type, step: Int, mask: UInt64
      ) {
        for row in 0..<count {
          let word = (source + row * step).loadUnaligned(as: Word.self)
          let offset = UInt64(truncatingIfNeeded: Word(littleEndian: word)) & mask
          most = most > offset ? most : offset
          target[row] = value(base &+ offset)
        }
      }
      switch packing.width {
      case 0: target.update(repeating: value(base), count: count)
      case 1: each(UInt8.self, step: 1, mask: 0xff)
      case 2: each(UInt16.self, step: 2, mask: 0xffff)
      case 3: each(UInt32.self, step: 3, mask: 0xff_ffff)
      case 4: each(UInt32.self, step: 4, mask: 0xffff_ffff)
      case 5: each(UInt64.self, step: 5, mask: 0xff_ffff_ffff)
      case 6: each(UInt64.self, step: 6, mask: 0xffff_ffff_ffff)
      case 7: each(UInt64.self, step: 7, mask: 0xff_ffff_ffff_ffff)
      default: each(UInt64.self, step: 8, mask: .max)
      }
      return limit == .max || most <= limit - base
    }
  }

  /// The id of one row.
  func id(at row: Int) -> (high: UInt64, low: UInt64) {
    (code(.high, row), code(.low, row))
  }

  /// The grade of one row.
  func grade(at row: Int) -> Int8 { Int8(truncatingIfNeeded: code(.grade, row)) }

  /// The code of one value.
  private func code(_ column: Column, _ row: Int) -> UInt64 {
    precondition(row >= 0 && row < count)
    let packing = packings[column.rawValue]
    guard packing.width > 0 else { return packing.base }
    let word = bytes.loadUnaligned(
      fromByteOffset: packing.offset + row * packing.width, as: UInt64.self)
    let mask = UInt64.max >> UInt64(64 - 8 * packing.width)
    return packing.base &+ (UInt64(littleEndian: word) & mask)
  }

  // An end that is missing (`Int64.min`) has the code 0, and another `end - start + 1`. The one end
  // that would have that code too, the second before the start, takes the code that a missing end
  // would have had.

  @inline(__always)
  fileprivate static func code(ofFinish finish: Int64, start: Int64) -> UInt64 {
    if finish == .min { return 0 }
    let code = UInt64(bitPattern: finish &- start) &+ 1
    return code == 0 ? UInt64(bitPattern: Int64.min &- start) &+ 1 : code
  }

  @inline(__always)
  fileprivate static func finish(ofCode code: UInt64, start: Int64) -> Int64 {
    if code == 0 { return .min }
    let finish = start &+ Int64(bitPattern: code &- 1)
    return finish == .min ? start &- 1 : finish
  }

  @inline(__always)
  fileprivate static func code(ofAttenuation value: Int32) -> UInt64 {
    value == .min ? 0 : UInt64(truncatingIfNeeded: value &+ 32_769)
  }

  @inline(__always)
  fileprivate static func attenuation(ofCode code: UInt64) -> Int32 {
    code == 0 ? .min : Int32(truncatingIfNeeded: code) &- 32_769
  }
}

// MARK: Writing

/// Packs rows of evidence into frames; its memory is kept from one frame to the next.
struct EvidenceFramePacker {
  /// The frame that was packed last.
  private(set) var frame: [UInt8] = []
  /// The codes of the rows, column after column.
  private var codes = [UInt64](repeating: 0, count: 15 * EvidenceFrame.mostRows)

  /// Packs as many rows from a place on as fit a frame.
  ///
  /// - Parameters:
  ///   - columns: The rows.
  ///   - first: The place of the first.
  /// - Returns: How many rows `frame` now holds; 0 when there are none from `first` on.
  mutating func pack(_ columns: borrowing EvidenceColumns, from first: Int) -> Int {
    var count = min(columns.count - first, EvidenceFrame.mostRows)
    guard count > 0 else { return 0 }
    code(columns, first, count)
    var packings = self.packings(of: count)
    var size = EvidenceFramePacker.size(of: packings, count: count)
    while size > EvidenceFrame.mostBytes {
      // Fewer rows are never wider; their bases may be.
      let width = (0..<15).reduce(0) { $0 + packings[$1].width }
      count -= (size - EvidenceFrame.mostBytes + width - 1) / width
      let fewer = self.packings(of: count)
      packings = fewer
      size = EvidenceFramePacker.size(of: fewer, count: count)
    }
    write(packings, count, size)
    return count
  }

  /// The bytes of the header, the values and the checksum.
  private static func size(of packings: [15 of EvidenceFrame.Packing], count: Int) -> Int {
    var size = 3 + 8
    for column in 0..<15 {
      size += 1 + bytesNeeded(packings[column].base) + packings[column].width * count
    }
    return size
  }

  private static func bytesNeeded(_ number: UInt64) -> Int {
    (64 - number.leadingZeroBitCount + 7) / 8
  }

  private func packings(of count: Int) -> [15 of EvidenceFrame.Packing] {
    var packings = [15 of EvidenceFrame.Packing](repeating: .init())
    codes.withUnsafeBufferPointer { codes in
      for column in 0..<15 {
        let from = column * EvidenceFrame.mostRows
        var least = codes[from]
        var most = least
        for place in from..<from + count {
          let code = codes[place]
          least = code < least ? code : least
          most = code > most ? code : most
        }
        packings[column].base = least
        packings[column].width = EvidenceFramePacker.bytesNeeded(most - least)
      }
    }
    return packings
  }

  private mutating func code(
    _ columns: borrowing EvidenceColumns, _ first: Int, _ count: Int
  ) {
    codes.withUnsafeMutableBufferPointer { codes in
      @inline(__always) func each<Number>(
        _ column: EvidenceFrame.Column, _ source: [Number], _ code: (Number) -> UInt64
      ) {
        let from = column.rawValue * EvidenceFrame.mostRows
        source.withUnsafeBufferPointer { source in
          for row in 0..<count { codes[from + row] = code(source[first + row]) }
        }
      }
      each(.start, columns.start) { UInt64(bitPattern: $0) }
      each(.subject, columns.subject) { UInt64($0) }
      each(.venue, columns.venue) { $0 &+ 1 }
      each(.kind, columns.kind) { UInt64($0) }
      each(.zone, columns.zone) { UInt64($0) }
      each(.peer, columns.peer) { UInt64($0 &+ 1) }
      each(.attenuation, columns.attenuation) { EvidenceFrame.code(ofAttenuation: $0) }
      each(.grade, columns.grade) { UInt64(UInt8(bitPattern: $0)) }
      each(.status, columns.status) { UInt64($0) }
      each(.stay, columns.stay) { UInt64(UInt16(bitPattern: $0 &+ 1)) }
      each(.gateway, columns.gateway) { UInt64($0) }
      each(.receivedAt, columns.receivedAt) { UInt64(bitPattern: $0) }
      each(.high, columns.high) { $0 }
      each(.low, columns.low) { $0 }
      let from = EvidenceFrame.Column.finish.rawValue * EvidenceFrame.mostRows
      columns.start.withUnsafeBufferPointer { start in
        columns.finish.withUnsafeBufferPointer { finish in
          for row in 0..<count {
            codes[from + row] = EvidenceFrame.code(
              ofFinish: finish[first + row], start: start[first + row])
          }
        }
      }
    }
  }

  private mutating func write(
    _ packings: [15 of EvidenceFrame.Packing], _ count: Int, _ size: Int
  ) {
    // A value is stored as eight bytes of which the next ones take back what is too many; the
    // bytes of the checksum have room for the last.
    frame.removeAll(keepingCapacity: true)
    frame.append(contentsOf: repeatElement(0, count: size))
    frame.withUnsafeMutableBytes { bytes in
      codes.withUnsafeBufferPointer { codes in
        bytes[0] = EvidenceFrame.version
        bytes[1] = UInt8(truncatingIfNeeded: count)
        bytes[2] = UInt8(truncatingIfNeeded: count >> 8)
        var place = 3
        for column in 0..<15 {
          let base = packings[column].base
          let baseWidth = EvidenceFramePacker.bytesNeeded(base)
          bytes[place] = UInt8(packings[column].width | baseWidth << 4)
          for digit in 0..<baseWidth {
            bytes[place + 1 + digit] = UInt8(truncatingIfNeeded: base >> UInt64(8 * digit))
          }
          place += 1 + baseWidth
        }
        for column in 0..<15 {
          let width = packings[column].width
          guard width > 0 else { continue }
          let base = packings[column].base
          let from = column * EvidenceFrame.mostRows
          for row in 0..<count {
            bytes.storeBytes(
              of: (codes[from + row] &- base).littleEndian, toByteOffset: place + row * width,
              as: UInt64.self)
          }
          place += width * count
        }
        let checksum = EvidenceFrame.checksum(of: UnsafeRawBufferPointer(bytes).prefix(place))
        bytes.storeBytes(of: checksum.littleEndian, toByteOffset: place, as: UInt64.self)
      }
    }
  }
}

// MARK: Whole frames as values

extension EvidenceColumns {
  /// Packs the rows into frames; each is at most a database page.
  package func frames() -> [[UInt8]] {
    var packer = EvidenceFramePacker()
    var frames: [[UInt8]] = []
    var first = 0
    while case let count = packer.pack(self, from: first), count > 0 {
      frames.append(packer.frame)
      first += count
    }
    return frames
  }

  /// Appends the rows of a frame; returns false, and appends none, when the bytes are no frame.
  package mutating func append(frame bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { bytes in
      guard let frame = EvidenceFrame(bytes) else { return false }
      return frame.unpack(into: &self)
    }
  }

  /// Returns the content of a frame with its checksum, right or not as the content is: what a test
  /// or a fuzzer needs to get beyond the checksum.
  package static func frame(sealing content: [UInt8]) -> [UInt8] {
    let checksum = content.withUnsafeBytes { EvidenceFrame.checksum(of: $0[...]) }
    return content + withUnsafeBytes(of: checksum.littleEndian) { Array($0) }
  }

  /// Returns the ids of a frame by single access, or nil when the bytes are no frame.
  package static func ids(ofFrame bytes: [UInt8]) -> [EvidenceID]? {
    bytes.withUnsafeBytes { bytes in
      EvidenceFrame(bytes).map { frame in
        (0..<frame.count).map { row in
          let id = frame.id(at: row)
          return EvidenceID(high: id.high, low: id.low)
        }
      }
    }
  }
}
