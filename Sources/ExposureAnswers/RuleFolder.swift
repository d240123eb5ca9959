internal import FoundationEssentials
package import Tracing

/// The folder of rule sets beside the registry.
package enum RuleFolder {
  /// Reads the rule sets that say who is a contact.
  ///
  /// - Parameter path: The folder.
  /// - Returns: The library.
  /// - Throws: What keeps a file from being read, and `RuleSetError`.
  /// - Complexity: O(n) in the bytes of its files, a few kilobytes.
  package static func contactRules(in path: String) throws -> RuleLibrary {
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
      .filter { $0.hasSuffix(".json") }.sorted()
    var ruleSets: [RuleSet] = []
    for name in names {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
      guard RuleKind(json: bytes) == .contactDefinition else { continue }
      ruleSets.append(try RuleSet(json: bytes))
    }
    return try RuleLibrary(ruleSets)
  }
}
