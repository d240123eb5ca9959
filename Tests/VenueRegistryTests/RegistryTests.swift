import Testing
import VenueCodes
import VenueRegistry

@Suite("Registry") struct RegistryTests {
  @Test("Venues are found by category, agency and division with what lies in it")
  func finds() {
    let registry = Sample.registry()
    #expect(registry.venues(category: "hotel").map(\.id) == [Sample.hotel, Sample.annex])
    #expect(registry.venues(agency: "so-cong-thuong").map(\.id) == [Sample.market])
    #expect(registry.venues(division: "31").count == 3)
    #expect(registry.venues(division: "304").isEmpty)
    #expect(registry.venues(category: "hotel", division: "303").count == 2)
    #expect(registry.venues(category: "hotel", agency: "so-cong-thuong").isEmpty)
    #expect(registry.venues(knownAs: "hnhpmc").map(\.id) == [Sample.annex])
    #expect(registry.divisionsWithin("303") == ["303", "11311"])
    #expect(registry.divisionPath("11311").map(\.code) == ["11311", "303", "31"])
    #expect(registry.category(wireNumber: 11)?.code == "market")
    #expect(registry.category(wireNumber: 12) == nil)
  }

  @Test("Things are found by what people call them")
  func findsByName() {
    let registry = Sample.registry()
    #expect(registry.category(matching: "khach san")?.code == "hotel")
    #expect(registry.category(matching: "Market")?.code == "market")
    #expect(registry.category(matching: "quán") == nil)
    #expect(registry.agency(matching: "UBND quận Hồng Bàng")?.id == "ubnd-303")
    #expect(registry.divisions(matching: "hong bang").map(\.code) == ["303"])
    #expect(registry.divisions(matching: "P. Minh Khai").count == 2)
    #expect(registry.divisions(matching: "Minh Khai, quan Ngo Quyen").map(\.code) == ["11311000"])
    #expect(registry.divisions(matching: "Minh Khai, Lê Chân").isEmpty)
    #expect(registry.venues(matching: "KS huu nghi").map(\.id) == [Sample.hotel])
    #expect(registry.venues(matching: "monaco").map(\.id) == [Sample.annex])
    #expect(registry.venues(matching: " . ").isEmpty)
    #expect(Venue.tidied(" Cho\u{323}\u{31B}\u{A0} Sắt\n").unicodeScalars.count == 7)
  }

  @Test("Parents and children follow every change")
  func followsParents() throws {
    var registry = Sample.registry()
    #expect(registry.children(of: Sample.hotel).map(\.id) == [Sample.annex])
    #expect(registry.ancestors(of: Sample.annex).map(\.id) == [Sample.hotel])
    var annex = try #require(registry.venue(Sample.annex))
    annex.parent = Sample.market
    try registry.update(annex)
    #expect(registry.children(of: Sample.hotel).isEmpty)
    #expect(registry.children(of: Sample.market).map(\.id) == [Sample.annex])
    annex.parent = nil
    try registry.update(annex)
    #expect(registry.children(of: Sample.market).isEmpty)
    var hotel = try #require(registry.venue(Sample.hotel))
    hotel.parent = Sample.hotel
    #expect(throws: RegistryError.self) { try registry.update(hotel) }
    #expect(registry.venue(Sample.hotel)?.parent == nil)
  }

