/// A stretch of 30 seconds, counted from 1970: how long a screen shows one code.
public struct ScreenStep: Hashable, Comparable, Sendable {
  /// How long a step lasts.
  public static let seconds: Int64 = 30

  /// How many steps before or after the present a code counts as live: 1.
  public static let liveDistance: Int64 = 1

  /// How many steps a screen's clock may be off: 10, five minutes.
  public static let toleratedDistance: Int64 = 10

  /// Unix time divided by 30.
  public let rawValue: UInt32

  /// Makes the step of a number.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// Makes the step that a moment is in, or returns nil before 1970 and after the year 6053.
  ///
  /// - Parameter time: Unix seconds.
  public init?(at time: Int64) {
    guard time >= 0, let number = UInt32(exactly: time / ScreenStep.seconds) else { return nil }
    self.rawValue = number
  }

  /// The first Unix second of the step.
  public var start: Int64 { Int64(rawValue) * ScreenStep.seconds }

  /// The first Unix second after the step.
  public var end: Int64 { start + ScreenStep.seconds }

  /// Returns how many steps a moment lies after this one.
  ///
  /// - Parameter time: Unix seconds.
  /// - Returns: Whole steps, negative for a moment before this one.
  public func distance(to time: Int64) -> Int64 {
    let (quotient, rest) = time.quotientAndRemainder(dividingBy: ScreenStep.seconds)
    return quotient - (rest < 0 ? 1 : 0) - Int64(rawValue)
  }

  /// Orders steps by time.
  public static func < (left: ScreenStep, right: ScreenStep) -> Bool {
    left.rawValue < right.rawValue
  }
}
