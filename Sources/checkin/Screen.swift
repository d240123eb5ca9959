internal import CommandKit
internal import ExposureStorage
internal import Glibc
internal import JSONText
internal import Posters
internal import Presence
internal import VenueCodes

/// A screen that shows a new code every 30 seconds.
struct Screen {
  let context: Context
  let setup: ScreenSetup
  let calendar: LocalCalendar
  /// The zone's name, when it has one.
  let zone: String?
  /// After how many steps to end; nil to go on until somebody stops it.
  let count: Int?

  /// A step's code, drawn and read back.
  private struct Shown {
    let step: ScreenStep
    let symbol: QRSymbol
    let picture: PosterFile
  }

  var caption: ScreenPage.Caption {
    ScreenPage.Caption(name: setup.name, typedID: setup.key.venue.grouped, zone: zone)
  }

  /// Writes the code of the present, one a line and each when its time has come: for a program that
  /// shows them.
  ///
  /// A code before its time would be a check-in of somebody who was not there; so by a clock that
  /// stands still, there is one.
  func list() throws {
    var lines = JSONLines(to: context.output)
    var left = context.options.now == nil ? count ?? 1 : 1
    while true {
      try context.interruption.check()
      guard let step = ScreenStep(at: context.now()) else { throw Self.clockError }
      let shown = try shown(step)
      if context.json {
        try lines.object {
          $0.field("venue", "\(setup.key.venue)")
          $0.field("zone", Int(setup.key.zone))
          $0.field("name", setup.name)
          $0.field("valid_from", ISO8601.format(step.start, in: calendar))
          $0.field("valid_to", ISO8601.format(step.end, in: calendar))
          $0.field("symbol", "\(shown.symbol.version)-\(shown.symbol.level.letter)")
          $0.field("code", shown.symbol.text)
        }
      } else {
        try context.output.line(shown.symbol.text)
      }
      left -= 1
      guard left > 0 else { break }
      try context.output.flush()
      try wait(until: step.end) { _ in }
    }
    try lines.finish()
  }

  /// Paints the terminal anew at each step, and the clock each second.
  func paint(style: TerminalStyle) throws {
    try forEachStep { shown in
      let output = context.output
      try output.write("\u{1B}[H\u{1B}[2J")
      try output.line(harmless(setup.name))
      try output.write(shown.symbol.terminalText(style: style))
      try output.line(setup.key.venue.grouped + (zone.map { "  \(harmless($0))" } ?? ""))
      var told: Int64 = -1
      try wait(until: shown.step.end) { now in
        guard now != told else { return }
        told = now
        let time = String(ISO8601.format(now, in: calendar).dropFirst(11).prefix(8))
        try output.write("\r\u{1B}[K\(time)  new code in \(shown.step.end - now) s")
        try output.flush()
      }
    }
    try context.output.line()
  }

  /// Replaces the picture in a folder at each step, and the page beside it.
  func write(into folder: String) throws {
    try Folder.make(folder)
    try forEachStep { shown in
      try shown.picture.write(to: "\(folder)/current.png")
      let page = ScreenPage.live(
        caption, step: shown.step, from: time(shown.step.start), to: time(shown.step.end))
      try AtomicFile.write(page, to: "\(folder)/index.html")
      if context.json {
        try context.output.json { json in
          json.object {
            $0.field("file", "\(folder)/current.png")
            $0.field("valid_from", ISO8601.format(shown.step.start, in: calendar))
            $0.field("valid_to", ISO8601.format(shown.step.end, in: calendar))
            $0.field("code", shown.symbol.text)
          }
        }
      } else {
        try context.output.line("\(time(shown.step.start))  \(folder)/current.png")
      }
      try context.output.flush()
      try wait(until: shown.step.end) { _ in }
    }
  }

  /// Shows one step after another; each is waited for by `body`.
  private func forEachStep(_ body: (Shown) throws -> Void) throws {
    var left = count ?? .max
    while true {
      try context.interruption.check()
      guard let step = ScreenStep(at: context.now()) else { throw Self.clockError }
      try body(try shown(step))
      left -= 1
      if left == 0 { return }
    }
  }

  private func shown(_ step: ScreenStep) throws -> Shown {
    let code = RotatingCode(step: step, key: setup.key)
    let symbol = try QRSymbol(prefix: setup.prefix.text, digits: code.digits)
    let picture = try PosterFile.png(symbol, scale: 20)
    try picture.prove(as: "the code of \(time(step.start))")
    return Shown(step: step, symbol: symbol, picture: picture)
  }

  /// Sleeps in short pieces until a moment, so that Ctrl-C and a clock that is set are noticed.
  ///
  /// A run of one step does not wait.
  private func wait(until end: Int64, _ tick: (Int64) throws -> Void) throws {
    let begun = context.now()
    while true {
      let now = context.now()
      try tick(now)
      // A clock that was set back by a minute must not freeze the code that is shown.
      guard now < end, now >= begun - ScreenStep.seconds, count != 1 else { return }
      usleep(200_000)
      try context.interruption.check()
    }
  }

  private func time(_ moment: Int64) -> String {
    String(ISO8601.format(moment, in: calendar).dropFirst(11).prefix(8))
  }

  private static let clockError = CommandError(
    "the clock is before 1970", hint: "set it", code: "bad-clock")
}
