internal import CommandKit
internal import FoundationEssentials

/// What every benchmark can be told.
struct BenchmarkSetting: Sendable {
  /// How often each contestant runs; nil is the benchmark's own number.
  var repetitions: Int?
  /// The Python interpreter of the peers.
  var python: Path?
  /// Where files are written while measuring.
  var folder: Path?
}

/// A benchmark as a command: its options hold the common setting.
protocol Benchmark: Sendable {
  /// What every benchmark can be told.
  var setting: BenchmarkSetting { get set }
}

extension Benchmark {
  /// The parameters of the common setting.
  static var settingParameters: [Parameter<Self>] {
    [
      .option(
        "--repetitions", \Self.setting.repetitions, in: 1...1_000,
        help: "How often each contestant runs, in turn"),
      .option(
        "--python", \Self.setting.python,
        help: "The Python with the peers; else .venv/bin/python, else python3"),
      .option(
        "--folder", \Self.setting.folder, completes: .directories,
        help: "Where files are written while measuring; else the temporary folder"),
    ]
  }
}

/// Where the programs and the peers are.
struct Surroundings {
  /// The root of the package, or the working folder when the program was moved away.
  let packageRoot: String
  /// The folder of this program.
  let programFolder: String
  /// The Python interpreter of the peers.
  let python: String

  init(_ setting: BenchmarkSetting) {
    let program =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "./x"
    programFolder = Surroundings.parent(of: program)
    var folder = programFolder
    while folder.count > 1, !FileManager.default.fileExists(atPath: folder + "/Package.swift") {
      folder = Surroundings.parent(of: folder)
    }
    packageRoot = folder.count > 1 ? folder : "."
    let local = packageRoot + "/.venv/bin/python"
    python =
      setting.python?.string
      ?? (FileManager.default.isExecutableFile(atPath: local) ? local : "python3")
  }

  /// This program, to be run again where a process of its own is to be measured.
  var benchmark: String { programFolder + "/checkin-bench" }

  /// The product, when it was built beside this program.
  var checkin: String? {
    let path = programFolder + "/checkin"
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }

  /// The path of a peer's script.
  func peer(_ name: String) -> String { "\(packageRoot)/Tests/Peers/\(name)" }

  /// Compiles a peer that is written in C, or returns nil where compiler or libraries are not here.
  func compiledPeer(_ name: String, packages: [String], in scratch: ScratchFolder) -> String? {
    guard
      let found = try? ChildProcess.run("pkg-config", ["--cflags", "--libs"] + packages),
      found.status == 0
    else { return nil }
    let program = "\(scratch.path)/\(name)"
    let flags = found.output.split(whereSeparator: \.isWhitespace).map(String.init)
    let compiler = try? ChildProcess.run(
      "cc", ["-O2", "-o", program, peer("\(name).c")] + flags, showsErrors: true)
    return compiler?.status == 0 ? program : nil
  }

  /// Whether the interpreter is there and has the modules.
  func hasPython(_ modules: String...) -> Bool {
    let imports = modules.map { "import \($0)" }.joined(separator: "; ")
    return (try? ChildProcess.run(python, ["-c", imports]))?.status == 0
  }

  private static func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }
}

/// A folder for the files of a benchmark, removed with the value.
final class ScratchFolder {
  let path: String

  init(_ setting: BenchmarkSetting) throws {
    let parent = setting.folder?.string ?? FileManager.default.temporaryDirectory.path
    path = "\(parent)/checkin-bench-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Returns an empty folder of a name in it.
  func emptyFolder(_ name: String) throws -> String {
    let folder = "\(path)/\(name)"
    try? FileManager.default.removeItem(atPath: folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
  }
}
