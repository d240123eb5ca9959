internal import VenueCodes

/// What is wrong with a time zone file.
public enum ZoneFileError: Error, Hashable, Sendable {
  /// The bytes do not begin as a TZif file does.
  case notAZoneFile
  /// The file has more bytes than any zone needs.
  case tooLarge
  /// The file ends before what its header promises.
  case truncated
  /// A count in the header contradicts the format.
  case badCounts
  /// A transition is out of order or names a type that is not there.
  case badTransition
  /// An offset from UTC is longer than a day and a bit.
  case badOffset
  /// The rule for the time after the table cannot be read.
  case badFooter
  /// The file counts leap seconds, which Unix time does not.
  case leapSeconds

  /// The stable word for this failure.
  public var code: String {
    switch self {
    case .notAZoneFile: "zone-not-a-zone-file"
    case .tooLarge: "zone-too-large"
    case .truncated: "zone-truncated"
    case .badCounts: "zone-bad-counts"
    case .badTransition: "zone-bad-transition"
    case .badOffset: "zone-bad-offset"
    case .badFooter: "zone-bad-footer"
    case .leapSeconds: "zone-leap-seconds"
    }
  }
}

extension ZoneFileError: CustomStringConvertible {
  /// A sentence for the person who set up the machine.
  public var description: String {
    switch self {
    case .notAZoneFile: "this is no time zone file: it does not begin with TZif"
    case .tooLarge: "this time zone file is too large: a real one has a few thousand bytes"
    case .truncated: "the time zone file is cut off: install the tzdata package again"
    case .badCounts: "the time zone file's header is damaged: install the tzdata package again"
    case .badTransition: "the time zone file's table is damaged: install the tzdata package again"
    case .badOffset: "the time zone file has an impossible offset: install the tzdata package again"
    case .badFooter: "the time zone file's last line is no rule: install the tzdata package again"
    case .leapSeconds:
      "the time zone file counts leap seconds: take the zone without \"right/\" in its name"
    }
  }
}

extension LocalCalendar {
  /// The last year for which a zone's rule for the future is written out.
  public static let lastRuledYear = 2160

  /// Makes the calendar of a zone from the bytes of its TZif file (RFC 8536, versions 1 to 4).
  ///
  /// The rule in the footer, which says how clocks change after the table ends, is written out up
  /// to `lastRuledYear`; later than that the last offset stays.
  ///
  /// - Parameters:
  ///   - bytes: The whole file, as in `/usr/share/zoneinfo`.
  ///   - name: The IANA name of the zone.
  /// - Throws: `ZoneFileError`; no file, however damaged, traps.
  public init(zoneFile bytes: [UInt8], name: String) throws(ZoneFileError) {
    self.init(zoneName: name, spans: try ZoneFile.spans(of: bytes))
  }
}

/// The reader of TZif files.
private enum ZoneFile {
  /// Sixty times the largest file of a full time zone database.
  static let largestSize = 262_144

  static func spans(of bytes: [UInt8]) throws(ZoneFileError) -> [LocalCalendar.Span] {
    guard bytes.count <= largestSize else { throw .tooLarge }
    var reader = ByteReader(bytes: bytes)
    let first = try Header(from: &reader)
    guard first.version >= 2 else {
      return try Table(from: &reader, counts: first, timeWidth: 4).spans(rule: nil)
    }
    // The first table, with 32-bit times, is there for old readers only.
    try reader.skip(first.size(timeWidth: 4))
    let second = try Header(from: &reader)
    let table = try Table(from: &reader, counts: second, timeWidth: 8)
    let footer = try reader.line()
    return table.spans(rule: footer.isEmpty ? nil : try ZoneRule(footer))
  }

  struct Header {
    var version = 1
    var utcIndicators = 0
    var standardIndicators = 0
    var leapSeconds = 0
    var transitions = 0
    var types = 0
    var characters = 0

