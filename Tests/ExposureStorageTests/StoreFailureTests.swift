import ExposureStorage
import Foundation
import Presence
import Testing
import VenueCodes

@Suite("Store failures") struct StoreFailureTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let code: StoreError.Code
    /// Does something to the store at a path, which has one row on 2020-08-06.
    let damage: @Sendable (String) throws -> Void
    var testDescription: String { name }
  }

  static let rows = [
    Row(name: "no folder", code: .noStore) { path in
      try FileManager.default.removeItem(atPath: path)
    },
    Row(name: "an empty folder", code: .noStore) { path in
      try FileManager.default.removeItem(atPath: path + "/checkin.sqlite")
    },
    Row(name: "an interrupted creation", code: .noStore) { path in
      try Data().write(to: URL(fileURLWithPath: path + "/checkin.sqlite"))
    },
    Row(name: "a catalog of noise", code: .corrupt) { path in
      try Data(repeating: 7, count: 9_000).write(to: URL(fileURLWithPath: path + "/checkin.sqlite"))
    },
    Row(name: "a catalog that is a day file", code: .corrupt) { path in
      TemporaryFolder.copy(path + "/days/2020-08-06.sqlite", to: path + "/checkin.sqlite")
    },
    Row(name: "a catalog that another program made", code: .corrupt) { path in
      try FileManager.default.removeItem(atPath: path + "/checkin.sqlite")
      try Connection(opening: path + "/checkin.sqlite", for: .create)
        .execute("CREATE TABLE other (x)")
    },
    Row(name: "a newer catalog", code: .schemaTooNew) { path in
      try Connection(opening: path + "/checkin.sqlite", for: .write)
        .execute("PRAGMA user_version = 9999")
    },
    Row(name: "a newer day file", code: .schemaTooNew) { path in
      try Connection(opening: path + "/days/2020-08-06.sqlite", for: .write)
        .execute("PRAGMA user_version = 9999")
    },
    Row(name: "a day file of noise", code: .corrupt) { path in
      try Data(repeating: 7, count: 9_000)
        .write(to: URL(fileURLWithPath: path + "/days/2020-08-06.sqlite"))
    },
    Row(name: "a kind of evidence that nobody writes", code: .corrupt) { path in
      try rewriteFrame(path) { $0.kind[0] = 200 }
    },
    Row(name: "a kind of evidence below the first", code: .corrupt) { path in
      try rewriteFrame(path) { $0.kind[0] = 0 }
    },
    Row(name: "a venue of more than 40 bits", code: .corrupt) { path in
      try rewriteFrame(path) { $0.venue[0] = 1 << 40 }
    },
    Row(name: "a person that nobody is", code: .corrupt) { path in
      try rewriteFrame(path) { $0.subject[0] = 77 }
    },
    Row(name: "a frame with one wrong bit", code: .corrupt) { path in
      let file = try Connection(opening: path + "/days/2020-08-06.sqlite", for: .write)
      try file.run("UPDATE frame SET data = ?1") { row throws(StoreError) in
        var bytes = try frame(of: file)
        bytes[bytes.count / 2] ^= 4
        row.bind(bytes, at: 1)
        try row.execute()
      }
    },
    Row(name: "a frame with a wrong number", code: .corrupt) { path in
      try Connection(opening: path + "/days/2020-08-06.sqlite", for: .write)
        .execute("UPDATE frame SET count = 2")
    },
    Row(name: "an impossible calendar", code: .corrupt) { path in
      try Connection(opening: path + "/checkin.sqlite", for: .write)
        .execute("UPDATE zone_span SET utc_offset = 1 << 40")
    },
    Row(name: "no folder of days", code: .cannotOpen) { path in
      try FileManager.default.removeItem(atPath: path + "/days")
    },
    Row(name: "a file where the folder of days should be", code: .cannotOpen) { path in
      try FileManager.default.removeItem(atPath: path + "/days")
      try Data().write(to: URL(fileURLWithPath: path + "/days"))
    },
  ]

  private static func frame(of file: borrowing Connection) throws(StoreError) -> [UInt8] {
    try file.run("SELECT data FROM frame") { row throws(StoreError) in
      _ = try row.step()
      return row.bytes(0) ?? []
    }
  }

  /// Replaces the one frame of the day by one that says something else.
  private static func rewriteFrame(
    _ path: String, _ change: (inout EvidenceColumns) -> Void
  ) throws {
    let file = try Connection(opening: path + "/days/2020-08-06.sqlite", for: .write)
    var columns = EvidenceColumns()
    let isSound = columns.append(frame: try frame(of: file))
    #expect(isSound)
    change(&columns)
    try file.run("UPDATE frame SET data = ?1") { row throws(StoreError) in
      row.bind(columns.frames()[0], at: 1)
      try row.execute()
    }
  }

  @Test("A damaged store is refused with the code that fits, and never traps", arguments: rows)
  func damaged(row: Row) throws {
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    _ = try store.append([scan(1)])
    try store.close()
    try row.damage(store.path)
    var failure: StoreError?
    do {
      let opened = try ExposureStore.open(at: store.path)
      _ = try opened.append([scan(1), scan(2)])
      _ = try allEvidence(of: opened)
    } catch let error as StoreError {
      failure = error
    }
    #expect(failure?.code == row.code)
    #expect(failure?.description.contains(": ") == true)
  }

  @Test("A day that goes between its opening and its first question changed meanwhile")
  func goneBehindTheOpening() throws {
    let folder = try TemporaryFolder()
    do { _ = try newStore(folder).append([scan(1)]) }
    let path = folder.path + "/store/days/2020-08-06.sqlite"
    try #require(!FileManager.default.fileExists(atPath: path + "-wal"))
    let connection = try Connection(opening: path, for: .read)
    try FileManager.default.removeItem(atPath: path)
    var failure: StoreError?
    do throws(StoreError) {
      _ = try connection.number("SELECT identity FROM origin")
    } catch {
      failure = error
    }
    #expect(failure?.code == .changedMeanwhile)
  }

  @Test("A store cannot be made where a file is")
  func fileInTheWay() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/file"
    try Data().write(to: URL(fileURLWithPath: path))
    let code = storeErrorCode {
      _ = try ExposureStore.create(at: path, calendar: .haiPhong, createdAt: 0)
    }
    #expect(code == .cannotOpen)
  }

  @Test("Every failure has a sentence of its own and a stable word")
  func sentences() {
    let sentences = StoreError.Code.allCases.map { StoreError($0, subject: "X").description }
    #expect(Set(sentences).count == sentences.count)
    #expect(sentences.allSatisfy { $0.contains("X") && $0.contains(": ") })
    #expect(StoreError.Code.allCases.allSatisfy { $0.rawValue.hasPrefix("store-") })
  }

  @Test("A failure tells the statement and none of its values")
  func noValues() throws {
    let folder = try TemporaryFolder()
    let connection = try Connection(opening: folder.path + "/x.sqlite", for: .create)
    try connection.execute("CREATE TABLE t (a TEXT NOT NULL UNIQUE) STRICT")
    var failure: StoreError?
    for _ in 0..<2 {
      do throws(StoreError) {
        try connection.run("INSERT INTO t VALUES (?1)") { row throws(StoreError) in
          row.bind("0912345678", at: 1)
          try row.execute()
        }
      } catch {
        failure = error
      }
    }
    #expect(failure?.code == .constraint)
    #expect(failure?.statement == "INSERT INTO t VALUES (?1)")
    let shown = failure.map { "\($0) \(String(reflecting: $0))" } ?? ""
    #expect(!shown.isEmpty && !shown.contains("0912345678"))
  }
}

