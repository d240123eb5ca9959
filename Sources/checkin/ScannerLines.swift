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
  /// there; so nothing is shown that could be of a card: no long word, no number, no visitor.
  private var shown: String {
    let text = String(decoding: input.pending, as: UTF8.self)
    let word = text.prefix { !$0.isWhitespace }
    guard text.count > 6 else { return text }
    guard text.count > VenueWord.longestTyped else {
      return text.allSatisfy { $0.isNumber || $0.isWhitespace } ? "…" : text
    }
    let isShown = word.count <= VenueWord.longestTyped && !word.allSatisfy(\.isNumber)
    return isShown ? "\(word) …" : "…"
  }
}
