/// The inner loop: finds the cells of one row of delimited text.
///
/// It works on a bare buffer pointer, because it looks at every byte of every import; all other
/// code of the module is checked. Every index is compared with `end` before it is used.
struct RowScanner {
  enum Outcome {
    /// The row ends before `next`; `endsInCR` when its last byte is a CR at the buffer's end.
    case complete(next: Int, endsInCR: Bool)
    case needsBytes
    case fault(RowFault.Reason, column: Int)
  }

  let separator: UInt8
  let limits: TableLimits

  /// Whether the last row had a quoted cell.
  private(set) var hasQuotes = false
  /// Whether the last row had a doubled quote.
  private(set) var hasEscapes = false
  /// Every word of the row's unquoted cells, or-ed: the top bits tell whether all is ASCII.
  private(set) var union: UInt64 = 0

  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  init(separator: UInt8, limits: TableLimits) {
    self.separator = separator
    self.limits = limits
  }

  /// Scans the row that begins at `start`; cells are given relative to `start`.
  ///
  /// What is found does not depend on where the buffer happens to end, so that a file reads the
  /// same in chunks of any size: a fault past the row limit is always the limit's fault.
  mutating func scan(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, isLast: Bool, cells: inout [Record.Cell]
  ) -> Outcome {
    cells.removeAll(keepingCapacity: true)
    hasQuotes = false
    hasEscapes = false
    union = 0
    let end = bytes.count
    let limit = start + limits.rowBytes
    var place = start
    while true {
      if cells.count >= limits.columns {
        return .fault(.tooManyColumns(limit: limits.columns), column: cells.count + 1)
      }
      // Told before the cell is looked at, whose first byte may not be here yet.
      if place > limit {
        return .fault(.tooLong(limit: limits.rowBytes), column: cells.count + 1)
      }
      if place < end, bytes[place] == Self.quote {
        hasQuotes = true
        let first = place + 1
        var search = first
        var close = -1
        while close < 0 {
          let found = Self.firstQuote(bytes, from: search, to: end)
          if found > limit || (found == end && end > limit) {
            return .fault(.unterminatedQuote, column: cells.count + 1)
          }
          if found == end {
            return isLast ? .fault(.unterminatedQuote, column: cells.count + 1) : .needsBytes
          }
          if found + 1 < end, bytes[found + 1] == Self.quote {
            hasEscapes = true
            search = found + 2
          } else if found + 1 == end, !isLast {
            return .needsBytes
          } else {
            close = found
          }
        }
        cells.append(
          Record.Cell(
            start: Int32(truncatingIfNeeded: first - start),
            end: Int32(truncatingIfNeeded: close - start)))
        place = close + 1
        if place < end, bytes[place] != separator, bytes[place] != Self.lineFeed,
          bytes[place] != Self.carriageReturn
        {
          return .fault(
            place > limit ? .tooLong(limit: limits.rowBytes) : .strayQuote, column: cells.count)
        }
      } else {
        let first = place
        place = firstSpecial(bytes, from: first, to: end)
        if place > limit {
          return .fault(.tooLong(limit: limits.rowBytes), column: cells.count + 1)
        }
        if place == end, !isLast { return .needsBytes }
        if place < end, bytes[place] == Self.quote {
          return .fault(.strayQuote, column: cells.count + 1)
        }
        cells.append(
          Record.Cell(
            start: Int32(truncatingIfNeeded: first - start),
            end: Int32(truncatingIfNeeded: place - start)))
      }
      // At the separator, the line end or the end of the file.
      if place == end { return .complete(next: end, endsInCR: false) }
      let byte = bytes[place]
      if byte == separator {
        place += 1
        continue
      }
      if byte == Self.carriageReturn {
        if place + 1 == end { return .complete(next: end, endsInCR: true) }
        return .complete(
          next: place + (bytes[place + 1] == Self.lineFeed ? 2 : 1), endsInCR: false)
      }
      return .complete(next: place + 1, endsInCR: false)
    }
  }

  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// Marks the bytes of a word that are zero; the lowest mark is exact, higher ones may be false.
  @inline(__always)
  private static func zeroBytes(_ word: UInt64) -> UInt64 {
    (word &- ones) & ~word & highBits
  }

  /// Returns the place of the first separator, quote, CR or LF, eight bytes at a time.
  @inline(__always)
  private mutating func firstSpecial(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int
  ) -> Int {
    guard let base = bytes.baseAddress else { return end }
    let separators = Self.ones &* UInt64(separator)
    var place = start
    var seen: UInt64 = 0
    while place + 8 <= end {
      let word = UInt64(
        littleEndian: UnsafeRawPointer(base + place).loadUnaligned(as: UInt64.self))
      seen |= word
      let marks =
        Self.zeroBytes(word ^ separators)
        | Self.zeroBytes(word ^ (Self.ones &* UInt64(Self.quote)))
        | Self.zeroBytes(word ^ (Self.ones &* UInt64(Self.lineFeed)))
        | Self.zeroBytes(word ^ (Self.ones &* UInt64(Self.carriageReturn)))
      if marks != 0 {
        union |= seen
        return place + marks.trailingZeroBitCount / 8
      }
      place += 8
    }
    while place < end {
      let byte = base[place]
      if byte == separator || byte == Self.quote || byte == Self.lineFeed
        || byte == Self.carriageReturn
      {
        break
      }
      seen |= UInt64(byte)
      place += 1
    }
    union |= seen
    return place
  }

  private static func firstQuote(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int
  ) -> Int {
    guard let base = bytes.baseAddress else { return end }
    var place = start
    while place + 8 <= end {
      let word = UInt64(
        littleEndian: UnsafeRawPointer(base + place).loadUnaligned(as: UInt64.self))
      let marks = zeroBytes(word ^ (ones &* UInt64(quote)))
      if marks != 0 { return place + marks.trailingZeroBitCount / 8 }
      place += 8
    }
    while place < end, base[place] != quote { place += 1 }
    return place
  }
}

/// Where lines end in a buffer: LF, CR LF or CR.
enum LineEnd {
  /// Returns the first byte after the line that holds `start`, or nil when its end is not here yet.
  ///
  /// A CR at the very end counts as an end; whether an LF follows is for the caller to remember.
  static func next(in bytes: [UInt8], from start: Int) -> (next: Int, endsInCR: Bool)? {
    var place = start
    while place < bytes.count {
      let byte = bytes[place]
      if byte == UInt8(ascii: "\n") { return (place + 1, false) }
      if byte == UInt8(ascii: "\r") {
        if place + 1 == bytes.count { return (place + 1, true) }
        return (place + (bytes[place + 1] == UInt8(ascii: "\n") ? 2 : 1), false)
      }
      place += 1
    }
    return nil
  }

  /// Returns how many line ends there are in a part of a buffer.
  static func count(in bytes: ArraySlice<UInt8>) -> Int {
    var count = 0
    var previous: UInt8 = 0
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        if previous != UInt8(ascii: "\r") { count += 1 }
      } else if byte == UInt8(ascii: "\r") {
        count += 1
      }
      previous = byte
    }
    return count
  }
}
