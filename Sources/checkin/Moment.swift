internal import CommandKit
internal import Presence
internal import VenueCodes

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

extension LocalDay: ArgumentValue {
  /// Reads `YYYY-MM-DD`.
  init(argument: String) throws(InvalidArgument) {
    guard let day = LocalDay(iso8601: argument) else { throw InvalidArgument() }
    self = day
  }

  /// What a date looks like, for messages.
  static var kind: String { "a date such as 2020-08-06" }

  /// How a date is named in help.
  static var placeholder: String { "DATE" }
}

extension VenueID: ArgumentValue {
  /// Reads the nine symbols of a venue id.
  init(argument: String) throws(InvalidArgument) {
    do {
      try self.init(parsing: argument)
    } catch {
      throw InvalidArgument("is no venue id: \(error)")
    }
  }

  /// What a venue id looks like, for messages.
  static var kind: String { "a venue id of nine symbols" }

  /// How a venue id is named in help.
  static var placeholder: String { "VENUE" }
}
