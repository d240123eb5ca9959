public import Foundation

/// A folder of its own for one test, removed with the value.
public final class TemporaryFolder: Sendable {
  /// Where the folder is.
  public let url: URL

  /// Makes an empty folder.
  public init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("checkin-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  /// Writes a file of text and returns where it is.
  @discardableResult
  public func write(_ text: String, to name: String) throws -> URL {
    let file = url.appendingPathComponent(name)
    try Data(text.utf8).write(to: file)
    return file
  }
}

/// What the tests take from their surroundings.
public enum TestEnvironment {
  /// The root of the package.
  public static let packageRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Published vectors that may not ship: `CHECKIN_SHARED`, or a folder `shared` beside the package.
  public static let sharedFolder: URL? = {
    let named = ProcessInfo.processInfo.environment["CHECKIN_SHARED"]
      .map { URL(fileURLWithPath: $0) }
    let beside = packageRoot.deletingLastPathComponent().appendingPathComponent("shared")
    return [named, beside].compactMap { $0 }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }()

  /// How many seeds a property test tries; `CHECKIN_PROPERTY_RUNS` raises it.
  public static func propertyRuns(default count: Int) -> Int {
    ProcessInfo.processInfo.environment["CHECKIN_PROPERTY_RUNS"].flatMap { Int($0) } ?? count
  }
}
