internal import CommandKit
internal import ExposureStorage
internal import FoundationEssentials
internal import Posters
internal import Presence
internal import VenueCodes
internal import VenueRegistry

/// `checkin verify`: says what a code says, and whether it is genuine.
struct VerifyCommand: Sendable {
  var codes: [String] = []
  var keySet: Path?

  static let command = Command(
    "verify", "Says what a code says, and whether it is genuine", VerifyCommand(),
    [
      .arguments(
        "CODE|IMAGE", \.codes, minimum: 1, completes: .files,
        help: "A code's URL or digits, or a PNG picture of one; - reads codes line by line"),
      .option(
        "--keys", \.keySet,
        help: "Verify against this key set, without a store; prints revoked one by one are then "
          + "not known"),
    ],
    shared: .passphrase,
    discussion: """
      Posters, codes of screens, passes and receipts are told apart by themselves. Rotating codes and \
      passes are checked with the store's secrets; a receipt can be seen to be fresh, and is proved \
      only when its upload arrives. Nothing is said about the holder of a pass.

      The status is 0 when every code is genuine and valid now, else 1. With --json, one object a \
      line for each code.
      """,
    examples: [
      Example("checkin verify Output/hotel/*.png", "Read the pictures that qr --format png wrote"),
      Example("checkin verify - --json", "Verify what a scanner types, line by line"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let registry = try workspace.registry()
    let calendar: LocalCalendar
    var verifier: VenueCodeVerifier
    var knowsSecrets = false
    if let keySet {
      calendar = .haiPhong
      verifier = try workspace.verifier(keySet: keySet.string, registry: registry)
    } else {
      let store = try workspace.store(.readOnly)
      calendar = store.calendar
      verifier = try workspace.verifier(store: store, registry: registry)
    }
    let today = calendar.day(of: context.now())
    var isAllValid = true
    func tell(_ text: [UInt8], from source: String?) throws {
      var cache = GenuineCodeCache(capacity: 1)
      func judge() -> CodeVerdict {
        verifier.judge(
          text: text.span, now: context.now(), today: today, startOfDay: calendar.start(of:),
          cache: &cache)
      }
      var verdict = judge()
      // Keys are opened, and a passphrase asked for, only when a code needs them.
      if keySet == nil, !knowsSecrets, verdict.needsSecrets {
        knowsSecrets = true
        verifier = verifier.with(try workspace.vault().codeSecrets())
        verdict = judge()
      }
      if verdict.failure != nil { isAllValid = false }
      try report(verdict, source, registry, calendar, context)
    }
    for word in codes {
      if word == "-" {
        var lines = LineReader(
          try InputFile(path: "-", interruption: context.interruption), limit: Self.longestLine)
        while let line = try lines.next() {
          guard case .bytes(let bytes) = line else {
            let digits = Self.longestLine + 1
            try report(
              CodeVerdict(Verdict.notGenuine(.wrongDigitCount(digits))), nil, registry, calendar,
              context)
            isAllValid = false
            continue
          }
          try tell(Self.trimmed(bytes), from: nil)
        }
      } else if Self.isPicture(word) {
        var file = try InputFile(path: word)
        let bytes = try file.readAll(limit: 1 << 26)
        let found: [FoundCode]
        do {
          found = try CodeReader.codes(inPNG: bytes)
        } catch {
          throw CommandError("\(error)", file: word, code: error.code)
        }
        guard !found.isEmpty else {
          throw CommandError(
            "no code can be read in this picture",
            hint: "take it from nearer, straight on and in better light", file: word,
            code: "no-code")
        }
        for code in found { try tell(code.bytes, from: word) }
      } else {
        try tell(Self.trimmed(Array(word.utf8)), from: nil)
      }
    }
    return isAllValid ? .done : .failed
  }

  private func report(
    _ verdict: CodeVerdict, _ source: String?, _ registry: Registry, _ calendar: LocalCalendar,
    _ context: Context
  ) throws {
    let facts = CodeFacts(verdict, registry, calendar)
    if context.json {
      var lines = JSONLines(to: context.output)
      try lines.object {
        facts.write(to: &$0)
        $0.field("source", source)
      }
      try lines.finish()
      return
    }
    let output = context.output
    if let source { try output.line(source) }
    if let failure = verdict.failure {
      try output.line(output.styled("not valid: \(failure)", .red))
    } else {
      try output.line(output.styled(facts.isProved ? "valid" : "fresh, not proved yet", .green))
    }
    if verdict.content != nil { try output.table(Table(properties: facts.properties)) }
  }

  /// More bytes than a code, a link and what a person may have typed before them.
  private static let longestLine = 1 << 16

  /// A word is a picture when it names a file; codes are no file names.
  private static func isPicture(_ word: String) -> Bool {
    word.lowercased().hasSuffix(".png")
      || (word.utf8.count < 200 && FileManager.default.fileExists(atPath: word))
  }

  /// Scanners end a code with a line end, and people copy it with spaces.
  private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
    var slice = bytes[...]
    while let first = slice.first, first <= 0x20 { slice.removeFirst() }
    while let last = slice.last, last <= 0x20 { slice.removeLast() }
    return Array(slice)
  }
}
