internal import CommandKit
internal import ExposureStorage
internal import FoundationEssentials
internal import VenueCodes

/// What the answers at a door rest on, as it was when it was read.
///
/// A door runs for weeks. It compares this before each scan, so that a key, a print or a venue that
/// was taken out of use a second ago opens nothing.
struct AnswerBasis: Equatable {
  private let revoked: RevokedPrints
  private let files: [String: FileMark]

  /// What changes when a file is written, in place or anew.
  private struct FileMark: Equatable {
    let number: UInt64?
    let size: UInt?
    let changed: Date?

    init(_ path: String) {
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      number = attributes?[.systemFileNumber] as? UInt64
      size = attributes?[.size] as? UInt
      changed = attributes?[.modificationDate] as? Date
    }
  }

  init(_ workspace: Workspace, store: ExposureStore) throws {
    revoked = try store.revokedPrints()
    let registry = workspace.context.venues
    // The folder of keys changes when a secret is added that codes are checked with.
    var paths = ["\(workspace.keysFolder)/keyset.json", workspace.keysFolder]
    for folder in [registry, "\(registry)/venues"] {
      let names = (try? Folder.files(in: folder, endingWith: ".csv")) ?? []
      paths += names.map { "\(folder)/\($0)" }
    }
    files = Dictionary(paths.map { ($0, FileMark($0)) }, uniquingKeysWith: { first, _ in first })
  }
}
