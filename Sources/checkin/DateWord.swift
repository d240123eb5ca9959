internal import CommandKit
internal import VenueCodes

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
