internal import CrossMatch
internal import Presence
internal import VenueCodes

/// What a store is tuned by; the defaults are for use, the rest for tests.
package struct StoreTuning: Sendable {
  /// How long to wait for another process.
  package var busyMilliseconds: Int32 = 10_000
  /// From how many slots on the table of ids has regions.
  package var identityRegionSlots = 1 << 17
  /// How many days the table of ids may have.
  package var identityDays = 2_048
  /// How many people's numbers are remembered at most: 33 million take 900 MB to 1.3 GB.
  package var subjectMemory = 1 << 25
  /// The most pages a day file may have, to play a full disk.
  package var dayPageLimit: Int?
  /// Called between the steps of an append, to play a crash there.
  package var onStep: (@Sendable (AppendStep) -> Void)?

  /// How many rows of the log a question reads itself before it has segments built of them.
  package var mostUnbuiltRows = 16_384
  /// The most bytes a segment file may have, to play a full disk.
  package var segmentSizeLimit: Int?
  /// Called between the steps of building segments, to play a crash there.
  package var onBuildStep: (@Sendable (BuildStep) -> Void)?

  /// Makes the defaults.
  package init() {}
}

/// The moments of an append between which a crash is different.
package enum AppendStep: Hashable, Sendable, CaseIterable {
  /// The lock is held and the table of ids agrees with the day files.
  case locked
  /// New people, new gateways and conflicts are durable.
  case namesCommitted
  /// There is room for the ids, and a day is announced as being written.
  case announced
  /// The rows of a day are inserted and not committed.
  case dayInserted
  /// The rows of a day are durable and their ids are not noted.
  case dayCommitted
  /// The ids of a day are noted.
  case idsNoted
}

/// The one writer of a store in this process.
final class StoreWriter {
  let catalog: Connection
  let names: NameTable
  let layout: StoreLayout
  private let tuning: StoreTuning
  private let calendar: LocalCalendar
  private let lock: AppendLock
  private let days: DayPool
  /// Opened at the first append: who only looks at cases need not pay for it.
  private var table: IdentityTable?
  /// How often people had been deleted when `names` was empty last.
  private var forgettings: Int64 = 0

  init(
    catalog: consuming Connection, layout: StoreLayout, calendar: LocalCalendar,
    tuning: StoreTuning
  ) throws(StoreError) {
    self.catalog = catalog
    self.layout = layout
    self.tuning = tuning
    self.calendar = calendar
    self.names = NameTable(remembering: tuning.subjectMemory)
    self.lock = try AppendLock(at: layout.appendLock)
    self.days = DayPool(layout: layout, tuning: tuning)
  }

  /// Refuses a batch with a time that no day file can hold.
  static func check(_ batch: [Evidence]) throws(StoreError) {
    // By place, here and below: going over the elements copies each.
    for index in batch.indices
    where !storableSeconds.contains(batch[index].start)
      || batch[index].end.map({ !storableSeconds.contains($0) }) ?? false
    {
      throw StoreError(.timeOutOfRange, subject: "evidence \(batch[index].id)")
    }
  }

  /// Appends a batch that was checked; see `ExposureStore.append`.
  func append(_ batch: [Evidence]) throws(StoreError) -> [AppendOutcome] {
    return try lock.holding(waitingMilliseconds: tuning.busyMilliseconds) {
      () throws(StoreError) in
      let table = try currentTable()
      try noticeForgetting()
      tuning.onStep?(.locked)
      var sorted = try classify(batch, table)
      // A day that is not known to its end was replaced behind the store's back.
      if try !know(byDay(batch, sorted.fresh), table) { sorted = try classify(batch, table) }
      guard !sorted.fresh.isEmpty || !sorted.conflicts.isEmpty else { return sorted.outcomes }
      let numbers = try commitNames(of: batch, sorted)
      tuning.onStep?(.namesCommitted)
      do throws(StoreError) {
        try commitRows(of: batch, sorted, numbers, table)
      } catch {
        // A growth that failed half way must not be gone on with.
        self.table = nil
        throw error
      }
      return sorted.outcomes
    }
  }

  /// Makes the table of ids durable when that saves the next start of the machine much time.
  func finish() throws(StoreError) {
    guard let table, table.isCurrent else { return }
    try lock.holding(waitingMilliseconds: tuning.busyMilliseconds) { () throws(StoreError) in
      table.close()
    }
  }

  /// Runs `body` while no other process appends.
  func holdingLock<Result>(
    _ body: () throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    try lock.holding(waitingMilliseconds: tuning.busyMilliseconds, body)
  }

  /// Returns the file of a day, opened; called under the lock.
  func file(of day: LocalDay) throws(StoreError) -> DayFile { try days.file(of: day) }

