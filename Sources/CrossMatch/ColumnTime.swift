/// Time as columns hold it: seconds from 2020-01-01T00:00:00Z in 32 bits, good for the years 1952 to
/// 2088.
///
/// Half the bytes of a Unix time, and the cross-match is bound by bytes read.
public enum ColumnTime {
  /// 2020-01-01T00:00:00Z in Unix seconds.
  public static let epoch: Int64 = 1_577_836_800

  /// The Unix seconds that a column can hold, with room at both ends for tails and "for ever".
  public static let range: ClosedRange<Int64> = (epoch - 2_145_000_000)...(epoch + 2_145_000_000)

  /// Returns the column time of a Unix time; what is out of range becomes the nearest end.
  ///
  /// Right for the ends of a window, which only ever clip times that are in `range`.
  public static func clamping(_ unixSeconds: Int64) -> Int32 {
    let (offset, overflow) = unixSeconds.subtractingReportingOverflow(epoch)
    return overflow ? .min : Int32(clamping: offset)
  }

  /// Returns the Unix time of a column time.
  public static func unixSeconds(_ time: Int32) -> Int64 {
    epoch + Int64(time)
  }
}
