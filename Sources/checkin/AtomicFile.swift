internal import CommandKit
internal import FoundationEssentials
internal import Posters

/// Files of text that a reader sees whole, the old one or the new one.
enum AtomicFile {
  /// Writes a text over what is there.
  static func write(_ text: String, to path: String, access: FileAccess = .everybody) throws {
    do {
      try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
      if access == .owner {
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
      }
    } catch {
      throw CommandError(
        "\(path) cannot be written", hint: "check the folder and its permissions",
        code: "file-not-written")
    }
  }
}
