internal import CodeReading
internal import CommandKit
internal import ExposureStorage
internal import FoundationEssentials
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
    discussion: """
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
    let verifier: VenueCodeVerifier
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
      let verdict = verifier.verify(text: text.span, now: context.now(), today: today)
      if verdict.failure != nil { isAllValid = false }
      try report(verdict, source, registry, context)
    }
    for word in codes {
      if word == "-" {
        var lines = LineReader(
          try InputFile(path: "-", interruption: context.interruption), limit: Self.longestLine)
        while let line = try lines.next() {
          guard case .bytes(let bytes) = line else {
            let digits = Self.longestLine + 1
            try report(.notGenuine(.wrongDigitCount(digits)), nil, registry, context)
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
    _ verdict: Verdict, _ source: String?, _ registry: Registry, _ context: Context
  ) throws {
    let token = verdict.token
    let name = token.flatMap { token in registry.venue(token.venue)?.name ?? token.name }
    if context.json {
      var lines = JSONLines(to: context.output)
      try lines.object {
        $0.field("valid", verdict.failure == nil)
        $0.field("reason", verdict.failure?.code)
        $0.field("message", verdict.failure.map { "\($0)" })
        $0.field("kind", token?.kind.word)
        $0.field("venue", token.map { "\($0.venue)" })
        $0.field("zone", token.map { Int($0.zone) })
        $0.field("name", name)
        $0.field("signed_name", token?.name)
        $0.field("valid_from", token.map { "\($0.firstDay)" })
        $0.field("valid_to", token.map { "\($0.lastDay)" })
        $0.field("key_id", token.map { Int($0.keyID) })
        $0.field("serial", token.map { Int($0.serial) })
        $0.field("grade", verdict.failure == nil ? 1 : token == nil ? nil : -1)
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
      try output.line(output.styled("valid", .green))
    }
    guard let token else { return }
    let zone = registry.venue(token.venue)?.zone(numbered: token.zone)?.name
    let zoneText = zone.map { "\(token.zone), \($0)" } ?? "\(token.zone)"
    try output.table(
      Table(properties: [
        ("Venue", "\(name ?? "unknown") (\(token.venue))"),
        ("Signed name", token.name == name ? nil : token.name),
        ("Zone", token.zone == 0 ? nil : zoneText),
        ("Kind", token.kind.word),
        ("Valid", "\(token.firstDay) to \(token.lastDay)"),
        ("Key, print", "\(token.keyID), \(token.serial)"),
      ]))
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
