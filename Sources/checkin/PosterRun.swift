internal import CommandKit
internal import Dispatch
internal import ExposureStorage
internal import FoundationEssentials
internal import Glibc
internal import Posters
internal import Presence
internal import Synchronization
internal import VenueCodes
internal import VenueRegistry

/// What is to be printed for each venue.
struct PosterOrder: Sendable {
  var formats: [PosterFormat] = [.pdf]
  var kind = PosterKind.inAndOut
  var weeks: UInt8 = 52
  var level = QRSymbol.Level.quartile
  var isNamed = true
  var languages: [PosterLanguage] = [.vietnamese, .english]
  var folder = "Output"
}

/// One poster that was printed: its files are there, proved, and its serial is in the store.
struct PrintedPoster: Sendable {
  let venue: Venue
  let zone: UInt8
  let record: PrintRecord
  let symbol: QRSymbol
  let files: [String]
  /// The hidden files that take the names of `files` once the store knows the print.
  let drafts: [String]
}

/// Prints posters: reserves serials, signs, draws, proves, and only then reports.
///
/// Files get their names after the store has confirmed the serials: however a run ends, no poster is
/// left that the store does not know and could not revoke, and an older file is replaced only by a
/// print that counts.
struct PosterRun {
  private let context: Context
  private let store: ExposureStore
  private let order: PosterOrder
  private let maker: PosterMaker
  /// One moment for the whole run, so that what was checked against the key holds past midnight.
  private let now: Int64

  init(workspace: Workspace, store: ExposureStore, registry: Registry, order: PosterOrder) throws {
    self.context = workspace.context
    self.store = store
    self.order = order
    now = context.now()
    let (published, key) = try workspace.vault().currentSigningKey(at: now)
    let lastDay = VenueToken.lastDay(from: store.calendar.day(of: now), weeks: order.weeks)
    guard store.calendar.start(of: lastDay.advanced(by: 1)) <= published.notAfter else {
      throw CommandError(
        "the posters would outlive key \(published.id), which ends on "
          + "\(store.calendar.day(of: published.notAfter))",
        hint: "give fewer --weeks, or run `checkin key rotate`", code: "key-too-short")
    }
    maker = PosterMaker(
      registry: registry, order: order, prefix: try workspace.urlPrefix(of: store),
      settings: try PosterSettings.read(from: context.venues), published: published, key: key)
  }

  /// Prints a poster for each place.
  ///
  /// - Parameters:
  ///   - places: Venues with the zone that each poster is for; 0 is the whole venue.
  ///   - report: Is told of each poster, in order, once its files and serial are durable.
  /// - Throws: The first failure; posters reported before it stay, and nothing else does.
  func print(
    _ places: [(venue: Venue, zone: UInt8)], report: (PrintedPoster) throws -> Void
  ) throws {
    let progress = context.progress("drawing", total: places.count, unit: "posters")
    defer { progress.finish() }
    var next = 0
    while next < places.count {
      try context.interruption.check()
      let chunk = Array(places[next..<min(next + 8, places.count)])
      for poster in try printed(chunk) {
        try report(poster)
        progress.advance()
      }
      next += chunk.count
    }
  }

  private func printed(_ places: [(venue: Venue, zone: UInt8)]) throws -> [PrintedPoster] {
    let today = store.calendar.day(of: now)
    let requests = places.map { place in
      PrintRequest(
        venue: place.venue.id, zone: place.zone, kind: order.kind.rawValue,
        keyID: maker.published.id,
        firstDay: today, weeks: order.weeks,
        lastDay: VenueToken.lastDay(from: today, weeks: order.weeks))
    }
    let records = try store.reservePrints(requests, today: today, now: now)
    let numbers = records.map(\.number)
    let results = Mutex<[Int: Result<PrintedPoster, any Error>]>([:])
    // Drawing is all processor time and each poster stands for itself.
    DispatchQueue.concurrentPerform(iterations: places.count) { [maker, now] index in
      let result = Result {
        try maker.poster(places[index].venue, places[index].zone, records[index], now: now)
      }
      results.withLock { $0[index] = result }
    }
    let made = results.withLock { $0 }
    do {
      let posters = try places.indices.map { try made[$0].unwrapped() }
      try store.confirmPrints(numbers, now: now)
      for poster in posters { try poster.publish() }
      return posters
    } catch {
      for case .success(let poster) in made.values { poster.discard() }
      try? store.cancelPrints(numbers)
      throw error
    }
  }

}

extension PrintedPoster {
  /// Gives the files their names.
  fileprivate func publish() throws {
    for (draft, file) in zip(drafts, files) where rename(draft, file) != 0 {
      throw CommandError(
        "\(file) cannot be written", hint: "check the folder, then print again", file: nil,
        code: "poster-not-written")
    }
  }

  /// Removes what has no name yet.
  fileprivate func discard() {
    for draft in drafts { unlink(draft) }
  }
}

extension Optional {
  /// Returns the value of a result that is there once all work is done.
  fileprivate func unwrapped<Value>() throws -> Value where Wrapped == Result<Value, any Error> {
    guard let self else { throw CommandError("a poster was not made", code: "poster-lost") }
    return try self.get()
  }
}
