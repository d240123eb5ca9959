import CrossMatch
import Presence
import VenueCodes

/// The answer of a tracer: every exposure, and who is of which degree.
public struct Trace: Sendable {
  /// The number of cases that were traced.
  public let caseCount: Int
  /// The rows by degree, case, contact and day; ids ordered as bytes.
  public let rows: [Exposure]
  /// How many people are of each degree; the first entry is degree 1.
  ///
  /// Someone with rows of degree 1 that reached no class labelled F1 is not counted there.
  public let contactCounts: [Int]
  /// The ids of the cases in the order of rows.
  public let caseIDs: [String]

  /// The counts and the checksum of the rows.
  ///
  /// - Complexity: O(n) in the number of rows.
  public var summary: TraceSummary {
    var sums = TraceSums()
    let places = Dictionary(
      caseIDs.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    for row in rows {
      let place = places[row.caseID] ?? -1
      sums.add(
        TraceSummary.hash(of: row, placeOfCase: place), row.seconds, row.degree, place, row.contact)
    }
    return sums.summary(cases: caseCount, contacts: contactCounts)
  }
}

/// A trace in a few numbers, by which two engines can be compared without writing rows out.
///
/// **The checksum.** Every row becomes a list of integers:
///
/// 1. the degree;
/// 2. the place of the case among the cases of the trace sorted by id as bytes, from 0;
/// 3. the contact's pseudonym: its 16 bytes as four big-endian 32-bit numbers;
/// 4. the day as days since 2020-01-01;
/// 5. the class: brief 0, open_venue 1, tail 2, closed_venue 3, near 4, near_at_venue 5;
/// 6. `near_seconds`, `venue_seconds`, `tail_seconds`;
/// 7. `first` and `last` as seconds since 2020-01-01T00:00:00Z;
/// 8. the pseudonym of `via` as four numbers like the contact's, or four zeros;
/// 9. the sum of the venue ids as numbers of 40 bits.
///
/// With p = 2³¹ − 1, a list f₁…f₁₈ makes h(m) = (…((f₁ mod p)·m + f₂ mod p)·m … + f₁₈) mod p, once with
/// m = 1 000 003 and once with m = 998 244 353, where the remainder is never negative. The hash of a
/// row is (h₁² mod p)·2³² + (h₁·h₂ mod p), and the checksum is the sum of the hashes of all rows modulo
/// 2⁶⁴. No intermediate value reaches 2⁶³, so that any SQL engine and Python can do it with plain
/// integers; the products at the end keep two rows from exchanging a value unseen.
///
/// The label and the rule set follow from the class, the degree and the call. Evidence is left out,
/// because an engine that joins without carrying evidence must be able to take part.
public struct TraceSummary: Hashable, Sendable {
  /// The number of cases.
  public let cases: Int
  /// How many people are of each degree; the first entry is degree 1.
  public let contacts: [Int]
  /// The number of different (degree, case, contact) among the rows.
  public let pairs: Int
  /// The seconds of all rows.
  public let seconds: Int
  /// The wrapping sum of the hashes of the rows.
  public let checksum: UInt64

