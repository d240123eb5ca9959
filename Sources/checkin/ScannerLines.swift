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

  /// What may be seen of what is typed: a venue's code as far as it is typed by hand.
  ///
  /// What a scanner types is over before it could be shown, but for a card that is not all there;
  /// so nothing is shown that is longer than an id, or has the bars between the parts of a card.
  private var shown: String {
    let isShown = input.pending.count <= 40 && !input.pending.contains(UInt8(ascii: "|"))
    return isShown ? String(decoding: input.pending, as: UTF8.self) : "…"
  }
}
