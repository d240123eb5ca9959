internal import CommandKit
internal import EvidenceIntake
internal import VenueCodes

/// The scans that come to a door on standard input, from a scanner, a person or a pipe.
struct ScannerLines: ~Copyable {
  /// The number of the last scan returned, from 1.
  private(set) var number = 0

  private var source: TypedInput
  private var input: ScannerInput
  private var ready: ArraySlice<ScannerInput.Line> = []
  private var hasEnded = false
  private let talk: Talk

  /// Opens standard input.
  ///
  /// - Parameters:
  ///   - context: The call.
  ///   - prefixes: The addresses before our codes.
  ///   - expectsVisitor: Whether each scan must name somebody.
  /// - Throws: `InputError`.
  init(
    _ context: Context, prefixes: [URLPrefix], expectsVisitor: Bool
  ) throws(InputError) {
    source = try TypedInput(interruption: context.interruption)
    input = ScannerInput(
      prefixes: prefixes, expectsVisitor: expectsVisitor, isTyped: source.isTerminal)
    talk = context.talk
  }

  /// Returns the next scan, or nil at the end.
  ///
  /// - Throws: What reading throws.
  /// - Returns: The scan, or that it was too long.
  mutating func next() throws(InputError) -> ScannerInput.Line? {
    while ready.isEmpty {
      if hasEnded {
        guard let last = input.end() else { return nil }
        ready = [last]
        break
      }
      switch try source.next(withinMilliseconds: Int32(ScannerInput.quietMilliseconds)) {
      case .bytes(let bytes): ready = input.feed(bytes, at: TypedInput.milliseconds)[...]
      case .end: hasEnded = true
      case .silence:
        if let line = input.line(quietSince: TypedInput.milliseconds) {
          ready = [line]
        } else {
          talk.showTyped(shown)
        }
      }
    }
    if source.isTerminal { talk.showTyped("") }
    number += 1
    return ready.popFirst()
  }

  /// What may be seen of what is typed: a venue's id, and that more was typed behind it.
  ///
  /// What a scanner types is over before it could be shown, unless it is slow or the card is not all
  /// there; so nothing is shown that could be of a card: no long word, no visitor, and nothing that
  /// begins with a digit or has more than four of them unless it is a venue's id and no number.
  private var shown: String {
    let text = String(decoding: input.pending, as: UTF8.self)
    let word = text.prefix { !$0.isWhitespace }
    if text.isEmpty { return "" }
    if text.first?.isNumber == true || text.filter(\.isNumber).count > 4 {
      let isID = !word.allSatisfy(\.isNumber) && (try? VenueID(parsing: String(word))) != nil
      guard isID else { return "…" }
    }
    if text.count <= VenueWord.longestTyped { return text }
    return word.count <= VenueWord.longestTyped ? "\(word) …" : "…"
  }
}
