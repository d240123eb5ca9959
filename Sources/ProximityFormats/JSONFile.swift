internal import FoundationEssentials

/// JSON as the apps write it.
enum JSONFile {
  /// Reads a document; nil when it is none, or has other types than expected.
  static func value<Value: Decodable>(_ type: Value.Type, in bytes: ArraySlice<UInt8>) -> Value? {
    // The decoder takes UTF-16 and UTF-32 too, which no app writes.
    guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else { return nil }
    return try? JSONDecoder().decode(type, from: Data(bytes))
  }
}
