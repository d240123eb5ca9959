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

/// Prints: reserves serials, signs, draws, proves, and only then reports.
///
/// Files get their names after the store has confirmed the serials: however a run ends, no print is
/// left that the store does not know and could not revoke, and an older file is replaced only by a
/// print that counts.
struct PosterRun {
  private let context: Context
  private let store: ExposureStore
  private let maker: PosterMaker

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - workspace: Where the registry and the keys are.
  ///   - store: The store; a preview needs it for reading only.
  ///   - registry: The registry.
  ///   - order: How the prints are made.
  ///   - isPreview: Whether nothing is printed: the sheets then show specimens, no serial is reserved,
  ///     and the keys stay closed.
  init(
    workspace: Workspace, store: ExposureStore, registry: Registry, order: PosterOrder,
    isPreview: Bool = false
  ) throws {
    context = workspace.context
    self.store = store
    // One moment for the whole run, so that what was checked against the key holds past midnight.
    let now = context.now()
    let today = store.calendar.day(of: now)
    let published: PublishedKey
    let key: Ed25519.SigningKey?
    if isPreview {
      published = try KeyVault.currentKey(in: workspace.keysFolder, at: now)
      key = nil
    } else {
      (published, key) = try workspace.vault().currentSigningKey(at: now)
    }
    let lastDay = VenueToken.lastDay(from: today, weeks: order.weeks)
    guard store.calendar.start(of: lastDay.advanced(by: 1)) <= published.notAfter else {
      throw CommandError(
        "the posters would outlive key \(published.id), which ends on "
          + "\(store.calendar.day(of: published.notAfter))",
        hint: "give fewer --weeks, or run `checkin key rotate`", code: "key-too-short")
    }
    maker = PosterMaker(
      registry: registry, order: order, prefix: try workspace.urlPrefix(of: store),
      settings: try PosterSettings.read(from: context.venues), published: published, key: key,
      today: today, now: now)
  }

  /// Makes each print's own files.
  ///
  /// - Parameters:
  ///   - plans: What to print, in order.
  ///   - report: Is told of each print, in order, once its files and serial are durable.
  /// - Throws: The first failure; prints reported before it stay, and nothing else does.
  func print(_ plans: [PrintPlan], report: (PrintedPoster) throws -> Void) throws {
    let progress = context.progress("drawing", total: plans.count, unit: "sheets")
    defer { progress.finish() }
    var next = 0
    while next < plans.count {
      try context.interruption.check()
      let chunk = Array(plans[next..<PosterRun.end(of: next, in: plans)])
      for poster in try printed(chunk) {
        try report(poster)
        progress.advance()
      }
      next += chunk.count
    }
  }

  /// Where the prints end that are reserved, drawn and confirmed together: after enough of them, and
  /// never between two of one place, whose serials follow from each other.
  private static func end(of start: Int, in plans: [PrintPlan]) -> Int {
    var end = min(start + 32, plans.count)
    while end < plans.count, plans[end].venue.id == plans[end - 1].venue.id,
      plans[end].zone == plans[end - 1].zone
    {
      end += 1
    }
    return end
  }

  private func printed(_ plans: [PrintPlan]) throws -> [PrintedPoster] {
    let serials = try Serials(for: plans.map(maker.request), of: maker, in: store)
    do {
      let posters = try drawn(plans, serials)
      do {
        try serials.confirm()
        for poster in posters { try poster.publish() }
        return posters
      } catch {
        for poster in posters { poster.discard() }
        throw error
      }
    } catch {
      serials.cancel()
      throw error
    }
  }

  /// Draws on all cores: drawing is all processor time and each print stands for itself.
  private func drawn(_ plans: [PrintPlan], _ serials: Serials) throws -> [PrintedPoster] {
    let results = Mutex<[Int: Result<PrintedPoster, any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: plans.count) {
      [maker, items = serials.items] index in
      let item = items[index]
      let result = Result {
        try maker.poster(
          plans[index], item.request, serial: item.serial, number: item.number)
      }
      results.withLock { $0[index] = result }
    }
    let made = results.withLock { $0 }
    do {
      return try plans.indices.map { try made[$0].unwrapped() }
    } catch {
      for case .success(let poster) in made.values { poster.discard() }
      throw error
    }
  }
}

/// The serials of prints that are to be made together.
private struct Serials {
  struct Item: Sendable {
    let request: PrintRequest
    let serial: UInt8
    /// The number of the reservation; for a preview one of this process's own.
    let number: Int64
  }

  let items: [Item]
  private let store: ExposureStore
  private let isReserved: Bool
  private let now: Int64

  /// Reserves serials, or for a preview only asks which they would be.
  init(for requests: [PrintRequest], of maker: PosterMaker, in store: ExposureStore) throws {
    self.store = store
    now = maker.now
    isReserved = maker.key != nil
    if isReserved {
      items = try store.reservePrints(requests, today: maker.today, now: now).map {
        Item(request: $0.request, serial: $0.serial, number: $0.number)
      }
    } else {
      let serials = try store.nextSerials(for: requests, today: maker.today, now: now)
      items = zip(requests, serials).map {
        Item(request: $0, serial: $1, number: Int64(getpid()))
      }
    }
  }

  func confirm() throws {
    if isReserved { try store.confirmPrints(items.map(\.number), now: now) }
  }

  /// Gives the serials back; what cannot be given back lapses in a day.
  func cancel() {
    if isReserved { try? store.cancelPrints(items.map(\.number)) }
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
