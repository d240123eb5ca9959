internal import Presence

/// The numbers that stand for people and gateways in the day files.
///
/// A number is durable before a row that uses it. What was looked up is remembered, up to a bound.
final class NameTable {
  private let capacity: Int
  private var subjects: BoundedCache<Pseudonym, UInt32>
  private var gateways: [String: UInt32] = ["": 0]

  init(remembering capacity: Int) {
    self.capacity = capacity
    subjects = BoundedCache(capacity: capacity)
  }

  /// Forgets all that is remembered.
  func removeAll() {
    subjects = BoundedCache(capacity: capacity)
    gateways = ["": 0]
  }

  /// Returns the number of a person when it is remembered.
  func remembered(_ pseudonym: Pseudonym) -> UInt32? { subjects[pseudonym] }

  /// Returns the number of a gateway when it is remembered; the empty name is 0.
  func remembered(gateway: String) -> UInt32? { gateways[gateway] }

  /// Finds or makes the numbers of people; called in a transaction.
  static func numbers(
    of pseudonyms: Set<Pseudonym>, in catalog: borrowing Connection
  ) throws(StoreError) -> [Pseudonym: UInt32] {
    guard !pseudonyms.isEmpty else { return [:] }
    guard var last = try catalog.number("SELECT last FROM number_series WHERE name = 'subject'")
    else { throw StoreError(.corrupt, subject: catalog.path) }
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
          guard let number = UInt32(exactly: last), number < .max else {
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
    for (pseudonym, number) in found { subjects[pseudonym] = number }
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

/// A dictionary that forgets what was not used lately.
///
/// Two halves: what is used moves to the young one; when that is full, it becomes the old one and
/// the old one is dropped. So memory is bounded and a use costs no bookkeeping of order.
///
/// - Complexity: O(1) for each use.
struct BoundedCache<Key: Hashable, Value> {
  private let half: Int
  private var young: [Key: Value] = [:]
  private var old: [Key: Value] = [:]

  /// Makes a cache that holds at least half of `capacity` of the keys used last.
  init(capacity: Int) {
    half = max(1, capacity / 2)
  }

  /// The value of a key, when it is remembered.
  subscript(key: Key) -> Value? {
    mutating get {
      if let value = young[key] { return value }
      guard let value = old[key] else { return nil }
      keep(value, for: key)
      return value
    }
    set {
      if let newValue { keep(newValue, for: key) }
    }
  }

  private mutating func keep(_ value: Value, for key: Key) {
    if young.count >= half {
      old = young
      young = [:]
    }
    young[key] = value
  }
}
