internal import Synchronization

/// Encodes a prefix and digits into a QR symbol whose rows fit a machine word: versions 1 to 11.
///
/// Every code of a venue is that small. libqrencode spends most of its time on walking through eight
/// masked symbols module by module; with a row and a column in one word each, the four penalties of
/// the standard are a few dozen operations for a whole line. The masks, and so the symbols, are those
/// that libqrencode picks, bit for bit, which the tests compare; larger symbols are left to it.
struct QREncoder {
  /// The largest version whose rows fit 64 bits with the neighbours that the penalties look at.
  static let largestVersion = 11

  /// The modules along a side.
  var side: Int { template.side }

  private let template: Template
  private var rows: [UInt64]

  /// Encodes bytes followed by decimal digits, either of which may be empty.
  ///
  /// - Parameters:
  ///   - prefix: The segment in byte mode.
  ///   - digits: The segment in numeric mode: ASCII digits, which the caller has looked at.
  ///   - level: The error correction level.
  ///   - leastVersion: The smallest version to use.
  ///
  /// The result is nil when the symbol would be larger than `largestVersion`.
  init?(prefix: [UInt8], digits: [UInt8], level: QRSymbol.Level, leastVersion: Int) {
    guard leastVersion >= 1, !(prefix.isEmpty && digits.isEmpty) else { return nil }
    var found: Template?
    for version in stride(from: leastVersion, through: QREncoder.largestVersion, by: 1)
    where QREncoder.bitCount(prefix, digits, version)
      <= 8 * Template.dataCount(version: version, level: level)
    {
      found = Template.of(version: version, level: level)
      break
    }
    guard let found else { return nil }
    template = found
    rows = []
    let data = QREncoder.dataCodewords(prefix, digits, template)
    place(template.interleaved(data))
  }

  /// Row after row, 1 for a dark module and 0 for a light one.
  var modules: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: side * side) { output, initialized in
      var next = 0
      for var row in rows {
        for _ in 0..<side {
          output[next] = UInt8(truncatingIfNeeded: row & 1)
          row >>= 1
          next += 1
        }
      }
      initialized = next
    }
  }

  // MARK: - Segments

  /// The widths of the two segments' count fields.
  private static func countWidths(_ version: Int) -> (bytes: Int, digits: Int) {
    version < 10 ? (8, 10) : (16, 12)
  }

  private static func bitCount(_ prefix: [UInt8], _ digits: [UInt8], _ version: Int) -> Int {
    let widths = countWidths(version)
    let bytes = prefix.isEmpty ? 0 : 4 + widths.bytes + 8 * prefix.count
    return bytes + (digits.isEmpty ? 0 : 4 + widths.digits + (10 * digits.count + 2) / 3)
  }

  private static func dataCodewords(
    _ prefix: [UInt8], _ digits: [UInt8], _ template: Template
  ) -> [UInt8] {
    let widths = countWidths(template.version)
    var writer = BitWriter()
    if !prefix.isEmpty {
      writer.append(0b0100, width: 4)
      writer.append(prefix.count, width: widths.bytes)
      for byte in prefix { writer.append(Int(byte), width: 8) }
    }
    if !digits.isEmpty {
      writer.append(0b0001, width: 4)
      writer.append(digits.count, width: widths.digits)
      for start in stride(from: 0, to: digits.count, by: 3) {
        let group = digits[start..<min(start + 3, digits.count)]
        writer.append(group.reduce(0) { $0 * 10 + Int($1 - 48) }, width: 3 * group.count + 1)
      }
    }
    // The terminator, as far as there is room, then zeros to the next byte, then padding.
    writer.append(0, width: min(4, 8 * template.dataCount - writer.bitCount))
    writer.append(0, width: (8 - writer.bitCount % 8) % 8)
    var padding = 0xec
    while writer.bytes.count < template.dataCount {
      writer.append(padding, width: 8)
      padding ^= 0xec ^ 0x11
    }
    return writer.bytes
  }

  // MARK: - Modules

  /// Puts the codewords in their places under the mask with the least penalty.
  private mutating func place(_ codewords: [UInt8]) {
    let side = template.side
    var plain = template.fixed  // rows, then columns
    template.places.withUnsafeBufferPointer { places in
      plain.withUnsafeMutableBufferPointer { plain in
        var next = 0
        for codeword in codewords {
          for shift in 0..<8 {
            let bit = UInt64(codeword >> (7 - UInt8(truncatingIfNeeded: shift)) & 1)
            let (row, column) = (Int(places[next] >> 8), Int(places[next] & 0xff))
            plain[row] |= bit << UInt64(column)
            plain[side + column] |= bit << UInt64(row)
            next += 1
          }
        }
      }
    }
    var best = (penalty: Int.max, mask: 0)
    for mask in 0..<8 {
      let penalty = template.penalty(of: plain, mask: mask, below: best.penalty)
      if penalty < best.penalty { best = (penalty, mask) }
    }
    let start = best.mask * 2 * side
    rows = (0..<side).map { plain[$0] ^ template.masks[start + $0] }
  }
}

