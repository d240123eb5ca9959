internal import CommandKit
internal import Dispatch
internal import ExposureStorage
internal import Foundation
internal import Posters
internal import Presence
internal import Synchronization
internal import VenueCodes
internal import VenueRegistry

/// A day of codes for a screen without connection and without a secret: one a minute, signed.
struct ScreenBatch {
  let context: Context
  let workspace: Workspace
  let store: ExposureStore
  let registry: Registry
  let venue: Venue
  let zone: UInt8
  let day: LocalDay

  /// What was made.
  struct Made {
    let folder: String
    let serial: UInt8
    let symbol: String
  }

  /// Signs, draws and reads back every minute's code, and puts them into a new folder.
  ///
  /// The folder gets its name after the store knows the batch's serial, so that no batch is used
  /// which could not be revoked.
  func make(in target: String) throws -> Made {
    let folder = Self.withoutSlashes(target)
    let now = context.now()
    let calendar = store.calendar
    guard day >= calendar.day(of: now) else {
      throw UsageError("--day-batch: \(day) is over", hint: "give today or a later day")
    }
    let (published, key) = try workspace.vault().currentSigningKey(at: now)
    let start = calendar.start(of: day)
    guard published.failure(at: start) == nil,
      published.failure(at: calendar.start(of: day.advanced(by: 1))) == nil
    else {
      throw CommandError(
        "key \(published.id) is not in force all through \(day)",
        hint: "give an earlier day, or run `checkin key rotate`", code: "key-too-short")
    }
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), !isFolder.boolValue {
      throw CommandError(
        "\(folder) is a file", hint: "name a folder that is not there yet", code: "folder-not-made")
    }
    let isEmpty = (try? FileManager.default.contentsOfDirectory(atPath: folder).isEmpty) ?? true
    guard isEmpty else {
      throw CommandError(
        "there are files in \(folder) already",
        hint: "name another folder, so that no two batches are mixed", code: "folder-not-empty")
    }
    let prefix = try workspace.urlPrefix(of: store)
    let request = PrintRequest(
      venue: venue.id, zone: zone, kind: ScreenBatchCode.kind, keyID: published.id, firstDay: day,
      weeks: 0, lastDay: day)
    let records = try store.reservePrints([request], today: calendar.day(of: now), now: now)
    let draft = "\(folder).draft-\(getpid())"
    var isConfirmed = false
    do {
      let serial = records[0].serial
      try Folder.make(draft, access: .owner)
      let stay = UInt8(clamping: (registry.category(of: venue)?.defaultStayMinutes ?? 0) / 5)
      let version = try draw(into: draft) { [venue = venue.id, zone, day] minute in
        let token = try ScreenToken(
          keyID: published.id, venue: venue, zone: zone, day: day, minute: minute,
          defaultStay: stay, serial: serial)
        let code = ScreenBatchCode(signing: token, with: key)
        return try QRSymbol(prefix: prefix.text, digits: code.digits)
      }
      let caption = ScreenPage.Caption(
        name: venue.name, typedID: venue.id.grouped, zone: venue.zone(numbered: zone)?.name)
      try AtomicFile.write(
        ScreenPage.dayBatch(caption, day: day, start: start), to: "\(draft)/index.html",
        access: .owner)
      // Noted first: who has the folder can show its codes all that day.
      try store.audit(
        context.auditNote(
          "screen day batch", "\(venue.id) zone \(zone) day \(day) serial \(serial)"))
      try store.confirmPrints(records.map(\.number), now: now)
      isConfirmed = true
      guard rename(draft, folder) == 0 else {
        throw CommandError(
          "\(folder) cannot be made", hint: "check the path, then make the batch again",
          code: "folder-not-made")
      }
      return Made(folder: folder, serial: serial, symbol: version)
    } catch {
      try? FileManager.default.removeItem(atPath: draft)
      if isConfirmed {
        try revoke(records[0].serial, at: now)
      } else {
        try? store.cancelPrints(records.map(\.number))
      }
      throw error
    }
  }

  /// Takes back a batch that the store knows and nobody has.
  private func revoke(_ serial: UInt8, at now: Int64) throws {
    _ = try store.revokePrint(
      serial: serial, venue: venue.id, zone: zone, reason: "the folder could not be made",
      today: store.calendar.day(of: now),
      note: context.auditNote("print revoke", "\(venue.id) zone \(zone) serial \(serial)"))
  }

  /// A folder's name without the slashes that may stand behind it: its draft lies beside it.
  private static func withoutSlashes(_ path: String) -> String {
    var path = path[...]
    while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
    return String(path)
  }

  /// Draws, proves and writes every minute's picture on all cores; returns the symbols' size.
  private func draw(
    into folder: String, symbol: @escaping @Sendable (MinuteOfDay) throws -> QRSymbol
  ) throws -> String {
    let minutes = MinuteOfDay.all
    let progress = context.progress("signing", total: minutes.count, unit: "codes")
    defer { progress.finish() }
    let failure = Mutex<(any Error)?>(nil)
    let size = Mutex("")
    // By the hour, so that Ctrl-C is heard in between.
    for first in stride(from: 0, to: minutes.count, by: 60) {
      try context.interruption.check()
      let chunk = Array(minutes[first..<min(first + 60, minutes.count)])
      DispatchQueue.concurrentPerform(iterations: chunk.count) { place in
        do {
          let symbol = try symbol(chunk[place])
          try PosterFile.png(symbol).write(
            to: "\(folder)/\(ScreenPage.fileName(of: chunk[place]))", access: .owner)
          size.withLock { $0 = "\(symbol.version)-\(symbol.level.letter)" }
        } catch {
          failure.withLock { $0 = $0 ?? error }
        }
      }
      if let failure = failure.withLock({ $0 }) { throw failure }
      progress.update(to: first + chunk.count)
    }
    return size.withLock { $0 }
  }
}