  /// Lets go of the file of a day, changes what is at its path, and makes the ids agree with what is
  /// then there; called under the lock.
  func changingFile(
    of day: LocalDay, _ change: () throws(StoreError) -> Void
  ) throws(StoreError) {
    let table = try currentTable()
    try table.announce(0, in: days.file(of: day), days)
    days.close(day)
    do throws(StoreError) {
      try change()
      try table.agree(with: day, days)
    } catch {
      // The day stays announced: whoever appends next looks at it.
      self.table = nil
      throw error
    }
  }

  /// Forgets remembered numbers when people were deleted since: they may be deleted people's.
  private func noticeForgetting() throws(StoreError) {
    let count = try NameTable.forgettings(in: catalog)
    guard count != forgettings else { return }
    names.removeAll()
    forgettings = count
  }

  // The years 1970 to 2087: what columns hold too, so that no row keeps all others from an answer.
  private static let storableSeconds = 0...ColumnTime.range.upperBound

  /// Returns the table of ids, agreeing with all that any process has committed.
  func currentTable() throws(StoreError) -> IdentityTable {
    if let table, table.isCurrent {
      try table.settle(days)
      return table
    }
    table = nil
    let made = try IdentityTable(in: layout, tuning: tuning, days: days)
    table = made
    return made
  }

  /// Makes the table know all rows of days; returns false when there were some that it did not.
  private func know(
    _ dealt: [(day: LocalDay, positions: [Int])], _ table: IdentityTable
  ) throws(StoreError) -> Bool {
    var isWhole = true
    for (day, _) in dealt where try !table.knows(days.file(of: day)) {
      try table.agree(with: day, days)
      isWhole = false
    }
    return isWhole
  }

  private struct Classified {
    var outcomes: [AppendOutcome]
    /// The hash of each id.
    var hashes: [UInt64] = []
    /// The places in the batch of what is new.
    var fresh: [Int] = []
    /// The places in the batch of what contradicts a row, or an earlier one of the batch.
    var conflicts: [Int] = []
  }

  /// Tells what is new, what is repeated and what is in conflict.
  private func classify(
    _ batch: [Evidence], _ table: IdentityTable, agreed: Set<LocalDay> = []
  ) throws(StoreError) -> Classified {
    var result = Classified(outcomes: Array(repeating: .stored, count: batch.count))
    result.hashes = batch.indices.map { table.hash(of: batch[$0].id) }
    // What the store has under an id decides over it, and over its echoes in the batch.
    var asking: [LocalDay: [(index: Int, row: Int64)]] = [:]
    table.forEachMatch(of: result.hashes) { index, place in
      asking[place.day, default: []].append((index, place.row))
    }
    var isKnown = Set<Int>()
    for (day, wanted) in asking {
      guard
        try compare(batch, with: wanted, of: day, into: &result.outcomes, noting: &isKnown)
      else {
        // The file was deleted or replaced while this store was open.
        guard !agreed.contains(day) else {
          throw StoreError(.corrupt, subject: layout.identities)
        }
        try table.agree(with: day, days)
        return try classify(batch, table, agreed: agreed.union([day]))
      }
    }
    for (index, first) in StoreWriter.echoes(in: batch, result.hashes)
    where !isKnown.contains(first) {
      let same = batch[index].statesTheSame(as: batch[first])
      result.outcomes[index] = same ? .repeated : .conflict
    }
    for (index, outcome) in result.outcomes.enumerated() {
      switch outcome {
      case .stored: result.fresh.append(index)
      case .conflict: result.conflicts.append(index)
      case .repeated: break
      }
    }
    return result
  }

  /// Finds what has the id of an earlier piece of the batch, and that piece.
  private static func echoes(
    in batch: [Evidence], _ hashes: [UInt64]
  ) -> [(index: Int, first: Int)] {
    guard batch.count > 1 else { return [] }
    var echoes: [(index: Int, first: Int)] = []
    // A hash table of places, plus one, at most half full.
    let bits = Int.bitWidth - (batch.count * 2 - 1).leadingZeroBitCount
    var places = [Int32](repeating: 0, count: 1 << bits)
    for index in batch.indices {
      // Other bits than those the table of ids takes first.
      var place = Int(truncatingIfNeeded: hashes[index] & UInt64(places.count - 1))
      while places[place] != 0 {
        let first = Int(places[place]) - 1
        if hashes[first] == hashes[index], batch[first].id == batch[index].id {
          echoes.append((index, first))
          break
        }
        place = (place + 1) & (places.count - 1)
      }
      if places[place] == 0 { places[place] = Int32(truncatingIfNeeded: index + 1) }
    }
    return echoes
  }

