internal import CommandKit
internal import Presence

/// A moment on the command line: `2021-06-01T12:00:00+07:00`.
struct Moment: ArgumentValue, Hashable {
  /// Seconds since 1970-01-01T00:00:00Z.
  let unixSeconds: Int64

  /// Reads ISO 8601 with an offset from UTC.
  init(argument: String) throws(InvalidArgument) {
    do {
      unixSeconds = try ISO8601.parse(argument)
    } catch {
      throw InvalidArgument("is not a time, \(error.description)")
    }
  }

  static var kind: String { "a time" }
  static var placeholder: String { "TIME" }
  var argumentText: String { ISO8601.format(unixSeconds, in: .haiPhong) }
}
