internal import CodeReading
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
  /// - Throws: `CommandError` when the prints would outlive the key, or what opening it throws.
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

  /// Makes one PDF: a page for each print, and between them what else is given.
  ///
  /// The serials are reserved together and confirmed when the whole file has been read back, so that a
  /// run that ends early leaves neither a file nor a print.
  ///
  /// - Parameters:
  ///   - sheets: What the file holds, in order; prints on paper, and no bare codes.
  ///   - path: Where to.
  ///   - title: What the file's properties call it; nil is as posters are headed.
  ///   - report: Is told of each print, in order, once the file and the serials are durable.
  /// - Throws: The first failure, after which there is nothing new.
  func printTogether(
    _ sheets: [BoundSheet], at path: String, title: String? = nil,
    report: (PrintedPoster) throws -> Void
  ) throws {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    try Folder.make(folder)
    let plans = sheets.compactMap(\.plan)
    let serials = try Serials(for: plans.map(maker.request), of: maker, in: store)
    let draft = "\(folder)/.print-\(serials.items.first?.number ?? Int64(getpid()))-\(name)"
    do {
      let pages = try drawn(sheets, serials, to: draft, title: title ?? maker.title)
      try prove(pages.map(\.proof), in: draft, as: path)
      try serials.confirm()
      guard rename(draft, path) == 0 else { throw PrintedPoster.notWritten(path) }
      var print = 0
      for (index, page) in pages.enumerated() {
        guard let code = page.code else { continue }
        let item = serials.items[print]
        try report(
          PrintedPoster(
            plan: plans[print], request: item.request, serial: item.serial, code: code,
            symbol: nil, files: [path], drafts: [], page: index + 1))
        print += 1
      }
    } catch {
      unlink(draft)
      serials.cancel()
      throw error
    }
  }

  /// Draws all pages into one file; those of prints come with their codes.
  private func drawn(
    _ sheets: [BoundSheet], _ serials: Serials, to draft: String, title: String
  ) throws -> [(code: PrintedCode?, proof: SheetProof)] {
    let progress = context.progress("drawing", total: sheets.count, unit: "sheets")
    defer { progress.finish() }
    var pages: [(code: PrintedCode?, proof: SheetProof)] = []
    var items = serials.items.makeIterator()
    try PosterDocument.write(
      to: draft, title: title, author: maker.settings.authority ?? "checkin",
      madeAtSecond: maker.now
    ) { document in
      for sheet in sheets {
        try context.interruption.check()
        switch sheet {
        case .print(let plan):
          guard let item = items.next() else { continue }
          let symbol = try maker.symbol(plan, item.request, serial: item.serial)
          let page = try maker.page(
            plan, item.request, serial: item.serial, plan.sheet ?? .a4, symbol)
          try document.append(page)
          pages.append((PrintedCode(symbol), SheetProof(of: page)))
        case .leaflet(let leaflet):
          for page in try leaflet.pages() {
            try document.append(page)
            pages.append((nil, SheetProof(of: page)))
          }
        }
        progress.advance()
      }
    }
    return pages
  }

  /// Reads every page of a file back, on all cores.
  private func prove(_ proofs: [SheetProof], in draft: String, as path: String) throws {
    let progress = context.progress("reading back", total: proofs.count, unit: "sheets")
    defer { progress.finish() }
    let group = 32
    let groups = (proofs.count + group - 1) / group
    // A few groups at a time, so that an interruption is heeded and what failed first is told.
    let together = 8
    for start in stride(from: 0, to: groups, by: together) {
      try context.interruption.check()
      let count = min(together, groups - start)
      let failures = Mutex<[Int: any Error]>([:])
      DispatchQueue.concurrentPerform(iterations: count) { index in
        let first = (start + index) * group
        do {
          let pages = try PDFPages(path: draft)
          guard pages.count == proofs.count else {
            throw PosterError.proofMismatch(subject: path)
          }
          for page in first..<min(first + group, proofs.count) {
            try proofs[page].check(pages, page: page, as: "\(path), page \(page + 1),")
          }
        } catch {
          failures.withLock { $0[index] = error }
        }
      }
      if let failure = failures.withLock({ $0.min { $0.key < $1.key }?.value }) { throw failure }
      progress.update(to: min((start + count) * group, proofs.count))
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
      throw PrintedPoster.notWritten(file)
    }
  }

  fileprivate static func notWritten(_ file: String) -> CommandError {
    CommandError(
      "\(file) cannot be written", hint: "check the folder, then print again", file: nil,
      code: "poster-not-written")
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