/// Collects bits, the most significant first.
private struct BitWriter {
  var bytes: [UInt8] = []
  var bitCount = 0
  var pending: UInt64 = 0

  /// Appends the low bits of a number, 16 at most.
  mutating func append(_ value: Int, width: Int) {
    pending = pending << UInt64(width) | UInt64(value)
    let filled = bitCount % 8 + width
    bitCount += width
    for end in stride(from: filled - 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: pending >> UInt64(end)))
    }
  }
}

/// What all symbols of one version and level have in common.
///
/// Rows and columns are words whose lowest bit is the first module.
private final class Template: Sendable {
  let version: Int
  let side: Int
  let dataCount: Int
  /// The dark modules that are no data: rows, then columns.
  let fixed: [UInt64]
  /// For each mask what turns plain modules into the symbol: rows, then columns; the format
  /// information, which names level and mask, is in it too.
  let masks: [UInt64]
  /// Where each bit of the codewords goes: row × 256 + column.
  let places: [UInt16]
  private let blockCount: Int
  private let correctionCount: Int
  /// The multiples of the generator polynomial, by their leading factor.
  private let multiples: [UInt8]

  private static let cache = Mutex<[Int: Template]>([:])

  static func of(version: Int, level: QRSymbol.Level) -> Template {
    let key = version * 4 + level.formatBits
    return cache.withLock { cache in
      if let template = cache[key] { return template }
      let template = Template(version: version, level: level)
      cache[key] = template
      return template
    }
  }

  /// The codewords of a symbol that carry data, correction not counted.
  static func dataCount(version: Int, level: QRSymbol.Level) -> Int {
    let (blocks, correction) = level.blocks(version: version)
    return codewordCounts[version - 1] - blocks * correction
  }

  private static let codewordCounts = [26, 44, 70, 100, 134, 172, 196, 242, 292, 346, 404]

  private init(version: Int, level: QRSymbol.Level) {
    self.version = version
    side = 17 + 4 * version
    dataCount = Template.dataCount(version: version, level: level)
    (blockCount, correctionCount) = level.blocks(version: version)
    multiples = Template.multiples(degree: correctionCount)

    var grid = Grid(side: side)
    grid.drawPatterns(version: version)
    fixed = grid.dark
    // Only for its places: what is dark in them depends on the mask.
    grid.drawFormat(level: level, mask: 0)
    places = grid.places
    masks = (0..<8).flatMap { mask in
      var masked = Grid(side: grid.side)
      masked.reserved = grid.reserved
      masked.drawMask(mask)
      masked.drawFormat(level: level, mask: mask)
      return masked.dark
    }
  }

  // MARK: - Error correction

