import CommandKit
import JSONText

/// A small program like ours, to test what is made from declarations.
enum Sample {
  enum Format: String, CaseIterable, ArgumentValue {
    case pdf, png, svg
  }

  /// A type of another module, with reasons of its own.
  struct Identifier: ArgumentValue, Hashable {
    let text: String

    init(argument: String) throws(InvalidArgument) {
      guard argument.utf8.count == 4 else { throw InvalidArgument() }
      guard argument.last != "x" else { throw InvalidArgument("has a wrong check symbol") }
      guard argument.last != "z" else { throw InvalidArgument("is retired: use its successor") }
      text = argument
    }

    static var kind: String { "a venue identifier" }
    static var placeholder: String { "ID" }
    var argumentText: String { text }
  }

  struct PosterOptions: Equatable, Sendable {
    var venues: [Identifier] = []
    var format = Format.pdf
    var dpi = 300
    var zone: Int?
    var languages = ["vi", "en"]
    var labels: [String] = []
    var output: Path = "Output"
    var all = false
    var tail = true

    static let command = Command(
      "qr", "Draws posters", PosterOptions(),
      [
        .arguments("ID", \.venues, help: "The venues"),
        .option("--format", short: "f", \.format, help: "What to draw"),
        .option("--dpi", \.dpi, in: 72...1_200, help: "Dots per inch"),
        .option("--zone", \.zone, in: 1...99, help: "One zone of the venue"),
        .options(
          "--language", \.languages, separatedBy: ",", value: "LANG", help: "The languages"),
        .options("--label", \.labels, help: "Text at the foot"),
        .option("--output", short: "o", \.output, value: "DIR", help: "Where files go"),
        .flag("--all", short: "a", \.all, help: "All venues"),
        .flag("--no-tail", \.tail, sets: false, help: "Leave out the tail"),
      ],
      shared: .dryRun,
      discussion: """
        Every file is decoded again before it is reported. A mismatch is an error, and leaves no \
        file.

        Names are drawn as they are written.
        """,
      examples: [Example("sample qr --all --format png", "Every poster as a picture")]
    ) { options, context in
      try context.output.line(context.isDryRun ? "would draw" : "drawn")
      return .done
    }
  }

  struct ShowOptions: Equatable, Sendable {
    @Required var venue: Identifier
    var field: String?
  }

  static let show = Command(
    "show", "Shows a venue", ShowOptions(),
    [
      .argument("ID", \.$venue, help: "The venue"),
      .argument("FIELD", \.field, help: "One field of it"),
    ]
  ) { options, context in
    try context.output.line("venue \(options.venue.text)")
    return .done
  }

  struct ListOptions: Sendable {}

  static let list = Command("list", "Lists venues", ListOptions(), []) { _, context in
    if context.json {
      try context.output.json { json in json.array(["a"]) { $0.string($1) } }
    } else {
      try context.output.line("store \(context.store) venues \(context.venues) \(context.now())")
    }
    return .done
  }

  struct ImportOptions: Equatable, Sendable {
    @Required var file: Path
    @Required var gateway: String
  }

  static let importing = Command(
    "import", "Imports rows", ImportOptions(),
    [
      .argument("FILE", \.$file, help: "The file; - is standard input"),
      .option("--gateway", \.$gateway, help: "Where they come from"),
    ], shared: .passphrase
  ) { options, context in
    switch options.gateway {
    case "refused":
      throw CommandError(
        "the venue has no name", hint: "give it one", file: "a.csv", line: 12, status: .partly)
    case "stop": throw Interrupted()
    case "missing": _ = try InputFile(path: "/nonexistent/\u{1B}[31m.csv")
    case "odd": throw UsageError("the two options exclude each other")
    default: break
    }
    return .done
  }

  static let program = Program(
    name: "sample", version: "1.2.3", summary: "Shows how commands are declared",
    readTime: { word throws(InvalidArgument) in
      guard let time = Int64(word) else { throw InvalidArgument() }
      return time
    }
  ) {
    [
      .group("venue", "Keeps the registry: lists and shows", [list.erased, show.erased]),
      PosterOptions.command.erased,
      importing.erased,
    ]
  }

  /// What a call of the program came to.
  struct Result {
    let status: ExitStatus
    let output: String
    let talk: String
  }

  static func run(
    _ words: [String], environment: [String: String] = [:], terminal: Bool = false
  ) -> Result {
    let output = Output(capturingAsTerminal: terminal, width: terminal ? 60 : nil)
    let talk = Talk(capturingFor: "sample", asTerminal: terminal, width: terminal ? 60 : nil)
    let host = Host(
      output: output, talk: talk, environment: { environment[$0] }, wallClock: { 42 },
      monotonic: { 0 })
    let status = program.run(words[...], on: host)
    return Result(status: status, output: output.captured, talk: talk.captured)
  }
}
