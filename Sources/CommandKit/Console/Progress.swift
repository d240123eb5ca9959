/// The state of long work, on standard error with rate and time left.
///
/// Nothing is shown when nobody watches or with `--quiet`. A line is drawn at most ten times a
/// second, so that it can be told of every row.
///
/// ```swift
/// let progress = context.progress("Drawing posters", total: venues.count, unit: "posters")
/// for venue in venues { …; progress.advance() }
/// progress.finish()
/// ```
public final class Progress {
  private let talk: Talk
  private let label: String
  private let unit: String
  private let total: Int?
  private let monotonic: () -> UInt64
  private let start: UInt64
  private var lastDrawn: UInt64?
  private let isShown: Bool

  /// How much is done.
  public private(set) var completed = 0

  private static let interval: UInt64 = 100_000_000

  init(
    talk: Talk, label: String, total: Int?, unit: String, monotonic: @escaping () -> UInt64
  ) {
    self.talk = talk
    self.label = label
    self.total = total
    self.unit = unit
    self.monotonic = monotonic
    isShown = talk.showsProgress
    start = isShown ? monotonic() : 0
  }

  /// Counts work that was done.
  public func advance(by count: Int = 1) {
    update(to: completed + count)
  }

  /// Says how much is done altogether.
  public func update(to completed: Int) {
    self.completed = completed
    guard isShown else { return }
    let now = monotonic()
    if let lastDrawn, now &- lastDrawn < Progress.interval { return }
    lastDrawn = now
    let line = Progress.line(
      label: label, completed: completed, total: total, unit: unit,
      nanoseconds: now &- start)
    talk.progress(truncated(line, to: max(20, (talk.width ?? 80) - 1)))
  }

  /// Takes the line away; what came of the work is for a note or the output.
  public func finish() {
    if isShown { talk.clearProgress() }
  }

  /// Returns the line for a state of the work.
  package static func line(
    label: String, completed: Int, total: Int?, unit: String, nanoseconds: UInt64
  ) -> String {
    let seconds = Double(nanoseconds) / 1e9
    var line = "\(label): \(grouped(completed))"
    if let total { line += " of \(grouped(total))" }
    line += " \(unit)"
    if let total, total > 0 { line += " (\(min(100, completed * 100 / total)) %)" }
    // A rate from less than a moment's work would only flicker.
    guard seconds >= 0.5, completed > 0 else { return line }
    let rate = Double(completed) / seconds
    line += ", \(rate >= 10 ? grouped(Int(rate)) : oneDecimal(rate))/s"
    if let total, total > completed {
      line += ", \(duration(Double(total - completed) / rate)) left"
    }
    return line
  }

  private static func oneDecimal(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  private static func duration(_ seconds: Double) -> String {
    guard seconds < 360_000 else { return "days" }
    let whole = Int(seconds.rounded(.up))
    if whole < 60 { return "\(whole) s" }
    if whole < 3_600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
  }
}

/// Returns a number with its thousands set apart: `1,000,000`.
public func grouped(_ number: Int) -> String {
  let digits = Array(String(number.magnitude))
  var text = number < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
    text.append(digit)
  }
  return text
}

/// Returns a number with the thing it counts, in the plural where it should be: `1 row`, `2 rows`.
public func counted(_ number: Int, _ one: String, _ many: String? = nil) -> String {
  "\(grouped(number)) \(number == 1 ? one : many ?? one + "s")"
}
