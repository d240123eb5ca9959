internal import Presence
internal import VenueCodes

/// What a store is tuned by; the defaults are for use, the rest for tests.
package struct StoreTuning: Sendable {
  /// How long to wait for another process.
  package var busyMilliseconds: Int32 = 10_000
  /// How many new ids are kept in memory before they are written to the ledger's table.
  package var ledgerMemory = 262_144
  /// How many people's numbers are remembered.
  package var subjectMemory = 1_048_576
  /// The most pages a day file may have, to play a full disk.
  package var dayPageLimit: Int?
  /// Called between the steps of an append, to play a crash there.
  package var onStep: (@Sendable (AppendStep) -> Void)?

  /// Makes the defaults.
  package init() {}
}

/// The moments of an append between which a crash is different.
package enum AppendStep: Hashable, Sendable, CaseIterable {
  /// The lock is held and the ledger agrees with the day files.
  case locked
  /// New people, new gateways and conflicts are durable.
  case namesCommitted
  /// The days to be written are announced to other processes.
  case announced
  /// The rows of a day are inserted and not committed.
  case dayInserted
  /// The rows of a day are durable and not in the ledger.
  case dayCommitted
  /// The ledger is written.
  case ledgerWritten
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
  private var ledger: IdentityLedger?
  private var announcedKnown: Int64 = 0
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

  /// Appends a batch; see `ExposureStore.append`.
  func append(_ batch: [Evidence]) throws(StoreError) -> [AppendOutcome] {
    // By place, here and below: going over the elements copies each.
    for index in batch.indices
    where !StoreWriter.storableSeconds.contains(batch[index].start) || batch[index].end == .min {
      throw StoreError(.timeOutOfRange, subject: "evidence \(batch[index].id)")
    }
    return try lock.holding(waitingMilliseconds: tuning.busyMilliseconds) {
      () throws(StoreError) in
      let ledger = try currentLedger()
      try noticeForgetting()
      tuning.onStep?(.locked)
      let sorted = try classify(batch, ledger)
      guard !sorted.fresh.isEmpty || !sorted.conflicts.isEmpty else { return sorted.outcomes }
      let numbers = try commitNames(of: batch, sorted)
      tuning.onStep?(.namesCommitted)
      try commitRows(of: batch, sorted.fresh, numbers, ledger)
      // The rows are safe and in memory. When the table cannot be written now (a full disk), the
      // next append tries again, and a restart reads the rows from the day files.
      if ledger.needsFlush { try? ledger.flush() }
      tuning.onStep?(.ledgerWritten)
      return sorted.outcomes
    }
  }

  /// Runs `body` while no other process appends.
  func holdingLock<Result>(
    _ body: () throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    try lock.holding(waitingMilliseconds: tuning.busyMilliseconds) { () throws(StoreError) in
      _ = try currentLedger()
      return try body()
    }
  }

  /// Forgets the ids of a day whose file is about to go or to be replaced; called under the lock.
  ///
  /// The next append, here or elsewhere, looks at what is then there.
  func forgetDay(_ day: LocalDay) throws(StoreError) {
    _ = try lock.announce([day])
    try ledger?.forget(day)
  }

  /// Forgets remembered numbers when people were deleted since: they may be deleted people's.
  private func noticeForgetting() throws(StoreError) {
    let count =
      try catalog.number("SELECT last FROM number_series WHERE name = 'forgetting'") ?? 0
    guard count != forgettings else { return }
    names.removeAll()
    forgettings = count
  }

  /// Writes the ledger, so that the next one to open the store need not read rows again.
  func finish() throws(StoreError) {
    guard ledger != nil else { return }
    try lock.holding(waitingMilliseconds: tuning.busyMilliseconds) { () throws(StoreError) in
      // What others did meanwhile comes first: a day they deleted must not be written back.
      try currentLedger().flush()
    }
  }

  // The years 1970 to 9998: what a day file's name and the calendar can say, with room to add.
  private static let storableSeconds: Range<Int64> = 0..<253_370_764_800

  /// Returns the ledger, agreeing with all that any process has committed.
  private func currentLedger() throws(StoreError) -> IdentityLedger {
    let count = lock.announced()
    if let ledger, count == announcedKnown { return ledger }
    if let ledger, let changed = lock.days(since: announcedKnown) {
      for day in changed.sorted() { try ledger.agree(with: day, days) }
      announcedKnown = count
      return ledger
    }
    let made = try IdentityLedger(in: layout, tuning: tuning, days: days)
    ledger = made
    announcedKnown = count
    return made
  }

  private struct Classified {
    var outcomes: [AppendOutcome]
    /// The places in the batch of what is new.
    var fresh: [Int] = []
    /// The places in the batch of what contradicts a row, or an earlier one of the batch.
    var conflicts: [Int] = []
  }

  /// Tells what is new, what is repeated and what is in conflict.
  private func classify(
    _ batch: [Evidence], _ ledger: IdentityLedger, agreed: Set<LocalDay> = []
  ) throws(StoreError) -> Classified {
    // In order of ids, and of places for the same id: what is asked twice stands side by side.
    var asked = batch.indices.map { (id: batch[$0].id, index: $0) }
    asked.sort { $0.id == $1.id ? $0.index < $1.index : $0.id < $1.id }
    var echoes: [(index: Int, first: Int)] = []
    var kept = 0
    for entry in asked {
      if kept > 0, asked[kept - 1].id == entry.id {
        echoes.append((entry.index, asked[kept - 1].index))
      } else {
        asked[kept] = entry
        kept += 1
      }
    }
    asked.removeSubrange(kept...)
    var result = Classified(outcomes: Array(repeating: .stored, count: batch.count))
    // What the store has under an id decides over it and over its echoes in the batch.
    var asking: [LocalDay: [(index: Int, row: Int64)]] = [:]
    var placeOfFirst: [Int: Place] = [:]
    for (index, place) in try ledger.places(of: asked) {
      asking[place.day, default: []].append((index, place.row))
      if !echoes.isEmpty { placeOfFirst[index] = place }
    }
    for (index, earlier) in echoes {
      if let place = placeOfFirst[earlier] {
        asking[place.day, default: []].append((index, place.row))
      } else {
        let same = batch[index].statesTheSame(as: batch[earlier])
        result.outcomes[index] = same ? .repeated : .conflict
      }
    }
    for (day, wanted) in asking {
      guard try compare(batch, with: wanted, of: day, into: &result.outcomes) else {
        // The file was deleted or replaced while this store was open.
        guard !agreed.contains(day) else { throw StoreError(.corrupt, subject: layout.ledger) }
        try ledger.agree(with: day, days)
        return try classify(batch, ledger, agreed: agreed.union([day]))
      }
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

  /// Compares evidence with the rows of a day that have its ids.
  ///
  /// - Returns: False when the day no longer has one of the rows.
  private func compare(
    _ batch: [Evidence], with wanted: [(index: Int, row: Int64)], of day: LocalDay,
    into outcomes: inout [AppendOutcome]
  ) throws(StoreError) -> Bool {
    guard FileOperation.exists(layout.file(of: day)) else { return false }
    var isWhole = true
    let wanted = wanted.sorted { $0.row < $1.row }
    var columns = EvidenceColumns()
    let file = try days.file(of: day)
    try file.connection.forEachRow(wanted.map(\.row)) { entry, found throws(StoreError) in
      let index = wanted[entry].index
      columns.removeAll()
      guard let (frame, place) = found else { return isWhole = false }
      guard frame.unpack(into: &columns), let row = EvidenceRow(columns, at: place) else {
        throw StoreError(.corrupt, subject: file.connection.path)
      }
      if row.id == batch[index].id {
        outcomes[index] = try compare(batch[index], row)
      } else {
        isWhole = false
      }
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
    guard let number = try NameTable.number(of: pseudonym, in: catalog) else { return nil }
    names.remember([pseudonym: number], gateways: [:])
    return number
  }

  /// The numbers of the people and gateways of a batch.
  private struct Numbers {
    var subjects: [UInt32]
    var peers: [UInt32?]
    var gateways: [UInt32]

    init(count: Int) {
      subjects = Array(repeating: 0, count: count)
      peers = Array(repeating: nil, count: count)
      gateways = Array(repeating: 0, count: count)
    }
  }

  /// Makes the names that the new rows need, and the conflicts, durable; then returns the numbers.
  private func commitNames(
    of batch: [Evidence], _ sorted: Classified
  ) throws(StoreError) -> Numbers {
    var numbers = Numbers(count: sorted.fresh.count)
    var newPeople: Set<Pseudonym> = []
    var newGateways: Set<String> = []
    var incomplete: [Int] = []
    var lastGateway: (name: String, number: UInt32) = ("", 0)
    for (position, index) in sorted.fresh.enumerated() {
      let subject = names.remembered(batch[index].subject)
      let peer = batch[index].peer
      let peerNumber = peer.flatMap { names.remembered($0) }
      let gatewayName = batch[index].gateway
      let gateway =
        gatewayName == lastGateway.name
        ? lastGateway.number : names.remembered(gateway: gatewayName)
      if subject == nil { newPeople.insert(batch[index].subject) }
      if let peer, peerNumber == nil { newPeople.insert(peer) }
      if let gateway {
        lastGateway = (gatewayName, gateway)
      } else {
        newGateways.insert(gatewayName)
      }
      numbers.subjects[position] = subject ?? 0
      numbers.peers[position] = peerNumber
      numbers.gateways[position] = gateway ?? 0
      if subject == nil || gateway == nil || (peer != nil && peerNumber == nil) {
        incomplete.append(position)
      }
    }
    guard !incomplete.isEmpty || !sorted.conflicts.isEmpty else { return numbers }
    let (people, gateways) = try catalog.transaction { () throws(StoreError) in
      for index in sorted.conflicts { try keepAside(batch[index]) }
      return (
        try NameTable.numbers(of: newPeople, in: catalog),
        try NameTable.numbers(of: newGateways, in: catalog)
      )
    }
    names.remember(people, gateways: gateways)
    for position in incomplete {
      let evidence = batch[sorted.fresh[position]]
      if let number = people[evidence.subject] { numbers.subjects[position] = number }
      if let number = evidence.peer.flatMap({ people[$0] }) { numbers.peers[position] = number }
      if let number = gateways[evidence.gateway] { numbers.gateways[position] = number }
    }
    return numbers
  }

  /// Commits new rows, day by day.
  private func commitRows(
    of batch: [Evidence], _ fresh: [Int], _ numbers: Numbers, _ ledger: IdentityLedger
  ) throws(StoreError) {
    guard !fresh.isEmpty else { return }
    var byDay: [LocalDay: [Int]] = [:]
    for (position, index) in fresh.enumerated() {
      byDay[calendar.day(of: batch[index].start), default: []].append(position)
    }
    let order = byDay.keys.sorted()
    let announced = try lock.announce(order)
    tuning.onStep?(.announced)
    for day in order {
      let positions = byDay[day] ?? []
      let file = try days.file(of: day)
      try ledger.forget(day, unlessIn: file)
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
      // Nobody else appends while the lock is held, so the rows have neighbouring numbers.
      ledger.note(
        positions.enumerated().lazy.map { (batch[fresh[$1]].id, firstRow + Int64($0)) },
        in: file, newest: firstRow + Int64(positions.count) - 1)
      tuning.onStep?(.dayCommitted)
    }
    // Only now: after a failure above, the next append looks at these days again, because a commit
    // that reported a failure may have come through.
    announcedKnown = announced
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
      row.bind(evidence.statedStay.map(Int64.init), at: 16)
      try row.execute()
    }
  }
}
