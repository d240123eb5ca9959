/// One stay at a place as Corona-Warn-App's diary has it.
public struct CheckIn: Hashable, Sendable {
  /// The place, in whatever way check-ins and warnings name it alike.
  public var location: String
  /// The first second, in Unix seconds.
  public var start: Int64
  /// The first second after, in Unix seconds.
  public var end: Int64
  /// Whether its owner warned others with it; one's own warnings do not warn oneself.
  public var isSubmitted: Bool

  /// Makes a check-in of its parts.
  public init(location: String, start: Int64, end: Int64, isSubmitted: Bool = false) {
    self.location = location
    self.start = start
    self.end = end
    self.isSubmitted = isSubmitted
  }

  /// Parts a time at UTC midnights.
  ///
  /// A time of no length is one part of no length, as in both apps; one that ends before it starts
  /// has none.
  ///
  /// - Complexity: Linear in the days.
  public static func parts(from start: Int64, to end: Int64) -> [Range<Int64>] {
    guard start <= end else { return [] }
    guard start < end else { return [start..<end] }
    var parts: [Range<Int64>] = []
    var from = start
    while from < end {
      let midnight = (UTCDay.containing(from) + 1) * 86_400
      let to = min(end, Int64(midnight))
      parts.append(from..<to)
      from = to
    }
    return parts
  }

  /// Returns the minutes after which the app checks its user out by itself.
  ///
  /// They are rounded up to quarters of an hour, from one quarter to 23:45 h. (The published rule of
  /// its tests says “nearest”, but their values are all rounded up.)
  ///
  /// - Parameters:
  ///   - minutes: The usual stay or the length of the event, as the code of the place says it; nil
  ///     when it says nothing.
  ///   - onBehalf: Whether somebody else checks them in, afterwards.
  /// - Returns: The minutes of the stay.
  public static func automaticMinutes(for minutes: Int?, onBehalf: Bool = false) -> Int {
    let wanted = minutes ?? (onBehalf ? 120 : 15)
    return (min(max(wanted, 1), 1_425) + 14) / 15 * 15
  }
}

extension CheckIn: Decodable {
  /// Reads `{"location": …, "start": …, "end": …}`; times have an offset.
  ///
  /// Without an end it is that of the automatic check-out, by `defaultCheckInLengthInMinutes`.
  ///
  /// - Parameter decoder: Where it is read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let reader = try DocumentReader(decoder)
    let start = try reader.time("start", "checkInStart")
    let end: Int64
    if reader.key(["end", "checkInEnd"]) != nil {
      end = try reader.time("end", "checkInEnd")
    } else {
      let usual: Int? = try reader.optional("defaultCheckInLengthInMinutes")
      end = start + Int64(Self.automaticMinutes(for: usual)) * 60
    }
    self.init(
      location: try reader.value("location", "locationIdHash", "traceLocationIdHash"),
      start: start, end: end,
      isSubmitted: try reader.optional("isSubmitted") ?? false)
    guard start <= end, end - start <= 366 * 86_400 else {
      throw reader.outOfRange(
        DocumentKey("end"), "the check-in ends before it starts, or after more than a year")
    }
  }
}
