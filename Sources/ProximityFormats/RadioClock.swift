/// Moments as phones write them.
public enum RadioClock {
  /// The beginning of 2001, in Unix seconds: no phone of a contact-tracing app has an earlier clock.
  public static let earliest: Int64 = 978_307_200

  /// Returns the Unix second of a timestamp that is in milliseconds or in seconds.
  ///
  /// Bluezone writes milliseconds on Android and seconds on iOS, OpenTrace's server takes either.
  /// No phone of a contact-tracing app has a clock of before 2001 or after 2286, so the two cannot
  /// be confused: what is above 10¹⁰ is milliseconds.
  ///
  /// - Returns: The second that the moment is in, or nil for what is not a finite moment after 2000.
  public static func unixSeconds(_ timestamp: Double) -> Int64? {
    guard timestamp.isFinite, timestamp > 0 else { return nil }
    let seconds = timestamp > 1e10 ? timestamp / 1_000 : timestamp
    guard let second = Int64(exactly: seconds.rounded(.down)), second >= earliest else {
      return nil
    }
    return second
  }
}
