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
/// print that counts. When a file cannot get its name after all, its print is withdrawn again, so that
/// none counts that nobody has; only a crash between the two steps can leave such a one.
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
  /// Whatever a print says is set before serials are reserved, so that one venue's name does not keep
  /// the others from their prints.
  ///
  /// - Parameters:
  ///   - plans: What to print, in order.
  ///   - refused: Is told of each print that cannot be made because of what it says; throws to end there.
  ///   - report: Is told of each print, in order, once its files and serial are durable.
  /// - Throws: The first failure; prints reported before it stay, and nothing else does.
  func print(
    _ plans: [PrintPlan], refused: (RefusedPrint) throws -> Void = { throw $0.error },
    report: (PrintedPoster) throws -> Void
  ) throws {
    let progress = context.progress("drawing", total: plans.count, unit: "sheets")
    defer { progress.finish() }
    var folders: Set<String> = []
    var next = 0
    while next < plans.count {
      try context.interruption.check()
      let chunk = Array(plans[next..<PosterRun.end(of: next, in: plans)])
      next += chunk.count
      let refusals = try self.refusals(of: chunk)
      for refusal in refusals.compactMap(\.self) { try refused(refusal) }
      let (posters, failure) = try printed(
        zip(chunk, refusals).filter { $0.1 == nil }.map(\.0))
      for poster in posters {
        for file in poster.files {
          let folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
          if folders.insert(folder).inserted { PosterRun.removeAbandonedDrafts(in: folder) }
        }
        try report(poster)
      }
      if let failure { throw failure }
      progress.update(to: next)
    }
  }

  /// Removes the hidden files that a run left in a folder when it was killed.
  ///
  /// After a day no run is at them any more, and the serials that were reserved for them have lapsed.
  private static func removeAbandonedDrafts(in folder: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasPrefix(".print-") || name.hasPrefix(".checkin-") {
      let path = "\(folder)/\(name)"
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
        time(nil) - status.st_mtim.tv_sec > Int(ExposureStore.reservationSeconds)
      else { continue }
      unlink(path)
    }
  }

  /// Finds the prints that cannot be made because of what they say, on all cores.
  private func refusals(of plans: [PrintPlan]) throws -> [RefusedPrint?] {
    let found = Mutex<[Int: Result<RefusedPrint?, any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: plans.count) { [maker] index in
      let result = Result { try maker.refusal(of: plans[index]) }
      found.withLock { $0[index] = result }
    }
    let results = found.withLock { $0 }
    return try plans.indices.map { try results[$0]?.get() ?? nil }
  }

  /// Makes one PDF: a page for each print, and between them what else is given.
  ///
  /// The serials are reserved together and confirmed when the whole file has been read back, so that a
  /// run that ends early leaves neither a file nor a print. Of a page little is kept: what it must say
  /// is made again from its serial when it is read back and when it is reported.
  ///
  /// - Parameters:
  ///   - wanted: What the file holds, in order; prints on paper, and no bare codes.
  ///   - path: Where to.
  ///   - title: What the file's properties call it; nil is as posters are headed.
  ///   - refused: Is told of each print that cannot be made because of what it says; throws to end there.
  ///   - report: Is told of each print, in order, once the file and the serials are durable.
  /// - Throws: The first failure, after which there is nothing new, but for one of `report`.
  func printTogether(
    _ wanted: [BoundSheet], at path: String, title: String? = nil,
    refused: (RefusedPrint) throws -> Void = { throw $0.error },
    report: (PrintedPoster) throws -> Void
  ) throws {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    try Folder.make(folder)
    try Folder.checkTarget(path)
    PosterRun.removeAbandonedDrafts(in: folder)
    let sheets = try wanted.filter { sheet in
      try context.interruption.check()
      guard let plan = sheet.plan, let refusal = try maker.refusal(of: plan) else { return true }
      try refused(refusal)
      return false
    }
    let plans = sheets.compactMap(\.plan)
    guard !sheets.isEmpty else { return }
    let serials = try Serials(for: plans.map(maker.request), of: maker, in: store)
    let draft = "\(folder)/.print-\(serials.items.first?.number ?? Int64(getpid()))-\(name)"
    let pages: [BoundPage]
    do {
      pages = try drawn(sheets, serials, to: draft, title: title ?? maker.title)
      try prove(pages, plans, serials, in: draft, as: path)
      try serials.confirm()
    } catch {
      unlink(draft)
      serials.cancel()
      throw error
    }
    guard rename(draft, path) == 0 else {
      unlink(draft)
      try serials.withdraw(from: 0)
      throw PrintedPoster.notWritten(path)
    }
    for (index, page) in pages.enumerated() {
      guard case .print(let print, _) = page else { continue }
      let (plan, item) = (plans[print], serials.items[print])
      let symbol = try maker.symbol(plan, item.request, serial: item.serial)
      try report(
        PrintedPoster(
          plan: plan, request: item.request, serial: item.serial, code: PrintedCode(symbol),
          symbol: nil, files: [path], drafts: [], page: index + 1))
    }
  }

  /// What is kept of a page that was drawn.
  private enum BoundPage: Sendable {
    /// Of a print, counted from 0, where its codes are; what they say is made again.
    case print(Int, SheetProof.Places)
    /// Of a page that has no serial, all that it must show.
    case other(SheetProof)
  }

  /// Draws all pages into one file.
  private func drawn(
    _ sheets: [BoundSheet], _ serials: Serials, to draft: String, title: String
  ) throws -> [BoundPage] {
    let progress = context.progress("drawing", total: sheets.count, unit: "sheets")
    defer { progress.finish() }
    var pages: [BoundPage] = []
    pages.reserveCapacity(sheets.count)
    var print = 0
    try PosterDocument.write(
      to: draft, title: title, author: maker.settings.authority ?? "checkin",
      madeAtSecond: maker.now
    ) { document in
      for sheet in sheets {
        try context.interruption.check()
        switch sheet {
        case .print(let plan):
          let item = serials.items[print]
          let symbol = try maker.symbol(plan, item.request, serial: item.serial)
          let page = try maker.page(
            plan, item.request, serial: item.serial, plan.sheet ?? .a4, symbol)
          try document.append(page)
          pages.append(.print(print, SheetProof.Places(of: page)))
          print += 1
        case .leaflet(let leaflet):
          for page in try leaflet.pages() {
            try document.append(page)
            pages.append(.other(SheetProof(of: page)))
          }
        }
        progress.advance()
      }
    }
    return pages
  }

  /// Reads every page of a file back, on all cores.
  ///
  /// No more threads than cores open the file at a time, each for some pages only.
  private func prove(
    _ pages: [BoundPage], _ plans: [PrintPlan], _ serials: Serials, in draft: String,
    as path: String
  ) throws {
    let progress = context.progress("reading back", total: pages.count, unit: "sheets")
    defer { progress.finish() }
    let group = 32
    let groups = (pages.count + group - 1) / group
    // A few groups at a time, so that an interruption is heeded and what failed first is told.
    let together = min(4, ProcessInfo.processInfo.activeProcessorCount)
    for start in stride(from: 0, to: groups, by: together) {
      try context.interruption.check()
      let count = min(together, groups - start)
      let failures = Mutex<[Int: any Error]>([:])
      DispatchQueue.concurrentPerform(iterations: count) { [maker, items = serials.items] index in
        let first = (start + index) * group
        do {
          let file = try PDFPages(path: draft)
          guard file.count == pages.count else {
            throw PosterError.proofMismatch(subject: path)
          }
          for page in first..<min(first + group, pages.count) {
            let proof =
              switch pages[page] {
              case .print(let print, let places):
                SheetProof(
                  try maker.symbol(
                    plans[print], items[print].request, serial: items[print].serial
                  ).text, at: places)
              case .other(let proof): proof
              }
            try proof.check(file, page: page, as: "\(path), page \(page + 1),")
          }
        } catch {
          failures.withLock { $0[index] = error }
        }
      }
      if let failure = failures.withLock({ $0.min { $0.key < $1.key }?.value }) { throw failure }
      progress.update(to: min((start + count) * group, pages.count))
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

  /// Makes prints together.
  ///
  /// - Returns: The prints that are in place, and why the others are not, whose serials were given back.
  private func printed(
    _ plans: [PrintPlan]
  ) throws -> (posters: [PrintedPoster], failure: (any Error)?) {
    if plans.isEmpty { return ([], nil) }
    let serials = try Serials(for: plans.map(maker.request), of: maker, in: store)
    var posters: [PrintedPoster] = []
    do {
      posters = try drawn(plans, serials)
      try serials.confirm()
    } catch {
      for poster in posters { poster.discard() }
      serials.cancel()
      throw error
    }
    for (index, poster) in posters.enumerated() {
      let placed = poster.publish()
      guard placed < poster.files.count else { continue }
      for poster in posters[index...] { poster.discard() }
      // A print of which one file is in place is out in the world.
      let count = index + (placed > 0 ? 1 : 0)
      try serials.withdraw(from: count)
      return (
        posters[..<index] + (placed > 0 ? [poster.withFiles(placed)] : []),
        PrintedPoster.notWritten(poster.files[placed])
      )
    }
    return (posters, nil)
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

  /// Takes back what was confirmed, for prints whose files could not be put in place.
  func withdraw(from start: Int) throws {
    if isReserved { try store.withdrawPrints(items[start...].map(\.number)) }
  }
}

extension PrintedPoster {
  /// Gives the files their names, and returns how many have them; the first that cannot ends it.
  fileprivate func publish() -> Int {
    zip(drafts, files).prefix { rename($0, $1) == 0 }.count
  }

  /// The print with its first files only.
  fileprivate func withFiles(_ count: Int) -> PrintedPoster {
    PrintedPoster(
      plan: plan, request: request, serial: serial, code: code, symbol: symbol,
      files: Array(files.prefix(count)), drafts: [], page: page)
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
