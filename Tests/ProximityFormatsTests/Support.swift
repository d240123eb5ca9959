import Foundation
import ProximityFormats
import TestSupport
import Testing

/// A row of a table with a name that says what is special about it.
struct Named<Value: Sendable>: CustomTestStringConvertible, Sendable {
  let name: String
  let value: Value
  var testDescription: String { name }

  init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }
}

/// Returns the bytes of a file that may not ship, or nil, with a word about it, where it is not there.
func shared(_ path: String) throws -> [UInt8]? {
  guard let file = TestEnvironment.sharedFolder?.appendingPathComponent("vectors/\(path)"),
    FileManager.default.fileExists(atPath: file.path)
  else {
    print("skipped: \(path) is not here; CHECKIN_SHARED says where it is")
    return nil
  }
  return Array(try Data(contentsOf: file))
}

/// Reads a fixture of JSON.
func fixture<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
  let file = try #require(
    Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Fixtures"))
  return try JSONDecoder().decode(type, from: Data(contentsOf: file))
}

/// The bytes of hexadecimal digits, read without the code under test.
func bytes(_ hexadecimal: String) throws -> [UInt8] {
  let digits = Array(hexadecimal)
  try #require(digits.count % 2 == 0)
  return try stride(from: 0, to: digits.count, by: 2).map {
    try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16))
  }
}

/// Why something is refused, or nil when it is taken.
func refusal(_ body: () throws -> Void) -> ProximityFormatError.Code? {
  do {
    try body()
    return nil
  } catch let error as ProximityFormatError {
    #expect(!error.description.isEmpty)
    return error.code
  } catch {
    Issue.record("another error: \(error)")
    return nil
  }
}
