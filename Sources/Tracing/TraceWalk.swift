import CrossMatch
import Presence

/// One run of a trace: degree by degree, each case by case.
struct TraceWalk {
  private let context: TraceContext
  private let threads: Int
  /// Who is of which degree; made when a second degree is asked for.
  private var standings: Standings?
  private var first: FirstStandings?
  private var reachedDegree = 0

  /// The rows that a block of a higher degree has at most.
  private static let blockLength = 4_096

  init(_ context: TraceContext, threads: Int) {
    self.context = context
    self.threads = max(1, threads)
  }

  /// How many blocks wait for their turn, at most.
  private var ahead: Int { threads * 8 }

  // MARK: Degree 1

  /// Gives everyone who shared time with a case to the sink.
  ///
  /// - Returns: How many people are of degree 1.
  mutating func firstDegree<Sink: ExposureSink>(
    _ prepare: @Sendable (ExposureBlock) throws -> Sink.Prepared, _ sink: inout Sink
  ) throws -> Int {
    reachedDegree = 1
    let context = context
    let walks = (0..<max(1, min(threads, context.cases.count))).map { _ in CaseWalk(context) }
    try OrderedWork.run(context.cases.count, workers: walks, ahead: ahead) { walk, place in
      let block = try walk.rows(ofCaseAt: place)
      return block.rows.isEmpty ? nil : try prepare(block)
    } take: { (prepared: Sink.Prepared?) in
      if let prepared { try sink.take(prepared) }
    }
    var first = walks[0].standings
    for walk in walks.dropFirst() { first.improve(by: walk.standings) }
    self.first = first
    return first.count
  }

  // MARK: Degree 2 and more

  /// Finds everyone of the next degree, who has none yet, and gives them to the sink.
  ///
  /// - Returns: How many there are.
  mutating func nextDegree<Sink: ExposureSink>(
    isolations: [Pseudonym: Int64], _ prepare: @Sendable (ExposureBlock) throws -> Sink.Prepared,
    _ sink: inout Sink
  ) throws -> Int {
    var standings: Standings
    if let known = self.standings {
      standings = known
    } else if let first {
      standings = Standings(first, context)
    } else {
      preconditionFailure("the first degree comes first")
    }
    // Held by the variable alone, so that it changes in place.
    self.standings = nil
    first = nil
    let infectious = try infectiousSpans(standings, isolations: isolations)
    reachedDegree += 1
    let degree = reachedDegree
    let walks = (0..<threads).map { _ in
      DegreeWalk(context, infectious: infectious, degree: degree)
    }
    let moments = self.moments(infectious, standings, walks[0])
    let people = moments.indices.filter { moments[$0] != .max }.map { SubjectNumber($0) }

    var pieces: [DecidingPiece] = []
    pieces.reserveCapacity(people.count)
    let chunks = (people.count + Self.blockLength - 1) / Self.blockLength
    try OrderedWork.run(chunks, workers: walks, ahead: ahead) { walk, chunk in
      let low = chunk * Self.blockLength
      return try people[low..<min(people.count, low + Self.blockLength)].map {
        try walk.decidingPiece(of: $0, at: moments[Int($0)])
      }
    } take: { (found: [DecidingPiece]) in
      pieces.append(contentsOf: found)
    }
    for piece in pieces {
      let person = Int(piece.person)
      standings.degree[person] = UInt8(degree)
      standings.exposureTime[person] = moments[person]
      standings.caseOf[person] = standings.caseOf[Int(piece.partner)]
    }
    try give(sorted(pieces, standings.caseOf), standings.caseOf, walks, prepare, &sink)
    self.standings = standings
    return pieces.count
  }

  private func infectiousSpans(
    _ standings: Standings, isolations: [Pseudonym: Int64]
  ) throws -> InfectiousSpans {
    var infectious = InfectiousSpans(subjectCount: standings.degree.count)
    for person in standings.degree.indices
    where standings.degree[person] == UInt8(reachedDegree) {
      infectious.from[person] = ColumnTime.clamping(
        ColumnTime.unixSeconds(standings.exposureTime[person]) + context.rules.degree.latent)
    }
    for (pseudonym, isolation) in isolations {
      guard let subject = try context.history.people.number(of: pseudonym) else { continue }
      infectious.until[Int(subject)] = ColumnTime.clamping(isolation)
    }
    return infectious
  }

  /// Returns the moment by subject number at which each becomes of the next degree.
  private func moments(
    _ infectious: InfectiousSpans, _ standings: Standings, _ walk: DegreeWalk
  ) -> [Int32] {
    let asks = standings.degree.map { $0 == Standings.noDegree }
    var moments = [Int32](repeating: .max, count: asks.count)
    let closedCounts = context.rules.isF1(.closedVenue)
    let openCounts = context.rules.isF1(.openVenue)
    if closedCounts || openCounts {
      context.history.visits.improveMoments(
        infectious: infectious, asks: asks,
        counts: { context.isOpen($0) ? openCounts : closedCounts },
        minimum: context.rules.degree.threshold, sameZone: context.rules.sameZone,
        threads: threads, moments: &moments)
    }
    walk.improveMoments(&moments, asks: asks)
    return moments
  }

  /// Puts pieces in the order of rows: by case, then by pseudonym.
  private func sorted(_ pieces: [DecidingPiece], _ caseOf: [UInt32]) -> [DecidingPiece] {
    let people = context.history.people
    var keys = pieces.enumerated().map { place, piece in
      (
        placeOfCase: caseOf[Int(piece.person)], person: people.pseudonym(of: piece.person),
        place: place
      )
    }
    keys.sort { ($0.placeOfCase, $0.person) < ($1.placeOfCase, $1.person) }
    return keys.map { pieces[$0.place] }
  }

  /// Gives sorted pieces to the sink, in blocks of one case.
  private func give<Sink: ExposureSink>(
    _ pieces: [DecidingPiece], _ caseOf: [UInt32], _ walks: [DegreeWalk],
    _ prepare: @Sendable (ExposureBlock) throws -> Sink.Prepared, _ sink: inout Sink
  ) throws {
    let blocks = Self.blocks(of: pieces, caseOf)
    try OrderedWork.run(blocks.count, workers: walks, ahead: ahead) { walk, number in
      let part = pieces[blocks[number]]
      let placeOfCase = Int(caseOf[Int(pieces[blocks[number].lowerBound].person)])
      return try prepare(try walk.rows(of: part, placeOfCase: placeOfCase))
    } take: { (prepared: Sink.Prepared) in
      try sink.take(prepared)
    }
  }

  /// Parts sorted pieces into runs of one case that are not too long.
  private static func blocks(of pieces: [DecidingPiece], _ caseOf: [UInt32]) -> [Range<Int>] {
    var blocks: [Range<Int>] = []
    for place in pieces.indices {
      if let last = blocks.last, last.count < blockLength,
        caseOf[Int(pieces[last.lowerBound].person)] == caseOf[Int(pieces[place].person)]
      {
        blocks[blocks.count - 1] = last.lowerBound..<place + 1
      } else {
        blocks.append(place..<place + 1)
      }
    }
    return blocks
  }
}
