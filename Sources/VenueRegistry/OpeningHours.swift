/// When a venue is open, the same every day, in local time.
///
/// Hours that pass midnight are written with the earlier number last: `18:00-02:00`.
public struct OpeningHours: Hashable, Sendable {
  /// The minute of the day at which the venue opens, 0–1439.
  public let opens: Int
  /// Minutes from opening to closing, 1–1440; 1440 is open all day.
  public let length: Int

  /// Open all day and night.
  public static let always = OpeningHours(opens: 0, length: 1440)

  private init(opens: Int, length: Int) {
    self.opens = opens
    self.length = length
  }

  /// Makes hours from minutes of the day, or returns nil when they are none.
  ///
  /// A closing minute at or before the opening one is on the next day; 1440 is midnight.
  public init?(opens: Int, closes: Int) {
    guard (0..<1440).contains(opens), (0...1440).contains(closes), opens != closes else {
      return nil
    }
    self.init(opens: opens, length: closes > opens ? closes - opens : closes + 1440 - opens)
  }

  /// Reads `HH:MM-HH:MM` or `24h`, or returns nil when the text is anything else.
  public init?(parsing text: some StringProtocol) {
    if text == "24h" {
      self = .always
      return
    }
    let bytes = Array(text.utf8)
    guard bytes.count == 11, bytes[5] == UInt8(ascii: "-"),
      let opens = OpeningHours.minute(bytes[0..<5]), let closes = OpeningHours.minute(bytes[6...])
    else { return nil }
    self.init(opens: opens, closes: closes)
  }

  /// Whether the venue never closes.
  public var isAlways: Bool { length == 1440 }

  /// The minute of the day at which the venue closes, 1–1440, or nil when it never does.
  public var closes: Int? {
    guard !isAlways else { return nil }
    let minute = (opens + length) % 1440
    return minute == 0 ? 1440 : minute
  }

  /// Returns whether the venue is open in a minute of the day, 0–1439.
  public func contains(minute: Int) -> Bool {
    (minute - opens + 1440) % 1440 < length
  }

  private static func minute(_ bytes: ArraySlice<UInt8>) -> Int? {
    let digits = bytes.map { Int($0) - 48 }
    guard bytes.count == 5, bytes[bytes.startIndex + 2] == UInt8(ascii: ":"),
      [0, 1, 3, 4].allSatisfy({ (0...9).contains(digits[$0]) })
    else { return nil }
    let hour = digits[0] * 10 + digits[1]
    let minute = digits[3] * 10 + digits[4]
    guard minute < 60, hour < 24 || (hour == 24 && minute == 0) else { return nil }
    return hour * 60 + minute
  }
}

extension OpeningHours: CustomStringConvertible {
  /// The hours as `HH:MM-HH:MM`, or `24h`.
  public var description: String {
    guard let closes else { return "24h" }
    func clock(_ minute: Int) -> String {
      let hour = minute / 60
      let rest = minute % 60
      return (hour < 10 ? "0" : "") + "\(hour):" + (rest < 10 ? "0" : "") + "\(rest)"
    }
    return "\(clock(opens))-\(clock(closes))"
  }
}
