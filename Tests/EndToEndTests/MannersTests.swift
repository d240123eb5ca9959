import Foundation
import TestSupport
import Testing

/// How the program behaves towards people, scripts and shells.
@Suite("Manners", .tags(.process)) struct MannersTests {
  /// The words of every command, found the way a person finds them: by reading help.
  private static func commands(_ site: Site, under path: [String] = []) throws -> [[String]] {
    let help = try site.run(["help"] + path, input: Data())
    try #require(help.status == 0, "\(path): \(help.errors)")
    guard let list = help.output.range(of: "\nCommands:\n") else { return [path] }
    var found: [[String]] = path.isEmpty ? [] : [path]
    for line in help.output[list.upperBound...].split(
      separator: "\n", omittingEmptySubsequences: false)
    {
      guard line.hasPrefix("  ") else { break }
      guard line.dropFirst(2).first?.isLetter == true else { continue }
      let word = String(line.split(separator: " ")[0])
      found += try commands(site, under: path + [word])
    }
    return found
  }

  @Test("Every command has help with a usage line, by three ways and in any place")
  func help() throws {
    let site = try Site(.nothing)
    let commands = try Self.commands(site)
    let expected = [
      "init", "venue add", "venue import", "venue check", "key rotate", "qr", "verify", "scan",
      "import", "case add", "exposure", "trace", "demo", "completions", "man", "help",
    ]
    let names = commands.map { $0.joined(separator: " ") }
    #expect(Set(expected).isSubset(of: names), "\(names)")
    var all = ""
    for path in [[]] + commands {
      let help = try site.run(["help"] + path, input: Data())
      let call = (["checkin"] + path).joined(separator: " ")
      #expect(help.output.contains("Usage: \(call)"), "\(call)")
      #expect(help.errors.isEmpty && help.output.hasSuffix("\n"))
      // Help fits a terminal of 80 columns, but for calls to be copied.
      let lines = help.output.split(separator: "\n").filter { !$0.hasPrefix("  checkin ") }
      #expect(lines.allSatisfy { $0.count <= 80 }, "\(call)")
      all += "$ \(call) --help\n\n\(help.output)\n"
      guard path != ["help"] else { continue }
      for words in [path + ["--help"], ["--json"] + path + ["-h"]] {
        let same = try site.run(words, input: Data())
        #expect(same.status == 0 && same.output == help.output, "\(words)")
      }
    }
    try expectGolden(all, "help.txt")
  }

  @Test("Commands that a person has to learn show examples, and each example is a call that parses")
  func examples() throws {
    let site = try Site(.nothing)
    var tried = 0
    for path in try Self.commands(site) {
      let help = try site.run(["help"] + path, input: Data()).output
      guard let start = help.range(of: "\nExamples:\n") else { continue }
      for line in help[start.upperBound...].split(separator: "\n") where line.contains("checkin ") {
        let call = line.trimmingCharacters(in: .whitespaces)
        guard call.hasPrefix("checkin "), !call.contains("|"), !call.contains(">") else { continue }
        // Help ends the walk over the words only when all before it were understood.
        let outcome = try site.shell(call.replacingOccurrences(of: "< ", with: "# ") + " --help")
        let parses = outcome.status == 0 || call.contains(" < ")
        #expect(parses, "\(call): \(outcome.errors)")
        tried += 1
      }
    }
    #expect(tried >= 15)
  }

  @Test("The version is one line, and a call without a command is no success")
  func version() throws {
    let site = try Site(.nothing)
    let version = try site.run("--version")
    #expect(version.status == 0 && version.errors.isEmpty)
    #expect(version.output.wholeMatch(of: /checkin \d+\.\d+\.\d+\n/) != nil)
    for words in [[], ["venue"], ["key"]] {
      let outcome = try site.run(words, input: Data())
      #expect(outcome.status == 2 && outcome.output.isEmpty && outcome.errors.contains("Usage:"))
    }
  }

  @Test("A wrong call ends with status 2, one line, and what was meant")
  func wrongCalls() throws {
    let site = try Site(.nothing)
    let calls: [(words: [String], phrase: String)] = [
      (["impot"], "did you mean 'checkin import'?"),
      (["venue", "lst"], "did you mean 'checkin venue list'?"),
      (["show"], "'checkin door show' or 'checkin case show'"),
      (["nonsense"], "see 'checkin --help'"),
      (["trace", "--sumary"], "did you mean --summary?"),
      (["trace", "-json"], "did you mean --json?"),
      (["trace", "--summary=yes"], "--summary takes no value"),
      (["trace", "--rules"], "--rules needs a value"),
      (["trace", "--degree", "zero"], "--degree: 'zero' is not"),
      (["trace", "--degree", "0"], "from 1 to"),
      (["trace", "--cases", "a", "--cases", "b"], "--cases is given twice"),
      (["trace", "--cases", "a", "--all-open"], "exclude each other"),
      (["import", "visit", "f"], "did you mean visits?"),
      (["import", "visits"], "the argument FILE is missing"),
      (["import", "visits", "a", "b"], "unexpected argument 'b'"),
      (["import", "visits", "a", "--format", "excel"], "--format: 'excel' is not one of checkin"),
      (["scan"], "--gateway ID is missing"),
      (["qr"], "no venue is named"),
      (["qr", "C4C6BHFZD"], "mistyped"),
      (["qr", "C4C6BHFZC", "--all"], "exclude each other"),
      (["qr", "C4C6BHFZC", "--format", "gif"], "not one of pdf, png, svg, terminal"),
      (["qr", "C4C6BHFZC", "--weeks", "256"], "from 0 to 255"),
      (["qr", "--category", "hotle"], "did you mean hotel?"),
      (["qr", "--plain-link", "ftp://x", "--format", "svg"], "begin with https://"),
      (["venue", "add", "X", "--category", "mrket", "--division", "303"], "did you mean market?"),
      (["venue", "add", "X", "--category", "market", "--division", "1"], "no division '1'"),
      (["exposure"], "the question is about nothing"),
      (["exposure", "--venue", "C4C6BHFZC", "--order", "x"], "give --from and --to"),
      (
        [
          "exposure", "--venue", "C4C6BHFZC", "--from", "2020-08-06T00:00:00+07:00", "--to",
          "2020-08-07T00:00:00+07:00",
        ], "give --case ID or --order TEXT"
      ),
      (["case", "list", "--now", "2020-08-06T10:00:00"], "offset from UTC is missing"),
      (["verify"], "CODE|IMAGE"),
      (["help", "trce"], "did you mean 'checkin help trace'?"),
      (["completions", "csh"], "not one of bash, zsh, fish"),
    ]
    for (words, phrase) in calls {
      let outcome = try site.run(words, input: Data())
      #expect(
        outcome.status == 2 && outcome.output.isEmpty && outcome.errors.contains(phrase)
          && outcome.errors.hasPrefix("checkin: ")
          && outcome.errors.split(separator: "\n").count == 1,
        "\(words): \(outcome.status) \(outcome.errors)")
    }
    let store = try Site()
    for words in [
      ["case", "add", "A", "--subject", "an"],
      ["case", "add", "A", "--subject", "", "--onset", "2020-08-01"],
    ] {
      let outcome = try store.run(words, input: Data())
      #expect(
        outcome.status == 2 && outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)"
      )
    }
  }

  @Test("With --json standard output is JSON and nothing else, whatever the command prints")
  func json() throws {
    let site = try Site(registry: .own)
    try site.write(
      "venue,subject,enter,leave\nC4C6BHFZC,an,2020-08-05T09:00:00+07:00,2020-08-05T10:00:00+07:00\n"
        + "C4C6BHFZC,chi,2020-08-05T09:00:00+07:00,2020-08-05T10:00:00+07:00\nbad,,\n", to: "v.csv"
    )
    try site.write("name,category,division\nChợ A,market,11341\n", to: "venues.csv")
    try site.write("id,subject,onset\nB,binh,2020-08-05\n", to: "c.csv")
    let calls: [(words: [String], isList: Bool)] = [
      (["init", "--store", "other"], false), (["venue", "list"], false),
      (["venue", "show", Site.hotel], false), (["venue", "check"], false),
      (["venue", "import", "venues.csv"], false),
      (["venue", "add", "Chợ B", "--category", "market", "--division", "11341"], false),
      (["venue", "retire", "Q9J3MP1BD"], false), (["qr", Site.hotel, "--format", "svg,png"], true),
      (["qr", Site.hotel, "--revoke", "1", "--reason", "x"], false),
      (["scan", "--gateway", "g", "--subject", "an"], true),
      (["import", "visits", "v.csv"], false),
      (["case", "add", "A", "--subject", "an", "--onset", "2020-08-05"], false),
      (["case", "import", "c.csv"], false), (["case", "list"], false),
      (["case", "show", "A"], false), (["trace", "--degree", "2"], true),
      (["trace", "--summary"], false), (["exposure", "--case", "A"], true),
      (
        [
          "exposure", "--venue", Site.hotel, "--from", "2020-08-05T00:00:00+07:00", "--to",
          "2020-08-06T00:00:00+07:00", "--order", "x",
        ], true
      ), (["exposure", "--subject", "an"], true), (["case", "close", "A"], false),
      (["key", "list"], false), (["key", "export"], false), (["key", "rotate"], false),
      (["key", "revoke", "1"], false), (["verify", "0123"], true),
    ]
    for (words, isList) in calls {
      let outcome = try site.run(words + ["--json"], input: Data("\(Site.hotel)\nbad\n".utf8))
      #expect([0, 1, 3].contains(outcome.status), "\(words): \(outcome.errors)")
      let documents = Result {
        isList ? try JSON.lines(outcome.output) : [try JSON(outcome.output)]
      }
      let count = (try? documents.get().count) ?? 0
      #expect(count > 0, "\(words) printed: \(outcome.output)\(outcome.errors)")
    }
  }

  @Test("A reader that goes away ends the program in silence")
  func closedPipe() throws {
    let site = try Site()
    for line in ["venue list", "venue list --json", "completions bash", "help qr"] {
      let outcome = try site.shell("checkin \(line) | head -1; echo ${PIPESTATUS[0]}")
      #expect(outcome.lines.count == 2, "\(line): \(outcome.output)")
      // It may have written all before the reader went.
      #expect(["0", "141"].contains(outcome.lines.last ?? ""), "\(line): \(outcome.output)")
      #expect(!outcome.errors.contains("went away"), "\(line): \(outcome.errors)")
    }
    let door = try site.shell(
      "yes '\(Site.hotel) an' | head -2000 | checkin scan --gateway g | head -1; "
        + "echo ${PIPESTATUS[2]}")
    #expect(door.lines.last == "141" && door.errors.isEmpty, "\(door.output)\(door.errors)")
    let full = try site.shell("checkin venue list > /dev/full")
    #expect(full.status == 1 && full.errors.contains("the output cannot be written"))
  }

  @Test("Colour is for terminals, and only for those who want it")
  func colour() throws {
    let site = try Site()
    let calls = ["venue list", "help", "scan --gateway g < /dev/null", "nonsense"]
    for call in calls {
      let piped = try site.shell("checkin \(call)")
      #expect(!piped.output.contains("\u{1b}") && !piped.errors.contains("\u{1b}"), "\(call)")
    }
    // `script` gives the program a terminal.
    guard try site.shell("script -qec true /dev/null").status == 0 else {
      print("colour: terminals not tried, `script` is missing or has none to give")
      return
    }
    let program = "'\(BuiltProgram.checkin.url.path)' venue check"
    func typed(_ words: String, _ setting: String) throws -> String {
      try site.shell("\(setting) TERM=xterm script -qec \"\(program)x \(words)\" /dev/null").output
    }
    #expect(try typed("", "").contains("\u{1b}["))
    #expect(try !typed("", "NO_COLOR=1").contains("\u{1b}["))
    #expect(try !typed("", "TERM=dumb; export TERM; NO_COLOR=1").contains("\u{1b}["))
  }

  @Test("Notes can be turned off, warnings and errors cannot")
  func quiet() throws {
    let site = try Site()
    let loud = try site.run("trace")
    let quiet = try site.run("trace", "--quiet")
    #expect(loud.errors.contains("F1 under") && !quiet.errors.contains("F1 under"))
    #expect(quiet.errors.contains("there is no open case"))
    #expect(try site.run("-q", "case", "show", "A").errors.contains("no case A"))
  }

  @Test("Completions parse in their shell, and bash completes commands, options and values")
  func completions() throws {
    let site = try Site(.nothing)
    for shell in ["bash", "zsh", "fish"] {
      try site.write(site.done("completions", shell).output, to: "completions.\(shell)")
      let check = try site.shell(
        "command -v \(shell) > /dev/null || exit 0; \(shell) -n completions.\(shell)")
      #expect(check.status == 0, "\(shell): \(check.errors)")
    }
    func complete(_ words: String...) throws -> Set<String> {
      let list = (["checkin"] + words).map { "'\($0)'" }.joined(separator: " ")
      let outcome = try BuiltProgram.shell.run(
        [
          "-c",
          "source completions.bash; COMP_WORDS=(\(list)); COMP_CWORD=\(words.count); "
            + "COMP_LINE='checkin \(words.joined(separator: " "))'; COMP_POINT=${#COMP_LINE}; "
            + "$(complete -p checkin | sed 's/.*-F \\([^ ]*\\).*/\\1/') checkin '' ''; "
            + "printf '%s\\n' \"${COMPREPLY[@]}\"",
        ], in: site.folder.url)
      return Set(outcome.output.split(whereSeparator: \.isWhitespace).map(String.init))
    }
    #expect(try complete("ver").contains("verify"))
    #expect(try complete("venue", "re").contains("retire"))
    #expect(try complete("trace", "--su").isSuperset(of: ["--summary", "--subjects"]))
    #expect(try complete("completions", "").isSuperset(of: ["bash", "zsh", "fish"]))
  }

  @Test("Every command has a manual page that the formatter takes without a word")
  func manual() throws {
    let site = try Site(.nothing)
    let written = try site.done("man", "--output", "man1")
    #expect(written.output.isEmpty && written.errors.contains("pages are in man1"))
    let pages = try FileManager.default.contentsOfDirectory(atPath: site.path("man1"))
    #expect(pages.count > 20 && pages.contains("checkin-venue-add.1"))
    let page = try site.done("man", "trace").output
    #expect(page.contains(".TH") && page.contains(".SH EXAMPLES") && page.contains("summary"))
    let check = try site.shell(
      "command -v groff > /dev/null || exit 0; groff -ww -man -Tutf8 man1/*.1 > /dev/null")
    #expect(check.status == 0 && check.errors.isEmpty, "\(check.errors)")
  }

  @Test("The store, the registry and the clock are found where the environment says")
  func environment() throws {
    let site = try Site(.nothing)
    try site.done("init", environment: ["CHECKIN_STORE": "elsewhere"])
    #expect(site.has("elsewhere/checkin.sqlite") && !site.has("store"))
    #expect(try site.run("case", "list", environment: ["CHECKIN_STORE": "elsewhere"]).status == 0)
    #expect(try site.run("--store", "elsewhere", "case", "list").status == 0)
    #expect(try site.run("venue", "list", environment: ["CHECKIN_VENUES": "none"]).status == 1)
    let made = try JSON(site.done("key", "list", "--json", "--store", "elsewhere").output)
    #expect(made[0]["not_before"].text == Site.now)
  }
}

/// Compares a text with a file of `Golden/` beside the tests; `CHECKIN_RECORD=1` writes it anew.
private func expectGolden(_ text: String, _ name: String) throws {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Golden/\(name)")
  if ProcessInfo.processInfo.environment["CHECKIN_RECORD"] == "1" {
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }
  let golden = String(decoding: try Data(contentsOf: file), as: UTF8.self)
  guard text != golden else { return }
  let (old, new) = (golden.split(separator: "\n"), text.split(separator: "\n"))
  let place =
    zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    ?? min(old.count, new.count)
  Issue.record(
    """
    \(name) differs from line \(place + 1) on, read '\(place < new.count ? new[place] : "")' \
    for '\(place < old.count ? old[place] : "")'; CHECKIN_RECORD=1 records it anew
    """)
}
