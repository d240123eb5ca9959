import CommandKit
import Testing

@Suite("Program") struct ProgramTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let testDescription: String
    var words: String
    var environment: [String: String] = [:]
    var status = ExitStatus.done
    var output = ""
    var talk = ""
  }

  static let rows = [
    Row(testDescription: "version", words: "--version", output: "sample 1.2.3\n"),
    Row(testDescription: "a command", words: "qr", output: "drawn\n"),
    Row(testDescription: "a shared option", words: "qr --dry-run", output: "would draw\n"),
    Row(
      testDescription: "a command in a group", words: "venue show ab12", output: "venue ab12\n"),
    Row(
      testDescription: "defaults of the folders", words: "venue list",
      output: "store ./store venues ./Venues 42\n"),
    Row(
      testDescription: "folders from the environment", words: "venue list",
      environment: ["CHECKIN_STORE": "/s", "CHECKIN_VENUES": "/v"],
      output: "store /s venues /v 42\n"),
    Row(
      testDescription: "an empty variable counts as absent", words: "venue list",
      environment: ["CHECKIN_STORE": ""], output: "store ./store venues ./Venues 42\n"),
    Row(
      testDescription: "options go before the environment, wherever they stand",
      words: "--store a venue --venues b list --now 7", environment: ["CHECKIN_STORE": "/s"],
      output: "store a venues b 7\n"),
    Row(
      testDescription: "of common options the last counts", words: "--store a venue list --store b",
      output: "store b venues ./Venues 42\n"),
    Row(
      testDescription: "JSON before and after the command", words: "--json venue list --json",
      output: "[\"a\"]\n"),
    Row(
      testDescription: "an error with file and line, and status 3",
      words: "import f --gateway refused", status: .partly,
      talk: "sample: a.csv:12: the venue has no name: give it one\n"),
    Row(
      testDescription: "a wish to stop", words: "import f --gateway stop", status: .interrupted,
      talk: "sample: stopped as asked; what was acknowledged stays\n"),
    Row(
      testDescription: "a wish to stop, quietly", words: "import f --gateway stop --quiet",
      status: .interrupted),
    Row(
      testDescription: "an escape sequence in a name is made visible",
      words: "import f --gateway missing", status: .failed,
      talk: """
        sample: /nonexistent/\\u{1B}[31m.csv: there is no such file: \
        check the name, or give - for standard input

        """),
  ]

  @Test("A call prints its data, its talk and its status", arguments: rows)
  func runs(row: Row) {
    let result = Sample.run(
      row.words.split(separator: " ").map(String.init), environment: row.environment)
    #expect(result.status == row.status)
    #expect(result.output == row.output)
    #expect(result.talk == row.talk)
  }

  @Test(
    "Every way to ask for help gives the same help",
    arguments: [
      ["qr", "--help"], ["qr", "-h"], ["help", "qr"], ["qr", "--dpi", "72", "-h", "--x"],
    ])
  func showsHelp(words: [String]) {
    let result = Sample.run(words)
    #expect(result.status == .done)
    #expect(result.output == HelpTests.posterHelp)
  }

  @Test("No command, or a group alone, shows help on standard error with status 2")
  func helpsWhenNothingIsCalled() {
    for (words, usage) in [([], "sample COMMAND"), (["venue"], "sample venue COMMAND")] {
      let result = Sample.run(words)
      #expect(result.status == .usage)
      #expect(result.output == "")
      #expect(result.talk.contains("Usage: \(usage)\n"))
    }
  }

  static let colours: [(environment: [String: String], options: [String], coloured: Bool)] = [
    ([:], [], true), (["NO_COLOR": "1"], [], false), (["NO_COLOR": ""], [], true),
    (["TERM": "dumb"], [], false), ([:], ["--no-color"], false),
  ]

  @Test("Colour is used on a terminal unless someone objects", arguments: colours)
  func decidesColour(row: (environment: [String: String], options: [String], coloured: Bool)) {
    let words = ["import", "f", "--gateway", "refused"] + row.options
    let result = Sample.run(words, environment: row.environment, terminal: true)
    #expect(result.talk.contains("\u{1B}") == row.coloured)
    #expect(!Sample.run(words, environment: row.environment).talk.contains("\u{1B}"))
  }

  @Test("The sample's declarations are sound, and nonsense is found")
  func findsProblems() {
    #expect(Sample.program.description.problems == [])
    struct Nonsense: Sendable {
      var many: [String] = []
      var one: String?
      @Required var needed: String
      var flag = false
    }
    let command = Command(
      "a b", "Ends with a stop.", Nonsense(),
      [
        .argument("ONE", \.one, help: "one"), .arguments("MANY", \.many, help: "many."),
        .argument("NEEDED", \.$needed, help: "needed"), .flag("--json", \.flag, help: "again"),
        .flag("-x", \.flag, help: "short"),
      ]
    ) { _, _ in .done }
    let group = AnyCommand.group("g", "Groups", [command.erased, command.erased])
    #expect(group.description.problems.count == 1 + 2 * 7)
  }
}
