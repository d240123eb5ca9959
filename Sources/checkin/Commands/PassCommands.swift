internal import CommandKit
internal import ExposureStorage
internal import JSONText
internal import Posters
internal import Presence
internal import VenueCodes

/// `checkin pass new`: makes visitors' passes.
struct PassNewCommand: Sendable {
  var count = 1
  var output: Path?

  static let command = Command(
    "new", "Makes visitors' passes, which say nothing about anybody", PassNewCommand(),
    [
      .option("--count", \.count, in: 1...10_000, value: "N", help: "How many"),
      .option(
        "--output", \.output, value: "DIR", completes: .directories,
        help: "Write a PNG picture of each into this folder"),
    ],
    shared: .passphrase,
    discussion: """
      A pass is a random secret and the issuer's seal. It is shown or printed once, here, and kept \
      nowhere: whoever has it comes in as its holder, so only you may read the pictures and the \
      folder that is made for them. A door reads it with \
      `checkin scan --venue ID`; the store keeps a keyed hash of it, and answers nobody who shows it.
      """,
    examples: [
      Example("checkin pass new", "Show a pass in the terminal"),
      Example(
        "checkin pass new --count 100 --output Passes", "Make pictures to be printed on cards"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let store = try workspace.store()
    let prefix = try workspace.urlPrefix(of: store)
    let key = try workspace.vault().passMasterKey()
    // How many, and not which: the log must not tell a pass.
    try store.audit(context.auditNote("pass new", "\(count)"))
    try store.close()
    if let output { try Folder.make(output.string, access: .owner) }
    var generator = SystemRandomNumberGenerator()
    var lines = JSONLines(to: context.output)
    for number in 1...count {
      try context.interruption.check()
      let pass = VisitorPass(issuedWith: key, using: &generator)
      let symbol = try QRSymbol(prefix: prefix.text, digits: pass.digits)
      let picture = try PosterFile.png(symbol, symbolMillimetres: 50)
      var file: String?
      if let output {
        // A name that says nothing of the pass: names are seen where pictures are not.
        let path = "\(output.string)/\(Self.name(number, of: generator.next())).png"
        try picture.write(to: path, access: .owner)
        file = path
      } else {
        try picture.prove(as: "pass \(number)")
      }
      if context.json {
        try lines.object {
          $0.field("code", symbol.text)
          $0.field("key_id", Int(pass.keyID))
          $0.field("symbol", "\(symbol.version)-\(symbol.level.letter)")
          $0.field("file", file)
        }
      } else if let file {
        try context.output.line(file)
      } else {
        if context.output.isTerminal {
          try context.output.write(
            symbol.terminalText(style: context.output.usesColour ? .coloured : .darkBackground))
        }
        try context.output.line(symbol.text)
      }
    }
    try lines.finish()
    return .done
  }

  private static func name(_ number: Int, of random: UInt64) -> String {
    let digits = "\(number)"
    let tag = String(random & 0xffff_ffff | 0x1_0000_0000, radix: 16).dropFirst()
    return "pass-" + String(repeating: "0", count: max(0, 5 - digits.utf8.count)) + digits
      + "-\(tag)"
  }
}

/// `checkin pass check`: says whether a pass is genuine, and nothing else.
struct PassCheckCommand: Sendable {
  var code = Required<String>()

  static let command = Command(
    "check", "Says whether a pass is genuine, and nothing about its holder", PassCheckCommand(),
    [
      .argument(
        "CODE", \.code,
        help:
          "The pass's URL or digits; - reads one line of standard input, which no other program "
          + "on this machine sees")
    ],
    shared: .passphrase,
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let store = try workspace.store(.readOnly)
    let registry = try workspace.registry()
    let verifier = try workspace.verifier(
      store: store, registry: registry, secrets: workspace.vault().codeSecrets())
    let verdict = verifier.judge(
      text: try text(context), now: context.now(), today: store.calendar.day(of: context.now()),
      startOfDay: store.calendar.start(of:))
    var keyID: Int?
    var reason = verdict.failure?.code
    var message = verdict.failure.map { "\($0)" }
    switch verdict.content {
    case .pass(let pass): keyID = Int(pass.keyID)
    case nil: break
    default:
      reason = "not_a_pass"
      message = "this is a venue's code or a receipt, not a pass"
    }
    if context.json {
      try context.output.json { json in
        json.object {
          $0.field("valid", keyID != nil)
          $0.field("reason", reason)
          $0.field("message", message)
          $0.field("key_id", keyID)
        }
      }
    } else if let keyID {
      try context.output.line(context.output.styled("valid, issued under key \(keyID)", .green))
    } else {
      try context.output.line(
        context.output.styled("not valid: \(message ?? "it is no pass")", .red))
    }
    return keyID == nil ? .failed : .done
  }

  /// The code as given, or the line of standard input that stands for it.
  private func text(_ context: Context) throws -> String {
    guard code.wrappedValue == "-" else { return code.wrappedValue }
    var lines = LineReader(try InputFile(path: "-", interruption: context.interruption))
    guard case .bytes(let bytes)? = try lines.next() else {
      throw CommandError(
        "there is no pass", hint: "give its URL or digits on one line", file: "standard input",
        code: "no-code")
    }
    // People copy a code with the spaces around it.
    return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first
      .map(String.init) ?? ""
  }
}
