internal import CommandKit
internal import FoundationEssentials

/// Files of text that a reader sees whole, the old one or the new one.
enum AtomicFile {
  /// Writes a text over what is there.
  static func write(_ text: String, to path: String) throws {
    do {
      try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw CommandError(
        "\(path) cannot be written", hint: "check the folder and its permissions",
        code: "file-not-written")
    }
  }
}
