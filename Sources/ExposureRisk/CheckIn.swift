internal import VenueCodes

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

/// A time at a place with somebody infectious, as Corona-Warn-App's server tells everybody.
public struct CheckInWarning: Hashable, Sendable {
  /// The place.
  public var location: String
  /// The first interval of ten minutes since 1970.
  public var startInterval: Int
  /// How many intervals.
  public var period: Int
  /// From 1 to 8.
  public var transmissionRiskLevel: Int

  /// Makes a warning of its parts.
  public init(location: String, startInterval: Int, period: Int, transmissionRiskLevel: Int) {
    self.location = location
    self.startInterval = startInterval
    self.period = period
    self.transmissionRiskLevel = transmissionRiskLevel
  }

  /// The seconds of an interval.
  public static let intervalLength: Int64 = 600

  /// The time in Unix seconds.
  public var span: Range<Int64> {
    let start = Int64(startInterval) * Self.intervalLength
    return start..<(start + Int64(period) * Self.intervalLength)
  }

  /// Returns the seconds that a check-in shares with the warning; 0 at another place.
  public func sharedSeconds(with checkIn: CheckIn) -> Int64 {
    guard checkIn.location == location else { return 0 }
    return max(0, min(checkIn.end, span.upperBound) - max(checkIn.start, span.lowerBound))
  }
}

/// Days of UTC, as days since 1970.
enum UTCDay {
  /// Returns the day that a moment is in.
  static func containing(_ second: Int64) -> Int {
    Int(second >= 0 ? second / 86_400 : (second - 86_399) / 86_400)
  }
}

extension LocalDay {
  /// The days since 1970-01-01.
  var daysSince1970: Int { Int(daysSince2020) + LocalDay.epochOffset }

  /// Makes the day that is so many days after 1970-01-01.
  init(daysSince1970 days: Int) {
    self.init(daysSince2020: Int32(clamping: days - LocalDay.epochOffset))
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

extension CheckInWarning: Decodable {
  /// Reads a warning under the names of Corona-Warn-App's protocol.
  ///
  /// - Parameter decoder: Where it is read from.
  /// - Throws: `ExposureRiskError`, or what the decoder throws.
  public init(from decoder: any Decoder) throws {
    let reader = try DocumentReader(decoder)
    self.init(
      location: try reader.value("location", "locationIdHash", "traceLocationIdHash"),
      startInterval: try reader.integer("startIntervalNumber", in: 0...9_782_640),
      period: try reader.integer("period", in: 0...52_704),
      transmissionRiskLevel: try reader.integer("transmissionRiskLevel", in: 1...8))
  }
}
