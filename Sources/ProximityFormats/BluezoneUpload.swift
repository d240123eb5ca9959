internal import ForeignCodes
internal import FoundationEssentials

/// What a phone with Bluezone sends of its history: whom it heard, and the keys of its own days.
///
/// Read are the plain list (`own_id`, `contact_id`, `rssi`, `time`, divided by tabs) and the request
/// that the app sends it in, with or without its header. Nothing else of such a request is kept: the
/// code that the user typed and the address for push messages are passed over.
///
/// A key is taken only as the key of one day. The base key is never taken: it opens every day of the
/// phone, those to come included.
public struct BluezoneUpload: Sendable {
  /// What was heard, with the line of the file it stands in.
  public private(set) var sightings: [(line: Int, sighting: RadioSighting)] = []
  /// The first lines that cannot be read, and why; see `maximumRefusedCount`.
  public private(set) var refused: [RefusedLine] = []
  /// How many more lines cannot be read.
  public private(set) var furtherRefusedCount = 0
  /// The keys of single days.
  public private(set) var keys: [BluezoneDayKey] = []
  /// The keys that were not taken, and why.
  public private(set) var refusedKeys: [ProximityFormatError] = []

  /// A line that cannot be read.
  public struct RefusedLine: Hashable, Sendable {
    /// Its number, from 1.
    public let line: Int
    /// Its cells.
    public let cells: [String]
    /// The name of the cell at fault; nil when it is the whole line.
    public let column: String?
    /// What is wrong.
    public let error: ProximityFormatError

    init(line: Int, cells: [String], column: String?, error: ProximityFormatError) {
      self.line = line
      self.cells = cells
      self.column = column
      self.error = error
    }
  }

  /// The names of the cells of a line.
  public static let columns: [String] = ["own_id", "contact_id", "rssi", "time"]

  /// The largest upload that is read, in bytes: the app keeps 100,000 rows of 70.
  public static let maximumLength: Int = 64 << 20

  /// The most keys that one upload may have: a broadcast has 14 for each person.
  public static let maximumKeyCount: Int = 1_024

  /// The most lines that cannot be read of which it is said why.
  ///
  /// A file of a few kilobytes that is packed may have millions of them.
  public static let maximumRefusedCount: Int = 10_000

  /// After how many lines, none of which looks like one of a list, a file is taken for something else.
  private static let patience = 100

  private static let longestLine = 256

