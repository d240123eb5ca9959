internal import CommandKit
internal import DoorProtocol
internal import ExposureStorage
internal import Foundation
internal import GatewayServer
internal import Presence
internal import SyntheticCity
internal import Synchronization
internal import VenueCodes
internal import VenueRegistry

/// `checkin-bench evidence`: rows from a door's store to the centre's, durable at both.
struct EvidenceBenchmark: Benchmark {
  var setting = BenchmarkSetting()
  var rows = 400_000
  var batch = 0
  var scans = 10

  static let command = Command(
    "evidence", "Times evidence from a door's store to the centre's, durable at both",
    EvidenceBenchmark(),
    [
      .option("--rows", \.rows, in: 1_000...100_000_000, help: "How many rows are sent"),
      .option(
        "--batch", \.batch, in: 0...10_000, help: "The rows of a batch; 0 for 1,000 and 10,000"),
      .option("--scans", \.scans, in: 1...1_000, help: "How many scans there are of each person"),
    ] + settingParameters,
    discussion: """
      Door and centre are in this process and speak HTTP over loopback as they do elsewhere: the \
      processor time is that of both. The peer is FastAPI with SQLite that takes the same number of \
      rows as NDJSON from a file of SQLite.
      """,
    run: { options, context in
      try options.run(context)
      return .done
    })

  func run(_ context: Context) throws {
    let city = try BenchCity(context)
    let surroundings = Surroundings(setting)
    let scratch = try ScratchFolder(setting)
    var race = Race(
      "evidence", unit: "rows",
      remarks: [
        "\(grouped(rows)) scans of \(grouped(max(1, rows / scans))) people at "
          + "\(grouped(city.venues.count)) venues, by one door to one centre over HTTP on loopback: "
          + "signed both ways, by columns, zstd; disk synchronized for each append at both",
        "whole: a thread of the door appends batches while others send them; "
          + "sent: the rows were in the door's store before",
        "pseudonyms of the door are made before; the centre makes its own of them (HMAC-SHA-256)",
      ])
    var contestants: [Contestant] = []
    for size in batch == 0 ? [1_000, 10_000] : [batch] {
      contestants.append(
        Contestant(measuringItself: {
          let pair = try DoorAndCentre(in: try scratch.emptyFolder("pair"), city)
          defer { pair.close() }
          let made = try pair.scans(rows, of: max(1, rows / scans), city)
          let cost = try Cost.of { try pair.appendAndSend(made, batch: size) }
          try pair.check(rows)
          return [Run(name: "checkin, whole, batches of \(grouped(size))", count: rows, cost: cost)]
        }))
      contestants.append(
        Contestant(measuringItself: {
          let pair = try DoorAndCentre(in: try scratch.emptyFolder("pair"), city)
          defer { pair.close() }
          try pair.append(try pair.scans(rows, of: max(1, rows / scans), city), batch: 10_000)
          let cost = try Cost.of { try pair.send(rows, batch: size) }
          try pair.check(rows)
          return [Run(name: "checkin, sent, batches of \(grouped(size))", count: rows, cost: cost)]
        }))
    }
    if surroundings.hasPython("fastapi", "uvicorn") {
      for size in batch == 0 ? [1_000, 10_000] : [batch] {
        contestants.append(
          Contestant(
            script: surroundings.peer("evidence_fastapi.py"),
            ["\(min(rows, 200_000))", "\(size)", "\(max(1, rows / scans))"],
            python: surroundings.python, in: scratch, "peer"))
      }
    } else {
      race.absent.append("FastAPI with SQLite (pip install fastapi uvicorn)")
    }
    try race.run(contestants, repetitions: setting.repetitions ?? 3, context)
    try race.report(context)
  }
}

/// A centre that serves and a door that joined it, in a folder.
private final class DoorAndCentre: Sendable {
  private let centre: ExposureStore
  private let gateway: Gateway
  private let door: ExposureStore
  private let doorVault: KeyVault
  private let registry: RegistryFolder
  private let clock: @Sendable () -> Int64

