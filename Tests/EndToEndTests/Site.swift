import Foundation
import TestSupport
import Testing

extension Tag {
  /// Tests that start processes.
  @Tag static var process: Self
}

/// A place where the program is used: a folder of its own with a store, its keys, and the registry.
struct Site {
  let folder: TemporaryFolder
  private let venues: String

  /// The morning of the directive, which all calls take for now unless they say otherwise.
  static let now = "2020-08-06T09:00:00+07:00"

  /// A hotel of the registry in `Venues/`.
  static let hotel = "C4C6BHFZC"
  static let hotelName = "Khách sạn Hữu Nghị"

  enum Registry {
    /// The registry of the package, for calls that only read it.
    case shared
    /// A copy that may be changed.
    case own
  }

  /// What a new site is made with.
  enum Start {
    case store
    case nothing
  }

  init(_ start: Start = .store, registry: Registry = .shared) throws {
    folder = try TemporaryFolder()
    let original = TestEnvironment.packageRoot.appendingPathComponent("Venues")
    switch registry {
    case .shared: venues = original.path
    case .own:
      venues = folder.url.appendingPathComponent("Venues").path
      try FileManager.default.copyItem(atPath: original.path, toPath: venues)
    }
    if start == .store {
      let outcome = try run("init", at: "2020-07-01T08:00:00+07:00")
      try #require(outcome.status == 0, "\(outcome.errors)")
    }
  }

  // MARK: Calls

  /// Runs the program in the site's folder.
  @discardableResult
  func run(
    _ words: String..., input: String = "", at now: String = Site.now,
    environment: [String: String] = [:]
  ) throws -> BuiltProgram.Outcome {
    try run(words, input: Data(input.utf8), at: now, environment: environment)
  }

  /// Runs the program in the site's folder.
  @discardableResult
  func run(
    _ words: [String], input: Data, at now: String = Site.now, environment: [String: String] = [:]
  ) throws -> BuiltProgram.Outcome {
    try BuiltProgram.checkin.run(
      ["--now", now] + words, input: input, environment: variables(environment), in: folder.url)
  }

  /// Runs the program, which must do all it was asked.
  @discardableResult
  func done(
    _ words: String..., input: String = "", at now: String = Site.now,
    environment: [String: String] = [:]
  ) throws -> BuiltProgram.Outcome {
    let outcome = try run(words, input: Data(input.utf8), at: now, environment: environment)
    try #require(
      outcome.status == 0 && !outcome.wasSignalled, "\(words): \(outcome.errors)\(outcome.output)")
    return outcome
  }

  /// Starts the program and leaves it running.
  func start(_ words: String..., at now: String = Site.now) throws -> RunningProgram {
    try start(words, at: now)
  }

  /// Starts the program and leaves it running.
  func start(_ words: [String], at now: String = Site.now) throws -> RunningProgram {
    try BuiltProgram.checkin.start(
      ["--now", now] + words, environment: variables([:]), in: folder.url)
  }

  /// Runs a line of shell, in which `checkin` is the program at the usual time.
  func shell(_ line: String) throws -> BuiltProgram.Outcome {
    let function = "checkin() { '\(BuiltProgram.checkin.url.path)' --now \(Site.now) \"$@\"; }; "
    return try BuiltProgram.shell.run(
      ["-c", function + line], environment: variables([:]), in: folder.url)
  }

  private func variables(_ more: [String: String]) -> [String: String] {
    ["CHECKIN_VENUES": venues].merging(more) { $1 }
  }

  // MARK: Files

  /// The path of a file in the site's folder.
  func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }

  /// Writes a file.
  func write(_ text: String, to name: String) throws {
    try write(Data(text.utf8), to: name)
  }

  /// Writes a file.
  func write(_ bytes: Data, to name: String) throws {
    try bytes.write(to: folder.url.appendingPathComponent(name))
  }

  /// Reads a file of text.
  func text(of name: String) throws -> String {
    String(decoding: try Data(contentsOf: folder.url.appendingPathComponent(name)), as: UTF8.self)
  }

  /// Whether there is such a file.
  func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  // MARK: Posters

  /// Prints a poster and returns its code.
  func code(of venue: String = Site.hotel, _ options: String..., at now: String = Site.now) throws
    -> String
  {
    let outcome = try run(
      ["qr", venue, "--format", "svg", "--json"] + options, input: Data(), at: now)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try #require(JSON(outcome.output)["code"].text)
  }
}

/// A value of JSON, read by Foundation and not by the program's own code.
struct JSON {
  private let value: Any?

  /// Reads one document.
  init(_ text: some StringProtocol) throws {
    value = try JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed])
  }

  private init(value: Any?) {
    self.value = value
  }

  /// Reads one document a line.
  static func lines(_ text: String) throws -> [JSON] {
    try text.split(separator: "\n").map { try JSON($0) }
  }

  subscript(name: String) -> JSON { JSON(value: (value as? [String: Any])?[name]) }
  subscript(index: Int) -> JSON {
    let items = self.items
    return items.indices.contains(index) ? items[index] : JSON(value: nil)
  }

  var text: String? { value as? String }
  var number: Int? { value as? Int }
  var real: Double? { value as? Double ?? number.map(Double.init) }
  var truth: Bool? { value as? Bool }
  var isNull: Bool { value is NSNull }
  var items: [JSON] { (value as? [Any])?.map { JSON(value: $0) } ?? [] }
  var keys: Set<String> { Set((value as? [String: Any])?.keys.map { $0 } ?? []) }
}