  /// Compares evidence with the rows of a day that may have its ids.
  ///
  /// - Returns: False when the day no longer has one of the rows.
  private func compare(
    _ batch: [Evidence], with wanted: [(index: Int, row: Int64)], of day: LocalDay,
    into outcomes: inout [AppendOutcome], noting isKnown: inout Set<Int>
  ) throws(StoreError) -> Bool {
    guard FileOperation.exists(layout.file(of: day)) else { return false }
    let wanted = wanted.sorted { $0.row < $1.row }
    let file = try days.file(of: day)
    var isWhole = true
    var columns = EvidenceColumns()
    var unpacked: Int64 = 0
    try file.connection.forEachRow(wanted.map(\.row)) { entry, found throws(StoreError) in
      guard let (frame, place) = found else { return isWhole = false }
      let (index, row) = wanted[entry]
      let id = frame.id(at: place)
      // Another id with the same fragment.
      guard EvidenceID(high: id.high, low: id.low) == batch[index].id else { return }
      let first = row - Int64(place)
      if unpacked != first {
        columns.removeAll()
        guard frame.unpack(into: &columns) else {
          throw StoreError(.corrupt, subject: file.connection.path)
        }
        unpacked = first
      }
      guard let stored = EvidenceRow(columns, at: place) else {
        throw StoreError(.corrupt, subject: file.connection.path)
      }
      outcomes[index] = try compare(batch[index], stored)
      isKnown.insert(index)
    }
    return isWhole
  }

  private func compare(_ evidence: Evidence, _ row: EvidenceRow) throws(StoreError) -> AppendOutcome
  {
    // Numbers are compared with numbers: who has none is nobody that a row can name.
    guard try row.subject == number(of: evidence.subject),
      row.evidence(subject: evidence.subject, peer: evidence.peer, gateway: "")
        .statesTheSame(as: evidence)
    else { return .conflict }
    switch (row.peer, evidence.peer) {
    case (nil, nil): return .repeated
    case (let stored?, let peer?): return try number(of: peer) == stored ? .repeated : .conflict
    default: return .conflict
    }
  }

  private func number(of pseudonym: Pseudonym) throws(StoreError) -> UInt32? {
    if let number = names.remembered(pseudonym) { return number }
    try names.lookUp([pseudonym], in: catalog)
    return names.remembered(pseudonym)
  }

  /// The numbers of the people and gateways of what is new in a batch; 0 is no peer.
  private struct Numbers {
    var subjects: [UInt32]
    var peers: [UInt32]
    var gateways: [UInt32]
  }

  /// Makes the names that the new rows need, and the conflicts, durable; then returns the numbers.
  private func commitNames(
    of batch: [Evidence], _ sorted: Classified
  ) throws(StoreError) -> Numbers {
    var numbers = remembered(batch, sorted.fresh)
    var (people, gateways) = missing(in: numbers, batch, sorted.fresh)
    if !people.isEmpty {
      try names.lookUp(people, in: catalog)
      numbers = remembered(batch, sorted.fresh)
      (people, gateways) = missing(in: numbers, batch, sorted.fresh)
    }
    guard !people.isEmpty || !gateways.isEmpty || !sorted.conflicts.isEmpty else {
      return numbers
    }
    let (madePeople, madeGateways) = try catalog.transaction { () throws(StoreError) in
      for index in sorted.conflicts { try keepAside(batch[index]) }
      return (
        try NameTable.numbers(of: people, in: catalog),
        try NameTable.numbers(of: gateways, in: catalog)
      )
    }
    names.remember(madePeople, gateways: madeGateways)
    // From what was found or made just now: what is remembered may have been forgotten again.
    for (position, index) in sorted.fresh.enumerated() {
      if numbers.subjects[position] == 0 {
        numbers.subjects[position] = madePeople[batch[index].subject] ?? 0
      }
      if numbers.peers[position] == 0, let peer = batch[index].peer {
        numbers.peers[position] = madePeople[peer] ?? 0
      }
      if numbers.gateways[position] == 0, let made = madeGateways[batch[index].gateway] {
        numbers.gateways[position] = made
      }
    }
    return numbers
  }

  /// Returns the numbers that are remembered; 0 stands for the others.
  private func remembered(_ batch: [Evidence], _ fresh: [Int]) -> Numbers {
    var numbers = Numbers(
      subjects: names.remembered(fresh.map { batch[$0].subject }),
      peers: Array(repeating: 0, count: fresh.count),
      gateways: Array(repeating: 0, count: fresh.count))
    var last: (name: String, number: UInt32) = ("", 0)
    for (position, index) in fresh.enumerated() {
      if let peer = batch[index].peer { numbers.peers[position] = names.remembered(peer) ?? 0 }
      if batch[index].gateway != last.name {
        last = (batch[index].gateway, names.remembered(gateway: batch[index].gateway) ?? 0)
      }
      numbers.gateways[position] = last.number
    }
    return numbers
  }

