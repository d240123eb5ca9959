internal import CommandKit
internal import FoundationEssentials
internal import Glibc
internal import Posters

/// What commands do with folders.
enum Folder {
  /// Returns the names of the files in a folder that end with a suffix, sorted as bytes.
  ///
  /// - Throws: `CommandError` when there is no such folder.
  static func files(in folder: String, endingWith suffix: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder)
        .filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch {
      throw CommandError(
        "the folder \(folder) cannot be read", hint: "check the path", code: "no-folder")
    }
  }

  /// Checks that a file of this path can be put in place, before anything is done for it.
  ///
  /// - Throws: `CommandError` when the path is a folder, or its folder takes no files.
  static func checkTarget(_ path: String) throws {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw CommandError(
        "\(path) is a folder", hint: "remove it, or choose another name", code: "target-folder")
    }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    guard access(folder, W_OK | X_OK) == 0 else {
      throw CommandError(
        "the folder \(folder) cannot be written", hint: "check its permissions", code: "no-folder")
    }
  }

  /// Makes a folder and those above it, if they are not there.
  ///
  /// - Parameters:
  ///   - path: The folder; one that is there stays as it is.
  ///   - access: Who may look into what is made.
  /// - Throws: `CommandError` when it cannot be made.
  static func make(_ path: String, access: FileAccess = .everybody) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true,
        attributes: access == .owner ? [.posixPermissions: 0o700] : nil)
    } catch {
      throw CommandError(
        "the folder \(path) cannot be made", hint: "check the path and its permissions",
        code: "no-folder")
    }
  }
}
