import Foundation
import TestSupport
import Testing
import VenueCodes
import VenueRegistry

@Suite("Registry files") struct RegistryFilesTests {
  @Test("What is read and written again is the same bytes")
  func writesTheSame() {
    let (registry, diagnostics) = Registry.read(Sample.files())
    #expect(diagnostics.isEmpty)
    #expect(registry.check().isEmpty)
    #expect(registry.files() == Sample.files())
  }

  @Test("A venue's fields are read as they stand")
  func readsFields() throws {
    let registry = Sample.registry()
    let hotel = try #require(registry.venue(Sample.hotel))
    #expect(hotel.zones == [Zone(number: 1, name: "Sảnh"), Zone(number: 2, name: "Nhà hàng")])
    #expect(hotel.address == "60 Điện Biên Phủ, P. Minh Khai")
    let annex = try #require(registry.venue(Sample.annex))
    #expect(annex.parent == Sample.hotel)
    #expect(annex.openingHours == OpeningHours(opens: 360, closes: 1380))
    #expect(annex.aliases == ["HNHPMC", "Monaco"])
    #expect(annex.retiredOn == LocalDay(year: 2021, month: 1, day: 1))
    #expect(annex.category == "hotel")
    let category = try #require(registry.category("hotel"))
    #expect(category.capSeconds == 1_209_600)
    #expect(category.defaultStaySeconds == nil)
    #expect(registry.category("market")?.defaultStaySeconds == 3600)
  }

  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let file: String
    let old: String
    let new: String
    /// Severity, code and line, in order.
    let found: [String]
    var testDescription: String { name }
  }

  static let hotels = RegistryFiles.venues(category: "hotel")
  static let markets = RegistryFiles.venues(category: "market")
  static let rows = [
    Row(
      name: "a mistyped id", file: hotels, old: "000000Z92", new: "000000Z93",
      found: ["error invalid-id 2", "error unknown-parent 3"]),
    Row(
      name: "a row that is short", file: hotels, old: "HNHPMC|Monaco,2021-01-01", new: "",
      found: ["error column-count 3"]),
    Row(name: "no name", file: markets, old: "Chợ Sắt", new: "", found: ["error missing-value 2"]),
    Row(
      name: "zones that are none", file: hotels, old: "1=Sảnh", new: "Sảnh",
      found: ["error invalid-value 2", "error unknown-parent 3"]),
    Row(
      name: "hours that are none", file: hotels, old: "06:00-23:00", new: "6-23",
      found: ["error invalid-value 3"]),
    Row(
      name: "a date that is none", file: hotels, old: "2021-01-01", new: "2021-02-29",
      found: ["error invalid-value 3"]),
    Row(
      name: "an unknown column", file: markets, old: "retired_on", new: "retired_on2",
      found: ["warning unknown-column 1"]),
    Row(
      name: "a missing column", file: markets, old: "division", new: "area",
      found: ["error table-missing-column 1", "warning unknown-column 1"]),
    Row(
      name: "a wire number out of range", file: RegistryFiles.categories, old: "market,11,",
      new: "market,256,", found: ["error invalid-value 4", "error unknown-category 2"]),
    Row(
      name: "a stay that no code can carry", file: RegistryFiles.categories, old: "open,60,",
      new: "open,61,", found: ["error invalid-value 4", "error unknown-category 2"]),
    Row(
      name: "a wire number twice", file: RegistryFiles.categories, old: "market,11,",
      new: "market,6,", found: ["error duplicate-wire-number 4"]),
    Row(
      name: "an unknown agency of a category", file: RegistryFiles.categories,
      old: "no,so-cong-thuong", new: "no,so-khac", found: ["error unknown-agency 4"]),
    Row(
      name: "an unknown agency", file: markets, old: "so-cong-thuong", new: "so-khac",
      found: ["error unknown-agency 2"]),
    Row(
      name: "an unknown division", file: markets, old: ",303,", new: ",999,",
      found: ["error unknown-division 2"]),
    Row(
      name: "an unknown division of an agency", file: RegistryFiles.agencies, old: "committee,303",
      new: "committee,999", found: ["error unknown-division 4"]),
    Row(
      name: "divisions in a ring", file: RegistryFiles.divisions, old: "303,31,", new: "303,11311,",
      found: ["error division-cycle 3", "error division-cycle 4"]),
    Row(
      name: "an unknown parent of a division", file: RegistryFiles.divisions, old: "303,31,",
      new: "303,32,", found: ["error unknown-division 3"]),
    Row(
      name: "an id twice", file: markets, old: "000000ZB4", new: "000000Z92",
      found: ["error duplicate-id 2"]),
    Row(
      name: "its own parent", file: hotels, old: ",000000Z92,", new: ",000000ZA3,",
      found: ["error parent-cycle 3"]),
    Row(
      name: "parents in a ring", file: hotels, old: "Khai\",,", new: "Khai\",000000ZA3,",
      found: ["error parent-cycle 2", "error parent-cycle 3"]),
    Row(
      name: "a name that is not NFC", file: markets, old: "Chợ Sắt", new: "Cho\u{323}\u{31B} Sắt",
      found: ["error not-nfc 2"]),
    Row(
      name: "a name with a control character", file: markets, old: "Chợ Sắt", new: "Chợ\u{7}Sắt",
      found: ["error invisible-character 2"]),
    Row(
      name: "a name that changes direction", file: markets, old: "Chợ Sắt", new: "Chợ \u{202E}tắS",
      found: ["error invisible-character 2"]),
    Row(
      name: "two spaces", file: markets, old: "Chợ Sắt", new: "Chợ  Sắt", found: ["error spaces 2"]),
    Row(
      name: "a name too long", file: markets, old: "Chợ Sắt",
      new: String(repeating: "x", count: 201), found: ["error too-long 2"]),
    Row(
      name: "a short name too long for the code", file: markets, old: "Chợ Sắt,",
      new: "Chợ Sắt,\(String(repeating: "ữ", count: 14))", found: ["error too-long 2"]),
    Row(
      name: "a zone number twice", file: hotels, old: "2=Nhà", new: "1=Nhà",
      found: ["error duplicate-zone 2"]),
    Row(
      name: "the same name at an unknown address", file: hotels,
      old:
        "Khách sạn Monaco Hải Phòng,,so-du-lich,303,,000000Z92,,06:00-23:00,HNHPMC|Monaco,2021-01-01",
      new: "KS. HỮU NGHỊ,,so-du-lich,303,,,,,,", found: ["error duplicate-name 3"]),
    Row(
      name: "the same name at two addresses", file: hotels,
      old:
        "Khách sạn Monaco Hải Phòng,,so-du-lich,303,,000000Z92,,06:00-23:00,HNHPMC|Monaco,2021-01-01",
      new: "KS. HỮU NGHỊ,,so-du-lich,303,2 Cầu Đất,,,,,", found: ["warning same-name 3"]),
    Row(
      name: "a name that looks alike", file: hotels,
      old:
        "Khách sạn Monaco Hải Phòng,,so-du-lich,303,,000000Z92,,06:00-23:00,HNHPMC|Monaco,2021-01-01",
      new: "Khach san Huu Nghi,,so-du-lich,303,,,,,,", found: ["warning near-duplicate-name 3"]),
    Row(
      name: "a retired twin is no twin", file: hotels, old: "Khách sạn Monaco Hải Phòng",
      new: "Khách sạn Hữu Nghị", found: []),
    Row(
      name: "an id that is hard to type", file: markets, old: "000000ZB4", new: "0000000Z~",
      found: ["error invalid-id 2"]),
  ]

  @Test("What is wrong is told with its file and line", arguments: rows)
  func tells(row: Row) throws {
    var files = Sample.files()
    let text = try #require(files.texts[row.file])
    #expect(text.contains(row.old))
    let place = try #require(text.range(of: row.old))
    files.texts[row.file] = text.replacingCharacters(in: place, with: row.new)
    let (registry, diagnostics) = Registry.read(files)
    let found = diagnostics + registry.check()
    #expect(found.map { "\($0.severity.rawValue) \($0.code) \($0.line ?? 0)" } == row.found)
  }

  @Test("A missing file is told, and an abbreviation table may be missing")
  func tellsMissingFiles() {
    var files = Sample.files()
    files.texts[RegistryFiles.agencies] = nil
    files.texts[RegistryFiles.abbreviations] = nil
    let found = Registry.read(files).diagnostics
    #expect(found.map(\.description) == ["agencies.csv: error: the file is missing"])
  }

  @Test("A check symbol that people cannot type is a warning")
  func warnsOfCheckSymbols() throws {
    var registry = Sample.registry()
    // 32 is the first of the five values whose symbol is no digit or letter.
    let odd = Venue(
      id: Sample.id(37 * 40 + 32), name: "Chợ Đổ", category: "market", agency: "so-cong-thuong",
      division: "303")
    try registry.add(odd)
    #expect(registry.check().map(\.code) == ["check-symbol"])
  }

  @Test("Any registry reads back as it was written")
  func roundTrips() {
    let words = ["Chợ", "Sắt", "\"Đỏ\"", "A, B", "=1+1", "'x", "Ga;1", "ữ"]
    for seed in UInt64(1)...60 {
      var generator = SeededGenerator(seed: seed)
      func text() -> String {
        (0..<Int.random(in: 1...3, using: &generator))
          .map { _ in words.randomElement(using: &generator) ?? "x" }.joined(separator: " ")
      }
      let base = Sample.registry()
      var venues: [Venue] = []
      for _ in 0..<Int.random(in: 0...8, using: &generator) {
        let isLong = Bool.random(using: &generator)
        venues.append(
          Venue(
            id: .random(using: &generator), name: text(), shortName: isLong ? text() : nil,
            category: ["hotel", "market"].randomElement(using: &generator) ?? "hotel",
            agency: "so-du-lich", division: isLong ? "303" : "11311",
            address: isLong ? nil : text(), parent: venues.first?.id,
            zones: isLong ? [Zone(number: 1, name: text()), Zone(number: 255, name: text())] : [],
            openingHours: isLong ? OpeningHours(opens: 1080, closes: 120) : .always,
            aliases: isLong ? [text(), "q"] : [],
            retiredOn: isLong ? LocalDay(daysSince2020: 400) : nil))
      }
      let registry = Registry(
        categories: base.categories, agencies: base.agencies, divisions: base.divisions,
        venues: venues, abbreviations: base.abbreviations)
      let files = registry.files()
      let (again, diagnostics) = Registry.read(files)
      #expect(diagnostics.isEmpty, "seed \(seed)")
      #expect(again.files() == files, "seed \(seed)")
      #expect(Set(again.venues) == Set(venues), "seed \(seed)")
      #expect(again.categories == base.categories && again.agencies == base.agencies)
    }
  }
}

