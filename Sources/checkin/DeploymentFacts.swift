internal import Campaign
internal import ExposureStorage
internal import Posters
internal import Presence
internal import VenueCodes

/// What a deployment report is made of, read from a store: prints and numbers, and nobody's name.
enum DeploymentFacts {
  /// The posters that were made: a bare code, a sticker, a card or a screen is none.
  static func prints(of store: ExposureStore) throws -> [PosterPrint] {
    let calendar = store.calendar
    return try store.prints().compactMap { record in
      guard let printedAt = record.printedAt, isPoster(record.request.sheet) else { return nil }
      return PosterPrint(
        venue: record.request.venue, firstDay: record.request.firstDay,
        lastDay: record.request.lastDay, printedOn: calendar.day(of: printedAt),
        revokedOn: record.revokedAt.map { calendar.day(of: $0) })
    }
  }

  /// Whether a print is a poster to hang or stand at an entrance; one of which it was not noted what
  /// it is counts as one.
  private static func isPoster(_ sheet: String?) -> Bool {
    switch sheet.flatMap(SheetKind.init(rawValue:)) {
    case .a3, .a4, .a5, .tableTent: true
    case .stickers, .card, .screenLandscape, .screenPortrait: false
    case nil: sheet == PrintRequest.unknownSheet
    }
  }

  /// What happened on the days up to one.
  static func activity(
    of store: ExposureStore, days: Int, to last: LocalDay
  ) throws -> [DayActivity] {
    try store.venueActivity(from: last.advanced(by: 1 - days), to: last).map { day in
      DayActivity(day: day.day, scans: day.scans, entered: day.entered)
    }
  }
}
