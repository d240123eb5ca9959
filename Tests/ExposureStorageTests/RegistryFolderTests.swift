import ExposureStorage
import Foundation
import Presence
import Synchronization
import Testing
import Tracing
import VenueCodes
import VenueRegistry

@Suite("The registry's folder") struct RegistryFolderTests {
  /// A folder of its own for one test, removed after it.
  struct Place: ~Copyable {
    let path: String

    init() throws {
      path =
        FileManager.default.temporaryDirectory
        .appendingPathComponent("checkin-registry-\(UUID().uuidString)").path
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func files() throws -> [String] {
      try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
    }
  }

  static let sample = Registry(
    categories: [
      VenueCategory(
        code: "market", wireNumber: 11,
        name: BilingualName(vietnamese: "Chợ", english: "Market"), space: .closed,
        defaultStayMinutes: 60, isTailAllowed: true),
      VenueCategory(
        code: "mall", wireNumber: 10,
        name: BilingualName(vietnamese: "Trung tâm thương mại", english: "Mall"), space: .closed,
        defaultStayMinutes: 120, isTailAllowed: true),
    ],
    agencies: [
      Agency(
        id: "so-cong-thuong",
        name: BilingualName(vietnamese: "Sở Công Thương", english: "Industry and Trade"),
        kind: .department)
    ],
    divisions: [Division(code: "31", parent: nil, kind: "thành phố", name: "Thành phố Hải Phòng")])

  static func venue(_ number: UInt64, _ name: String) throws -> Venue {
    Venue(
      id: try #require(VenueID(rawValue: number)), name: name, category: "market",
      agency: "so-cong-thuong", division: "31")
  }

  @Test("What is written is read, and files of other names stay")
  func keepsOtherFiles() throws {
    let place = try Place()
    let folder = RegistryFolder(path: place.path + "/Venues/")
    try folder.write(Self.sample.files())
    #expect(try folder.read() == Self.sample.files())
    let others = ["README.md", "rules/5053-2020.json", "venues/.hidden.csv", "venues/notes.txt"]
    for other in others {
      let url = URL(fileURLWithPath: folder.path).appendingPathComponent(other)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data([0xFF]).write(to: url)
    }
    let market = try Self.venue(37, "Chợ Sắt")
    try folder.update { registry in try registry.add(market) }
    #expect(try folder.load().registry.venues == [market])
    #expect(Set(others).isSubset(of: try Place.names(in: folder.path)))
  }

  @Test("An update writes the files that changed and no other")
  func writesWhatChanged() throws {
    let place = try Place()
    let folder = RegistryFolder(path: place.path)
    try folder.write(Self.sample.files())
    // A person wrote this one with CR LF; it says the same.
    let agencies = place.path + "/agencies.csv"
    let text = try String(contentsOfFile: agencies, encoding: .utf8)
    let edited = text.split(separator: "\n").joined(separator: "\r\n") + "\r\n"
    try edited.write(toFile: agencies, atomically: false, encoding: .utf8)
    let market = try Self.venue(37, "Chợ Sắt")
    let id = try folder.update { registry in
      try registry.add(market)
      return market.id
    }
    #expect(id == market.id)
    #expect(try Data(contentsOf: URL(fileURLWithPath: agencies)) == Data(edited.utf8))
    #expect(try folder.read().texts["venues/market.csv"]?.contains("Chợ Sắt") == true)
  }

