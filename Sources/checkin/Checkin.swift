internal import CommandKit

/// The program: the tree of its commands, one file each.
@main
enum Checkin {
  static let program = Program(
    name: "checkin", version: "0.1.0",
    summary: "Checks people in at venues, and finds who shared one with a case",
    readTime: { word throws(InvalidArgument) in try Moment(argument: word).unixSeconds }
  ) {
    [
      InitCommand.command.erased,
    ]
  }

  static func main() {
    program.main()
  }
}