@Suite("Schema") struct SchemaTests {
  private static let one = Schema(
    applicationID: 42, steps: ["CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (5);"])
  private static let three = Schema(
    applicationID: 42,
    steps: one.steps + [
      "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x * 2;",
      "CREATE TABLE b (z INTEGER) STRICT; INSERT INTO b SELECT x + y FROM a;",
    ])

  @Test("An older file takes the missing steps in order, once")
  func migrates() throws {
    let folder = try TemporaryFolder()
    let connection = try Connection(opening: folder.path + "/x.sqlite", for: .create)
    try SchemaTests.one.migrate(connection)
    try SchemaTests.three.migrate(connection)
    try SchemaTests.three.migrate(connection)
    #expect(try connection.number("SELECT z FROM b") == 15)
    #expect(try connection.number("PRAGMA user_version") == 3)
    #expect(storeErrorCode { try SchemaTests.one.migrate(connection) } == .schemaTooNew)
    #expect(try connection.integrityProblems() == [])
  }

  @Test("A step that fails leaves the file as it was")
  func failedStep() throws {
    let folder = try TemporaryFolder()
    let connection = try Connection(opening: folder.path + "/x.sqlite", for: .create)
    try SchemaTests.one.migrate(connection)
    let broken = Schema(
      applicationID: 42,
      steps: SchemaTests.one.steps + ["UPDATE a SET x = 6; INSERT INTO nowhere VALUES (1);"])
    #expect(storeErrorCode { try broken.migrate(connection) } == .other)
    #expect(try connection.number("SELECT x FROM a") == 5)
    #expect(try connection.number("PRAGMA user_version") == 1)
  }