  @Test("Nothing is written when the change throws or rows would be lost")
  func writesNothing() throws {
    let place = try Place()
    let folder = RegistryFolder(path: place.path)
    try folder.write(Self.sample.files())
    let market = try Self.venue(37, "Chợ Sắt")
    #expect(throws: RegistryError.duplicateID(market.id.description)) {
      try folder.update { registry in
        try registry.add(market)
        try registry.add(market)
      }
    }
    #expect(try folder.read() == Self.sample.files())
    let broken = (try folder.read().texts["venues/mall.csv"] ?? "") + "x,\"y\n"
    try broken.write(toFile: place.path + "/venues/mall.csv", atomically: false, encoding: .utf8)
    let before = try folder.read()
    let error = #expect(throws: RegistryFolderError.self) {
      try folder.update { registry in try registry.add(market) }
    }
    #expect(error?.code == .damaged)
    #expect(error?.description.contains("venues/mall.csv:2") == true)
    #expect(try folder.read() == before)
  }

  @Test("Whatever step fails, the folder holds the old registry or the new one")
  func survivesFailures() throws {
    let place = try Place()
    var folder = RegistryFolder(path: place.path)
    let market = try Self.venue(37, "Chợ Sắt")
    let mall: Venue = {
      var mall = market
      mall.category = "mall"
      return mall
    }()
    var start = Self.sample
    try start.add(market)
    try folder.write(start.files())
    var failures = 0
    for number in 1... {
      try folder.write(start.files())
      let count = Mutex(0)
      folder.failing = { step, _ in
        guard step != .open, step != .read else { return nil }
        return count.withLock { seen in
          seen += 1
          return seen == number ? 28 : nil  // ENOSPC
        }
      }
      // The venue moves from one file to another: two files are written.
      var failure: (any Error)?
      do {
        try folder.update { try $0.update(mall) }
      } catch {
        failure = error
      }
      folder.failing = nil
      let (registry, diagnostics) = try folder.load()
      #expect(diagnostics.isEmpty)
      let places = registry.venues.map(\.category)
      if failure == nil {
        #expect(places == ["mall"])
        break
      }
      failures += 1
      #expect((failure as? RegistryFolderError)?.errorNumber == 28)
      // In the old place, in the new one, or in both; never in none.
      #expect([["market"], ["mall"], ["mall", "market"]].contains(places), "step \(number)")
      #expect(try place.files().allSatisfy { !$0.contains("checkin-tmp") }, "step \(number)")
    }
    #expect(failures > 6)
  }

  @Test("A second writer waits, and is told when it waited too long")
  func locks() throws {
    let place = try Place()
    let folder = RegistryFolder(path: place.path)
    try folder.write(Self.sample.files())
    var hurried = folder
    hurried.lockAttempts = 1
    let market = try Self.venue(37, "Chợ Sắt")
    try folder.update { registry in
      let error = #expect(throws: RegistryFolderError.self) {
        try hurried.update { try $0.add(market) }
      }
      #expect(error?.code == .busy)
      // Readers need no lock.
      let files = try hurried.read()
      #expect(files == Self.sample.files())
    }
    try hurried.update { try $0.add(market) }
    #expect(try folder.load().registry.venues.count == 1)
  }

  @Test("A leftover of an interrupted writer is not read and is replaced")
  func cleansLeftovers() throws {
    let place = try Place()
    let folder = RegistryFolder(path: place.path)
    try folder.write(Self.sample.files())
    let leftover = place.path + "/venues/.market.csv.checkin-tmp"
    try "half a fi".write(toFile: leftover, atomically: false, encoding: .utf8)
    #expect(try folder.read() == Self.sample.files())
    try folder.update { try $0.add(try Self.venue(37, "Chợ Sắt")) }
    #expect(!FileManager.default.fileExists(atPath: leftover))
    #expect(try folder.load().registry.venues.count == 1)
  }

  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let code: RegistryFolderError.Code
    let spoil: @Sendable (String) throws -> Void
    var testDescription: String { name }
  }

  static let rows = [
    Row(name: "the folder is missing", code: .missing) {
      try FileManager.default.removeItem(atPath: $0)
    },
    Row(name: "the folder is a file", code: .missing) {
      try FileManager.default.removeItem(atPath: $0)
      try Data().write(to: URL(fileURLWithPath: $0))
    },
    Row(name: "a file is not UTF-8", code: .notUTF8) {
      try Data([0x61, 0xFF]).write(to: URL(fileURLWithPath: $0 + "/agencies.csv"))
    },
    Row(name: "a file is a folder", code: .unreadable) {
      try FileManager.default.removeItem(atPath: $0 + "/agencies.csv")
      try FileManager.default.createDirectory(
        atPath: $0 + "/agencies.csv", withIntermediateDirectories: false)
    },
    Row(name: "a file points nowhere", code: .missing) {
      try FileManager.default.removeItem(atPath: $0 + "/agencies.csv")
      try FileManager.default.createSymbolicLink(
        atPath: $0 + "/agencies.csv", withDestinationPath: "nowhere")
    },
  ]

  @Test("A folder that cannot be read is told with its path", arguments: rows)
  func tellsWhatIsWrong(row: Row) throws {
    let place = try Place()
    let folder = RegistryFolder(path: place.path)
    try folder.write(Self.sample.files())
    try row.spoil(place.path)
    let error = #expect(throws: RegistryFolderError.self) { try folder.read() }
    #expect(error?.code == row.code)
    #expect(error?.path.hasPrefix(place.path) == true)
    #expect(error?.description.contains(place.path) == true)
  }

  @Test("What a category says of its air holds for its venues, and only there")
  func tellsTheAirOfVenues() throws {
    func category(
      _ code: String, _ number: UInt8, _ space: VenueCategory.Space, isTailAllowed: Bool
    ) -> VenueCategory {
      VenueCategory(
        code: code, wireNumber: number, name: BilingualName(vietnamese: code, english: code),
        space: space, defaultStayMinutes: 60, isTailAllowed: isTailAllowed)
    }
    let kinds = [
      category("room", 1, .closed, isTailAllowed: true),
      category("aired-hall", 2, .closed, isTailAllowed: false),
      category("square", 3, .open, isTailAllowed: false),
    ]
    let ids = try (1...3).map { try #require(VenueID(rawValue: $0)) }
    let registry = Registry(
      categories: kinds, agencies: [], divisions: [],
      venues: zip(ids, kinds).map { id, kind in
        Venue(
          id: id, name: kind.code, category: kind.code, agency: "nobody", division: "31")
      })
    #expect(registry.openVenues == [ids[2]])
    #expect(registry.venuesWithoutTail == [ids[1], ids[2]])
  }

  @Test("The registry says which venues a venue is in, at any depth and without going in circles")
  func surroundings() throws {
    func venue(_ number: UInt64, in parent: UInt64? = nil) throws -> Venue {
      var venue = try Self.venue(number, "\(number)")
      venue.parent = try parent.map { try #require(VenueID(rawValue: $0)) }
      return venue
    }
    func ids(_ numbers: UInt64...) throws -> Set<VenueID> {
      Set(try numbers.map { try #require(VenueID(rawValue: $0)) })
    }
    // 1 is a mall with the shops 2 and 3 and the counter 4 in 3; 5 stands alone; 6 and 7 are a mistake.
    let found = Registry(
      categories: Self.sample.categories, agencies: Self.sample.agencies,
      divisions: Self.sample.divisions,
      venues: try [
        venue(1), venue(2, in: 1), venue(3, in: 1), venue(4, in: 3), venue(5), venue(6, in: 7),
        venue(7, in: 6),
      ]
    ).surroundings
    let named = Dictionary(uniqueKeysWithValues: found.map { ($0.key.rawValue, $0.value) })
    #expect(
      try named == [2: ids(1), 3: ids(1), 4: ids(3, 1), 6: ids(7), 7: ids(6)])
    // A store's history knows them.
    let folder = try TemporaryFolder()
    let store = try newStore(folder)
    let history = try store.history(
      stayRules: StayRules(calendar: store.calendar, standard: StayRule(defaultStaySeconds: 60)),
      openVenues: [], surroundings: found)
    func areOne(_ one: UInt64, _ other: UInt64) throws -> Bool {
      let (one, other) = (
        try #require(VenueID(rawValue: one)), try #require(VenueID(rawValue: other))
      )
      let isOne = history.areOnePlace(one, other)
      #expect(isOne == history.areOnePlace(other, one))
      return isOne
    }
    #expect(try areOne(1, 2) && areOne(1, 4) && areOne(3, 4) && areOne(5, 5))
    #expect(try !areOne(2, 3) && !areOne(2, 4) && !areOne(1, 5))
  }

  @Test("Files outside the folder are not written")
  func staysInside() throws {
    let place = try Place()
    let folder = RegistryFolder(path: place.path + "/in")
    for name in ["../out.csv", "/out.csv", "venues/../../out.csv", "a/b.csv", ".hidden", ""] {
      let error = #expect(throws: RegistryFolderError.self) {
        try folder.write(RegistryFiles(texts: [name: "x"]))
      }
      #expect(error?.code == .unwritable)
    }
    #expect(try place.files() == ["in"])
  }
}

extension RegistryFolderTests.Place {
  static func names(in path: String) throws -> Set<String> {
    Set(try FileManager.default.subpathsOfDirectory(atPath: path))
  }
}
