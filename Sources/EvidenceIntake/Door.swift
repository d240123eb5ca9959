public import Presence
public import VenueCodes

/// Reads what a scanner at a door sends, one line a scan, and says what it means.
///
/// A line is a venue code (a URL, its digits, or the nine typed symbols) and, after white space, the
/// visitor: whatever string the visitor's pass or phone shows. Without a visitor the door's own
/// default is meant. The door remembers who is inside, so that it can answer "in" or "out" where the
/// code leaves the direction open; the evidence keeps what was seen, not that guess.
public struct Door: Sendable {
  /// The longest line that is read, in bytes.
  public static let maximumLineLength = 2_048

  /// What a line was found to be.
  public enum Reading: Hashable, Sendable {
    /// Evidence to be stored, with what to answer once it is.
    case evidence(Evidence, Answer)
    /// Nothing to store, and why.
    case refused(IntakeRejection)
  }

  /// What to tell the visitor.
  public struct Answer: Hashable, Sendable {
    /// The venue.
    public let venue: VenueID
    /// The zone; 0 is the whole venue.
    public let zone: UInt8
    /// Who.
    public let visitor: Pseudonym
    /// Whether the visitor goes in; false for out.
    public let isEntry: Bool
    /// Whether the same scan was answered less than a minute ago.
    public let isRepeat: Bool
    /// Why a genuine code does not count; nil when it does.
    public let failure: VenueCodeError?
  }

  private let context: IntakeContext
  private let gateway: String
  private let direction: Direction
  private let defaultVisitor: Pseudonym?
  private var codes = GenuineCodeCache()
  private var inside: [Pseudonym: Stay] = [:]

  private struct Stay {
    var venue: VenueID
    var lastScan: Int64
    var isInside: Bool
  }

  /// Makes a door.
  ///
  /// - Parameters:
  ///   - gateway: The name that evidence carries.
  ///   - direction: What every scan means; `auto` to find out.
  ///   - defaultVisitor: Who is meant by a line without a visitor.
  ///   - context: The venues, keys and clock.
  public init(
    gateway: String, direction: Direction, defaultVisitor: Pseudonym?, context: IntakeContext
  ) {
    self.gateway = gateway
    self.direction = direction
    self.defaultVisitor = defaultVisitor
    self.context = context
  }

  /// Remembers a scan that was stored before this door opened; in order of time.
  public mutating func remember(_ evidence: Evidence) {
    guard evidence.status == .accepted, let venue = evidence.venue else { return }
    switch evidence.kind {
    case .scanIn, .scanOut, .scan, .gatewayScan:
      _ = pass(evidence.subject, venue, evidence.kind, at: evidence.start)
    default: break
    }
  }

  /// Reads a line.
  ///
  /// - Parameters:
  ///   - line: The bytes without the line's end; control characters around them are dropped.
  ///   - now: The time of the scan, in Unix seconds.
  ///   - id: The id of the evidence, made for this scan.
  /// - Returns: What to store and answer.
  public mutating func read(_ line: [UInt8], at now: Int64, id: EvidenceID) -> Reading {
    do {
      return try accept(line, at: now, id: id)
    } catch {
      return .refused(error)
    }
  }

  private mutating func accept(
    _ line: [UInt8], at now: Int64, id: EvidenceID
  ) throws(IntakeRejection) -> Reading {
    guard line.count <= Self.maximumLineLength else {
      throw IntakeRejection(
        .badCode, "code", "the line is longer than \(Self.maximumLineLength) bytes: it is no code")
    }
    guard String(validating: line, as: UTF8.self) != nil else {
      throw IntakeRejection(.badCode, "code", "the line is not UTF-8: set the scanner to UTF-8")
    }
    let words = line[...].trimmed
    let code = Self.groupedID(words) ?? words.prefix { $0 != 0x20 && $0 != 0x09 }
    let visitorText = words[code.endIndex...].trimmed
    guard !code.isEmpty else {
      throw IntakeRejection(.missing, "code", "the line is empty: scan a venue code")
    }
    let visitor: Pseudonym
    if !visitorText.isEmpty {
      visitor = try context.pseudonym(ofSlice: visitorText, column: "subject")
    } else if let defaultVisitor {
      visitor = defaultVisitor
    } else {
      throw IntakeRejection(
        .missing, "subject",
        "nobody is named: put the visitor's code after the venue code, or give --subject")
    }
    let scanned = try scannedVenue(code, at: now)
    let (isEntry, isRepeat) =
      scanned.status == .accepted
      ? pass(visitor, scanned.venue, scanned.kind, at: now)
      : (scanned.kind != .scanOut, false)
    let evidence = Evidence(
      id: id, kind: scanned.kind, subject: visitor, venue: scanned.venue, zone: scanned.zone,
      start: now, grade: scanned.grade, status: scanned.status, gateway: gateway, receivedAt: now)
    return .evidence(
      evidence,
      Answer(
        venue: scanned.venue, zone: scanned.zone, visitor: visitor, isEntry: isEntry,
        isRepeat: isRepeat, failure: scanned.failure))
  }

  /// The typed id at the front of a line, when it stands there in groups, as a poster shows it.
  private static func groupedID(_ words: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let start = words.startIndex
    guard words.count >= 11, words[start + 4] == 0x20, words[start + 9] == 0x20,
      words.count == 11 || words[start + 11] == 0x20 || words[start + 11] == 0x09
    else { return nil }
    let id = words[start..<start + 11]
    return (try? VenueID(parsing: String(decoding: id, as: UTF8.self))) == nil ? nil : id
  }

  private mutating func scannedVenue(
    _ code: ArraySlice<UInt8>, at now: Int64
  ) throws(IntakeRejection) -> ScannedVenue {
    // A typed id has nine symbols and perhaps two hyphens; every code is much longer.
    if code.count <= 11 {
      let venue = try context.venue(code, column: "code")
      let isRetired = context.isRetired(venue, at: now)
      return ScannedVenue(
        venue: venue, zone: 0, direction: direction, grade: 0,
        status: isRetired ? .retiredVenue : .accepted,
        failure: isRetired ? .retiredVenue(venue) : nil)
    }
    return try ScannedVenue(
      code: code, at: now, direction: direction, context: context, cache: &codes)
  }

  /// Notes that someone passes, and says which way and whether it is a double beep.
  private mutating func pass(
    _ visitor: Pseudonym, _ venue: VenueID, _ kind: Evidence.Kind, at now: Int64
  ) -> (isEntry: Bool, isRepeat: Bool) {
    let known = inside[visitor].flatMap { $0.venue == venue ? $0 : nil }
    let isRecent = known.map { (0..<60).contains(now - $0.lastScan) } ?? false
    let isEntry: Bool
    switch kind {
    case .scanIn: isEntry = true
    case .scanOut: isEntry = false
    default: isEntry = isRecent ? known?.isInside ?? true : !(known?.isInside ?? false)
    }
    let isRepeat = isRecent && known?.isInside == isEntry
    if !isRepeat { inside[visitor] = Stay(venue: venue, lastScan: now, isInside: isEntry) }
    return (isEntry, isRepeat)
  }
}