  /// A store in the files of an earlier version.
  private func oldStore(_ folder: TemporaryFolder, day: String) throws -> String {
    let path = folder.path + "/store"
    for name in ["", "/days", "/keys"] {
      try FileManager.default.createDirectory(
        atPath: path + name, withIntermediateDirectories: true)
    }
    try Connection(opening: path + "/checkin.sqlite", for: .create).execute(VersionOne.catalog)
    try Connection(opening: path + "/days/2020-08-06.sqlite", for: .create).execute(day)
    return path
  }

  @Test(
    "A store of an earlier version opens as it was written then",
    arguments: [VersionOne.day, VersionTwo.day])
  func earlierVersion(day: String) throws {
    let folder = try TemporaryFolder()
    let path = try oldStore(folder, day: day)
    let store = try ExposureStore.open(at: path)
    let evidence = Evidence(
      id: EvidenceID(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10), kind: .scanIn,
      subject: Pseudonym(high: 0x1111_1111_1111_1111, low: 0x2222_2222_2222_2222),
      venue: VenueID(rawValue: 99), zone: 2, start: augustSixth + 60, statedStay: 6, grade: 1,
      gateway: "gate", receivedAt: augustSixth + 61)
    #expect(try allEvidence(of: store) == [evidence])
    #expect(try store.append([evidence]) == [.repeated])
    #expect(try store.caseRecords().map(\.id) == ["BN-1"])
    #expect(try store.prints().map(\.serial) == [3])
    #expect(try store.prints().map(\.request.sheet) == [PrintRequest.unknownSheet])
    #expect(try store.integrityProblems() == [])
    let schema = try Connection(opening: path + "/checkin.sqlite", for: .read)
    #expect(try schema.number("PRAGMA user_version") == Int64(Schema.catalog.steps.count))
    let dayFile = try Connection(opening: path + "/days/2020-08-06.sqlite", for: .read)
    #expect(try dayFile.number("PRAGMA user_version") == Int64(Schema.day.steps.count))
    #expect(try dayFile.number("SELECT identity FROM origin") == 4_711)
  }

