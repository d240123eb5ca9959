import CommandKit
import Testing

@Suite("Parsing") struct ParsingTests {
  struct Good: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let words: [String]
    let change: @Sendable (inout Sample.PosterOptions) throws -> Void

    init(
      _ name: String, _ words: String,
      _ change: @escaping @Sendable (inout Sample.PosterOptions) throws -> Void
    ) {
      testDescription = name
      self.words = words.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      self.change = change
    }
  }

  static let good = [
    Good("an option with its value in the next word", "--dpi 600") { $0.dpi = 600 },
    Good("an option with its value after =", "--dpi=600") { $0.dpi = 600 },
    Good("a value that contains =", "--label=a=b") { $0.labels = ["a=b"] },
    Good("an empty value", "--label=") { $0.labels = [""] },
    Good("the lowest of a range", "--dpi 72") { $0.dpi = 72 },
    Good("the highest of a range", "--dpi 1200") { $0.dpi = 1_200 },
    Good("an option that may be absent", "--zone 3") { $0.zone = 3 },
    Good("an enumerated value", "--format svg") { $0.format = .svg },
    Good("a short option apart", "-f svg") { $0.format = .svg },
    Good("a short option joined", "-fsvg") { $0.format = .svg },
    Good("short flags together, the last with a value", "-afpng") {
      $0.all = true
      $0.format = .png
    },
    Good("a flag", "--all") { $0.all = true },
    Good("a flag given twice", "--all -a") { $0.all = true },
    Good("a flag that turns off", "--no-tail") { $0.tail = false },
    Good("a repeated option", "--label x --label y") { $0.labels = ["x", "y"] },
    Good("a list in one word replaces the default", "--language vi") { $0.languages = ["vi"] },
    Good("lists add up", "--language vi,en --language fr") { $0.languages = ["vi", "en", "fr"] },
    Good("arguments around options", "ab12 --all cd34") {
      $0.all = true
      $0.venues = [try .init(argument: "ab12"), try .init(argument: "cd34")]
    },
    Good("an argument with a dash after --", "--all -- -b12") {
      $0.all = true
      $0.venues = [try .init(argument: "-b12")]
    },
    Good("a negative number is an argument", "-123") {
      $0.venues = [try .init(argument: "-123")]
    },
    Good("a value that begins with a dash", "--label -x-") { $0.labels = ["-x-"] },
    Good("common options after the command", "--store s --json --all -q") { $0.all = true },
  ]

  private struct FileOptions: Equatable, Sendable {
    var train: [Path] = []
    var test: [Path] = []
    var all = false

    static let command = Command(
      "learn", "Learns", FileOptions(),
      [
        .options("--train", \.train, minimum: 1, help: "Files to learn from"),
        .options("--test", \.test, help: "Files to test on"),
        .flag("--all", \.all, help: "All of it"),
      ]
    ) { _, _ in .done }
  }

  @Test("Where no word goes by position, an option that may repeat takes several words")
  func takesSeveralWords() throws {
    let words = ["--train", "a", "b", "--all", "--test", "c", "--train=d", "--test", "e", "f"]
    let options = try FileOptions.command.parse(words)
    #expect(options == FileOptions(train: ["a", "b", "d"], test: ["c", "e", "f"], all: true))
    let qr = try Sample.PosterOptions.command.parse(["--label", "x", "ab12"])
    #expect(qr.labels == ["x"])
    #expect(qr.venues.count == 1)
  }

  @Test("A call sets what it names and nothing else", arguments: good)
  func parsesGoodCalls(row: Good) throws {
    var expected = Sample.PosterOptions()
    try row.change(&expected)
    #expect(try Sample.PosterOptions.command.parse(row.words) == expected)
  }

  @Test("Nothing given leaves the defaults")
  func leavesDefaults() throws {
    #expect(try Sample.PosterOptions.command.parse([]) == Sample.PosterOptions())
  }

  struct Bad: CustomTestStringConvertible, Sendable {
    let words: String
    let message: String
    let hint: String
    var testDescription: String { "sample \(words)" }
  }

  static let bad = [
    Bad(
      words: "qr --dip 300", message: "unknown option '--dip'", hint: "did you mean --dpi?"),
    Bad(words: "qr --form pdf", message: "unknown option '--form'", hint: "did you mean --format?"),
    Bad(words: "qr --xyzzy", message: "unknown option '--xyzzy'", hint: "see 'sample qr --help'"),
    Bad(words: "qr -z", message: "unknown option '-z'", hint: "see 'sample qr --help'"),
    Bad(words: "qr -all", message: "unknown option '-l'", hint: "did you mean --all?"),
    Bad(words: "qr --dpi", message: "--dpi needs a value", hint: "write --dpi N"),
    Bad(words: "qr --dpi --all", message: "--dpi needs a value", hint: "write --dpi N"),
    Bad(words: "qr --dpi -- x", message: "--dpi needs a value", hint: "write --dpi N"),
    Bad(
      words: "qr --dpi many", message: "--dpi: 'many' is not a whole number",
      hint: "see 'sample qr --help'"),
    Bad(
      words: "qr --dpi 71", message: "--dpi: 71 is out of range",
      hint: "give a whole number from 72 to 1200"),
    Bad(
      words: "qr --dpi 99999999999999999999",
      message: "--dpi: '99999999999999999999' is not a whole number",
      hint: "see 'sample qr --help'"),
    Bad(
      words: "qr --zone 100", message: "--zone: 100 is out of range",
      hint: "give a whole number from 1 to 99"),
    Bad(
      words: "qr --format pfd", message: "--format: 'pfd' is not one of pdf, png, svg",
      hint: "did you mean pdf?"),
    Bad(
      words: "qr --all=yes", message: "--all takes no value, but 'yes' is given",
      hint: "write --all alone"),
    Bad(words: "qr --dpi 300 --dpi 600", message: "--dpi is given twice", hint: "give it once"),
    Bad(words: "qr --output=", message: "--output: '' is empty", hint: "see 'sample qr --help'"),
    Bad(
      words: "qr ab", message: "ID: 'ab' is not a venue identifier",
      hint: "see 'sample qr --help'"),
    Bad(
      words: "qr ab1x", message: "ID: 'ab1x' has a wrong check symbol",
      hint: "see 'sample qr --help'"),
    Bad(words: "qr ab1z", message: "ID: 'ab1z' is retired", hint: "use its successor"),
    Bad(
      words: "venue show", message: "the argument ID is missing",
      hint: "sample venue show needs it: The venue"),
    Bad(
      words: "venue show ab12 name more",
      message: "unexpected argument 'more': sample venue show takes only ID FIELD",
      hint: "see 'sample venue show --help'"),
    Bad(
      words: "venue list json",
      message: "unexpected argument 'json': sample venue list takes no arguments",
      hint: "did you mean --json?"),
    Bad(
      words: "import a.csv", message: "the option --gateway TEXT is missing",
      hint: "sample import needs it: Where they come from"),
    Bad(
      words: "import a.csv --gateway g --passphrase-fd -1",
      message: "--passphrase-fd: -1 is out of range",
      hint: "give a whole number from 0 to 65535"),
    Bad(
      words: "venue lsit", message: "unknown command 'lsit'",
      hint: "did you mean 'sample venue list'?"),
    Bad(words: "vnue", message: "unknown command 'vnue'", hint: "did you mean 'sample venue'?"),
    Bad(
      words: "list", message: "unknown command 'list'", hint: "did you mean 'sample venue list'?"),
    Bad(
      words: "xyzzy", message: "unknown command 'xyzzy'",
      hint: "see 'sample --help' for those there are"),
    Bad(
      words: "--jsno venue list", message: "unknown option '--jsno'", hint: "did you mean --json?"),
    Bad(words: "venue --store", message: "--store needs a value", hint: "write --store DIR"),
    Bad(
      words: "--now noon venue list", message: "--now: 'noon' is not a time",
      hint: "write it as 2021-06-01T12:00:00+07:00"),
    Bad(
      words: "qr --dry-rnu", message: "unknown option '--dry-rnu'", hint: "did you mean --dry-run?"
    ),
    Bad(
      words: "venue list --dry-run", message: "unknown option '--dry-run'",
      hint: "see 'sample venue list --help'"),
    Bad(
      words: "help venue lst", message: "there is no command 'venue lst'",
      hint: "did you mean 'sample help venue list'?"),
    Bad(
      words: "completions fihs", message: "SHELL: 'fihs' is not one of bash, zsh, fish",
      hint: "did you mean fish?"),
    Bad(
      words: "import a.csv --gateway odd", message: "the two options exclude each other",
      hint: "see 'sample import --help'"),
  ]

  @Test("A wrong call says what is wrong and what to do, with status 2", arguments: bad)
  func explainsBadCalls(row: Bad) {
    let result = Sample.run(row.words.split(separator: " ").map(String.init))
    #expect(result.status == .usage)
    #expect(result.talk == "sample: \(row.message): \(row.hint)\n")
    #expect(result.output == "")
  }

  @Test("Reading a required value that was never set is a programming error")
  func trapsOnUnsetRequired() async {
    await #expect(processExitsWith: .failure) { _ = Sample.ShowOptions().venue }
  }
}
