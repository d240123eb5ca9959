internal import CommandKit
internal import DelimitedText
internal import EvidenceIntake
internal import ExposureStorage
internal import Foundation
internal import Presence
internal import SyntheticCity
internal import VenueCodes

/// A file of synthetic visits, as `checkin import visits` takes it.
struct VisitFile {
  let path: String
  let rowCount: Int
  let peopleCount: Int
  static let days = 28

  /// Writes a file of a number of rows.
  init(rows: Int, in folder: String, _ city: BenchCity) throws {
    rowCount = rows
    peopleCount = max(1, rows / 10)
    path = "\(folder)/visits-\(rows).csv"
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    guard let file = FileHandle(forWritingAtPath: path) else {
      throw CommandError("\(path) cannot be written")
    }
    defer { try? file.close() }
    var buffer = Array("\(StreamedVisit.header)\n".utf8)
    for visit in stream(city) {
      visit.append(to: &buffer, calendar: city.calendar)
      if buffer.count >= 1 << 20 {
        try file.write(contentsOf: Data(buffer))
        buffer.removeAll(keepingCapacity: true)
      }
    }
    try file.write(contentsOf: Data(buffer))
  }

  /// The visits of the file; the last day is `today`.
  func stream(_ city: BenchCity) -> VisitStream {
    VisitStream(
      seed: 20_200_806, count: rowCount, people: peopleCount, venues: city.cityVenues,
      firstDay: city.today.advanced(by: 1 - Self.days), days: Self.days, calendar: city.calendar)
  }

  /// The size in MiB.
  var mebibytes: Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return ((attributes?[.size] as? Int) ?? 0) >> 20
  }

  /// Reads the file by the product's own import path, and gives the evidence to `batch`, 16,384
  /// pieces at a time as the import command does; without a context rows are only taken apart.
  func read(_ intake: IntakeContext?, _ batch: ([Evidence]) throws -> Void = { _ in }) throws {
    var input = try InputFile(path: path)
    var reader = RecordReader(fields: EvidenceTable.visits.fields)
    var evidenceReader = intake.map { EvidenceReader(.visits, context: $0) }
    var record = Record()
    var pending: [Evidence] = []
    var rows = 0
    reading: while true {
      switch try reader.next(into: &record) {
      case .record:
        rows += 1
        if let evidence = try evidenceReader?.evidence(from: record) { pending.append(evidence) }
        if pending.count >= 16_384 {
          try batch(pending)
          pending.removeAll(keepingCapacity: true)
        }
      case .fault(let fault): throw CommandError("\(fault)", file: path)
      case .needsBytes:
        if let piece = try input.next() { reader.append(Array(piece)) } else { reader.finish() }
      case .end: break reading
      }
    }
    if !pending.isEmpty { try batch(pending) }
    guard rows == rowCount else {
      throw CommandError("\(rows) rows were read of \(rowCount)", file: path)
    }
  }

  /// What rows are read against, as the import command prepares it.
  static func intake(_ city: BenchCity) throws -> IntakeContext {
    let key = [UInt8](repeating: 7, count: KeyedHash.keyLength)
    return IntakeContext(
      registry: city.registry, verifier: city.verifier,
      subjectHash: PseudonymHash(try KeyedHash(key: try SecretBytes(copying: key.span))),
      calendar: city.calendar, receivedAt: city.now)
  }

  /// Makes a store in an empty folder and appends the file to it.
  func store(in folder: String, _ city: BenchCity) throws -> ExposureStore {
    let store = try ExposureStore.create(
      at: folder, calendar: city.calendar, createdAt: city.now)
    try read(try Self.intake(city)) { batch in
      for outcome in try store.append(batch) where outcome != .stored {
        throw CommandError("a row of \(path) was \(outcome)")
      }
    }
    return store
  }
}
