internal import Presence

/// The numbers that stand for people and gateways in the day files.
///
/// A number is durable before a row that uses it. What was looked up is remembered, up to a bound.
/// Whoever asks for an eighth of the people of the store gets all of them read at once, which costs
/// less; from then on only those are read who came since, and who is not among them is new.
final class NameTable {
  private let limit: Int
  private var people: RememberedPeople
  private var gateways: [String: UInt32] = ["": 0]
  /// The number through which everybody is remembered.
  private var wholeThrough: Int64?
  /// How many were looked up one by one and found.
  private var lookedUp: Int64 = 0

  init(remembering limit: Int) {
    self.limit = limit
    people = RememberedPeople(limit: limit)
  }

  /// How often people were deleted from the catalog: what is remembered of before may name nobody.
  static func forgettings(in catalog: borrowing Connection) throws(StoreError) -> Int64 {
    try catalog.number("SELECT last FROM number_series WHERE name = 'forgetting'") ?? 0
  }

  /// Forgets all that is remembered.
  func removeAll() {
    people = RememberedPeople(limit: limit)
    gateways = ["": 0]
    wholeThrough = nil
    lookedUp = 0
  }

  /// Returns the numbers of people, 0 for those who are not remembered.
  func remembered(_ pseudonyms: [Pseudonym]) -> [UInt32] { people.numbers(of: pseudonyms) }

  /// Returns the number of a person when it is remembered.
  func remembered(_ pseudonym: Pseudonym) -> UInt32? { people[pseudonym] }

  /// Returns the number of a gateway when it is remembered; the empty name is 0.
  func remembered(gateway: String) -> UInt32? { gateways[gateway] }

  /// Looks up people who are not remembered, and remembers those who are found.
  ///
  /// - Complexity: O(log m) for each in a store of m people, or O(m) once.
  func lookUp(_ pseudonyms: Set<Pseudonym>, in catalog: borrowing Connection) throws(StoreError) {
    let newest = try NameTable.newest(in: catalog)
    guard newest <= limit else {
      wholeThrough = nil
      return try lookUpEach(pseudonyms, in: catalog)
    }
    if wholeThrough == nil, lookedUp * 8 < newest {
      try lookUpEach(pseudonyms, in: catalog)
      guard lookedUp * 8 >= newest else { return }
    }
    guard wholeThrough != newest else { return }
    try catalog.run("SELECT number, pseudonym FROM subject WHERE number > ?1") {
      row throws(StoreError) in
      row.bind(wholeThrough ?? 0, at: 1)
      while try row.step() {
        guard let number = row.integer(0).flatMap({ UInt32(exactly: $0) }), number > 0,
          let halves = row.halves(1)
        else { throw StoreError(.corrupt, subject: catalog.path) }
        people.remember(number, of: Pseudonym(high: halves.high, low: halves.low))
      }
    }
    // Who came between the two statements is read again the next time.
    wholeThrough = newest
  }

  private func lookUpEach(
    _ pseudonyms: Set<Pseudonym>, in catalog: borrowing Connection
  ) throws(StoreError) {
    try catalog.reading { () throws(StoreError) in
      // In order, neighbours share the pages of the index.
      for pseudonym in pseudonyms.sorted() {
        guard let number = try NameTable.number(of: pseudonym, in: catalog) else { continue }
        people.remember(number, of: pseudonym)
        lookedUp += 1
      }
    }
  }

  private static func newest(in catalog: borrowing Connection) throws(StoreError) -> Int64 {
    guard let last = try catalog.number("SELECT last FROM number_series WHERE name = 'subject'")
    else { throw StoreError(.corrupt, subject: catalog.path) }
    return last
  }

  /// Finds or makes the numbers of people; called in a transaction.
  static func numbers(
    of pseudonyms: Set<Pseudonym>, in catalog: borrowing Connection
  ) throws(StoreError) -> [Pseudonym: UInt32] {
    guard !pseudonyms.isEmpty else { return [:] }
    var last = try newest(in: catalog)
    let before = last
    var numbers: [Pseudonym: UInt32] = [:]
    numbers.reserveCapacity(pseudonyms.count)
    try catalog.run("INSERT OR IGNORE INTO subject (number, pseudonym) VALUES (?1, ?2)") {
      row throws(StoreError) in
      // In order, neighbours share the pages of the index.
      for pseudonym in pseudonyms.sorted() {
        row.bind(last + 1, at: 1)
        row.bind(high: pseudonym.high, low: pseudonym.low, at: 2)
        try row.execute()
        if catalog.changes == 1 {
          last += 1
          guard let number = UInt32(exactly: last), number < SubjectNumber.subjectLimit else {
            throw StoreError(.constraint, subject: catalog.path)
          }
          numbers[pseudonym] = number
        } else if let known = try NameTable.number(of: pseudonym, in: catalog) {
          numbers[pseudonym] = known
        } else {
          // Refused, and not for its name: the number is taken, so the series is behind.
          throw StoreError(.corrupt, subject: catalog.path)
        }
      }
    }
    guard last > before else { return numbers }
    try catalog.run("UPDATE number_series SET last = ?1 WHERE name = 'subject'") {
      row throws(StoreError) in
      row.bind(last, at: 1)
      try row.execute()
    }
    return numbers
  }

  /// Finds or makes the numbers of gateways; called in a transaction.
  static func numbers(
    of names: Set<String>, in catalog: borrowing Connection
  ) throws(StoreError) -> [String: UInt32] {
    var numbers: [String: UInt32] = [:]
    for name in names {
      try catalog.run("INSERT INTO gateway (name) VALUES (?1) ON CONFLICT DO NOTHING") {
        row throws(StoreError) in
        row.bind(name, at: 1)
        try row.execute()
      }
      numbers[name] = try catalog.run("SELECT number FROM gateway WHERE name = ?1") {
        row throws(StoreError) in
        row.bind(name, at: 1)
        return try NameTable.number(in: row, of: catalog)
      }
    }
    return numbers
  }

  /// Remembers numbers; called when they are durable.
  func remember(_ found: [Pseudonym: UInt32], gateways names: [String: UInt32]) {
    for (pseudonym, number) in found { people.remember(number, of: pseudonym) }
    // When all of them were new and nobody else's came between, everybody is still remembered.
    if let whole = wholeThrough, let last = found.values.max(),
      Int64(last) == whole + Int64(found.count)
    {
      wholeThrough = Int64(last)
    }
    // Gateways are few; whoever makes up thousands of names gets no memory for them.
    if gateways.count > 10_000 { gateways = ["": 0] }
    gateways.merge(names) { _, new in new }
  }

  /// Finds the number of a person, or returns nil when the store does not know them.
  static func number(
    of pseudonym: Pseudonym, in catalog: borrowing Connection
  ) throws(StoreError) -> UInt32? {
    try catalog.run("SELECT number FROM subject WHERE pseudonym = ?1") { row throws(StoreError) in
      row.bind(high: pseudonym.high, low: pseudonym.low, at: 1)
      guard try row.step() else { return nil }
      guard let number = row.integer(0).flatMap({ UInt32(exactly: $0) }) else {
        throw StoreError(.corrupt, subject: catalog.path)
      }
      return number
    }
  }

  private static func number(
    in row: borrowing Statement, of catalog: borrowing Connection
  ) throws(StoreError) -> UInt32 {
    guard try row.step(), let number = row.integer(0).flatMap({ UInt32(exactly: $0) }) else {
      throw StoreError(.corrupt, subject: catalog.path)
    }
    return number
  }
}