  init(in folder: String, _ city: BenchCity) throws {
    let ahead = city.now * 1_000 - SystemClock.milliseconds
    let clock: @Sendable () -> Int64 = { SystemClock.milliseconds + ahead }
    self.clock = clock
    let (centre, vault) = try Self.store("centre", in: folder, city)
    self.centre = centre
    (door, doorVault) = try Self.store("door", in: folder, city)
    let venues = RegistryFolder(path: folder + "/centre-venues")
    try venues.write(city.registry.files())
    registry = RegistryFolder(path: folder + "/door-venues")
    var configuration = GatewayConfiguration()
    configuration.port = 0
    configuration.metricsPort = 0
    gateway = try Gateway(
      try Deployment(
        store: centre, vault: vault, registryFolder: venues, configuration: configuration,
        clock: clock), version: "bench")
    var generator = SystemRandomNumberGenerator()
    let code = DoorCode(using: &generator)
    _ = try DoorRegister.open(inStore: centre.path).announce(
      "door", scope: DoorScope.venues(city.venues.map(\.id)).text, mayCheckPasses: false,
      codeHash: code.hash, expiresAt: city.now + 1_000, at: city.now)
    let keys = try doorVault.doorKeys()
    let connection = CurlConnection()
    let client = UpstreamClient(
      url: "http://127.0.0.1:\(gateway.port)", key: keys.signing, clock: clock,
      transport: { try connection.send($0) })
    let link = try client.join(code: code.text, boxKey: keys.box.publicKey, fingerprint: nil)
    let state = try UpstreamState.open(inStore: door.path)
    _ = try client.refresh(link, state: state, vault: doorVault, registry: registry)
    try state.keep(link)
  }

  private static func store(
    _ name: String, in folder: String, _ city: BenchCity
  ) throws -> (ExposureStore, KeyVault) {
    let store = try ExposureStore.create(
      at: "\(folder)/\(name)", calendar: city.calendar, createdAt: city.now - 86_400)
    let vault = try KeyVault.create(
      in: store.path + "/keys", secret: .keyFile("\(folder)/\(name).key"),
      notBefore: city.now - 86_400, notAfter: city.now + 86_400 * 400)
    return (store, vault)
  }

  func close() {
    gateway.stop()
    try? door.close()
    try? centre.close()
  }

  /// Makes scans of one day as the door makes them, in order of time.
  func scans(_ count: Int, of people: Int, _ city: BenchCity) throws -> [Evidence] {
    let hash = try doorVault.subjectHash()
    let pseudonyms = (0..<people).map { number in
      let (high, low) = hash.hash("09\(10_000_000 + number)")
      return Pseudonym(high: high, low: low)
    }
    var generator = SeededGenerator(seed: 3)
    let first = city.calendar.start(of: city.today)
    let seconds = Double(city.now - first)
    return (0..<count).map { row in
      let random = generator.next()
      let start = first + Int64(Double(row) / Double(count) * seconds)
      return Evidence(
        id: EvidenceID(atMilliseconds: start * 1_000, using: &generator), kind: .scan,
        subject: pseudonyms[Int(random % UInt64(people))],
        venue: city.venues[Int(random >> 40) % city.venues.count].id, start: start, grade: 1,
        gateway: "gate-1", receivedAt: start)
    }
  }

  func append(_ rows: [Evidence], batch: Int) throws {
    for first in stride(from: 0, to: rows.count, by: batch) {
      for outcome in try door.append(Array(rows[first..<min(first + batch, rows.count)]))
      where outcome != .stored { throw CommandError("a row was \(outcome) at the door") }
    }
  }

  func send(_ count: Int, batch: Int) throws {
    let upstream = try sender(batch)
    guard try upstream.sendAll(until: { false }) == count else {
      throw CommandError("not every row was sent")
    }
  }

  func appendAndSend(_ rows: [Evidence], batch: Int) throws {
    let upstream = try sender(batch)
    let outcome = Mutex<Result<Void, any Error>?>(nil)
    let thread = Thread { [self] in
      let result = Result { try append(rows, batch: batch) }
      outcome.withLock { $0 = result }
    }
    thread.start()
    var sent = 0
    while sent < rows.count {
      let isAppended = try outcome.withLock { try $0?.get() } != nil
      let before = sent
      sent = try upstream.sendAll(until: { false })
      guard sent == before else { continue }
      if isAppended { throw CommandError("not every row was sent") }
      usleep(1_000)
    }
  }

  /// Checks that the centre has every row.
  func check(_ rows: Int) throws {
    let whole = LocalDay(daysSince2020: .min)...LocalDay(daysSince2020: .max)
    let log = try centre.evidenceLog(from: whole.lowerBound, to: whole.upperBound)
    let count = log.days.reduce(0) { $0 + $1.rowCount }
    guard count == rows else {
      throw CommandError("the centre has \(count) rows of \(rows)")
    }
  }

  private func sender(_ batch: Int) throws -> Upstream {
    var settings = Upstream.Settings()
    settings.batchRows = batch
    let connections = CurlPool()
    return try Upstream(
      store: door, vault: doorVault, registry: registry, settings: settings, clock: clock,
      transport: { try connections.send($0) })
  }
}
