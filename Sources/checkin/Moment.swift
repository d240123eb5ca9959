internal import CommandKit

/// A moment on the command line.
struct Moment: ArgumentValue, Hashable {
  /// Seconds since 1970-01-01T00:00:00Z.
  let unixSeconds: Int64

  /// Reads Unix seconds.
  init(argument: String) throws(InvalidArgument) {
    guard let seconds = Int64(argument), seconds >= 0 else { throw InvalidArgument() }
    unixSeconds = seconds
  }

  static var kind: String { "a time" }
  static var placeholder: String { "TIME" }
  var argumentText: String { String(unixSeconds) }
}
