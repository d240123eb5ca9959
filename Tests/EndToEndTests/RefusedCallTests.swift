import Foundation
import TestSupport
import Testing

@Suite("Calls that mean something else", .tags(.process)) struct RefusedCallTests {
  struct WrongCall: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let words: [String]
    let message: String

    init(_ name: String, _ call: String, _ message: String) {
      testDescription = name
      words = call.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      self.message = message
    }
  }

  static let wrongCalls = [
    WrongCall(
      "times do not narrow a case", "exposure --case BN-1 --from 2020-08-05T18:00:00+07:00",
      "--from and --to do not narrow the contacts of a case: "
        + "leave them out, or ask about --venue or --subject"),
    WrongCall(
      "a degree is of a case", "exposure --subject x --degree 2",
      "--degree and --rules are for the contacts of a case: leave them out, or leave out --subject"),
    WrongCall(
      "times that run backwards",
      "exposure --subject x --from 2020-08-05T18:00:00+07:00 --to 2020-08-05T08:00:00+07:00",
      "--to is not after --from: exchange them"),
    WrongCall(
      "a ranking of nothing", "exposure --subject x --ranked",
      "--ranked is for the contacts of a case: give --case, and neither --venue nor --subject"),
    WrongCall(
      "an explanation without a case", "exposure --explain x",
      "--explain is for the contacts of a case: give --case, and neither --venue nor --subject"),
    WrongCall(
      "a ranking that is an explanation", "exposure --case BN-1 --ranked --explain x",
      "--ranked and --explain exclude each other: give one of them"),
    WrongCall(
      "a ranking of further degrees", "exposure --case BN-1 --ranked --degree 2",
      "--ranked knows contacts of the first degree only: leave out --degree"),
    WrongCall(
      "a ranking by two rule sets", "exposure --case BN-1 --ranked --rules 3638-2021,11042-2021",
      "--ranked judges by one rule set: give one to --rules, or leave out --ranked"),
    WrongCall(
      "a limit of no ranking", "exposure --case BN-1 --limit 3",
      "--limit and --at-least are for --ranked: add --ranked"),
    WrongCall(
      "a door without a name", "scan --gateway ",
      "--gateway must have 1 to 64 bytes and no control characters: give this door a name, such as "
        + "door-1"),
    WrongCall(
      "pictures for the terminal in JSON", "qr C4C6BHFZC --format terminal --json",
      "--format terminal is no JSON: leave out one of the two"),
    WrongCall(
      "a sheet too small for the authority", "qr C4C6BHFZC --sheet a5",
      "--sheet a5: the A5 poster has no room for the 15 cm that the authority asks for at a venue: "
        + "print a4 or a3; to print it all the same, give --below-minimum"),
    WrongCall(
      "a screen as a PDF", "qr C4C6BHFZC --sheet screen-landscape --format pdf",
      "a screen is no PDF: leave out --format pdf, or name a sheet of paper"),
    WrongCall(
      "crop marks around a screen", "qr C4C6BHFZC --sheet screen-portrait --marks",
      "--marks is for paper: leave it out, or name a sheet of paper"),
    WrongCall(
      "a screen among pages", "qr C4C6BHFZC --sheet a4,screen-portrait --one-file a.pdf",
      "--one-file holds sheets of paper only: print screens and bare codes in another run"),
    WrongCall(
      "one file that is no PDF", "qr C4C6BHFZC --one-file all",
      "--one-file: 'all' is no PDF: give a name that ends in .pdf"),
    WrongCall(
      "one file elsewhere", "qr C4C6BHFZC --one-file ../../esc.pdf",
      "--one-file: '../../esc.pdf' is not a name alone: name the folder with --output"),
    WrongCall(
      "a sheet for a link", "qr --plain-link https://bluezone.gov.vn --sheet a3",
      "--sheet is for sheets, and a link has none: leave it out"),
    WrongCall(
      "a link as a page", "qr --plain-link https://bluezone.gov.vn --one-file a.pdf",
      "--one-file is for sheets, and a link has none: leave it out"),
    WrongCall(
      "a kit that is no PDF", "kit C4C6BHFZC --one-file kit.txt",
      "--one-file: 'kit.txt' is no PDF: give a name that ends in .pdf"),
    WrongCall(
      "a language that is a path", "qr C4C6BHFZC --language ../vi",
      "--language: '../vi' is not a language tag such as vi: see 'checkin qr --help'"),
    WrongCall(
      "a rule set that is not there", "trace --rules 5053",
      "--rules: there is no rule set '5053': did you mean 5053-2020?"),
  ]

  @Test("A call that would not do what it says is refused on one line, with status 2")
  func refusesWrongCalls() throws {
    let site = try Site()
    for call in Self.wrongCalls {
      let outcome = try site.run(call.words, input: Data())
      let last = outcome.errors.split(separator: "\n").last.map(String.init)
      #expect(outcome.status == 2 && last == "checkin: \(call.message)", "\(call.testDescription)")
      #expect(outcome.output == "")
    }
  }

  @Test("A link is a picture unless something else is asked for")
  func writesLinks() throws {
    let site = try Site(.nothing)
    let link = try JSON(site.done("qr", "--plain-link", "https://bluezone.gov.vn", "--json").output)
    #expect(link["files"].items.map(\.text) == ["Output/link-bluezone.gov.vn.png"])
    #expect(site.has("Output/link-bluezone.gov.vn.png"))
    let other = try JSON(
      site.done("qr", "--plain-link", "https://ncovi.vn/a?b", "--format", "svg", "--json").output)
    #expect(other["files"].items.map(\.text) == ["Output/link-ncovi.vn.svg"])
  }

  @Test("A passphrase that is given seals the keys, also without --passphrase")
  func sealsUnderAGivenPassphrase() throws {
    let site = try Site(.nothing)
    try site.write("correct horse battery", to: "secret")
    let made = try JSON(site.done("init", "--passphrase-file", "secret", "--json").output)
    #expect(made["key_file"].isNull && !site.has("store.key"))
    #expect(try site.run("qr", Site.hotel, "--no-input").status == 1)
    try site.done("qr", Site.hotel, "--format", "svg", "--passphrase-file", "secret")
  }

  @Test("An import without refusals takes the rejected file of the one before away")
  func removesStaleRejections() throws {
    let site = try Site(.nothing, registry: .own)
    try site.write("name,category,division\nChợ A,nothing,303\n", to: "cho.csv")
    #expect(try site.run("venue", "import", "cho.csv").status == 3)
    #expect(site.has("cho.csv.rejected.csv"))
    try site.write("name,category,division\nChợ A,market,303\n", to: "cho.csv")
    try site.done("venue", "import", "cho.csv")
    #expect(!site.has("cho.csv.rejected.csv"))
    try site.write("", to: "empty.csv")
    let empty = try site.run("venue", "import", "empty.csv")
    #expect(empty.errors.hasPrefix("checkin: empty.csv: the file is empty"))
  }
}