  @Test("A store that is only read does not migrate a day, and says what to do")
  func readOnlyMigration() throws {
    let folder = try TemporaryFolder()
    let path = try oldStore(folder, day: VersionOne.day)
    #expect(
      storeErrorCode { _ = try ExposureStore.open(at: path, mode: .readOnly) } == .schemaTooOld)
    // Whoever may write brings the catalog up to date by opening it, and a day by using it.
    try ExposureStore.open(at: path).close()
    let reader = try ExposureStore.open(at: path, mode: .readOnly)
    #expect(storeErrorCode { _ = try allEvidence(of: reader) } == .schemaTooOld)
    #expect(try allEvidence(of: ExposureStore.open(at: path)).count == 1)
    #expect(try allEvidence(of: reader).count == 1)
  }

  @Test("Rows of version 1 keep their numbers and every field, also the rare ones")
  func packedRows() throws {
    let folder = try TemporaryFolder()
    let path = try oldStore(folder, day: VersionOne.day)
    // Enough rows for several frames, and one row with all that may be.
    let file = try Connection(opening: path + "/days/2020-08-06.sqlite", for: .write)
    try file.execute(
      """
      WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
      INSERT INTO evidence SELECT i, randomblob (16), 5, 1, 7, 0, NULL, 1596646800 + i,
        1596650400 + i, NULL, 0, 0, 1, 1596646861, NULL FROM n;
      INSERT INTO evidence VALUES (20001, x'ffffffffffffffffffffffffffffffff', 7, 1, NULL, 255, 1,
        1596646860, 1596646859, -32768, -1, 6, 0, -5, 0);
      """)
    let numbers = try file.number("SELECT sum (row * kind) FROM evidence")
    let store = try ExposureStore.open(at: path)
    #expect(try allEvidence(of: store).count == 20_001)
    let packed = try Connection(opening: path + "/days/2020-08-06.sqlite", for: .read)
    var sum: Int64 = 0
    var last = EvidenceColumns()
    try packed.run("SELECT first, data FROM frame ORDER BY first") { row throws(StoreError) in
      while try row.step() {
        last.removeAll()
        let isSound = last.append(frame: row.bytes(1) ?? [])
        #expect(isSound)
        for place in 0..<last.count {
          sum += ((row.integer(0) ?? 0) + Int64(place)) * Int64(last.kind[place])
        }
      }
    }
    #expect(sum == numbers)
    let place = last.count - 1
    #expect(last.high[place] == .max && last.low[place] == .max && last.venue[place] == .max)
    #expect(last.attenuation[place] == -32_768 && last.finish[place] == 1_596_646_859)
    #expect(last.stay[place] == 0 && last.grade[place] == -1 && last.receivedAt[place] == -5)
    #expect(last.peer[place] == 1 && last.zone[place] == 255 && last.status[place] == 6)
    #expect(try store.integrityProblems() == [])
  }

  @Test("A day of version 1 that misses a row is refused and stays as it is")
  func gap() throws {
    let folder = try TemporaryFolder()
    let path = try oldStore(folder, day: VersionOne.day)
    let file = try Connection(opening: path + "/days/2020-08-06.sqlite", for: .write)
    try file.execute("UPDATE evidence SET row = 2")
    #expect(storeErrorCode { _ = try allEvidence(of: ExposureStore.open(at: path)) } == .corrupt)
    #expect(try file.number("SELECT count(*) FROM evidence") == 1)
    #expect(try file.number("PRAGMA user_version") == 1)
  }
}