  /// The data in its blocks with their Reed–Solomon codewords, interleaved as the standard asks.
  func interleaved(_ data: [UInt8]) -> [UInt8] {
    let shortCount = dataCount / blockCount
    let firstLong = blockCount - dataCount % blockCount
    var result: [UInt8] = []
    result.reserveCapacity(dataCount + blockCount * correctionCount)
    func start(_ block: Int) -> Int { block * shortCount + max(0, block - firstLong) }
    for place in 0...shortCount {
      for block in (place < shortCount ? 0 : firstLong)..<blockCount {
        result.append(data[start(block) + place])
      }
    }
    let corrections = (0..<blockCount).map { correction(data[start($0)..<start($0 + 1)]) }
    for place in 0..<correctionCount {
      for correction in corrections { result.append(correction[place]) }
    }
    return result
  }

  /// The remainder of a block's polynomial by the generator.
  private func correction(_ data: ArraySlice<UInt8>) -> [UInt8] {
    var rest = [UInt8](repeating: 0, count: correctionCount)
    multiples.withUnsafeBufferPointer { multiples in
      rest.withUnsafeMutableBufferPointer { rest in
        for byte in data {
          let row = Int(byte ^ rest[0]) * correctionCount
          for place in 0..<(correctionCount - 1) {
            rest[place] = rest[place + 1] ^ multiples[row + place]
          }
          rest[correctionCount - 1] = multiples[row + correctionCount - 1]
        }
      }
    }
    return rest
  }

  /// The product in GF(2⁸) modulo x⁸ + x⁴ + x³ + x² + 1.
  private static func product(_ left: UInt8, _ right: UInt8) -> UInt8 {
    var sum: UInt8 = 0
    for bit in stride(from: UInt8(7), through: 0, by: -1) {
      sum = sum << 1 ^ (sum >> 7) * 0x1d
      sum ^= (right >> bit & 1) * left
    }
    return sum
  }

  /// Each factor times the generator polynomial, whose roots are the first powers of 2; the leading
  /// coefficient, which is the factor itself, is left out.
  private static func multiples(degree: Int) -> [UInt8] {
    var generator = [UInt8](repeating: 0, count: degree - 1) + [1]
    var root: UInt8 = 1
    for _ in 0..<degree {
      for place in 0..<degree {
        generator[place] = product(generator[place], root)
        if place + 1 < degree { generator[place] ^= generator[place + 1] }
      }
      root = product(root, 2)
    }
    return (0...UInt8.max).flatMap { factor in generator.map { product($0, factor) } }
  }

  // MARK: - Penalty

  /// The penalty of a masked symbol by libqrencode's rules, or any number not below a limit.
  ///
  /// - Complexity: O(side) word operations.
  func penalty(of plain: [UInt64], mask: Int, below limit: Int) -> Int {
    let start = mask * 2 * side
    let inner = UInt64(1) << UInt64(side - 1) - 1
    var (total, darkCount) = (0, 0)
    var (previous, previousPairs) = (UInt64(0), UInt64(0))
    for line in 0..<side {
      let row = plain[line] ^ masks[start + line]
      let pairs = ~(row ^ row >> 1) & inner  // a module and the next one are alike
      total += Template.linePenalty(row, pairs)
      // Squares of four alike modules.
      total += 3 * (pairs & previousPairs & ~(row ^ previous)).nonzeroBitCount
      darkCount += row.nonzeroBitCount
      (previous, previousPairs) = (row, pairs)
    }
    let area = side * side
    total += abs((200 * darkCount + area) / area / 2 - 50) / 5 * 10
    for line in side..<(2 * side) {
      guard total < limit else { break }
      let column = plain[line] ^ masks[start + line]
      total += Template.linePenalty(column, ~(column ^ column >> 1) & inner)
    }
    return total
  }

  /// What runs of five and more, and what looks like a finder, cost in one line.
  @inline(__always)
  private static func linePenalty(_ line: UInt64, _ pairs: UInt64) -> Int {
    let threes = pairs & pairs >> 1
    let fives = threes & threes >> 2
    // A run of n modules, n ≥ 5, has n − 4 places where five begin, and costs n − 2.
    let runs = fives.nonzeroBitCount + 2 * (fives & ~(fives << 1)).nonzeroBitCount
    return runs + 40 * finderCount(line)
  }

