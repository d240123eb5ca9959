internal import Glibc
internal import VenueRegistry

/// What changes when a file of a folder changes: names, sizes and times, without reading any.
enum FolderFingerprint {
  /// Returns the fingerprint of the files in a folder, and of those in one folder below it.
  static func of(_ folder: String, below: String? = nil) -> String {
    var text = files(in: folder)
    if let below { text += files(in: "\(folder)/\(below)") }
    return StoreDigest.hexadecimal(
      [UInt64(bitPattern: Int64(text.hashValue)), UInt64(text.utf8.count)])
  }

  private static func files(in folder: String) -> String {
    guard let names = try? FileOperation.names(in: folder) else { return "?" }
    // Checkpoints of the audit log are kept beside the keys, and change nothing of them.
    return names.filter { !$0.hasSuffix(".checkpoints") }.sorted().map { name in
      var status = stat()
      guard stat("\(folder)/\(name)", &status) == 0 else { return name }
      return "\(name) \(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec)"
        + " \(status.st_mtim.tv_nsec)"
    }.joined(separator: "\n")
  }
}

extension RegistryFolder {
  /// What changes when a file of the registry changes; good within this process only.
  public var fingerprint: String {
    FolderFingerprint.of(path, below: RegistryFiles.venuesFolder)
  }
}

extension KeyVault {
  /// What changes when a key changes; good within this process only.
  public var fingerprint: String { FolderFingerprint.of(folder) }
}