    init(from reader: inout ByteReader) throws(ZoneFileError) {
      for letter in "TZif".utf8 {
        guard try reader.integer(1) == Int64(letter) else { throw .notAZoneFile }
      }
      switch UInt8(truncatingIfNeeded: try reader.integer(1)) {
      case 0: version = 1
      case let digit where (UInt8(ascii: "2")...UInt8(ascii: "9")).contains(digit):
        version = Int(digit - UInt8(ascii: "0"))
      default: throw .notAZoneFile
      }
      try reader.skip(15)
      utcIndicators = try reader.count()
      standardIndicators = try reader.count()
      leapSeconds = try reader.count()
      transitions = try reader.count()
      types = try reader.count()
      characters = try reader.count()
      guard (1...256).contains(types), characters > 0,
        utcIndicators == 0 || utcIndicators == types,
        standardIndicators == 0 || standardIndicators == types
      else { throw .badCounts }
    }

    func size(timeWidth: Int) -> Int {
      transitions * (timeWidth + 1) + types * 6 + characters + leapSeconds * (timeWidth + 4)
        + standardIndicators + utcIndicators
    }
  }

  struct Table {
    var times: [Int64] = []
    var offsets: [Int32] = []
    /// The offset in force before the first time.
    var firstOffset: Int32

    init(
      from reader: inout ByteReader, counts: Header, timeWidth: Int
    ) throws(ZoneFileError) {
      guard counts.size(timeWidth: timeWidth) <= reader.remaining else { throw .truncated }
      guard counts.leapSeconds == 0 else { throw .leapSeconds }
      for _ in 0..<counts.transitions {
        let time = try reader.integer(timeWidth)
        if let last = times.last, time <= last { throw .badTransition }
        times.append(time)
      }
      var types: [Int] = []
      for _ in 0..<counts.transitions {
        let type = Int(UInt8(truncatingIfNeeded: try reader.integer(1)))
        guard type < counts.types else { throw .badTransition }
        types.append(type)
      }
      var typeOffsets: [Int32] = []
      for _ in 0..<counts.types {
        let offset = try reader.integer(4)
        // The range of RFC 8536: offsets stay under 25 hours west and 26 hours east.
        guard (-89_999...93_599).contains(offset) else { throw .badOffset }
        typeOffsets.append(Int32(offset))
        try reader.skip(2)
      }
      try reader.skip(counts.characters + counts.standardIndicators + counts.utcIndicators)
      firstOffset = typeOffsets[0]
      offsets = types.map { typeOffsets[$0] }
    }

    func spans(rule: ZoneRule?) -> [LocalCalendar.Span] {
      var spans = [LocalCalendar.Span(start: .min, offset: firstOffset)]
      for (time, offset) in zip(times, offsets) {
        if time == .min { spans.removeAll() }
        spans.append(LocalCalendar.Span(start: time, offset: offset))
      }
      guard let rule else { return spans }
      // A table without a line leaves all time to the rule; nothing here is older than 1900.
      if times.isEmpty { spans = [LocalCalendar.Span(start: .min, offset: rule.standardOffset)] }
      for span in rule.spans(after: times.last) { spans.append(span) }
      return spans
    }
  }
}

/// A cursor over a file's bytes that never reads past its end.
private struct ByteReader {
  let bytes: [UInt8]
  var place = 0

  var remaining: Int { bytes.count - place }

  /// Reads a big-endian number with sign, but for a single byte, which has none.
  mutating func integer(_ width: Int) throws(ZoneFileError) -> Int64 {
    guard width <= remaining else { throw .truncated }
    var value: Int64 = width > 1 && bytes[place] >= 0x80 ? -1 : 0
    for _ in 0..<width {
      value = value << 8 | Int64(bytes[place])
      place += 1
    }
    return value
  }

  mutating func count() throws(ZoneFileError) -> Int {
    Int(UInt32(truncatingIfNeeded: try integer(4)))
  }

  mutating func skip(_ count: Int) throws(ZoneFileError) {
    guard count <= remaining else { throw .truncated }
    place += count
  }

  /// Reads a line that stands between two line feeds.
  mutating func line() throws(ZoneFileError) -> ArraySlice<UInt8> {
    let lineFeed = Int64(UInt8(ascii: "\n"))
    guard try integer(1) == lineFeed else { throw .badFooter }
    guard let end = bytes[place...].firstIndex(of: UInt8(ascii: "\n")) else { throw .truncated }
    defer { place = end + 1 }
    return bytes[place..<end]
  }
}
