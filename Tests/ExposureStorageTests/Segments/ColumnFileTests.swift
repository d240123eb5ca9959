import CrossMatch
import ExposureStorage
import Foundation
import TestSupport
import Testing

@Suite("Column files") struct ColumnFileTests {
  private let store: (UInt64, UInt64) = (7, 9)

  private func write(_ folder: TemporaryFolder) throws -> String {
    let path = folder.path + "/columns"
    _ = try ColumnFile.write(
      [
        ColumnBytes(Column([1, 2, 3] as [UInt8]), tag: 5),
        ColumnBytes(Column((0..<1_000).map { UInt64($0) }), tag: 2),
        ColumnBytes(Column([] as [Int16]), tag: 9),
      ], kind: .scans, of: store, to: path)
    return path
  }

  @Test("Columns come back as they were, aligned and with zeros behind them")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let mapping = try MappedColumns(try write(folder), of: store, kind: .scans)
    try mapping.verify()
    let small = try #require(mapping.column(5, of: UInt8.self))
    let large = try #require(mapping.column(2, of: UInt64.self))
    let empty = try #require(mapping.column(9, of: Int16.self))
    #expect(small.indices.map { small[$0] } == [1, 2, 3])
    #expect(large.count == 1_000 && large[999] == 999 && empty.isEmpty)
    #expect(UInt(bitPattern: large.base) % 64 == 0)
    let behind = UnsafeRawBufferPointer(
      start: UnsafeRawPointer(large.base + large.count), count: Column<UInt64>.padding)
    let isZero = behind.allSatisfy { $0 == 0 }
    #expect(isZero)
    // Neither another tag nor another width is a column.
    #expect(mapping.column(1, of: UInt8.self) == nil)
    #expect(mapping.column(5, of: UInt16.self) == nil)
  }

  @Test("The same columns are the same bytes, and no draft stays")
  func isDeterministic() throws {
    let folder = try TemporaryFolder()
    let path = try write(folder)
    let first = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(try Data(contentsOf: URL(fileURLWithPath: try write(folder))) == first)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["columns"])
  }

  @Test("A file of another store or kind is told by its head")
  func foreign() throws {
    let folder = try TemporaryFolder()
    let path = try write(folder)
    #expect(throws: ColumnFileFault.foreignStore) {
      try MappedColumns(path, of: (7, 8), kind: .scans)
    }
    #expect(throws: ColumnFileFault.wrongKind) {
      try MappedColumns(path, of: store, kind: .visits)
    }
    #expect(throws: ColumnFileFault.wrongSize) {
      try MappedColumns(path + "-not", of: store, kind: .visits)
    }
  }

  @Test("Every flipped bit and every cut is found", arguments: [801])
  func damage(seed: UInt64) throws {
    let folder = try TemporaryFolder()
    let path = try write(folder)
    let whole = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    var generator = SeededGenerator(seed: seed)
    func isTaken(_ bytes: [UInt8]) throws -> Bool {
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      guard let mapping = try? MappedColumns(path, of: store, kind: .scans) else { return false }
      return (try? mapping.verify()) != nil
    }
    #expect(try isTaken(whole))
    var undetected: [Int] = []
    // The head and the directory bit by bit, the rest here and there.
    let places =
      Array(0..<140) + (0..<300).map { _ in Int.random(in: 0..<whole.count, using: &generator) }
    for place in places {
      var bytes = whole
      bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      if try isTaken(bytes) { undetected.append(place) }
    }
    for length in [0, 1, 63, 64, 200, whole.count - 1, whole.count / 2] {
      if try isTaken(Array(whole[..<length])) { undetected.append(-length) }
    }
    if try isTaken(whole + [0]) { undetected.append(whole.count) }
    #expect(undetected == [], "seed \(seed)")
  }
}
