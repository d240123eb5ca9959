internal import CommandKit
internal import Presence

/// A moment on the command line: ISO 8601 with its offset.
struct Moment: ArgumentValue, Hashable {
  /// Seconds since 1970-01-01T00:00:00Z.
  let unixSeconds: Int64

  init(argument: String) throws(InvalidArgument) {
    do {
      unixSeconds = try ISO8601.parse(argument)
    } catch {
      throw InvalidArgument("is not a time: \(error)")
    }
  }

  static var kind: String { "a time such as 2020-08-06T09:15:00+07:00" }
  static var placeholder: String { "TIME" }
  var argumentText: String {
    ISO8601.format(unixSeconds, in: LocalCalendar(zoneName: "UTC", fixedOffset: 0))
  }
}
