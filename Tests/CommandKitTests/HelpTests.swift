import CommandKit
import Testing

@Suite("Help") struct HelpTests {
  static let common = """
    Options of every command:
      --store DIR               The store's folder; else CHECKIN_STORE, else ./store
      --venues DIR              The registry's folder; else CHECKIN_VENUES, else
                                ./Venues
      --now TIME                Work as if it were this time: for tests and drills
      --json                    Print data as JSON
      --no-color                Print without colour, as NO_COLOR does
      --no-input                Fail instead of asking
      -q, --quiet               Leave out notes and progress
      -h, --help                Show this help
    """

  static let posterHelp = """
    Draws posters.

    Usage: sample qr [OPTIONS] [ID...]

    Every file is decoded again before it is reported. A mismatch is an error, and
    leaves no file.

    Names are drawn as they are written.

    Arguments:
      ID...                     The venues

    Options:
      -f, --format VALUE        What to draw (one of pdf, png, svg; default pdf)
      --dpi N                   Dots per inch (default 300)
      --zone N                  One zone of the venue
      --language LANG           The languages (several with ',' or repeated; default
                                vi,en)
      --label TEXT              Text at the foot (may be repeated)
      -o, --output DIR          Where files go (default Output)
      -a, --all                 All venues
      --no-tail                 Leave out the tail
      --dry-run                 Tell what would be done, and change nothing

    \(common)

    Examples:
      sample qr --all --format png
          Every poster as a picture

    """

  @Test("Help of a group lists its commands")
  func listsCommands() {
    #expect(
      Sample.run(["help", "venue"]).output == """
        Keeps the registry: lists and shows.

        Usage: sample venue COMMAND

        Commands:
          list                      Lists venues
          show                      Shows a venue

        \(HelpTests.common)

        'sample venue COMMAND --help' tells more of a command.

        """)
  }

  @Test("Help of a command shows which arguments and options are needed")
  func showsNeeded() {
    let importing = Sample.run(["help", "import"]).output
    #expect(importing.contains("Usage: sample import --gateway TEXT [OPTIONS] FILE\n"))
    #expect(importing.contains("--gateway TEXT            Where they come from (required)\n"))
    #expect(importing.contains("--passphrase-fd N"))
    #expect(
      Sample.run(["help", "venue", "show"]).output.contains(
        "Usage: sample venue show [OPTIONS] ID [FIELD]\n"))
  }

  @Test("Help keeps to the width of the terminal")
  func wraps() {
    let lines = Sample.run(["help", "qr"], terminal: true).output.split(separator: "\n")
    #expect(lines.allSatisfy { displayWidth(String($0)) <= 60 })
  }
}
