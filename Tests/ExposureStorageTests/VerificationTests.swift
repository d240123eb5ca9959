import ExposureStorage
import Foundation
import Presence
import Testing
import VenueCodes

@Suite("A look at every byte")
struct VerificationTests {
  private let folder: TemporaryFolder
  private let store: ExposureStore
  private let rules = StayRules(calendar: .haiPhong)

  init() throws {
    folder = try TemporaryFolder()
    store = try newStore(folder)
    _ = try store.append((1...900).map { scan($0, dayOffset: Int64($0 % 3)) })
    _ = try store.buildSegments(stayRules: rules)
  }

  private func path(_ name: String) -> String { "\(folder.path)/store/\(name)" }

  /// Changes one byte of a file.
  private func flip(_ name: String, fromEnd: Int) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path(name)))
    bytes[bytes.count - fromEnd] ^= 0x10
    try bytes.write(to: URL(fileURLWithPath: path(name)))
  }

  @Test("A store as it was written is sound, open for writing or for reading")
  func sound() throws {
    let found = try store.verify()
    #expect(found.problems == [] && found.rows == 900 && found.days == 3)
    let reader = try ExposureStore.open(at: folder.path + "/store", mode: .readOnly)
    #expect(try reader.verify().problems == [])
    let figures = try store.statistics()
    #expect(figures.rows == 900 && figures.people == 17 && figures.days.count == 3)
    #expect(figures.logBytes > 0 && figures.idBytes > 0 && figures.segmentBytes > 0)
  }

  @Test("A row whose id is known of another row, or of none, is counted")
  func ids() throws {
    // Beside the store's back, the rows of one day take the place of another's.
    try store.close()
    let other = path("days/2020-08-07.sqlite")
    try FileManager.default.removeItem(atPath: other)
    try FileManager.default.copyItem(atPath: path("days/2020-08-06.sqlite"), toPath: other)
    let again = try ExposureStore.open(at: folder.path + "/store")
    let found = try again.verify()
    #expect(found.problems.contains { $0.contains("600 rows") || $0.contains("300 rows") })
  }

  @Test("People whom the catalog lost are told")
  func strangers() throws {
    try store.close()
    let catalog = try Connection(opening: path("checkin.sqlite"), for: .write)
    try catalog.execute("DELETE FROM subject WHERE number = 3")
    let found = try ExposureStore.open(at: folder.path + "/store", mode: .readOnly).verify()
    #expect(found.problems.count == 3, "\(found.problems)")
    #expect(found.problems.allSatisfy { $0.contains("whom the catalog does not know") })
  }

  @Test("A changed byte of a segment is found, and the next question makes it anew")
  func segments() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: path("segments"))
      .filter { $0.contains(".") && $0 != "build.lock" }
    #expect(names.count >= 4, "\(names)")
    for name in names {
      let before = try Data(contentsOf: URL(fileURLWithPath: path("segments/" + name)))
      try flip("segments/" + name, fromEnd: 100)
      let found = try store.verify()
      #expect(found.problems.contains { $0.contains(name) }, "\(name): \(found.problems)")
      try before.write(to: URL(fileURLWithPath: path("segments/" + name)))
    }
    #expect(try store.verify().problems == [])
  }
}
