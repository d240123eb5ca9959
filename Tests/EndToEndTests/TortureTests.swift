import Foundation
import TestSupport
import Testing

/// Doors and a centre while everything between them breaks; `make torture` does it for ten minutes.
///
/// `CHECKIN_TORTURE_SECONDS` says for how long (20 unless it does).
@Suite("Torture", .tags(.process)) struct TortureTests {
  @Test("What a door acknowledged is in the centre once, whatever was cut, killed, filled or set")
  func doors() throws {
    let folder = try TemporaryFolder()
    let environment = ProcessInfo.processInfo.environment
    let root = TestEnvironment.packageRoot
    let outcome = try BuiltProgram(at: root.appendingPathComponent("scripts/torture")).run(
      [
        "--program", BuiltProgram.checkin.url.path,
        "--seconds", environment["CHECKIN_TORTURE_SECONDS"] ?? "20",
        "--folder", folder.url.appendingPathComponent("torture").path,
        "--port", "\(Int.random(in: 500...1_400) * 20)",
      ], in: root)
    let told = outcome.output + outcome.errors
    // The script names its seed first: with it a failure can be looked for again.
    #expect(outcome.status == 0 && !outcome.wasSignalled, "\(told)")
    let acknowledged = told.split(separator: "\n").compactMap { line in
      line.contains(" scans acknowledged") ? Int(line.split(separator: " ")[1]) : nil
    }
    #expect(try #require(acknowledged.first, "\(told)") > 100)
    #expect(told.contains("every acknowledged scan is in the centre once"))
  }
}
