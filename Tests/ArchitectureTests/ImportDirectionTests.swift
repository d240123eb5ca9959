import Foundation
import Testing

/// The lines of the module map, highest first; a module imports only modules of lower lines.
private let lines: [[String]] = [
  ["checkin", "checkin-bench", "checkin-fuzz"],
  ["Posters", "Spreadsheets", "CommandKit", "GatewayServer"],
  ["CodeReading", "ExposureAnswers"],
  ["ExposureStorage"],
  ["Evaluation"],
  ["EvidenceIntake", "SyntheticCity"],
  ["ExposureRisk", "Fusion"],
  ["Tracing"],
  ["CrossMatch", "Bluetooth"],
  ["ProximityFormats", "SealedContacts", "DoorProtocol"],
  ["Presence", "Campaign", "StaffAccounts"],
  ["VenueRegistry", "ForeignCodes"],
  ["VenueCodes"],
  ["DelimitedText", "JSONText", "ByteCompression"],
]

/// The C libraries each module may see: each library has one owner.
///
/// Of libpng, one module has the half that reads and one the half that writes.
private let libraries: [String: Set<String>] = [
  "VenueCodes": ["CDigest", "CSodium"],
  "ForeignCodes": ["CCrypto"],
  "CrossMatch": ["CKernels"],
  "ExposureStorage": ["CSQLite", "CXXHash"],
  "CodeReading": ["CJPEG", "CPNG", "CProof", "CVideo", "CZXing"],
  "Posters": ["CDeflate", "CHarfBuzz", "CQREncode", "CPango"],
  "Spreadsheets": ["CXLSXWriter"],
  "ByteCompression": ["CZlib", "CZstd"],
  "GatewayServer": ["CCurl", "CMicroHTTPD"],
]

/// What reaches outside the process, which pure modules must not name.
private let effects = [
  "FileManager", "fopen(", "Date()", "SystemRandomNumberGenerator", "Mutex", "Glibc",
]

private let pureModules = [
  "DelimitedText", "JSONText", "ByteCompression", "VenueCodes", "VenueRegistry", "ForeignCodes",
  "Presence", "Bluetooth",
  "ProximityFormats", "CrossMatch", "Tracing", "ExposureRisk", "Fusion", "EvidenceIntake",
  "SyntheticCity", "Campaign", "Evaluation", "SealedContacts", "DoorProtocol", "StaffAccounts",
]

private let root = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

private func sources(of module: String) throws -> [(path: String, text: String)] {
  let folder = root.appendingPathComponent("Sources/\(module)")
  let paths = try #require(FileManager.default.enumerator(atPath: folder.path))
  var files: [(path: String, text: String)] = []
  for case let path as String in paths where path.hasSuffix(".swift") {
    let text = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
    files.append(("\(module)/\(path)", text))
  }
  return files
}

/// The module names of the import statements of a source text.
private func imports(in text: String) -> [String] {
  text.split(separator: "\n").compactMap { line in
    let words = line.split(separator: " ")
    guard let place = words.firstIndex(of: "import"), place <= 2, place + 1 < words.count,
      words[..<place].allSatisfy({
        ["public", "package", "internal", "@preconcurrency"].contains($0)
      })
    else { return nil }
    let name = words[place + 1]
    return ["struct", "enum", "class", "func"].contains(String(name)) && place + 2 < words.count
      ? String(words[place + 2].prefix { $0 != "." })
      : String(name.prefix { $0 != "." })
  }
}

@Suite("The shape of the code")
struct ImportDirectionTests {
  @Test("A module imports only modules below it", arguments: lines.joined())
  func importsPointDown(module: String) throws {
    let own = try #require(lines.firstIndex { $0.contains(module) })
    let above = Set(lines[...own].joined())
    let files = try sources(of: module)
    #expect(!files.isEmpty)
    let wrong = files.flatMap { file in
      imports(in: file.text).filter { above.contains($0) && $0 != module }
        .map { "\(file.path) imports \($0)" }
    }
    #expect(wrong == [])
  }

  @Test("A C library is seen by its one owner", arguments: lines.joined())
  func librariesHaveOneOwner(module: String) throws {
    let allowed = libraries[module] ?? []
    let all = Set(libraries.values.joined())
    let wrong = try sources(of: module).flatMap { file in
      imports(in: file.text).filter { all.contains($0) && !allowed.contains($0) }
        .map { "\(file.path) imports \($0)" }
    }
    #expect(wrong == [])
  }

  @Test("Pure modules know no file, clock, lock or system randomness", arguments: pureModules)
  func pureModulesAreHermetic(module: String) throws {
    let wrong = try sources(of: module).flatMap { file in
      file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        .filter { _, line in
          let code = line.prefix { $0 != "/" }
          return effects.contains { code.contains($0) }
        }
        .map { "\(file.path):\($0.offset + 1): \($0.element)" }
    }
    #expect(wrong == [])
  }

  @Test("Every module folder is on the map")
  func mapIsComplete() throws {
    let folders = try FileManager.default.contentsOfDirectory(
      atPath: root.appendingPathComponent("Sources").path)
    #expect(Set(folders) == Set(lines.joined()).union(["System"]))
  }
}
