internal import CommandKit
internal import Evaluation
internal import ExposureStorage
internal import FoundationEssentials

/// Reads the data sets of an evaluation; none is ever written.
enum StudyFiles {
  /// Reads a file of the DP-3T experiment 05: an SQLite database with the table `results`.
  static func scenario(_ path: Path) throws -> RadioScenario {
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
    return RadioScenario(name: name(path), sightings: sightings)
  }

  /// Reads a list of contacts: lines `t i j`, plain, in gzip, or as the one file of a ZIP archive.
  static func contacts(_ path: Path, _ context: Context) throws -> ContactExperiment.Source {
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
      return ContactExperiment.Source(
        name: name(path), list: try ContactList(parsing: bytes))
    } catch {
      throw CommandError(
        error.description, file: path.string, line: error.line > 0 ? error.line : nil,
        code: "not-a-contact-list")
    }
  }

  /// The last part of a path, without what follows the first dot.
  static func name(_ path: Path) -> String {
    let last = path.string.split(separator: "/").last.map(String.init) ?? path.string
    return last.prefix { $0 != "." }.isEmpty ? last : String(last.prefix { $0 != "." })
  }
}
