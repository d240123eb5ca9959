public import Presence
public import VenueCodes

/// Reads what a scanner at a door sends, one line a scan, and says what it means.
///
/// A line is a venue code (a URL, its digits, the nine typed symbols, or an alias) and, after white
/// space, the visitor: whatever string the visitor's pass or phone shows. Without a visitor the
/// door's own default is meant. The nine symbols may be typed in groups, as a poster shows them.
/// A line may also be a receipt, or just a pass or a citizen's card where the door knows its own
/// venue; such a door refuses codes of other venues.
///
/// A code that proves a moment, as a screen's does, is one check-in at that moment: its id follows
/// from place, visitor, way and moment, and from what it is worth.
///
/// The door remembers the last scans of each visitor, so that it can answer "in" or "out" where the
/// code leaves the direction open: it answers as `VisitDeriver` will later read the same scans. The
/// evidence keeps what was seen, not that guess.
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
    /// Whether it is a double beep: the same scan was answered a minute ago or less.
    public let isRepeat: Bool
    /// Whether the code proves what it says; false for a receipt, which is fresh and no more until
    /// its upload comes, and says nothing of a way.
    public let isProved: Bool
    /// Why a genuine code does not count; nil when it does.
    public let failure: VenueCodeError?
    /// Whether the same visitor was scanned at another venue so shortly before that hardly anybody can
    /// have come from there.
    public let isElsewhere: Bool
    /// Whether a door saw the visitor, or they proved to be the one.
    ///
    /// Who did not is told nothing of the visitor's past: `isRepeat` is false, and `isElsewhere` is for
    /// whoever watches the gateway only.
    public let isVisitorProved: Bool
  }

  /// Who a scan is said to be of.
  public enum Visitor: Hashable, Sendable {
    /// What a pass or a document says, or whatever else stands for a person.
    case named([UInt8])
    /// The one who checked in with a secret of this pseudonym; whether they showed the secret's proof,
    /// without which nobody is checked out.
    case checkIn(CheckInPseudonym, isProved: Bool)
  }

  /// Whose word a scan is.
  public enum Authority: Hashable, Sendable {
    /// A gateway's own scanner: it sees who stands before it.
    case scanner
    /// Anybody's, from anywhere: it checks nobody out who did not prove to be the one.
    case anybody
  }

  /// How close two scans at two venues may be in time before somebody is to look, in seconds.
  public static let elsewhereSeconds: Int64 = 120

  /// How many people the door remembers now.
  public var rememberedCount: Int { memory.count }

  /// How many people a door remembers unless it is told: some hundred megabytes at most.
  public static let usualCapacity = 1 << 20

  private var context: IntakeContext
  private let gateway: String
  private let direction: Direction
  private let defaultVisitor: Pseudonym?
  private let place: ScanPlace?
  private var codes = GenuineCodeCache()
  private var deriver: VisitDeriver
  private var memory: DoorMemory
  private var passes: UInt64 = 0

  /// The most scans that are kept of a visitor: nobody beeps so often who is not playing.
  private static let mostScans = 16

  /// Makes a door.
  ///
  /// - Parameters:
  ///   - gateway: The name that evidence carries.
  ///   - direction: What every scan means; `auto` to find out.
  ///   - defaultVisitor: Who is meant by a line without a visitor.
  ///   - place: Where the door is; nil when codes are to say it.
  ///   - context: The venues, keys and clock.
  ///   - rules: What is believed about stays, so that a visitor who went without a scan is not told
  ///     "out" when they come again; nil for a day everywhere.
  ///   - capacity: How many people are remembered at most; of those beyond, who was seen least lately is
  ///     forgotten, and goes in when they come again.
  public init(
    gateway: String, direction: Direction, defaultVisitor: Pseudonym?, place: ScanPlace? = nil,
    context: IntakeContext, rules: StayRules? = nil, capacity: Int = Door.usualCapacity
  ) {
    memory = DoorMemory(capacity: capacity)
    self.place = place
    self.gateway = gateway
    self.direction = direction
    self.defaultVisitor = defaultVisitor
    self.context = context
    self.deriver = VisitDeriver(rules: rules ?? StayRules(calendar: context.calendar))
  }

  /// Takes other venues, keys and revocations; who is inside stays known.
  ///
  /// - Parameters:
  ///   - context: The venues, keys and clock.
  ///   - rules: What is believed about stays from now on; nil to go on as before.
  public mutating func use(_ context: IntakeContext, rules: StayRules? = nil) {
    self.context = context
    if let rules { deriver = VisitDeriver(rules: rules) }
  }

  /// Remembers a scan that was stored before this door opened; in order of time.
  public mutating func remember(_ evidence: Evidence) {
    guard evidence.kind != .visit else { return }
    _ = pass(evidence)
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

  /// Reads a scan whose code and visitor came apart, as a program sends them.
  ///
  /// - Parameters:
  ///   - code: The code; spaces are taken only within an id that was typed.
  ///   - visitor: Who; nil for the one whom the code names, or the door's default.
  ///   - direction: What the scan means.
  ///   - authority: Whose word it is.
  ///   - now: The time of the scan, in Unix seconds.
  ///   - id: The id of the evidence, made for this scan.
  /// - Returns: What to store and answer.
  public mutating func read(
    code: [UInt8], visitor: Visitor?, direction: Direction, authority: Authority,
    at now: Int64, id: EvidenceID
  ) -> Reading {
    do throws(IntakeRejection) {
      try checkText(code)
      if case .named(let name) = visitor { try checkText(name) }
      let words = try typed(code)
      guard !words.isEmpty else {
        throw IntakeRejection(.missing, "code", "the code is empty")
      }
      try context.checkIsNoDocument(words)
      guard self.code(at: words).endIndex == words.endIndex else {
        throw IntakeRejection(.badCode, "code", "there is something after the code")
      }
      let scanned = try scannedVenue(words, direction, at: now)
      if let place { try context.check(scanned.venue, isThatOf: place, at: now) }
      return try finish(scanned, visitor, authority, at: now, id: id)
    } catch {
      return .refused(error)
    }
  }

  private func checkText(_ line: [UInt8]) throws(IntakeRejection) {
    guard line.count <= Self.maximumLineLength else {
      throw IntakeRejection(
        .badCode, "code", "the line is longer than \(Self.maximumLineLength) bytes: it is no code")
    }
    guard String(validating: line, as: UTF8.self) != nil else {
      throw IntakeRejection(.badCode, "code", "the line is not UTF-8: set the scanner to UTF-8")
    }
  }

  private mutating func accept(
    _ line: [UInt8], at now: Int64, id: EvidenceID
  ) throws(IntakeRejection) -> Reading {
    try checkText(line)
    let words = try typed(line)
    guard !words.isEmpty else {
      throw IntakeRejection(.missing, "code", "the line is empty: scan a venue code")
    }
    let scanned: ScannedVenue
    var visitorText: ArraySlice<UInt8> = []
    if let place, let holder = try context.holder(ofDocument: words) {
      // Anybody can print such a card, which makes it worth no more than a poster's code.
      scanned = ScannedVenue(
        holder, at: place, grade: 1, time: now, direction: direction, context: context)
    } else {
      try context.checkIsNoDocument(words)
      let code = code(at: words)
      visitorText = TypedLine.withoutWrapping(words[code.endIndex...])
      scanned = try scannedVenue(code, direction, at: now)
      if let place { try context.check(scanned.venue, isThatOf: place, at: now) }
    }
    return try finish(
      scanned, visitorText.isEmpty ? nil : .named(Array(visitorText)), .scanner, at: now, id: id)
  }

  /// Finds out who a scan is of, and makes evidence of it.
  private mutating func finish(
    _ scanned: ScannedVenue, _ stated: Visitor?, _ authority: Authority, at now: Int64,
    id: EvidenceID
  ) throws(IntakeRejection) -> Reading {
    let visitor: Pseudonym
    var isProved = authority == .scanner
    if let shown = scanned.visitor {
      guard stated == nil else {
        throw IntakeRejection(
          .contradiction, "subject", "the code is a visitor's own, and another follows: scan one")
      }
      visitor = shown
    } else if let stated {
      switch stated {
      case .named(let name):
        if authority == .anybody, try context.passHolder(name[...], column: "subject") != nil {
          isProved = true
        }
        visitor = try context.pseudonym(ofSlice: name[...], column: "subject")
      case .checkIn(let pseudonym, let hasProof):
        if hasProof { isProved = true }
        let (high, low) = pseudonym.storedPseudonym(with: context.subjectHash)
        visitor = Pseudonym(high: high, low: low)
      }
    } else if let defaultVisitor {
      visitor = defaultVisitor
    } else {
      throw IntakeRejection(
        .missing, "subject",
        "nobody is named: put the visitor's code after the venue code, or give --subject")
    }
    guard isProved || scanned.kind == .scanIn else {
      throw IntakeRejection(
        .unprovedVisitor, "direction",
        "only who proves to be the visitor is checked out: send the pass, or the proof of the "
          + "check-in; or say that the direction is in")
    }
    let known = memory[visitor]
    if !isProved, case .checkIn = stated, let known, known.place != scanned.venue {
      // A phone makes a new one for each check-in: who comes with this one saw it on a receipt.
      throw IntakeRejection(
        .unprovedVisitor, "subject",
        "this check-in was made at another place: make a new one for each check-in")
    }
    let evidence = Evidence(
      id: scanned.provenID(of: visitor) ?? id, kind: scanned.kind, subject: visitor,
      venue: scanned.venue, zone: scanned.zone, start: scanned.seenAt ?? now,
      statedStay: scanned.statedStay, grade: scanned.grade, status: scanned.status,
      gateway: gateway, receivedAt: now)
    let isElsewhere =
      known.map {
        $0.place != scanned.venue && abs(evidence.start - $0.time) < Self.elsewhereSeconds
      } ?? false
    var (isEntry, isRepeat) = (scanned.kind != .scanOut, false)
    if isProved {
      (isEntry, isRepeat) = pass(evidence) ?? (isEntry, isRepeat)
    } else if evidence.status == .accepted {
      // Anybody's word changes nothing of who is inside, but what a phone first says of itself.
      if known == nil, case .checkIn = stated {
        _ = pass(evidence)
      } else {
        note(evidence, at: scanned.venue)
      }
    }
    return .evidence(
      evidence,
      Answer(
        venue: scanned.venue, zone: scanned.zone, visitor: visitor, isEntry: isEntry,
        isRepeat: isRepeat, isProved: scanned.status != .unproved, failure: scanned.failure,
        isElsewhere: isElsewhere, isVisitorProved: isProved))
  }

  /// Notes where somebody was said to be, and nothing of coming and going.
  private mutating func note(_ evidence: Evidence, at venue: VenueID) {
    var visitor =
      memory[evidence.subject] ?? DoorMemory.Visitor(place: venue, time: evidence.start)
    visitor.place = venue
    visitor.time = evidence.start
    memory[evidence.subject] = visitor
  }

  /// Returns a line as the scanner meant it, whatever the keyboard made of it.
  private func typed(_ line: [UInt8]) throws(IntakeRejection) -> ArraySlice<UInt8> {
    do throws(TypedLineError) {
      return try TypedLine(line, prefixes: context.verifier.carrier.prefixes).bytes[...]
    } catch {
      throw IntakeRejection(.badCode, "code", "\(error)")
    }
  }

  /// Returns the part of a line that is the venue's code or what was typed in its place.
  private func code(at words: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let first = words.prefix { !Self.isSpace($0) }
    if first.count > 11 || context.knownVenue(first) != nil { return first }
    // Perhaps an id in groups: whole words that have nine symbols together.
    var symbols = 0
    var end = words.startIndex
    while end < words.endIndex, symbols < 9 || !Self.isSpace(words[end]) {
      if !Self.isSpace(words[end]), words[end] != UInt8(ascii: "-") { symbols += 1 }
      end += 1
    }
    let typed = words[..<end]
    return (try? VenueID(parsing: typed.span)) == nil ? first : typed
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09
  }

  private mutating func scannedVenue(
    _ code: ArraySlice<UInt8>, _ direction: Direction, at now: Int64
  ) throws(IntakeRejection) -> ScannedVenue {
    // What is typed is an id, in groups or not, or an alias; every code is much longer than an id.
    guard code.count <= 11 || code.contains(where: Self.isSpace) || context.knownVenue(code) != nil
    else {
      return try ScannedVenue(
        code: code, at: now, direction: direction, place: place, context: context, cache: &codes)
    }
    return ScannedVenue(
      unverified: try context.venue(code, column: "code"), at: now, direction: direction,
      context: context)
  }

  /// Notes a scan, and says which way the visitor goes and whether it is a double beep; nil for a
  /// scan that does not count.
  private mutating func pass(_ evidence: Evidence) -> (isEntry: Bool, isRepeat: Bool)? {
    // Everybody's scans are kept apart, so all can have the same number. Ids of the door's own keep
    // those of one second in order.
    var counted = evidence
    passes += 1
    counted.id = EvidenceID(high: 0, low: passes)
    guard let scan = PresenceEvent(counted, subject: 0) else { return nil }
    var visitor =
      memory[evidence.subject] ?? DoorMemory.Visitor(place: scan.venue, time: scan.time)
    let scans = (visitor.first.map { [$0] } ?? []).map(\.event) + visitor.later.map(\.event)
    let visits = deriver.visits(from: scans + [scan])
    let endsVisit = visits.contains { $0.closedBy == scan.evidence && $0.endReason == .exitScan }
    let opensVisit = !endsVisit && visits.contains { $0.openedBy == scan.evidence }
    let previous = scans.last.flatMap { $0.venue == scan.venue ? $0 : nil }
    let isEntry: Bool
    switch scan.kind {
    case .exit: isEntry = false
    case .entry, .stay: isEntry = true
    // What neither opens nor ends a visit repeats the scan before.
    case .scan: isEntry = opensVisit || !endsVisit && previous?.kind != .exit
    }
    let isRepeat =
      !opensVisit && !endsVisit
      && previous.map { scan.time - $0.time <= deriver.rules.doubleBeepSeconds } ?? false
    let kept = DoorMemory.Scan(
      venue: scan.venue, time: scan.time, number: passes,
      defaultStaySeconds: scan.defaultStaySeconds, zone: scan.zone, isEntry: isEntry)
    if opensVisit || endsVisit || visitor.first == nil {
      visitor.first = kept
      visitor.later = []
    } else {
      if visitor.later.count == Self.mostScans - 1 { visitor.later.removeFirst() }
      visitor.later.append(kept)
    }
    visitor.place = scan.venue
    visitor.time = scan.time
    memory[evidence.subject] = visitor
    return (isEntry, isRepeat)
  }
}
