internal import Campaign
internal import ExposureStorage
internal import Presence
internal import VenueCodes

/// What a deployment report is made of, read from a store: prints and numbers, and nobody's name.
enum DeploymentFacts {
  /// The prints that were made.
  static func prints(of store: ExposureStore) throws -> [PosterPrint] {
    let calendar = store.calendar
    return try store.prints().compactMap { record in
      guard let printedAt = record.printedAt else { return nil }
      return PosterPrint(
        venue: record.request.venue, firstDay: record.request.firstDay,
        lastDay: record.request.lastDay, printedOn: calendar.day(of: printedAt),
        revokedOn: record.revokedAt.map { calendar.day(of: $0) })
    }
  }

  /// What happened on the days up to one.
  static func activity(
    of store: ExposureStore, days: Int, to last: LocalDay
  ) throws -> [DayActivity] {
    try store.venueActivity(from: last.advanced(by: 1 - days), to: last).map { day in
      DayActivity(day: day.day, scans: day.scans, enteredVisits: day.enteredVisits)
    }
  }
}