  /// How often runs of 1 : 1 : 3 : 1 : 1, dark outside, stand beside a light run of 4 or the edge.
  @inline(__always)
  private static func finderCount(_ line: UInt64) -> Int {
    let twos = line & line >> 1
    var found =
      line & ~(line >> 1) & twos >> 2 & line >> 4 & ~(line >> 5) & line >> 6 & ~(line >> 7)
      & ~(line << 1)
    if found != 0 {
      let before = line << 1 | line << 2 | line << 3 | line << 4
      let after = line >> 7 | line >> 8 | line >> 9 | line >> 10
      found &= ~(before & after)
    }
    let sixes = twos & twos >> 2 & twos >> 4
    let wide = sixes == 0 ? 0 : wideFinderCount(line)
    return (found == 0 ? 0 : found.nonzeroBitCount) + wide
  }

  /// The same in runs of twice the width and more.
  private static func wideFinderCount(_ line: UInt64) -> Int {
    func bits(_ length: Int) -> UInt64 { UInt64(1) << UInt64(length) - 1 }
    var count = 0
    var rest = line & ~(line << 1)  // where dark runs begin
    while rest != 0 {
      let start = rest.trailingZeroBitCount
      rest &= rest - 1
      let width = (~(line >> UInt64(start))).trailingZeroBitCount
      guard width >= 2, start + 7 * width <= 61 else { continue }
      let runs = line >> UInt64(start)
      let pattern =
        bits(width) | bits(3 * width) << UInt64(2 * width) | bits(width) << UInt64(6 * width)
      guard runs & bits(7 * width + 1) == pattern else { continue }
      let before = (line << UInt64(4 * width)) >> UInt64(start) & bits(4 * width)
      let after = runs >> UInt64(7 * width) & bits(4 * width)
      if before == 0 || after == 0 { count += 1 }
    }
    return count
  }
}

/// A symbol that is being drawn, in rows and in columns.
private struct Grid {
  let side: Int
  /// Dark modules: rows, then columns.
  var dark: [UInt64]
  /// Modules that carry no data, by rows.
  var reserved: [UInt64]

  init(side: Int) {
    self.side = side
    dark = [UInt64](repeating: 0, count: 2 * side)
    reserved = [UInt64](repeating: 0, count: side)
  }

  private mutating func set(_ column: Int, _ row: Int, dark isDark: Bool) {
    guard (0..<side).contains(column), (0..<side).contains(row) else { return }
    reserved[row] |= 1 << UInt64(column)
    dark[row] &= ~(1 << UInt64(column))
    dark[side + column] &= ~(1 << UInt64(row))
    guard isDark else { return }
    dark[row] |= 1 << UInt64(column)
    dark[side + column] |= 1 << UInt64(row)
  }

  /// Draws concentric squares, dark but for the rings of the given radii.
  private mutating func drawSquares(_ column: Int, _ row: Int, radius: Int, light: Set<Int>) {
    for y in -radius...radius {
      for x in -radius...radius {
        set(column + x, row + y, dark: !light.contains(max(abs(x), abs(y))))
      }
    }
  }

  /// Draws finders, timing, alignment and the version: all that data never covers.
  mutating func drawPatterns(version: Int) {
    for place in 0..<side {
      set(place, 6, dark: place % 2 == 0)
      set(6, place, dark: place % 2 == 0)
    }
    for (column, row) in [(3, 3), (side - 4, 3), (3, side - 4)] {
      drawSquares(column, row, radius: 4, light: [2, 4])
    }
    if version >= 2 {
      let last = side - 7
      let centres = version < 7 ? [6, last] : [6, (6 + last) / 2, last]
      for row in centres {
        for column in centres
        where ![(6, 6), (6, last), (last, 6)].contains(where: { $0 == (column, row) }) {
          drawSquares(column, row, radius: 2, light: [1])
        }
      }
    }
    if version >= 7 {
      let bits = Grid.withRemainder(version, width: 12, generator: 0x1f25)
      for bit in 0..<18 {
        let isDark = bits >> bit & 1 != 0
        set(side - 11 + bit % 3, bit / 3, dark: isDark)
        set(bit / 3, side - 11 + bit % 3, dark: isDark)
      }
    }
    set(8, side - 8, dark: true)
  }

