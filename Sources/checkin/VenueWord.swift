internal import CommandKit
internal import VenueCodes

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

  /// The most characters of an id that is typed, in groups as the poster shows it.
  static let longestTyped = 11

  static var kind: String { "a venue id of nine symbols" }
  static var placeholder: String { "VENUE" }
  var argumentText: String { "\(id)" }
}
