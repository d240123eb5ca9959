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

/// A date on the command line.
struct DateWord: ArgumentValue, Hashable {
  /// The local day.
  let day: LocalDay

  init(argument: String) throws(InvalidArgument) {
    guard let day = LocalDay(iso8601: argument) else { throw InvalidArgument() }
    self.day = day
  }

  static var kind: String { "a date such as 2020-08-06" }
  static var placeholder: String { "DATE" }
  var argumentText: String { "\(day)" }
}

/// A venue id on the command line.
struct VenueWord: ArgumentValue, Hashable {
  /// The venue.
  let id: VenueID

  init(argument: String) throws(InvalidArgument) {
    do {
      id = try VenueID(parsing: argument)
    } catch {
      throw InvalidArgument("is no venue id: \(error)")
    }
  }

  static var kind: String { "a venue id of nine symbols" }
  static var placeholder: String { "VENUE" }
  var argumentText: String { "\(id)" }
}