  /// The checksum as 16 hexadecimal digits, as JSON carries it: not every reader keeps 64 bits.
  public var checksumText: String {
    let digits = String(checksum, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Returns the hash of one row.
  ///
  /// - Parameters:
  ///   - row: The row.
  ///   - placeOfCase: The place of its case among the cases of the trace sorted by id.
  /// - Returns: The two halves of the hash in 64 bits.
  public static func hash(of row: Exposure, placeOfCase: Int) -> UInt64 {
    var fold = RowFold()
    fold.add(Int64(row.degree))
    fold.add(Int64(placeOfCase))
    fold.add(row.contact)
    fold.add(Int64(row.day.daysSince2020))
    fold.add(Int64(row.exposureClass.rawValue))
    fold.add(Int64(row.nearSeconds))
    fold.add(Int64(row.venueSeconds))
    fold.add(Int64(row.tailSeconds))
    fold.add(row.first - 1_577_836_800)
    fold.add(row.last - 1_577_836_800)
    fold.add(row.via ?? Pseudonym(high: 0, low: 0))
    fold.add(row.venues.reduce(0) { ($0 + $1.rawValue) % RowFold.prime })
    return fold.value
  }
}

/// The sums of a summary while rows come.
struct TraceSums {
  private var pairs = 0
  private var seconds = 0
  private var checksum: UInt64 = 0
  private var degree = 0
  private var placeOfCase = -1
  private var contact: Pseudonym?

  /// Adds a row; rows of one pair are next to each other.
  mutating func add(
    _ hash: UInt64, _ rowSeconds: Int, _ rowDegree: Int, _ rowCase: Int, _ rowContact: Pseudonym
  ) {
    if contact != rowContact || placeOfCase != rowCase || degree != rowDegree {
      pairs += 1
      (degree, placeOfCase, contact) = (rowDegree, rowCase, rowContact)
    }
    seconds += rowSeconds
    checksum &+= hash
  }

  /// Adds the sums of blocks that came later; a pair is never in two blocks.
  mutating func add(_ other: TraceSums) {
    pairs += other.pairs
    seconds += other.seconds
    checksum &+= other.checksum
  }

  /// Returns the summary.
  func summary(cases: Int, contacts: [Int]) -> TraceSummary {
    TraceSummary(
      cases: cases, contacts: contacts, pairs: pairs, seconds: seconds, checksum: checksum)
  }
}

/// A sink that keeps sums and no row.
struct SummingSink: ExposureSink {
  private let people: any PeopleTable
  private var sums = TraceSums()

  init(_ people: any PeopleTable) {
    self.people = people
  }

  var wantsEvidence: Bool { false }

  func preparation() -> @Sendable (ExposureBlock) throws -> TraceSums {
    let people = people
    let column = people.column
    return { block in
      var sums = TraceSums()
      for row in block.rows {
        let contact = column?[Int(row.contact)] ?? people.pseudonym(of: row.contact)
        var fold = RowFold()
        fold.add(UInt64(block.degree))
        fold.add(UInt64(block.placeOfCase))
        fold.add(contact)
        fold.add(row.day)
        fold.add(UInt64(row.exposureClass.rawValue))
        fold.add(row.nearSeconds)
        fold.add(row.venueSeconds)
        fold.add(row.tailSeconds)
        fold.add(row.first)
        fold.add(row.last)
        fold.add(
          block.degree == 1 ? Pseudonym(high: 0, low: 0) : people.pseudonym(of: row.via))
        var venues: UInt64 = 0
        for venue in block.venues(of: row) { venues += venue.rawValue }
        fold.add(venues)
        sums.add(fold.value, Int(row.seconds), block.degree, block.placeOfCase, contact)
      }
      return sums
    }
  }

  mutating func take(_ prepared: TraceSums) {
    sums.add(prepared)
  }

  func summary(cases: Int, contacts: [Int]) -> TraceSummary {
    sums.summary(cases: cases, contacts: contacts)
  }
}

/// The polynomial of a row, see `TraceSummary`.
private struct RowFold {
  static let prime: UInt64 = 2_147_483_647
  private var first: UInt64 = 0
  private var second: UInt64 = 0

  /// The remainder by 2³¹ − 1, of which 2³¹ is 1: the high bits are added to the low ones.
  @inline(__always)
  private static func remainder(_ number: UInt64) -> UInt64 {
    let once = (number & prime) + number >> 31
    let twice = (once & prime) + once >> 31
    return twice >= prime ? twice - prime : twice
  }

  @inline(__always)
  mutating func add(_ field: UInt64) {
    let remainder = Self.remainder(field)
    first = Self.remainder(first * 1_000_003 + remainder)
    second = Self.remainder(second * 998_244_353 + remainder)
  }

  @inline(__always)
  mutating func add(_ field: Int64) {
    let prime = Int64(Self.prime)
    add(UInt64((field % prime + prime) % prime))
  }

  @inline(__always)
  mutating func add(_ field: Int32) {
    // The smallest is more than −2 p.
    add(UInt64(Int64(field) + 2 * Int64(Self.prime)))
  }

  @inline(__always)
  mutating func add(_ person: Pseudonym) {
    add(person.high >> 32)
    add(person.high & 0xffff_ffff)
    add(person.low >> 32)
    add(person.low & 0xffff_ffff)
  }

  var value: UInt64 {
    (first * first % Self.prime) << 32 | (first * second % Self.prime)
  }
}
