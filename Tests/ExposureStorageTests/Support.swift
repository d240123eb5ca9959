import ExposureStorage
import Foundation
import Presence
import Synchronization
import Testing
import VenueCodes

/// A folder of its own for a test, removed with the last reference.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    // In memory where that can be: what a crash leaves is the same, and synchronizing costs nothing.
    let memory = "/dev/shm"
    let parent =
      FileManager.default.isWritableFile(atPath: memory)
      ? URL(fileURLWithPath: memory) : FileManager.default.temporaryDirectory
    let url =
      parent
      .appendingPathComponent("checkin-storage-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Copies a store as a crash at this moment would leave it.
  static func copy(_ from: String, to: String) {
    try? FileManager.default.removeItem(atPath: to)
    try? FileManager.default.copyItem(atPath: from, toPath: to)
  }
}

/// The first second of 2020-08-06 in Hai Phong.
let augustSixth: Int64 = 1_596_646_800

func venue(_ number: UInt64) throws -> VenueID { try #require(VenueID(rawValue: number)) }

func day(_ text: String) throws -> LocalDay { try #require(LocalDay(iso8601: text)) }

func person(_ number: UInt64) -> Pseudonym { Pseudonym(high: number << 32 | 7, low: number) }

/// A scan that is told apart by its number; the start moves by days when asked.
func scan(_ number: UInt64, dayOffset: Int64 = 0, person who: UInt64? = nil) -> Evidence {
  Evidence(
    id: EvidenceID(high: number &* 0x9e37_79b9_7f4a_7c15, low: number), kind: .scanIn,
    subject: person(who ?? number % 17), venue: VenueID(rawValue: number % 5), zone: 1,
    start: augustSixth + Int64(number % 86_400) + dayOffset * 86_400, grade: 1,
    gateway: "gate-\(number % 3)", receivedAt: augustSixth + 90_000)
}

/// A store in a folder of its own.
func newStore(
  _ folder: TemporaryFolder, calendar: LocalCalendar = .haiPhong
) throws -> ExposureStore {
  try ExposureStore.create(
    at: folder.path + "/store", calendar: calendar, createdAt: augustSixth,
    settings: [.urlPrefix: "https://qr.example/"])
}

/// All evidence of a store, by id.
func allEvidence(of store: ExposureStore) throws -> [Evidence] {
  var found: [Evidence] = []
  try store.forEachEvidence(
    from: LocalDay(daysSince2020: -20_000), to: LocalDay(daysSince2020: 3_000_000)
  ) { found.append($0) }
  return found.sorted { $0.id < $1.id }
}

/// Runs `body` and returns the code of the `StoreError` it throws, or nil when it throws none.
func storeErrorCode(_ body: () throws -> Void) -> StoreError.Code? {
  do {
    try body()
    return nil
  } catch {
    return (error as? StoreError)?.code
  }
}

let note = AuditNote(
  at: augustSixth, actor: "desk-1", action: "case.add", object: "BN-1", purpose: "order 12")

/// Something one task tells another.
final class Flag: Sendable {
  private let value = Mutex(false)

  var isSet: Bool { value.withLock { $0 } }

  func set() { value.withLock { $0 = true } }
}
