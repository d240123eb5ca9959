internal import CodeReading
internal import CommandKit
internal import EvidenceIntake
internal import ExposureStorage
internal import FoundationEssentials
internal import JSONText
internal import Presence
internal import VenueCodes
internal import VenueRegistry

/// `checkin verify`: says what a code says, and whether it is genuine.
struct VerifyCommand: Sendable {
  var codes: [String] = []
  var camera: Path?
  var seconds = 30
  var keySet: Path?

  static let command = Command(
    "verify", "Says what a code says, and whether it is genuine", VerifyCommand(),
    [
      .arguments(
        "CODE|IMAGE", \.codes, completes: .files,
        help:
          "A code's URL or digits, or a picture (PNG, JPEG, PDF, SVG) of one or several; - reads "
          + "codes line by line"),
      .option(
        "--camera", \.camera,
        help: "Look through a camera (/dev/video0) or at a YUV4MPEG2 stream (a file, or - for "
          + "standard input) until a code comes into view"),
      .option(
        "--seconds", \.seconds, in: 1...86_400, help: "How long to look through the camera"),
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

      A code of another service or a person's card is named, with what it says of a place and \
      nothing of a person; it is never valid. No address is ever opened.

      The status is 0 when every code is genuine and valid now, else 1. With --json, one object a \
      line for each code. Every page of a PDF is read. A page and an SVG are read at 150 and 300 \
      pixels an inch, and all codes of both count; of a photograph, all that the first pass shows \
      that shows any, so a small or blurred code beside a large one needs a photograph of its own. A \
      picture that cannot be read is named, and the others are read.
      """,
    examples: [
      Example("checkin verify Output/hotel/*.png", "Read the pictures that qr --format png wrote"),
      Example("checkin verify - --json", "Verify what a scanner types, line by line"),
      Example("checkin verify --camera /dev/video0", "Hold a code before the camera"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    guard !codes.isEmpty || camera != nil else {
      throw UsageError("CODE|IMAGE is missing", hint: "give a code, a picture or --camera")
    }
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
    var isAllValid = true
    func tell(_ scanned: [UInt8], from source: String?) throws {
      // What a keyboard changed and cannot be recovered is no code either.
      let text = (try? TypedLine(scanned, prefixes: verifier.carrier.prefixes))?.bytes ?? scanned
      var cache = GenuineCodeCache(capacity: 1)
      func judge() -> CodeVerdict {
        // A desk reads codes for weeks: the day is that of the code, not of the start.
        let now = context.now()
        return verifier.judge(
          text: text.span, now: now, today: calendar.day(of: now),
          startOfDay: calendar.start(of:), cache: &cache)
      }
      var verdict = judge()
      // Keys are opened, and a passphrase asked for, only when a code needs them.
      if keySet == nil, !knowsSecrets, verdict.needsSecrets {
        knowsSecrets = true
        verifier = verifier.with(try workspace.vault().codeSecrets())
        verdict = judge()
      }
      if verdict.failure != nil { isAllValid = false }
      if verdict.content == nil, let foreign = ForeignReport(text, registry: registry) {
        return try foreign.write(source, to: context)
      }
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
          try tell(Array(bytes[...].trimmed), from: nil)
        }
      } else if Self.isPicture(word) {
        let reading = try PictureReading(word, context)
        while let page = try reading.next() {
          let source = page.number.map { "\(word), page \($0)" } ?? word
          for code in page.codes { try tell(code.bytes, from: source) }
        }
        if reading.hasFailed { isAllValid = false }
      } else {
        try tell(Array(Array(word.utf8)[...].trimmed), from: nil)
      }
    }
    if let camera {
      for code in try firstCodes(before: camera, context) {
        try tell(code.bytes, from: camera.string == "-" ? nil : camera.string)
      }
    }
    return isAllValid ? .done : .failed
  }

  /// Looks through a camera until a code comes into view, and returns those of that frame.
  private func firstCodes(before camera: Path, _ context: Context) throws -> [FoundCode] {
    let frames = try CameraFrames.named(camera, context)
    if context.talk.isTerminal { context.talk.note("ready: hold a code before the camera") }
    // Not by the clock of --now, which stands still.
    let begun = context.monotonic()
    var reader = FrameReader()
    var start: Int64?
    while !frames.hasEnded, context.monotonic() - begun < UInt64(seconds) * 1_000_000_000 {
      try context.interruption.check()
      guard let frame = try frames.next() else { continue }
      let first = start ?? frame.milliseconds
      start = first
      guard frame.milliseconds - first < Int64(seconds) * 1_000 else { break }
      let found = try reader.codes(of: frame)
      if !found.isEmpty { return found }
    }
    throw CommandError(
      "no code came into view",
      hint: "hold it nearer, straight and still, in good light", file: camera.string,
      code: "no-code")
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

  /// A word is a picture when it names a file or ends like one; codes are no file names.
  private static func isPicture(_ word: String) -> Bool {
    ["png", "jpg", "jpeg", "pdf", "svg"].contains { word.lowercased().hasSuffix(".\($0)") }
      || (word.utf8.count < 200 && FileManager.default.fileExists(atPath: word))
  }
}

/// The pages of a picture that `checkin verify` can read; of the others it is said why not.
private final class PictureReading {
  private let context: Context
  private var picture: Picture?
  /// Whether the picture, or a page of it, cannot be read.
  private(set) var hasFailed = false

  init(_ path: String, _ context: Context) throws {
    self.context = context
    do {
      picture = try Picture(path, interruption: context.interruption)
    } catch {
      try tell(error)
    }
  }

  func next() throws -> Picture.Page? {
    while true {
      do {
        return try picture?.next()
      } catch {
        try tell(error)
      }
    }
  }

  private func tell(_ error: any Error) throws {
    let failure = try Picture.failure(of: error, context.interruption)
    hasFailed = true
    // What was found before belongs before it.
    try context.output.flush()
    context.talk.error(failure)
  }
}
