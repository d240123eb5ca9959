import ExposureStorage
import Presence
import Testing

@Suite("Aliases of identifiers") struct AliasTests {
  private func alias(
    _ credential: UInt64, _ who: UInt64, from: Int64 = augustSixth, seconds: Int64 = 900
  ) -> CredentialAlias {
    CredentialAlias(
      credential: person(credential), person: person(who), from: from, to: from + seconds)
  }

  @Test("Aliases are there once, by identifier and slot, after the store was opened again")
  func addition() throws {
    let folder = try TemporaryFolder()
    var store = try newStore(folder)
    let first = alias(101, 1)
    let second = alias(102, 1, from: augustSixth + 900)
    let rival = alias(101, 2)
    #expect(try store.addAliases([second, first, first], note: note) == 2)
    #expect(try store.addAliases([first, rival], note: note) == 1)
    #expect(try store.addAliases([first], note: note) == 0)
    #expect(try store.addAliases([], note: note) == 0)
    // Only what was new is in the audit log.
    #expect(try store.auditEntries().count == 2)
    try store.close()
    store = try ExposureStore.open(at: store.path, mode: .readOnly)
    #expect(
      try store.aliases(of: [person(102), person(101), person(103)]) == [first, rival, second])
    #expect(try store.aliasCount() == 3)
    #expect(storeErrorCode { try store.addAliases([first], note: note) } == .readOnly)
  }

  @Test("An alias of somebody whom the catalog does not know is told")
  func orphan() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    _ = try store.addAliases([alias(101, 1)], note: note)
    #expect(try store.verify().problems == [])
    let catalog = try Connection(opening: store.path + "/checkin.sqlite", for: .write)
    try catalog.execute("UPDATE alias SET person = 77")
    let problems = try store.verify().problems
    #expect(problems.count == 1 && problems[0].contains("1 aliases name somebody"))
  }

  struct Refusal {
    var name: String
    var alias: CredentialAlias
    var code: StoreError.Code
  }

  @Test("A slot that cannot be is refused with all that came with it")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    let rows = [
      Refusal(name: "empty", alias: alias(101, 1, seconds: 0), code: .constraint),
      Refusal(name: "backwards", alias: alias(101, 1, seconds: -1), code: .constraint),
      Refusal(name: "a year", alias: alias(101, 1, seconds: 401 * 86_400), code: .constraint),
      Refusal(name: "before 1970", alias: alias(101, 1, from: -5), code: .timeOutOfRange),
      Refusal(name: "overflow", alias: alias(101, 1, from: .max - 900), code: .timeOutOfRange),
    ]
    for row in rows {
      let code = storeErrorCode { try store.addAliases([alias(100, 1), row.alias], note: note) }
      #expect(code == row.code, "\(row.name)")
    }
    #expect(try store.aliasCount() == 0)
  }
}
