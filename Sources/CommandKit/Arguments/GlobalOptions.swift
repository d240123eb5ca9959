/// The options common to all commands, and those shared by some.
public struct GlobalOptions: Equatable, Sendable {
  /// The folder of the store, when given.
  public var store: Path?
  /// The folder of the registry, when given.
  public var venues: Path?
  /// The time to work at, as given.
  public var now: String?
  /// Whether data is printed as JSON.
  public var json = false
  /// Whether colour is allowed.
  public var color = true
  /// Whether a question may be asked.
  public var input = true
  /// Whether notes and progress are left out.
  public var quiet = false
  /// Whether nothing is to be changed, only told; for commands that use `.dryRun`.
  public var dryRun = false
  /// Where the passphrase is, for commands that use `.passphrase`.
  public var passphraseFile: Path?
  /// The open file descriptor the passphrase comes from, for commands that use `.passphrase`.
  public var passphraseDescriptor: Int?

  var showsHelp = false
  var showsVersion = false

  /// Makes options as they are when none is given.
  public init() {}

  static let helpName = "--help"

  /// What every command takes, before or after its name.
  static let common: [Parameter<GlobalOptions>] = [
    .option(
      "--store", \.store, value: "DIR", completes: .directories,
      help: "The store's folder; else CHECKIN_STORE, else ./store"),
    .option(
      "--venues", \.venues, value: "DIR", completes: .directories,
      help: "The registry's folder; else CHECKIN_VENUES, else ./Venues"),
    .option(
      "--now", \.now, value: "TIME",
      help: "Work as if it were this time: for tests and drills"),
    .flag("--json", \.json, help: "Print data as JSON"),
    .flag("--no-color", \.color, sets: false, help: "Print without colour, as NO_COLOR does"),
    .flag("--no-input", \.input, sets: false, help: "Fail instead of asking"),
    .flag("--quiet", short: "q", \.quiet, help: "Leave out notes and progress"),
    .flag(helpName, short: "h", \.showsHelp, help: "Show this help"),
  ]

  static let dryRunParameters: [Parameter<GlobalOptions>] = [
    .flag("--dry-run", \.dryRun, help: "Tell what would be done, and change nothing")
  ]

  static let passphraseParameters: [Parameter<GlobalOptions>] = [
    .option(
      "--passphrase-file", \.passphraseFile,
      help: "Read the passphrase from this file; else CHECKIN_PASSPHRASE, else it is asked for"),
    .option(
      "--passphrase-fd", \.passphraseDescriptor, in: 0...65_535,
      help: "Read the passphrase from this open file descriptor"),
  ]

  static let versionParameter: Parameter<GlobalOptions> =
    .flag("--version", \.showsVersion, help: "Show the version")
}

/// Options that some commands share, and that reach them through the context.
public struct SharedOptions: OptionSet, Sendable {
  /// The bits.
  public let rawValue: Int

  /// Makes a set of bits.
  public init(rawValue: Int) {
    self.rawValue = rawValue
  }

  /// `--dry-run`: for all that deletes, publishes or sends.
  public static let dryRun = SharedOptions(rawValue: 1)

  /// `--passphrase-file` and `--passphrase-fd`: for all that opens secret keys.
  public static let passphrase = SharedOptions(rawValue: 2)

  var parameters: [Parameter<GlobalOptions>] {
    (contains(.dryRun) ? GlobalOptions.dryRunParameters : [])
      + (contains(.passphrase) ? GlobalOptions.passphraseParameters : [])
  }
}
