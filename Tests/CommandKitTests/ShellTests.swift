import CommandKit
import Foundation
import Testing

/// Programs of the machine that tests may use where they are installed.
enum Tool {
  static func path(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Runs a program to its end with text on its standard input.
  static func run(
    _ path: String, _ arguments: [String], input: String = ""
  ) throws -> (status: Int32, output: String, talk: String) {
    let folder = try TemporaryFolder()
    let given = try folder.file("in", Array(input.utf8))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: given))
    // Files instead of pipes: nothing can fill up while nobody reads.
    let output = URL(fileURLWithPath: try folder.file("out", []))
    let talk = URL(fileURLWithPath: try folder.file("err", []))
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: talk)
    try process.run()
    process.waitUntilExit()
    return (
      process.terminationStatus, String(decoding: try Data(contentsOf: output), as: UTF8.self),
      String(decoding: try Data(contentsOf: talk), as: UTF8.self)
    )
  }
}

/// A folder that goes away with the value.
final class TemporaryFolder {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("commandkit-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = "\(path)/\(name)"
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }
}

@Suite("Completions and manual") struct ShellTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// The words before and with the cursor.
    let words: [String]
    let offered: [String]

    init(_ name: String, _ words: [String], _ offered: [String]) {
      testDescription = name
      self.words = words
      self.offered = offered
    }
  }

  static let common = ["help", "import"]

  static let rows = [
    Row("commands", ["v"], ["venue"]),
    Row("all commands", [""], ["venue", "qr", "import", "help", "completions", "man"]),
    Row("commands of a group", ["venue", ""], ["list", "show"]),
    Row("commands after common options", ["--store", "x", "venue", "l"], ["list"]),
    Row("options", ["qr", "--d"], ["--dpi", "--dry-run"]),
    Row("common options", ["venue", "list", "--no-"], ["--no-color", "--no-input"]),
    Row("no option of another command", ["venue", "list", "--dpi"], []),
    Row("enumerated values", ["qr", "--format", "p"], ["pdf", "png"]),
    Row("enumerated values of the short form", ["qr", "-f", "s"], ["svg"]),
    Row("enumerated arguments", ["completions", ""], ["bash", "zsh", "fish"]),
    Row("commands to have help on", ["help", "ven"], ["venue"]),
    Row("commands of a group to have help on", ["help", "venue", "sh"], ["show"]),
  ]

  private func bashReplies(_ words: [String], in folder: String) throws -> [String]? {
    guard let bash = Tool.path("bash") else { return nil }
    let quoted = (["sample"] + words).map { "'\($0)'" }.joined(separator: " ")
    let script = """
      \(Sample.program.completions(for: .bash))
      cd '\(folder)'
      COMP_WORDS=(\(quoted)); COMP_CWORD=\(words.count)
      _sample
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let result = try Tool.run(bash, ["--norc", "-u", "-s"], input: script)
    #expect(result.talk == "")
    return result.output.split(separator: "\n").map(String.init)
  }

  @Test(
    "bash offers what fits", .enabled(if: Tool.path("bash") != nil, "bash is not installed"),
    arguments: rows + [
      // bash hands over "--format=p" as three words.
      Row("a value after =", ["qr", "--format", "=", "p"], ["pdf", "png"]),
      Row("a value right after =", ["qr", "--format", "="], ["pdf", "png", "svg"]),
      Row("files", ["import", "a"], ["a b.csv", "a.csv"]),
      Row("folders only", ["--store", "d"], ["deep"]),
      Row("files after --", ["import", "--", "a."], ["a.csv"]),
    ])
  func completesInBash(row: Row) throws {
    let folder = try TemporaryFolder()
    for name in ["a b.csv", "a.csv", "d.csv"] { _ = try folder.file(name, []) }
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/deep", withIntermediateDirectories: false)
    let replies = try #require(try bashReplies(row.words, in: folder.path))
    #expect(replies.sorted() == row.offered.sorted())
  }

  @Test(
    "fish offers what fits", .enabled(if: Tool.path("fish") != nil, "fish is not installed"),
    arguments: rows)
  func completesInFish(row: Row) throws {
    let fish = try #require(Tool.path("fish"))
    let line = (["sample"] + row.words).joined(separator: " ")
    let script = Sample.program.completions(for: .fish) + "\ncomplete -C '\(line)'\n"
    let result = try Tool.run(fish, ["--no-config"], input: script)
    #expect(result.talk == "")
    let replies = result.output.split(separator: "\n").map {
      String($0.split(separator: "\t").first ?? "")
    }
    #expect(replies.sorted() == row.offered.sorted())
  }

  @Test(
    "zsh can read its script", .enabled(if: Tool.path("zsh") != nil, "zsh is not installed"))
  func readsInZsh() throws {
    let zsh = try #require(Tool.path("zsh"))
    let result = try Tool.run(
      zsh, ["-n", "/dev/stdin"], input: Sample.program.completions(for: .zsh))
    #expect(result.talk == "")
    #expect(result.status == 0)
  }

  @Test("Each script knows every command and option", arguments: Program.Shell.allCases)
  func coversEverything(shell: Program.Shell) {
    let script = Sample.program.completions(for: shell)
    for word in [
      "venue list", "import", "completions", "dpi", "no-tail", "passphrase-file", "version", "svg",
    ] {
      let spelt = shell == .zsh ? word.split(separator: " ").joined(separator: "_") : word
      #expect(script.contains(spelt), "\(word) is missing")
    }
  }

  @Test("A page has every part of its command")
  func writesManual() throws {
    let page = Sample.run(["man", "qr"]).output
    for part in [
      ".TH \"SAMPLE\\-QR\" 1 \"\" \"sample 1.2.3\"", "sample\\-qr \\- draws posters",
      "\\fB\\-f\\fR, \\fB\\-\\-format\\fR \\fIVALUE\\fR",
      "What to draw (one of pdf, png, svg; default pdf).", ".SH EXAMPLES", "\\fB141\\fR",
      "CHECKIN_STORE", "\\fBsample\\fR(1)",
    ] {
      #expect(page.contains(part), "\(part) is missing")
    }
  }

  @Test("A folder gets one page for each command, and groff has nothing against any")
  func writesAllPages() throws {
    let folder = try TemporaryFolder()
    let result = Sample.run(["man", "--output", folder.path])
    #expect(result.status == .done)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(
      names == [
        "sample-completions.1", "sample-help.1", "sample-import.1", "sample-man.1", "sample-qr.1",
        "sample-venue-list.1", "sample-venue-show.1", "sample-venue.1", "sample.1",
      ])
    guard let groff = Tool.path("groff") else { return }
    for name in names {
      let check = try Tool.run(groff, ["-mandoc", "-ww", "-Tutf8", "\(folder.path)/\(name)"])
      #expect(check.talk == "")
    }
  }

  @Test("A folder that cannot be made is told")
  func tellsUnwritableFolder() {
    let result = Sample.run(["man", "-o", "/nonexistent/man"])
    #expect(result.status == .failed)
    #expect(
      result.talk
        == "sample: /nonexistent/man: the folder cannot be made: No such file or directory\n"
    )
  }
}