/// A day file as version 2 wrote it, with the same row; never edited.
private enum VersionTwo {
  static let day = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE frame (
      first INTEGER PRIMARY KEY, count INTEGER NOT NULL, data BLOB NOT NULL
    ) STRICT;
    CREATE TABLE origin (identity INTEGER NOT NULL) STRICT;
    INSERT INTO origin VALUES (4711);
    INSERT INTO frame VALUES (1, 1, x'01010040cce52a5f00100110641001100200001001001007100140cde52a5f80080706050403020180100f0e0d0c0b0a097fb3186058cdce97');
    PRAGMA application_id = 1667983716;
    PRAGMA user_version = 2;
    """
}

/// The files of a store as version 1 wrote them; never edited.
private enum VersionOne {
  static let catalog = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE setting (
      name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE zone_span (
      start INTEGER PRIMARY KEY, utc_offset INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE subject (
      number INTEGER PRIMARY KEY,
      pseudonym BLOB NOT NULL UNIQUE CHECK (length(pseudonym) = 16)
    ) STRICT;
    CREATE TABLE number_series (
      name TEXT PRIMARY KEY NOT NULL, last INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO number_series (name, last) VALUES ('subject', 1);
    CREATE TABLE gateway (
      number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE conflict (
      id BLOB NOT NULL CHECK (length(id) = 16),
      digest BLOB NOT NULL CHECK (length(digest) = 32),
      day INTEGER NOT NULL, kind INTEGER NOT NULL, subject BLOB NOT NULL, venue INTEGER,
      zone INTEGER NOT NULL, peer BLOB, start INTEGER NOT NULL, finish INTEGER,
      attenuation INTEGER, grade INTEGER NOT NULL, status INTEGER NOT NULL,
      gateway TEXT NOT NULL, received_at INTEGER NOT NULL, stay INTEGER,
      PRIMARY KEY (id, digest)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE confirmed_case (
      id TEXT PRIMARY KEY NOT NULL,
      subject INTEGER NOT NULL REFERENCES subject (number),
      onset INTEGER, specimen INTEGER, isolation INTEGER, window_from INTEGER,
      window_to INTEGER, rule TEXT, created_at INTEGER NOT NULL, closed_at INTEGER
    ) STRICT;
    CREATE TABLE print (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      venue INTEGER NOT NULL, zone INTEGER NOT NULL, serial INTEGER NOT NULL,
      kind INTEGER NOT NULL, key INTEGER NOT NULL, first_day INTEGER NOT NULL,
      weeks INTEGER NOT NULL, last_day INTEGER NOT NULL, reserved_at INTEGER NOT NULL,
      printed_at INTEGER, revoked_at INTEGER, revoke_reason TEXT,
      UNIQUE (venue, zone, serial, first_day)
    ) STRICT;
    CREATE TABLE audit (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL,
      purpose TEXT NOT NULL, detail TEXT NOT NULL,
      hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT;
    CREATE TRIGGER audit_is_never_edited BEFORE UPDATE ON audit BEGIN
      SELECT RAISE (ABORT, 'the audit log is append-only');
    END;
    CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit BEGIN
      SELECT RAISE (ABORT, 'the audit log is append-only');
    END;
    INSERT INTO setting VALUES ('store_id', '00000000000000010000000000000002'),
      ('zone_name', 'Asia/Ho_Chi_Minh'), ('created_at', '1596646800');
    INSERT INTO zone_span VALUES (-9223372036854775808, 25200);
    INSERT INTO subject VALUES (1, x'11111111111111112222222222222222');
    INSERT INTO gateway VALUES (1, 'gate');
    INSERT INTO confirmed_case VALUES ('BN-1', 1, 218, NULL, NULL, NULL, NULL, NULL, 1, NULL);
    INSERT INTO print VALUES (1, 99, 0, 3, 0, 1, 218, 4, 245, 1, 1, NULL, NULL);
    PRAGMA application_id = 1667983715;
    PRAGMA user_version = 1;
    """

  static let day = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE evidence (
      row INTEGER PRIMARY KEY,
      id BLOB NOT NULL, kind INTEGER NOT NULL, subject INTEGER NOT NULL, venue INTEGER,
      zone INTEGER NOT NULL, peer INTEGER, start INTEGER NOT NULL, finish INTEGER,
      attenuation INTEGER, grade INTEGER NOT NULL, status INTEGER NOT NULL,
      gateway INTEGER NOT NULL, received_at INTEGER NOT NULL, stay INTEGER
    ) STRICT;
    CREATE TABLE origin (identity INTEGER NOT NULL) STRICT;
    INSERT INTO origin VALUES (4711);
    INSERT INTO evidence VALUES (1, x'0102030405060708090a0b0c0d0e0f10', 1, 1, 99, 2, NULL,
      1596646860, NULL, NULL, 1, 0, 1, 1596646861, 6);
    PRAGMA application_id = 1667983716;
    PRAGMA user_version = 1;
    """
}
