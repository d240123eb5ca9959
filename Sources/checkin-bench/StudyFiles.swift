internal import CommandKit
internal import Evaluation
internal import ExposureStorage
internal import FoundationEssentials
internal import VenueCodes

/// What a file holds, and a digest that tells it from all else, whatever it is called and however it is
/// packed.
struct Study<Value: Sendable>: Sendable {
  var path: Path
  var value: Value
  /// Equal where the lines or rows are the same, in any order.
  var digest: StudyDigest

  /// Returns what is made of what the file holds, with the same digest.
  func mapped<Other>(_ make: (Value) -> Other) -> Study<Other> {
    Study<Other>(path: path, value: make(value), digest: digest)
  }
}

/// The digest of all that a file of a study holds.
struct StudyDigest: Hashable, Sendable {
  private let high: UInt64
  private let low: UInt64

  init(_ digest: inout ContentDigest) {
    (high, low) = digest.finish()
  }
}

/// Reads the data sets of an evaluation; none is ever written.
enum StudyFiles {
  /// Reads a file of the DP-3T experiment 05: an SQLite database with the table `results`.
  static func scenario(_ path: Path) throws -> Study<RadioScenario> {
    var sightings: [RadioSighting] = []
    do {
      let connection = try Connection(opening: path.string, for: .read)
      // Whole numbers in SQL: milliseconds, and millimetres; -1 m is “none”, null “not seen”.
      try connection.run(
        """
        SELECT receiver_id, transmitter_id, CAST(timestamp AS INTEGER), tx_power - rssi,
          CAST(round(ground_truth_distance * 1000) AS INTEGER) FROM results
        """
      ) { row throws(StoreError) in
        while try row.step() {
          guard let receiver = row.integer(0), let transmitter = row.integer(1),
            let milliseconds = row.integer(2), let attenuation = row.integer(3)
          else { continue }
          let millimetres = row.integer(4).flatMap { $0 >= 0 ? $0 : nil }
          sightings.append(
            RadioSighting(
              receiver: Int(receiver), transmitter: Int(transmitter), milliseconds: milliseconds,
              attenuation: Double(attenuation), distance: millimetres.map { Double($0) / 1_000 }))
        }
      }
    } catch {
      throw CommandError(
        "no table `results` of an experiment with Bluetooth can be read (\(error))",
        hint: "give an SQLite file of the DP-3T experiment 05", file: path.string,
        code: "not-an-experiment")
    }
    guard !sightings.isEmpty else {
      throw CommandError(
        "the table `results` has no row that can be read",
        hint: "give an SQLite file of the DP-3T experiment 05", file: path.string,
        code: "not-an-experiment")
    }
    var digest = ContentDigest(domain: "scene")
    let rows = sightings.map { sighting in
      [
        sighting.milliseconds, Int64(sighting.receiver), Int64(sighting.transmitter),
        Int64(sighting.attenuation), sighting.distance.map { Int64(($0 * 1_000).rounded()) } ?? -1,
      ]
    }
    for row in rows.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      for number in row { digest.append(number) }
    }
    return Study(
      path: path, value: RadioScenario(name: name(path), sightings: sightings),
      digest: StudyDigest(&digest))
  }

  /// Refuses a data set that is given twice: it would count twice, or be learned and tested at once.
  static func refuseRepeats<Value>(among studies: [Study<Value>], of option: String) throws {
    var known: [StudyDigest: Path] = [:]
    for study in studies {
      if let first = known.updateValue(study.path, forKey: study.digest) {
        throw CommandError(
          "it holds the same as \(first), and \(option) takes each data set once",
          hint: "leave one of the two out", file: study.path.string, code: "data-set-twice")
      }
    }
  }

  /// Reads a list of contacts: lines `t i j`, plain, in gzip, or as the one file of a ZIP archive.
  static func contacts(
    _ path: Path, _ context: Context
  ) throws -> Study<ContactExperiment.Source> {
    var file = try InputFile(path: path.string, interruption: context.interruption)
    var bytes = try file.readAll()
    if bytes.starts(with: ZipMember.magic) {
      let gzip: [UInt8]
      do {
        gzip = try ZipMember.gzip(ofOnlyFileIn: bytes)
      } catch {
        throw CommandError(
          "\(error)", file: path.string, code: "not-a-contact-list")
      }
      let scratch = try ScratchFolder(BenchmarkSetting())
      let unpacked = "\(scratch.path)/contacts.gz"
      try Data(gzip).write(to: URL(filePath: unpacked))
      var member = try InputFile(path: unpacked, interruption: context.interruption)
      bytes = try member.readAll()
    }
    do {
      let list = try ContactList(parsing: bytes)
      return Study(
        path: path, value: ContactExperiment.Source(name: name(path), list: list),
        digest: digest(of: list))
    } catch {
      throw CommandError(
        error.description, file: path.string, line: error.line > 0 ? error.line : nil,
        code: "not-a-contact-list")
    }
  }

  private static func digest(of list: ContactList) -> StudyDigest {
    let lines = list.rows.map { row in
      let names = [list.people[Int(row.one)], list.people[Int(row.other)]].sorted()
      return (seconds: row.seconds, one: names[0], other: names[1])
    }
    var digest = ContentDigest(domain: "contacts")
    for line in lines.sorted(by: { ($0.seconds, $0.one, $0.other) < ($1.seconds, $1.one, $1.other) }
    ) {
      digest.append(line.seconds)
      digest.append(line.one)
      digest.append(line.other)
    }
    return StudyDigest(&digest)
  }

  /// The last part of a path, without what follows the first dot.
  static func name(_ path: Path) -> String {
    let last = path.string.split(separator: "/").last.map(String.init) ?? path.string
    return last.prefix { $0 != "." }.isEmpty ? last : String(last.prefix { $0 != "." })
  }
}
