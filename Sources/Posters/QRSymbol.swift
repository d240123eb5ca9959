internal import CQREncode
import Glibc

/// A QR symbol: the square of dark and light modules that carries one text.
///
/// A venue's code goes in as two segments, because decimal digits need 3.3 bits in numeric mode and
/// 8 in byte mode; that alone saves two versions:
///
///     let symbol = try QRSymbol(prefix: "https://qr.haiphong.gov.vn/#", digits: digits)
///
/// The matrix has no quiet zone; whatever draws it leaves `quietZone` light modules around it.
public struct QRSymbol: Hashable, Sendable {
  /// How much of a symbol may be lost before it cannot be read.
  public enum Level: String, Hashable, Sendable, CaseIterable {
    /// About 7 % of the symbol.
    case low
    /// About 15 % of the symbol.
    case medium
    /// About 25 % of the symbol: posters indoors.
    case quartile
    /// About 30 % of the symbol: prints that hang outdoors.
    case high

    /// The letter by which the standard calls the level.
    public var letter: String {
      switch self {
      case .low: "L"
      case .medium: "M"
      case .quartile: "Q"
      case .high: "H"
      }
    }
  }

  /// The modules that must stay light on every side, as the standard asks.
  public static let quietZone = 4

  /// What the symbol carries, as a reader gives it out.
  public let text: String

  /// The error correction level.
  public let level: Level

  /// The version, 1 to 40, which fixes the size.
  public var version: Int { (side - 17) / 4 }

  /// The modules along a side: 17 + 4 × version.
  public let side: Int

  /// Row after row, 1 for a dark module and 0 for a light one.
  package let modules: [UInt8]

  /// Encodes a text in byte mode followed by decimal digits in numeric mode.
  ///
  /// - Parameters:
  ///   - prefix: What comes before the digits, such as a URL up to its `#`; may be empty.
  ///   - digits: Decimal digits only; may be empty when the prefix is not.
  ///   - level: The error correction level.
  ///   - leastVersion: The smallest version to use, for a row of codes that should look alike.
  /// - Throws: `PosterError.notEncodable` or `.textTooLong`.
  public init(
    prefix: String, digits: String, level: Level = .quartile, leastVersion: Int = 1
  ) throws(PosterError) {
    guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      throw .notEncodable(reason: "its number holds something else than decimal digits")
    }
    if let encoder = QREncoder(
      prefix: Array(prefix.utf8), digits: Array(digits.utf8), level: level,
      leastVersion: leastVersion)
    {
      self.init(
        text: prefix + digits, level: level, side: encoder.side, modules: encoder.modules)
    } else {
      try self.init(
        byLibrary: prefix, digits: digits, level: level, leastVersion: leastVersion)
    }
  }

  /// Encodes by libqrencode what `QREncoder` leaves to it, and in tests what it does not.
  package init(
    byLibrary prefix: String, digits: String, level: Level, leastVersion: Int = 1
  ) throws(PosterError) {
    try self.init(
      segments: [(QR_MODE_8, Array(prefix.utf8)), (QR_MODE_NUM, Array(digits.utf8))],
      text: prefix + digits, level: level, leastVersion: leastVersion)
  }

  /// Encodes a text as it is in byte mode, such as a link that carries no code.
  ///
  /// - Parameters:
  ///   - text: Any text; readers take what is not ASCII for UTF-8.
  ///   - level: The error correction level.
  ///   - leastVersion: The smallest version to use, for a row of codes that should look alike.
  /// - Throws: `PosterError.notEncodable` or `.textTooLong`.
  public init(
    text: String, level: Level = .quartile, leastVersion: Int = 1
  ) throws(PosterError) {
    try self.init(
      segments: [(QR_MODE_8, Array(text.utf8))], text: text, level: level,
      leastVersion: leastVersion)
  }

  /// Tells whether a module is dark; places outside the symbol are light.
  ///
  /// - Parameters:
  ///   - column: Counted from 0 at the left.
  ///   - row: Counted from 0 at the top.
  /// - Returns: True for a dark module.
  public func isDark(column: Int, row: Int) -> Bool {
    guard (0..<side).contains(column), (0..<side).contains(row) else { return false }
    return modules[row * side + column] != 0
  }

  /// Makes a symbol of modules that nobody vouches for: tests use it to see that a wrong picture
  /// is caught.
  package init?(text: String, level: Level, modules: [UInt8]) {
    let side = Int(Double(modules.count).squareRoot())
    guard side * side == modules.count, side >= 21, (side - 17) % 4 == 0 else { return nil }
    self.init(text: text, level: level, side: side, modules: modules)
  }

  private init(text: String, level: Level, side: Int, modules: [UInt8]) {
    self.text = text
    self.level = level
    self.side = side
    self.modules = modules
  }

  private init(
    segments: [(mode: QRencodeMode, bytes: [UInt8])], text: String, level: Level,
    leastVersion: Int
  ) throws(PosterError) {
    let count = segments.reduce(0) { $0 + $1.bytes.count }
    guard count > 0 else { throw .notEncodable(reason: "it is empty") }
    guard (1...40).contains(leastVersion) else {
      throw .sizeOutOfRange(what: "version \(leastVersion)")
    }
    // 7,089 digits are the most that any symbol holds.
    guard count <= 7_089 else { throw .textTooLong(bytes: count, level: level) }
    guard let input = QRinput_new2(Int32(leastVersion), level.encoded) else {
      throw .drawingFailed(reason: QRSymbol.message(errno))
    }
    defer { QRinput_free(input) }
    for segment in segments where !segment.bytes.isEmpty {
      let status = segment.bytes.withUnsafeBufferPointer {
        QRinput_append(input, segment.mode, Int32($0.count), $0.baseAddress)
      }
      guard status == 0 else { throw .drawingFailed(reason: QRSymbol.message(errno)) }
    }
    guard let code = QRcode_encodeInput(input) else {
      if errno == ERANGE { throw .textTooLong(bytes: count, level: level) }
      throw .drawingFailed(reason: QRSymbol.message(errno))
    }
    defer { QRcode_free(code) }
    let side = Int(code.pointee.width)
    self.text = text
    self.level = level
    self.side = side
    // The low bit is the module; the others tell what part of the symbol it belongs to.
    self.modules = UnsafeBufferPointer(start: code.pointee.data, count: side * side).map { $0 & 1 }
  }

  static func message(_ number: Int32) -> String { String(cString: strerror(number)) }
}

extension QRSymbol.Level {
  fileprivate var encoded: QRecLevel {
    switch self {
    case .low: QR_ECLEVEL_L
    case .medium: QR_ECLEVEL_M
    case .quartile: QR_ECLEVEL_Q
    case .high: QR_ECLEVEL_H
    }
  }
}
