import ExposureStorage
import Presence
import VenueCodes

extension FuzzTarget {
  /// A frame of the log, without its checksum, which is put on: what reads must pack and read
  /// again as the same rows, whichever way it is read.
  static let evidenceFrame = FuzzTarget(
    "evidence-frame",
    examples: Frames.columns.flatMap { $0.frames() }.map { Array($0.dropLast(8)) }
  ) { input in
    let frame = EvidenceColumns.frame(sealing: input)
    var columns = EvidenceColumns()
    guard columns.append(frame: frame) else {
      require(columns.count == 0, "a frame that is refused leaves no rows")
      return
    }
    require((1...512).contains(columns.count), "a frame has rows")
    var again = EvidenceColumns()
    for frame in columns.frames() {
      require(again.append(frame: frame), "a frame that was packed reads")
    }
    require(again.count == columns.count, "no row is lost")
    let ids = EvidenceColumns.ids(ofFrame: frame) ?? []
    for place in 0..<columns.count {
      require(Frames.row(columns, place) == Frames.row(again, place), "a row stays as it is")
      require(ids[place] == columns.id(at: place), "one row reads as all do")
    }
  }
}

extension FuzzTarget {
  /// The page at the front of a backup, without its last line, which is put on: what reads is
  /// written the same, and names no file outside the backup's folder.
  static let backupManifest = FuzzTarget(
    "backup-manifest",
    examples: [
      Array(
        BackupManifest.sample.text.split(separator: UInt8(ascii: "\n")).dropLast()
          .joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")]
    ]
  ) { input in
    guard let manifest = BackupManifest(text: BackupManifest.sealing(input)) else { return }
    require(BackupManifest(text: manifest.text) == manifest, "a page reads as it was written")
    for file in manifest.files {
      let parts = file.name.split(separator: "/", omittingEmptySubsequences: false)
      require(parts.count <= 2 && !parts.contains(where: \.isEmpty), "a file is in the folder")
      require(!parts.contains { $0.first == "." }, "a file is in the folder")
    }
  }
}

extension BackupManifest {
  fileprivate static let sample = BackupManifest(
    storeID: "8f0c", madeAt: 1_596_646_800,
    files: [
      File(name: "catalog.77.sqlite", bytes: 0, digest: Array(repeating: 1, count: 32)),
      File(name: "days/2020-08-06.5f-12.sqlite", bytes: 9, digest: Array(repeating: 2, count: 32)),
    ])
}

private enum Frames {
  /// A visit, and some of everything.
  static let columns: [EvidenceColumns] = {
    var one = EvidenceColumns()
    var many = EvidenceColumns()
    for number in 0..<UInt64(60) {
      let isNear = number % 3 == 0
      let evidence = Evidence(
        id: EvidenceID(high: number &* 0x9e37_79b9_7f4a_7c15, low: number),
        kind: isNear ? .bleEncounter : .visit, subject: Pseudonym(high: number, low: 1),
        venue: isNear ? nil : VenueID(rawValue: number * 77), zone: UInt8(number % 3),
        start: 1_596_646_800 + Int64(number), end: number % 5 == 0 ? nil : 1_596_650_400,
        attenuation: isNear ? 60 : nil, statedStay: isNear ? nil : 12, grade: 1,
        gateway: "gate", receivedAt: 1_596_700_000)
      many.append(
        evidence, subject: UInt32(number), peer: isNear ? 9 : 0, gateway: UInt32(number % 2))
      if number == 1 { one.append(evidence, subject: 5, peer: 0, gateway: 1) }
    }
    return [one, many]
  }()

  /// All of a row, in numbers.
  static func row(_ columns: borrowing EvidenceColumns, _ place: Int) -> [Int64] {
    [
      Int64(bitPattern: columns.high[place]), Int64(bitPattern: columns.low[place]),
      columns.start[place], columns.finish[place], columns.receivedAt[place],
      Int64(bitPattern: columns.venue[place]), Int64(columns.subject[place]),
      Int64(columns.peer[place]), Int64(columns.gateway[place]),
      Int64(columns.attenuation[place]), Int64(columns.stay[place]), Int64(columns.zone[place]),
      Int64(columns.kind[place]), Int64(columns.status[place]), Int64(columns.grade[place]),
    ]
  }
}