  @Test("A new venue gets the category's agency, else the people's committee around it")
  func defaultsAgency() {
    let registry = Sample.registry()
    #expect(registry.defaultAgency(category: "hotel", division: "11311")?.id == "so-du-lich")
    #expect(
      registry.defaultAgency(category: "one-stop-office", division: "11311")?.id == "ubnd-303")
    #expect(registry.defaultAgency(category: "one-stop-office", division: "304") == nil)
  }

  @Test("A change that is wrong is refused and changes nothing")
  func refuses() throws {
    var registry = Sample.registry()
    let before = registry.files()
    let twin = Venue(
      id: Sample.hotel, name: "x", category: "hotel", agency: "so-du-lich", division: "303")
    #expect(throws: RegistryError.duplicateID(Sample.hotel.description)) { try registry.add(twin) }
    var other = Venue(
      id: Sample.id(7), name: "x", category: "hotel", agency: "so-du-lich", division: "303")
    #expect(throws: RegistryError.unknownVenue(Sample.id(7).description)) {
      try registry.update(other)
    }
    #expect(throws: RegistryError.unknownVenue(Sample.id(7).description)) {
      try registry.retire(Sample.id(7), on: LocalDay(daysSince2020: 0))
    }
    other.zones = [Zone(number: 0, name: "a|b")]
    other.agency = "nobody"
    let error = #expect(throws: RegistryError.self) { try registry.add(other) }
    guard case .invalid(let problems) = error else { throw error ?? .invalid([]) }
    #expect(problems.map(\.code) == ["separator", "unknown-agency", "zone-zero"])
    #expect(registry.files() == before)
  }

  @Test("A retired venue is out of use from its day on, and keeps its id")
  func retires() throws {
    var registry = Sample.registry()
    let day = LocalDay(daysSince2020: 220)
    let venue = try registry.retire(Sample.market, on: day)
    #expect(venue.isActive(on: day.advanced(by: -1)))
    #expect(!venue.isActive(on: day))
    #expect(registry.venue(Sample.market) == venue)
  }

  struct Hours: CustomTestStringConvertible, Sendable {
    let text: String
    let written: String?
    var testDescription: String { text }
  }

  static let hours = [
    Hours(text: "07:30-17:00", written: "07:30-17:00"),
    Hours(text: "18:00-02:00", written: "18:00-02:00"),
    Hours(text: "08:00-24:00", written: "08:00-24:00"),
    Hours(text: "08:00-00:00", written: "08:00-24:00"),
    Hours(text: "24h", written: "24h"), Hours(text: "00:00-24:00", written: "24h"),
    Hours(text: "08:00-08:00", written: nil), Hours(text: "24:00-08:00", written: nil),
    Hours(text: "08:60-09:00", written: nil), Hours(text: "8:00-09:00", written: nil),
    Hours(text: "25:00-26:00", written: nil), Hours(text: "", written: nil),
    Hours(text: "08:00-09:0x", written: nil), Hours(text: "24:01-25:00", written: nil),
  ]

  @Test("Opening hours are read and written", arguments: hours)
  func readsHours(row: Hours) {
    let hours = OpeningHours(parsing: row.text)
    #expect(hours?.description == row.written)
  }

  struct Name: CustomTestStringConvertible, Sendable {
    let full: String
    let signed: String
    var testDescription: String { full }
  }

  static let names = [
    Name(full: "Ga Hải Phòng", signed: "Ga Hải Phòng"),
    Name(full: String(repeating: "x", count: 41), signed: String(repeating: "x", count: 41)),
    Name(full: String(repeating: "x", count: 42), signed: "…" + String(repeating: "x", count: 38)),
    Name(full: String(repeating: "ữ", count: 14), signed: "…" + String(repeating: "ữ", count: 12)),
    Name(full: "Bộ phận một cửa UBND phường Hàng Kênh", signed: "…một cửa UBND phường Hàng Kênh"),
    Name(
      full: "Trung tâm thương mại và giải trí Vincom Plaza", signed: "…mại và giải trí Vincom Plaza"
    ),
  ]

  @Test("A signed name fits, and keeps the end of a long one", arguments: names)
  func derivesSignedNames(row: Name) {
    let venue = Venue(
      id: Sample.hotel, name: row.full, category: "hotel", agency: "so-du-lich", division: "303")
    #expect(venue.signedName == row.signed)
    #expect(venue.signedName.utf8.count <= 41)
    var named = venue
    named.shortName = "KS"
    #expect(named.signedName == "KS")
  }

  struct Pair: CustomTestStringConvertible, Sendable {
    let left: String
    let right: String
    /// The code of the diagnostic, or nil when the two are plainly two.
    let code: String?
    var testDescription: String { "\(left) / \(right)" }
  }

  static let pairs = [
    Pair(left: "Chợ Lũng", right: "Chợ Lũng", code: "duplicate-name"),
    Pair(left: "Chợ Lũng", right: "CHỢ - LŨNG.", code: "duplicate-name"),
    Pair(left: "KS. Hữu Nghị", right: "Khách sạn Hữu Nghị", code: "duplicate-name"),
    Pair(
      left: "UBND P. Minh Khai", right: "Uỷ ban nhân dân phường Minh Khai", code: "duplicate-name"),
    Pair(left: "Chợ Lũng", right: "Cho Lung", code: "near-duplicate-name"),
    Pair(left: "Chợ Thủy", right: "Chợ Thuỷ", code: "near-duplicate-name"),
    Pair(left: "Vin Mart Hải An", right: "VinMart Hải An", code: "near-duplicate-name"),
    Pair(left: "Chợ Lũng", right: "Chợ Lùng", code: nil),
    Pair(left: "Chợ Đôi", right: "Chợ Đổi", code: nil),
    Pair(left: "Chợ Đồng Hải", right: "Chợ Đông Hải", code: nil),
    Pair(left: "Vincom Plaza Imperia", right: "Vincom Plasa Imperia", code: "near-duplicate-name"),
    Pair(left: "Vincom Plaza Imperia", right: "Vincom Plza Imperia", code: "near-duplicate-name"),
    Pair(left: "Vincom Plaza Imperia", right: "Vincom Palza Imperia", code: "near-duplicate-name"),
    Pair(left: "Vincom Plaza Imperia", right: "Vincom Plaza Imperiaa", code: "near-duplicate-name"),
    Pair(left: "Vincom Plaza Imperia", right: "Vincom Pzala Imperia", code: nil),
    Pair(left: "Trường THPT Lê Lợi", right: "Trường THPT Lê Lai", code: nil),
    Pair(left: "Trường tiểu học Đông Hải 1", right: "Trường tiểu học Đông Hải 2", code: nil),
    Pair(left: "Trường tiểu học Đông Hải 1", right: "Trường tiểu học Đông Hải 11", code: nil),
    Pair(left: "Trường tiểu học Đông Hải 1", right: "Trường tiểu học Đông Hải", code: nil),
    Pair(left: "Chợ Sắt", right: "Chợ Sét", code: nil),
  ]

  @Test("Names that look alike are told, names that only resemble are not", arguments: pairs)
  func comparesNames(row: Pair) {
    let base = Sample.registry()
    func registry(_ names: (String, division: String, category: String)...) -> Registry {
      Registry(
        categories: base.categories, agencies: base.agencies, divisions: base.divisions,
        venues: names.enumerated().map { index, name in
          Venue(
            id: Sample.id(UInt64(2000 + index * 37)), name: name.0, category: name.category,
            agency: "so-cong-thuong", division: name.division)
        }, abbreviations: base.abbreviations)
    }
    let codes = [
      registry((row.left, "303", "market"), (row.right, "303", "market")).check().map(\.code),
      registry((row.right, "303", "market"), (row.left, "303", "market")).check().map(\.code),
    ]
    let expected = row.code.map { [$0] } ?? []
    #expect(codes == [expected, expected])
    #expect(registry((row.left, "303", "market"), (row.right, "304", "market")).check().isEmpty)
    #expect(registry((row.left, "303", "market"), (row.right, "303", "hotel")).check().isEmpty)
  }
}
