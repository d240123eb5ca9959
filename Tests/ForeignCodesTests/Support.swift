import ForeignCodes
import Foundation
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

/// Returns the JSON of a fixture.
func fixture(_ name: String) throws -> [String: Any] {
  let file = Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name)")
  return try #require(
    JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
}

/// Returns the bytes of a file that may not ship, or nil, with a word about it, where it is not there.
func shared(_ path: String) throws -> Data? {
  guard let file = TestEnvironment.sharedFolder?.appendingPathComponent("vectors/\(path)"),
    FileManager.default.fileExists(atPath: file.path)
  else {
    print("skipped: \(path) is not here; CHECKIN_SHARED says where it is")
    return nil
  }
  return try Data(contentsOf: file)
}

/// Returns the fault for which a text is refused, or nil when it is read or of no format.
func fault(_ text: String) -> ForeignCodeError.Fault? {
  do throws(ForeignCodeError) {
    _ = try ForeignCode(recognizing: text)
    return nil
  } catch {
    return error.fault
  }
}

/// Returns base64 of bytes in the alphabet for addresses, without padding.
func base64URL(_ bytes: [UInt8]) -> String {
  Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
    .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
}

/// Returns base64 of a text.
func base64(_ text: String) -> String {
  Data(text.utf8).base64EncodedString()
}

/// Returns bytes as hexadecimal text.
func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// Writes protobuf as the formats have it, independently of the reader under test.
enum Message {
  static func number(_ field: UInt64, _ value: UInt64) -> [UInt8] {
    varint(field << 3) + varint(value)
  }

  static func bytes(_ field: UInt64, _ value: [UInt8]) -> [UInt8] {
    varint(field << 3 | 2) + varint(UInt64(value.count)) + value
  }

  static func varint(_ value: UInt64) -> [UInt8] {
    value < 0x80
      ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
  }
}
