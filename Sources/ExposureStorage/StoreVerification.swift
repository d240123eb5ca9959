internal import VenueCodes

/// What a look at the whole store found.
public struct StoreVerification: Hashable, Sendable {
  /// What is wrong, a sentence each; empty means sound.
  public let problems: [String]
  /// How many rows were read.
  public let rows: Int
  /// How many days have evidence.
  public let days: Int
}

extension ExposureStore {
  /// Looks at every byte of the store.
  ///
  /// Checks the structure of each database, every row of evidence, that the people and gateways rows
  /// name are known, and the chain of the audit log.
  ///
  /// - Returns: What is wrong.
  /// - Throws: `closed`, `busy`, and what keeps the catalog from being read at all.
  /// - Complexity: O(n) in the bytes of the store.
  public func verify() throws(StoreError) -> StoreVerification {
    var problems = try integrityProblems()
    var rows = 0
    var days = 0
    let snapshot = try snapshot(
      from: LocalDay(daysSince2020: .min), to: LocalDay(daysSince2020: .max))
    for extent in snapshot.days {
      days += 1
      do {
        try snapshot.forEachRow(of: extent) { _ in rows += 1 }
      } catch {
        problems.append("\(layout.file(of: extent.day)): \(error)")
      }
    }
    if case .broken(let line) = try verifyAudit() {
      problems.append(
        "\(path): line \(line) of the audit log was changed, or one before it is gone")
    }
    return StoreVerification(problems: problems, rows: rows, days: days)
  }
}