  /// Returns the people and gateways whose numbers are not remembered.
  private func missing(
    in numbers: Numbers, _ batch: [Evidence], _ fresh: [Int]
  ) -> (people: Set<Pseudonym>, gateways: Set<String>) {
    var people: Set<Pseudonym> = []
    var gateways: Set<String> = []
    for (position, index) in fresh.enumerated() {
      if numbers.subjects[position] == 0 { people.insert(batch[index].subject) }
      if numbers.peers[position] == 0, let peer = batch[index].peer { people.insert(peer) }
      if numbers.gateways[position] == 0, !batch[index].gateway.isEmpty {
        gateways.insert(batch[index].gateway)
      }
    }
    return (people, gateways)
  }

  /// Commits new rows, day by day.
  private func commitRows(
    of batch: [Evidence], _ sorted: Classified, _ numbers: Numbers, _ table: IdentityTable
  ) throws(StoreError) {
    let fresh = sorted.fresh
    try table.makeRoom(for: fresh.count, days)
    for (day, positions) in byDay(batch, fresh) {
      let file = try days.file(of: day)
      try table.announce(positions.count, in: file, days)
      tuning.onStep?(.announced)
      // Nobody else appends while the lock is held, so the rows have neighbouring numbers.
      let firstRow = try file.connection.transaction { () throws(StoreError) in
        let first = try file.append(positions.count) { columns in
          for position in positions {
            columns.append(
              batch[fresh[position]], subject: numbers.subjects[position],
              peer: numbers.peers[position], gateway: numbers.gateways[position])
          }
        }
        tuning.onStep?(.dayInserted)
        return first
      }
      tuning.onStep?(.dayCommitted)
      // The rows are safe. When their ids cannot all be noted, or a commit that reported a failure
      // has come through, the next append reads the day on, because it stays announced.
      let hashes = positions.map { sorted.hashes[fresh[$0]] }
      if !table.note(hashes, from: firstRow, in: file) { self.table = nil }
      tuning.onStep?(.idsNoted)
    }
  }

  /// Deals the positions of new rows out to their days, in order.
  private func byDay(
    _ batch: [Evidence], _ fresh: [Int]
  ) -> [(day: LocalDay, positions: [Int])] {
    guard !fresh.isEmpty else { return [] }
    var dealt: [LocalDay: [Int]] = [:]
    var run: [Int] = []
    var day = calendar.day(of: batch[fresh[0]].start)
    var seconds = calendar.start(of: day)..<calendar.start(of: day.advanced(by: 1))
    for (position, index) in fresh.enumerated() {
      let start = batch[index].start
      if !seconds.contains(start) {
        dealt[day, default: []] += run
        run.removeAll()
        day = calendar.day(of: start)
        seconds = calendar.start(of: day)..<calendar.start(of: day.advanced(by: 1))
      }
      run.append(position)
    }
    dealt[day, default: []] += run
    return dealt.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Keeps a conflicting piece of evidence, once for each distinct content.
  private func keepAside(_ evidence: Evidence) throws(StoreError) {
    try catalog.run(
      """
      INSERT OR IGNORE INTO conflict (
        id, digest, day, kind, subject, venue, zone, peer, start, finish, attenuation, grade,
        status, gateway, received_at, stay
      ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
      """
    ) { row throws(StoreError) in
      row.bind(high: evidence.id.high, low: evidence.id.low, at: 1)
      row.bind(StoreDigest.digest(of: evidence), at: 2)
      row.bind(Int64(calendar.day(of: evidence.start).daysSince2020), at: 3)
      row.bind(Int64(evidence.kind.rawValue), at: 4)
      row.bind(high: evidence.subject.high, low: evidence.subject.low, at: 5)
      row.bind(evidence.venue.map { Int64($0.rawValue) }, at: 6)
      row.bind(Int64(evidence.zone), at: 7)
      if let peer = evidence.peer { row.bind(high: peer.high, low: peer.low, at: 8) }
      row.bind(evidence.start, at: 9)
      row.bind(evidence.end, at: 10)
      row.bind(evidence.attenuation.map(Int64.init), at: 11)
      row.bind(Int64(evidence.grade), at: 12)
      row.bind(Int64(evidence.status.rawValue), at: 13)
      row.bind(evidence.gateway, at: 14)
      row.bind(evidence.receivedAt, at: 15)
      row.bind(
        (evidence.statedStay ?? evidence.attenuationUncertainty).map(Int64.init), at: 16)
      try row.execute()
    }
  }
}
