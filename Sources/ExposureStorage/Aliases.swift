internal import CrossMatch
public import Presence
internal import VenueCodes

extension ExposureStore {
  /// Adds what is known of whose identifiers were, and notes it in the audit log, both or neither.
  ///
  /// Sightings of these identifiers that are in the store already become sightings of persons with the
  /// next question. The same alias twice is one. Whoever says that one identifier was two persons' in
  /// the same slot makes it nobody's: such sightings stay unresolved.
  ///
  /// - Parameters:
  ///   - aliases: Of any slots; the 96 of a day's key, or those of many keys at once.
  ///   - note: Who hands them over and for what purpose; used only when something is new.
  /// - Returns: How many are new.
  /// - Throws: `constraint` for a slot that ends before it begins or is longer than 400 days,
  ///   `timeOutOfRange`; then none is added. `readOnly`, `busy`, `closed`.
  /// - Complexity: O(n log m) for n aliases in a store that has m.
  @discardableResult
  public func addAliases(_ aliases: [CredentialAlias], note: AuditNote) throws(StoreError) -> Int {
    for alias in aliases {
      guard AliasTable.storableSeconds.contains(alias.from),
        AliasTable.storableSeconds.contains(alias.to)
      else { throw StoreError(.timeOutOfRange, subject: "alias of \(alias.credential)") }
      guard alias.from < alias.to, alias.to - alias.from <= 400 * 86_400 else {
        throw StoreError(.constraint, subject: "alias of \(alias.credential)")
      }
    }
    return try withWritableCatalog { catalog throws(StoreError) in
      let added = try AliasTable.insert(aliases, to: catalog, calendar)
      if added > 0 { try AuditTable.append(note, to: catalog) }
      return added
    }
  }

  /// Returns the aliases of identifiers, by identifier, slot and person.
  ///
  /// - Complexity: O(log m) for each identifier in a store that has m aliases.
  public func aliases(of credentials: some Collection<Pseudonym>) throws(StoreError)
    -> [CredentialAlias]
  {
    let wanted = Set(credentials).sorted()
    return try withCatalog { catalog throws(StoreError) in
      try catalog.run(
        """
        SELECT credential, pseudonym, valid_from, valid_to
        FROM alias JOIN subject ON subject.number = alias.person
        WHERE credential = ?1 ORDER BY valid_from, valid_to, pseudonym
        """
      ) { row throws(StoreError) in
        var found: [CredentialAlias] = []
        for credential in wanted {
          row.bind(high: credential.high, low: credential.low, at: 1)
          while try row.step() {
            guard let person = row.halves(1), let from = row.integer(2), let to = row.integer(3)
            else { throw StoreError(.corrupt, subject: catalog.path) }
            found.append(
              CredentialAlias(
                credential: credential, person: Pseudonym(high: person.high, low: person.low),
                from: from, to: to))
          }
          row.reset()
        }
        return found
      }
    }
  }

  /// Returns how many aliases there are.
  public func aliasCount() throws(StoreError) -> Int {
    try withCatalog { catalog throws(StoreError) in
      Int(clamping: try catalog.number("SELECT count(*) FROM alias") ?? 0)
    }
  }
}

/// The aliases in `checkin.sqlite`.
///
/// An identifier is there as its pseudonym and not as a number: a day's key makes 96 of them, most of
/// which nobody ever heard. Each local day that an alias concerns has a *generation*, which changes
/// whenever one is added: whoever keeps what follows from the aliases of a day sees by it that it must
/// be derived again. Only those are taken away that no evidence names, from which nothing follows.
enum AliasTable {
  /// The moments that a slot may have; those of evidence.
  static let storableSeconds = 0...ColumnTime.range.upperBound

