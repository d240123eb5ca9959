import CrossMatch
import ExposureStorage
import Glibc

extension FuzzTarget {
  /// A file of columns whose first byte says the kind; the checksum is mended, so that what is behind
  /// it is met: a file that is taken can be read to its last row.
  static let columnFile = FuzzTarget("column-file", examples: SegmentFiles.examples) { input in
    guard let first = input.first else { return }
    let kinds = ColumnFileKind.allCases
    let kind = kinds[Int(first) % kinds.count]
    let file = SegmentFiles.mended(Array(input.dropFirst()))
    guard let mapping = try? MappedColumns(copying: file, of: SegmentFiles.store, kind: kind)
    else { return }
    require((try? mapping.verify()) != nil, "a mended file has its checksum")
    let laidOut = mapping.layout.entries.allSatisfy {
      $0.offset % 64 == 0 && $0.offset + $0.width * $0.count + 64 <= mapping.layout.size
    }
    require(laidOut, "columns lie in the file, with room behind")
    let rows = (try? SegmentSet.readAll(mapping, subjectCount: 1_000)) ?? 0
    require(rows <= file.count, "no more rows than bytes")
  }

  /// A list of segment files: what is taken is written the same again.
  static let segmentManifest = FuzzTarget(
    "segment-manifest", examples: SegmentFiles.manifests
  ) { input in
    let file = SegmentFiles.mended(input)
    guard
      let mapping = try? MappedColumns(copying: file, of: SegmentFiles.store, kind: .manifest),
      let manifest = try? SegmentManifest(mapping)
    else { return }
    for file in manifest.files {
      require(file.kind != .manifest && file.sequence < manifest.nextSequence, "a file is known")
    }
    guard let written = SegmentFiles.bytes(manifest.columns, .manifest),
      let again = try? MappedColumns(copying: written, of: SegmentFiles.store, kind: .manifest)
    else { return require(false, "a manifest is written") }
    require((try? SegmentManifest(again)) == manifest, "a manifest reads as it is written")
  }
}

private enum SegmentFiles {
  static let store: (UInt64, UInt64) = (1, 2)

  /// The bytes with the checksum that they should have.
  static func mended(_ input: [UInt8]) -> [UInt8] {
    guard input.count >= 8 else { return input }
    var file = input
    let checksum = file.withUnsafeBytes { ColumnFile.checksum(ofFile: $0) }
    withUnsafeBytes(of: checksum.littleEndian) { bytes in
      file.replaceSubrange((file.count - 8)..., with: bytes)
    }
    return file
  }

  /// Writes a file and reads it.
  static func bytes(_ columns: [ColumnBytes], _ kind: ColumnFileKind) -> [UInt8]? {
    let path = "/tmp/checkin-fuzz-\(getpid()).columns"
    defer { unlink(path) }
    guard (try? ColumnFile.write(columns, kind: kind, of: store, to: path)) != nil,
      let file = fopen(path, "rb")
    else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes[..<count])
  }

  static let manifests: [[UInt8]] = {
    var manifest = SegmentManifest()
    manifest.nextSequence = 9
    manifest.subjectCount = 50
    manifest.scanVenues = [3, 5]
    let empty = bytes(SegmentManifest().columns, .manifest)
    return [empty, bytes(manifest.columns, .manifest)].compactMap { $0 }
  }()

  static let examples: [[UInt8]] = {
    let kinds = ColumnFileKind.allCases
    func example(_ columns: [ColumnBytes], _ kind: ColumnFileKind) -> [UInt8]? {
      guard let place = kinds.firstIndex(of: kind) else { return nil }
      return bytes(columns, kind).map { [UInt8(place)] + $0 }
    }
    var records: [VisitRecord] = []
    for number: UInt32 in 0..<5 {
      records.append(
        VisitRecord(
          venue: UInt64(number % 2), enter: Int32(number), leave: Int32(number + 9),
          subject: number % 3, source: number + 1, zone: UInt8(number % 2)))
    }
    func numbers(_ tag: UInt32, _ values: [UInt32]) -> ColumnBytes {
      ColumnBytes(Column(values), tag: tag)
    }
    func times(_ tag: UInt32, _ values: [Int32]) -> ColumnBytes {
      ColumnBytes(Column(values), tag: tag)
    }
    let places: [UInt64] = [0x1001, 0x2001]
    let scans: [ColumnBytes] = [
      numbers(1, [4, 9]), numbers(2, [0, 1, 2]), times(3, [7, 8]),
      ColumnBytes(Column(places), tag: 4), numbers(5, [1, 2]),
    ]
    let attenuations: [Int16] = [50, 50]
    let qualities: [UInt8] = [131, 131]
    let encounters: [ColumnBytes] = [
      numbers(1, [4, 9]), numbers(2, [0, 1, 2]), numbers(3, [9, 4]), times(4, [7, 7]),
      times(5, [8, 8]), ColumnBytes(Column(attenuations), tag: 6), numbers(7, [1, 1]),
      ColumnBytes(Column(qualities), tag: 8),
    ]
    let counts: [UInt64] = [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    let heard =
      encounters + [
        numbers(21, [0, 1, 2]), numbers(22, [5, 6]), numbers(31, [4]), numbers(32, [0, 1]),
        times(33, [3]), times(34, [9]), ColumnBytes(Column(counts), tag: 41),
      ]
    let found: [[UInt8]?] = [
      example(ColumnBytes.columns(of: VisitSegment(records)), .stays),
      example(scans, .scans), example(encounters, .encounters),
      example(heard, .heard),
      manifests.first.map { [0] + $0 },
    ]
    return found.compactMap { $0 }
  }()
}
