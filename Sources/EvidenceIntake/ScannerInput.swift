internal import ForeignCodes
public import VenueCodes

/// Cuts what a scanner types into scans, with Enter behind each or without.
///
///     var input = ScannerInput(prefixes: prefixes, expectsVisitor: true)
///     for line in input.feed(bytes, at: now) { … }
///     if let line = input.line(quietSince: now) { … }
///
/// A scan ends with CR, LF or both. Scanners that send no Enter, or a tab, are read by what they
/// sent and by the silence behind it: a code is whole when its digits have the number that a code
/// has and nothing comes for a while, of which the caller has the clock.
public struct ScannerInput: Sendable {
  /// What was scanned, or that it was longer than anything there is to scan.
  public enum Line: Hashable, Sendable {
    /// The bytes without the line's end.
    case bytes([UInt8])
    /// It was longer than `Door.maximumLineLength`, and was not kept.
    case tooLong
  }

  /// How long nothing must come behind a whole code, in milliseconds: longer than the time between
  /// two keys of the slowest scanner, and hardly felt at a door.
  public static let quietMilliseconds: Int64 = 300

  /// How long nothing must come behind what is no code and cannot become one, in milliseconds.
  public static let lostMilliseconds: Int64 = 3_000

  /// What has come of the next scan so far.
  public private(set) var pending: [UInt8] = []

  private let prefixes: [URLPrefix]
  private let expectsVisitor: Bool
  private let isTyped: Bool
  private var isTooLong = false
  private var hasCarriageReturn = false
  private var lastByteAt: Int64 = 0

  /// Makes an empty input.
  ///
  /// - Parameters:
  ///   - prefixes: The addresses before our codes.
  ///   - expectsVisitor: Whether a venue's code is only half a scan: somebody's code must follow.
  ///   - isTyped: Whether a person may correct what they type: backspace takes the last character,
  ///     Ctrl-U all of them.
  public init(prefixes: [URLPrefix], expectsVisitor: Bool, isTyped: Bool = false) {
    self.prefixes = prefixes
    self.expectsVisitor = expectsVisitor
    self.isTyped = isTyped
  }

  /// Takes bytes, and returns the scans that ended with Enter.
  ///
  /// - Parameters:
  ///   - bytes: What came.
  ///   - now: When, in milliseconds of any clock that does not go back.
  /// - Returns: The scans, in order; usually none or one.
  public mutating func feed(_ bytes: some Sequence<UInt8>, at now: Int64) -> [Line] {
    var lines: [Line] = []
    for byte in bytes {
      lastByteAt = now
      let followsCarriageReturn = hasCarriageReturn
      hasCarriageReturn = byte == UInt8(ascii: "\r")
      switch byte {
      case UInt8(ascii: "\n") where followsCarriageReturn: break
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"): lines.append(take())
      case 0x08 where isTyped, 0x7F where isTyped: dropLastCharacter()
      case 0x15 where isTyped: _ = take()
      default:
        if pending.count < Door.maximumLineLength {
          pending.append(byte)
        } else {
          isTooLong = true
        }
      }
    }
    return lines
  }

  /// Returns the scan that nothing follows, or nil when it may go on.
  ///
  /// - Parameter now: The present time, of the clock of `feed`.
  /// - Returns: A whole scan, or what can become none.
  public mutating func line(quietSince now: Int64) -> Line? {
    let silence = now - lastByteAt
    guard !pending.isEmpty, silence >= Self.quietMilliseconds else { return nil }
    switch state {
    case .whole: return take()
    case .half:
      // Two scans without Enter or tab would run into each other.
      if pending.last != 0x20, pending.last != 0x09 { pending.append(0x20) }
      return silence >= Self.lostMilliseconds && isForeign ? take() : nil
    case .begun: return nil
    case .lost: return silence >= Self.lostMilliseconds ? take() : nil
    }
  }

  /// Returns what has come when no more will; nil when there is nothing.
  public mutating func end() -> Line? {
    pending.isEmpty && !isTooLong ? nil : take()
  }