  /// Adds aliases; called in a transaction.
  ///
  /// - Returns: How many are new.
  static func insert(
    _ aliases: [CredentialAlias], to catalog: borrowing Connection, _ calendar: LocalCalendar
  ) throws(StoreError) -> Int {
    guard !aliases.isEmpty else { return 0 }
    let numbers = try NameTable.numbers(of: Set(aliases.map(\.person)), in: catalog)
    var days: Set<LocalDay> = []
    let added = try catalog.run(
      """
      INSERT OR IGNORE INTO alias (credential, valid_from, valid_to, person)
      VALUES (?1, ?2, ?3, ?4)
      """
    ) { row throws(StoreError) in
      var added = 0
      for alias in aliases {
        guard let person = numbers[alias.person] else {
          throw StoreError(.corrupt, subject: catalog.path)
        }
        row.bind(high: alias.credential.high, low: alias.credential.low, at: 1)
        row.bind(alias.from, at: 2)
        row.bind(alias.to, at: 3)
        row.bind(Int64(person), at: 4)
        try row.execute()
        guard catalog.changes == 1 else { continue }
        added += 1
        insert(daysConcernedBy: alias.from, alias.to, calendar, into: &days)
      }
      return added
    }
    try change(days, in: catalog)
    return added
  }

  /// Adds the local days on which a sighting may be one of an identifier with this slot.
  static func insert(
    daysConcernedBy from: Int64, _ to: Int64, _ calendar: LocalCalendar,
    into days: inout Set<LocalDay>
  ) {
    let reach = CredentialAlias.longestClockDifference
    let first = calendar.day(of: from - reach)
    let last = calendar.day(of: to - 1 + reach)
    var day = first
    while day <= last {
      days.insert(day)
      day = day.advanced(by: 1)
    }
  }

  /// Deletes the aliases that concern no day after a moment and whose identifier no row names;
  /// called in a transaction.
  ///
  /// No day gets a new generation: no row has such an identifier, so nothing that was derived follows
  /// from it.
  ///
  /// - Returns: The identifier of each.
  static func delete(
    before time: Int64, but named: NumberSet, in catalog: borrowing Connection
  ) throws(StoreError) -> [Pseudonym] {
    var gone: [(credential: (high: UInt64, low: UInt64), from: Int64, to: Int64, person: Int64)] =
      []
    try catalog.run(
      """
      SELECT credential, valid_from, valid_to, person, number
      FROM alias LEFT JOIN subject ON subject.pseudonym = alias.credential
      WHERE valid_to <= ?1
      """
    ) { row throws(StoreError) in
      row.bind(time - CredentialAlias.longestClockDifference, at: 1)
      while try row.step() {
        guard let credential = row.halves(0), let from = row.integer(1), let to = row.integer(2),
          let person = row.integer(3)
        else { throw StoreError(.corrupt, subject: catalog.path) }
        if let number = row.integer(4).flatMap({ UInt32(exactly: $0) }), named.contains(number) {
          continue
        }
        gone.append((credential, from, to, person))
      }
    }
    try catalog.run(
      """
      DELETE FROM alias
      WHERE credential = ?1 AND valid_from = ?2 AND valid_to = ?3 AND person = ?4
      """
    ) { row throws(StoreError) in
      for alias in gone {
        row.bind(high: alias.credential.high, low: alias.credential.low, at: 1)
        row.bind(alias.from, at: 2)
        row.bind(alias.to, at: 3)
        row.bind(alias.person, at: 4)
        try row.execute()
      }
    }
    return gone.map { Pseudonym(high: $0.credential.high, low: $0.credential.low) }
  }

  /// Gives days a new generation; called in a transaction.
  static func change(_ days: Set<LocalDay>, in catalog: borrowing Connection) throws(StoreError) {
    guard !days.isEmpty else { return }
    try catalog.execute("UPDATE number_series SET last = last + 1 WHERE name = 'alias'")
    try catalog.run(
      """
      INSERT INTO alias_day (day, generation)
      SELECT ?1, last FROM number_series WHERE name = 'alias'
      ON CONFLICT (day) DO UPDATE SET generation = excluded.generation
      """
    ) { row throws(StoreError) in
      for day in days.sorted() {
        row.bind(Int64(day.daysSince2020), at: 1)
        try row.execute()
      }
    }
  }
}