@Suite("Hai Phong's registry") struct ShippedRegistryTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Venues")

  static func files() throws -> RegistryFiles {
    var files = RegistryFiles()
    let venues = try FileManager.default.contentsOfDirectory(
      atPath: folder.appendingPathComponent("venues").path)
    let names = ["categories.csv", "agencies.csv", "divisions.csv", "abbreviations.csv"]
    for name in names + venues.map({ "venues/\($0)" }) {
      files.texts[name] = try String(
        contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }
    return files
  }

  @Test("The files are without fault, complete, and written as the program writes them")
  func isSound() throws {
    let files = try Self.files()
    let (registry, diagnostics) = Registry.read(files)
    #expect(diagnostics.map(\.description) == [])
    #expect(registry.check().map(\.description) == [])
    let written = registry.files()
    let names = Set(files.texts.keys).union(written.texts.keys).sorted()
    #expect(names.filter { files.texts[$0] != written.texts[$0] } == [])
    #expect(registry.venues.count == 335)
    #expect(registry.venues(category: "one-stop-office").count == 239)
    #expect(registry.divisions.count == 239)
    #expect(registry.venues(division: "31").count == 335)
    #expect(Set(registry.venues.map(\.agency)).count == 22)
    #expect(registry.venues.allSatisfy { $0.address == nil })
    let tooLong = registry.venues.filter { $0.signedName.utf8.count > Venue.signedNameLimit }
    #expect(tooLong.isEmpty)
    // A derived name would be cut; people chose all of those that would be.
    #expect(registry.venues.allSatisfy { !$0.signedName.hasPrefix("…") })
  }

  @Test("Wire numbers are those that hang on walls")
  func keepsWireNumbers() throws {
    let registry = Registry.read(try Self.files()).registry
    let numbers = registry.categories.map { "\($0.wireNumber) \($0.code)" }
    #expect(
      numbers == [
        "1 one-stop-office", "2 cultural-house", "3 public-point", "4 school",
        "5 training-centre", "6 hotel", "7 lodging", "8 restaurant", "9 enterprise", "10 mall",
        "11 market", "12 industrial-park", "13 airport", "14 railway-station", "15 bus-station",
        "16 wharf", "17 parking", "18 vehicle", "19 hospital", "20 office", "255 other",
      ])
    #expect(registry.venue(try VenueID(parsing: "C4C6BHFZC"))?.name == "Khách sạn Hữu Nghị")
  }

  @Test("Every venue of the source list is there, and no other")
  func matchesSource() throws {
    let given = ProcessInfo.processInfo.environment["CHECKIN_SHARED"]
    let shared =
      given.map { URL(fileURLWithPath: $0) }
      ?? Self.folder.deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("shared")
    let source = shared.appendingPathComponent("data/haiphong-venues.csv")
    guard let text = try? String(contentsOf: source, encoding: .utf8) else {
      print("skipped: no source list of venues beside the package")
      return
    }
    let registry = Registry.read(try Self.files()).registry
    let ours = registry.venues.map { "\($0.category),\($0.agency),\($0.name),\($0.division)" }
    let theirs = text.split(whereSeparator: \.isNewline).dropFirst().map(String.init)
    #expect(theirs.count == 335)
    #expect(Set(ours).symmetricDifference(theirs).sorted() == [])
  }
}