  /// Draws the two copies of the format information.
  mutating func drawFormat(level: QRSymbol.Level, mask: Int) {
    let bits =
      Grid.withRemainder(level.formatBits << 3 | mask, width: 10, generator: 0x537) ^ 0x5412
    for bit in 0..<15 {
      let isDark = bits >> bit & 1 != 0
      // Around the finder at the top left, over the timing patterns, and at the other two.
      let place = bit < 6 ? bit : bit < 8 ? bit + 1 : bit == 8 ? 7 : 14 - bit
      if bit < 8 {
        set(8, place, dark: isDark)
        set(side - 1 - bit, 8, dark: isDark)
      } else {
        set(place, 8, dark: isDark)
        set(8, side - 15 + bit, dark: isDark)
      }
    }
  }

  /// Makes dark what a mask turns over.
  mutating func drawMask(_ mask: Int) {
    for y in 0..<side {
      for x in 0..<side where reserved[y] >> UInt64(x) & 1 == 0 {
        let isTurned =
          switch mask {
          case 0: (x + y) % 2 == 0
          case 1: y % 2 == 0
          case 2: x % 3 == 0
          case 3: (x + y) % 3 == 0
          case 4: (y / 2 + x / 3) % 2 == 0
          case 5: x * y % 2 + x * y % 3 == 0
          case 6: (x * y % 2 + x * y % 3) % 2 == 0
          default: (x * y % 3 + (x + y) % 2) % 2 == 0
          }
        guard isTurned else { continue }
        dark[y] |= 1 << UInt64(x)
        dark[side + x] |= 1 << UInt64(y)
      }
    }
  }

  /// The free modules in the order of data: up and down in pairs of columns from the right.
  var places: [UInt16] {
    var places: [UInt16] = []
    var isUpward = true
    for pair in stride(from: side - 1, to: 0, by: -2) {
      let right = pair <= 6 ? pair - 1 : pair  // the vertical timing pattern is stepped over
      for step in 0..<side {
        let row = isUpward ? side - 1 - step : step
        for column in [right, right - 1] where reserved[row] >> UInt64(column) & 1 == 0 {
          places.append(UInt16(row << 8 | column))
        }
      }
      isUpward.toggle()
    }
    return places
  }

  /// A number followed by its remainder by a binary polynomial (a BCH code).
  private static func withRemainder(_ value: Int, width: Int, generator: Int) -> Int {
    var rest = value << width
    for bit in stride(from: Int.bitWidth - 1 - rest.leadingZeroBitCount, through: width, by: -1)
    where rest >> bit & 1 != 0 {
      rest ^= generator << (bit - width)
    }
    return value << width | rest
  }
}

extension QRSymbol.Level {
  /// The two bits of the format information.
  fileprivate var formatBits: Int {
    switch self {
    case .low: 1
    case .medium: 0
    case .quartile: 3
    case .high: 2
    }
  }

  /// How many blocks the codewords of a version make, and the correction codewords of each.
  fileprivate func blocks(version: Int) -> (count: Int, correction: Int) {
    let (counts, corrections) =
      switch self {
      case .low:
        ([1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4], [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20])
      case .medium:
        ([1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5], [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30])
      case .quartile:
        ([1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8], [13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28])
      case .high:
        ([1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11], [17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24])
      }
    return (counts[version - 1], corrections[version - 1])
  }
}