  /// Reads an upload.
  ///
  /// - Parameter bytes: The file.
  /// - Throws: `ProximityFormatError` when it is none at all; a line that cannot be read does not
  ///   stop the others.
  public init(_ bytes: [UInt8]) throws(ProximityFormatError) {
    guard bytes.count <= Self.maximumLength else {
      throw ProximityFormatError(
        .tooLarge, "an upload of Bluezone has \(Self.maximumLength >> 20) MiB at most")
    }
    var text = bytes[...]
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
    var line = 1
    if let body = try MultipartBody(text) {
      var hasHistory = false
      for part in body.parts {
        if part.isFile {
          hasHistory = true
          line = part.line
          try readLines(part.content, firstLine: line)
        } else if part.name == "InfoF" {
          readKeys(part.content)
        }
      }
      guard hasHistory || !keys.isEmpty || !refusedKeys.isEmpty else {
        throw ProximityFormatError(
          .noSightings, "the upload has neither a list of sightings nor a key in it")
      }
    } else if text.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") {
      // What a health authority sent to phones: keys alone.
      readKeys(text)
      if keys.isEmpty, let error = refusedKeys.first, error.code == .badJSON { throw error }
    } else {
      try readLines(text, firstLine: line)
      guard !sightings.isEmpty || !refused.isEmpty else {
        throw ProximityFormatError(.noSightings, "the file has no sightings in it")
      }
    }
  }

  // MARK: Lines

  private mutating func readLines(
    _ text: ArraySlice<UInt8>, firstLine: Int
  ) throws(ProximityFormatError) {
    var number = firstLine
    var rest = text
    var isList = false
    while !rest.isEmpty {
      defer { number += 1 }
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      let whole = rest[..<(end ?? rest.endIndex)]
      rest = end.map { rest[($0 + 1)...] } ?? []
      let line = whole.last == UInt8(ascii: "\r") ? whole.dropLast() : whole
      guard line.contains(where: { $0 > 0x20 }) else { continue }
      var column: String?
      do throws(ProximityFormatError) {
        sightings.append((number, try Self.sighting(in: line, column: &column)))
        isList = true
      } catch {
        // A line with an identifier at its beginning is one of a list, whatever else is wrong.
        isList = isList || column != nil && column != Self.columns[0]
        if refused.count < Self.maximumRefusedCount {
          let cells = line.prefix(Self.longestLine).split(
            separator: UInt8(ascii: "\t"), maxSplits: Self.columns.count - 1,
            omittingEmptySubsequences: false
          ).map { String(decoding: $0, as: UTF8.self) }
          refused.append(RefusedLine(line: number, cells: cells, column: column, error: error))
        } else {
          furtherRefusedCount += 1
        }
      }
      if !isList, refused.count >= Self.patience { throw Self.noList }
    }
    if !isList, !refused.isEmpty { throw Self.noList }
  }

  private static let noList = ProximityFormatError(
    .noSightings,
    "this is no file of Bluezone: none of its first lines is one of a list of sightings")

  private static func sighting(
    in line: ArraySlice<UInt8>, column: inout String?
  ) throws(ProximityFormatError) -> RadioSighting {
    guard line.count <= longestLine else {
      throw ProximityFormatError(.cellCount, "the line is longer than \(longestLine) bytes")
    }
    let cells = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
    guard cells.count == columns.count else {
      throw ProximityFormatError(
        .cellCount,
        "\(cells.count) cells where there should be \(columns.count), divided by tabs: "
          + "own_id, contact_id, rssi, time")
    }
    func identifier(_ place: Int) throws(ProximityFormatError) -> BluezoneIdentifier {
      column = columns[place]
      guard let identifier = BluezoneIdentifier(hexadecimal: cells[place]) else {
        throw ProximityFormatError(
          .badIdentifier,
          "\(columns[place]) is no identifier of Bluezone, which has 24 hexadecimal digits")
      }
      return identifier
    }
    let own = try identifier(0)
    let heard = try identifier(1)
    guard own != heard else {
      throw ProximityFormatError(.badIdentifier, "contact_id is own_id: no phone hears itself")
    }
    column = columns[2]
    let strength = try RadioNumber.strength(RadioNumber.decimal(cells[2]), column: "rssi")
    column = columns[3]
    guard let time = RadioNumber.decimal(cells[3]), let second = RadioClock.unixSeconds(time) else {
      throw ProximityFormatError(
        .badTime, "time is no moment: it should be milliseconds or seconds since 1970")
    }
    return RadioSighting(
      hearer: .bluezone(own), heard: .bluezone(heard), second: second, receivedStrength: strength)
  }

  // MARK: Keys

  private struct KeyList: Decodable {
    var own: StatedKey
    var data: [StatedKey]?

    enum CodingKeys: String, CodingKey { case data }

    init(from decoder: any Decoder) throws {
      own = try StatedKey(from: decoder)
      data = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(
        [StatedKey].self, forKey: .data)
    }
  }

  private struct StatedKey: Decodable {
    var base: String?
    var daily: String?
    var start: RadioNumber?
    var end: RadioNumber?

    enum CodingKeys: String, CodingKey {
      case base = "base_id"
      case daily = "daily_key"
      case start = "time_start"
      case end = "time_end"
    }
  }

  private mutating func readKeys(_ json: ArraySlice<UInt8>) {
    guard let list = JSONFile.value(KeyList.self, in: json) else {
      refusedKeys.append(
        ProximityFormatError(.badJSON, "InfoF is not the JSON object that Bluezone writes"))
      return
    }
    let stated = [list.own] + (list.data ?? [])
    guard stated.count <= Self.maximumKeyCount else {
      refusedKeys.append(
        ProximityFormatError(
          .tooLarge, "InfoF has more than \(Self.maximumKeyCount) keys: none of them was read"))
      return
    }
    for key in stated {
      do throws(ProximityFormatError) {
        if let day = try take(key) { keys.append(day) }
      } catch {
        refusedKeys.append(error)
      }
    }
    for base in stated.compactMap(\.base) { refuse(base: base) }
  }

  /// Says that a base key was not taken, or, honestly, for what else its bytes were.
  private mutating func refuse(base: String) {
    if let bytes = HexText.bytes(of: Array(base.utf8)[...]),
      let day = keys.first(where: { $0.has(bytes) })?.day
    {
      refusedKeys.append(
        ProximityFormatError(
          .baseKey,
          "its base key is the same bytes as its key of \(day), the phone's first day: they are used "
            + "for that day alone, but whoever has this file can open every day of the phone"))
    } else {
      refusedKeys.append(
        ProximityFormatError(
          .baseKey,
          "a base key was not read: it opens every day of the phone, past and to come"))
    }
  }

  private mutating func take(_ key: StatedKey) throws(ProximityFormatError) -> BluezoneDayKey? {
    guard let daily = key.daily else { return nil }
    guard let bytes = HexText.bytes(of: Array(daily.utf8)[...]) else {
      throw ProximityFormatError(.badKey, "a daily key is not hexadecimal")
    }
    guard let start = key.start else {
      throw ProximityFormatError(
        .baseKey,
        "a key without its day was not read: it would open more than one day, as a base key does")
    }
    guard let second = RadioClock.unixSeconds(start.value),
      let day = UTCDay.day(beginningAt: second)
    else {
      throw ProximityFormatError(
        .badDay, "the time_start of a daily key is not the beginning of a day in UTC")
    }
    if let end = key.end.flatMap({ RadioClock.unixSeconds($0.value) }),
      end > second + UTCDay.seconds
    {
      refusedKeys.append(
        ProximityFormatError(
          .baseKey,
          "a daily key is stated for more than one day: it was read for its first day only"))
    }
    return try BluezoneDayKey(bytes, day: day)
  }
}