  private mutating func take() -> Line {
    defer {
      pending.removeAll(keepingCapacity: true)
      isTooLong = false
    }
    return isTooLong ? .tooLong : .bytes(pending)
  }

  private mutating func dropLastCharacter() {
    while let last = pending.popLast(), last & 0xC0 == 0x80 {}
  }

  // MARK: What is whole

  private enum State {
    /// A scan that needs nothing more.
    case whole
    /// The code of a venue, to which the visitor's must come.
    case half
    /// Something that a person types, or that is not all there.
    case begun
    /// Much that is no code: more would only spoil the next scan too.
    case lost
  }

  private var state: State {
    guard !isTooLong else { return .lost }
    guard let line = try? TypedLine(pending, prefixes: prefixes).bytes else {
      // It was a code, and the door has a sentence for it.
      return .whole
    }
    // A card alone: whatever the door says of it, nothing belongs behind it.
    if Self.isDocument(line[...]) { return .whole }
    let code = line.prefix { $0 != 0x20 && $0 != 0x09 }
    let visitor = line[code.endIndex...].trimmed
    guard Self.isWhole(code: code) else {
      // An id in groups, or one that is typed, has eleven characters at most.
      return code.count >= 20 ? .lost : .begun
    }
    if visitor.isEmpty { return expectsVisitor && !Self.namesVisitor(code) ? .half : .whole }
    return Self.isWhole(visitor: visitor) ? .whole : .begun
  }

  /// Whether what has come is a foreign code, with which nobody is likely to go in.
  private var isForeign: Bool {
    Self.isForeign(pending[...].trimmed.prefix { $0 != 0x20 && $0 != 0x09 })
  }

  private static func isWhole(code: ArraySlice<UInt8>) -> Bool {
    hasCodeDigits(digits(of: code)) || isForeign(code)
  }

  /// What stands behind the address, if there is one.
  private static func digits(of code: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    code.lastIndex(of: UInt8(ascii: "#")).map { code[($0 + 1)...] } ?? code
  }

  /// Whether a code says itself who is meant: a pass or a receipt, by the number of its digits.
  private static func namesVisitor(_ code: ArraySlice<UInt8>) -> Bool {
    let digits = digits(of: code)
    return digits.allSatisfy(TypedLine.isDigit)
      && [CheckInReceipt.length, VisitorPass.length]
        .contains { digits.count == Carrier.digitCount(ofBytes: $0) }
  }

  /// Whether a text is a whole code of a venue of another service; an address may go on.
  private static func isForeign(_ code: ArraySlice<UInt8>) -> Bool {
    guard let foreign = try? ForeignCode(recognizing: code.span) else { return false }
    return foreign.format != .address && !foreign.format.isPersonal
  }

  /// Whether a text is a whole document or a whole pass.
  private static func isWhole(visitor: ArraySlice<UInt8>) -> Bool {
    isDocument(visitor) || hasCodeDigits(visitor)
  }

  private static func isDocument(_ text: ArraySlice<UInt8>) -> Bool {
    guard text.contains(UInt8(ascii: "|")) else { return false }
    return (try? ForeignCode(recognizing: text.span))?.format.isPersonal ?? false
  }

  /// The fewest bytes that a code of ours has: a rotating code.
  private static let fewestBytes = 28

  /// Whether digits have the number that bytes of some code have.
  private static func hasCodeDigits(_ digits: ArraySlice<UInt8>) -> Bool {
    digits.allSatisfy(TypedLine.isDigit) && codeDigitCounts.contains(digits.count)
  }

  private static let codeDigitCounts: Set<Int> = {
    var counts: Set<Int> = []
    var bytes = fewestBytes
    while Carrier.digitCount(ofBytes: bytes) < Carrier.maximumDigitCount {
      counts.insert(Carrier.digitCount(ofBytes: bytes))
      bytes += 1
    }
    counts.insert(Carrier.maximumDigitCount)
    return counts
  }()
}
