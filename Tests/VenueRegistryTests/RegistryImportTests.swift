import TestSupport
import Testing
import VenueCodes
import VenueRegistry

@Suite("Importing a spreadsheet") struct RegistryImportTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let text: String
    /// One line for each outcome, in order of kind and line.
    let outcome: [String]
    var defaults = ImportDefaults()
    var testDescription: String { name }
  }

  static func outcome(of plan: ImportPlan) -> [String] {
    func told(_ venue: Venue) -> String {
      "\(venue.name) | \(venue.category) | \(venue.agency) | \(venue.division)"
    }
    return plan.creations.map { "\($0.line) new \(told($0.after))" }
      + plan.updates.map { "\($0.line) changed \(told($0.after))" }
      + plan.unchanged.map { "\($0.line) unchanged" }
      + plan.duplicates.map { "\($0.line) duplicate" }
      + plan.rejections.map { "\($0.line) \($0.column ?? "-") \($0.code)" }
      + plan.warnings.map { "\($0.line ?? 0) warning \($0.code)" }
  }

  static let rows = [
    Row(
      name: "a Vietnamese spreadsheet",
      text: "\u{FEFF}STT;Tên địa điểm;Loại hình;Phường/xã;Quận/huyện;Địa chỉ\r\n"
        + "1;Khách sạn  Hoa Phượng ;Khách sạn;Phường Minh Khai;Quận Hồng Bàng;5 Trần Phú\r\n"
        + "2;Chợ Đổ;chợ;P. Minh Khai;Ngô Quyền;\r\n",
      outcome: [
        "2 new Khách sạn Hoa Phượng | hotel | so-du-lich | 11311",
        "3 new Chợ Đổ | market | so-cong-thuong | 11311000", "1 warning unknown-column",
      ]),
    Row(
      name: "headers without marks and English names",
      text: "dia ban,ten,loai,co quan quan ly\n303,Chợ Đổ,Market,Department of Tourism\n",
      outcome: ["2 new Chợ Đổ | market | so-du-lich | 303"]),
    Row(
      name: "NDJSON",
      text: "{\"name\":\"Chợ Đổ\",\"category\":\"market\",\"division\":303}\n{\"name\":}\n",
      outcome: ["1 new Chợ Đổ | market | so-cong-thuong | 303", "2 name not-json"]),
    Row(
      name: "defaults where the file does not say", text: "name\nChợ Đổ\n",
      outcome: ["2 new Chợ Đổ | market | ubnd-303 | 303"],
      defaults: ImportDefaults(category: "market", agency: "ubnd-303", division: "303")),
    Row(
      name: "an agency by the place",
      text: "name,category,division\nMột cửa,one-stop-office,11311\n",
      outcome: ["2 new Một cửa | one-stop-office | ubnd-303 | 11311"]),
    Row(
      name: "a place that no agency governs",
      text: "name,category,division\nMột cửa,one-stop-office,304\n",
      outcome: ["2 agency missing-value"]),
    Row(
      name: "decomposed letters are composed",
      text: "name,category,division\nCho\u{323}\u{31B} Do,market,303\n",
      outcome: ["2 new Chợ Do | market | so-cong-thuong | 303"]),
    Row(
      name: "a change by id leaves out columns alone", text: "id,address\n000000ZB4,Số 1\n",
      outcome: ["2 changed Chợ Sắt | market | so-cong-thuong | 303"]),
    Row(
      name: "a change of nothing", text: "id,name\n000000zb4,Chợ Sắt\n",
      outcome: ["2 unchanged"]),
    Row(
      name: "two rows for one venue", text: "id,address\n000000ZB4,a\n000000ZB4,b\n",
      outcome: [
        "2 changed Chợ Sắt | market | so-cong-thuong | 303", "3 id duplicate-id",
      ]),
    Row(
      name: "an id nobody has", text: "Mã,tên\n000000ZC5,x\n", outcome: ["2 Mã unknown-venue"]),
    Row(name: "a mistyped id", text: "id,name\n000000ZB5,x\n", outcome: ["2 id invalid-id"]),
    Row(
      name: "a known venue without its id",
      text: "name,category,division\nCHỢ SẮT,market,303\nKS Hữu Nghị,hotel,303\n",
      outcome: ["2 duplicate", "3 duplicate"]),
    Row(
      name: "a known venue with something new",
      text: "name,category,division,address\nChợ Sắt,market,303,Số 1\n",
      outcome: ["2 name already-registered"]),
    Row(
      name: "the same name at another address",
      text: "name,category,division,address\nKhách sạn Hữu Nghị,hotel,303,9 Cầu Đất\n",
      outcome: ["2 new Khách sạn Hữu Nghị | hotel | so-du-lich | 303", "2 warning same-name"]),
    Row(
      name: "a row twice in one file",
      text: "name,category,division\nChợ Đổ,market,303\nChợ Đổ,market,303\n",
      outcome: ["2 new Chợ Đổ | market | so-cong-thuong | 303", "3 duplicate"]),
    Row(
      name: "a retired venue comes back under its id only",
      text: "name,category,division\nKhách sạn Monaco Hải Phòng,hotel,303\n",
      outcome: ["2 name retired-venue"]),
    Row(
      name: "a name that looks like another",
      text: "name,category,division\nKhach san Huu Nghi,hotel,303\n",
      outcome: [
        "2 new Khach san Huu Nghi | hotel | so-du-lich | 303", "2 warning near-duplicate-name",
      ]),
    Row(
      name: "a ward that two districts have",
      text: "name,category,division\nChợ Đổ,market,Phường Minh Khai\n"
        + "Chợ Đổ,market,\"Minh Khai, Ngô Quyền\"\n",
      outcome: [
        "3 new Chợ Đổ | market | so-cong-thuong | 11311000", "2 division ambiguous-division",
      ]),
    Row(
      name: "names that mean nothing",
      text:
        "name,category,division,agency\na,quán,303,\nb,market,xyz,\nc,market,303,Sở Z\n,market,303,\n"
        + "d,,303,\ne,market,,\n",
      outcome: [
        "2 category unknown-category", "3 division unknown-division", "4 agency unknown-agency",
        "5 name missing-value", "6 category missing-value", "7 division missing-value",
      ]),
    Row(
      name: "texts that a code cannot carry",
      text: "name,short_name,category,division\n\(String(repeating: "x", count: 201)),,market,303\n"
        + "a\u{202E}b,,market,303\nc,\(String(repeating: "x", count: 42)),market,303\n",
      outcome: ["2 name too-long", "3 name invisible-character", "4 short_name too-long"]),
    Row(
      name: "broken rows among good ones",
      text: "name,category,division\nA \"B\",market,303\nChợ Đổ,market,303\nx\n",
      outcome: [
        "3 new Chợ Đổ | market | so-cong-thuong | 303", "2 name stray-quote", "4 - column-count",
      ]),
    Row(
      name: "a parent by id, by name and by a row before",
      text: "name,category,division,thuộc\nA,market,303,000000ZB4\nB,market,303,chợ sắt\n"
        + "C,market,303,A\nD,market,303,Z\n",
      outcome: [
        "2 new A | market | so-cong-thuong | 303", "3 new B | market | so-cong-thuong | 303",
        "4 new C | market | so-cong-thuong | 303", "5 thuộc invalid-id",
      ]),
    Row(
      name: "parents in a ring", text: "id,parent\n000000Z92,000000ZA3\n",
      outcome: ["2 parent parent-cycle"]),
    Row(
      name: "values that are none",
      text: "name,category,division,zones,opening_hours,retired_on\n"
        + "a,market,303,0=x,,\nb,market,303,,nine to five,\nc,market,303,,,tomorrow\n",
      outcome: [
        "2 zones invalid-value", "3 opening_hours invalid-value", "4 retired_on invalid-value",
      ]),
  ]

  @Test("Each row is a new venue, a change, a repetition or a refusal", arguments: rows)
  func plans(row: Row) throws {
    var generator = SeededGenerator(seed: 1)
    let registry = Sample.registry()
    let plan = try registry.planImport(
      of: Array(row.text.utf8), defaults: row.defaults, using: &generator)
    #expect(Self.outcome(of: plan) == row.outcome)
    // Carrying it out works, and what comes of it is without error.
    var changed = registry
    try changed.apply(plan)
    #expect(changed.check().filter { $0.severity == .error }.isEmpty)
    #expect(changed.venues.count == registry.venues.count + plan.creations.count)
    // The same file again makes nothing and changes nothing.
    let again = try changed.planImport(
      of: Array(row.text.utf8), defaults: row.defaults, using: &generator)
    #expect(again.isEmpty)
    #expect(
      again.duplicates.count + again.unchanged.count
        == plan.creations.count + plan.updates.count + plan.duplicates.count + plan.unchanged.count)
  }

  @Test("People's ways of writing zones and hours are read")
  func readsPeoplesValues() throws {
    let text =
      "name,category,division,zones,giờ mở cửa,aliases\n"
      + "A,market,303,1: Cổng chính; 3: Hàng cá,7:30 - 17:00,Chợ A|QRABCD\n"
      + "B,market,303,Sảnh|Bếp,7h30–17h,\nC,market,303,\"1. Sảnh\n2. Bếp\",24/24,\n"
    var generator = SeededGenerator(seed: 2)
    let plan = try Sample.registry().planImport(of: Array(text.utf8), using: &generator)
    let made = plan.creations.map(\.after)
    #expect(
      made.map { $0.zones.map { "\($0.number)=\($0.name)" } } == [
        ["1=Cổng chính", "3=Hàng cá"], ["1=Sảnh", "2=Bếp"], ["1=Sảnh", "2=Bếp"],
      ])
    #expect(made.map { $0.openingHours?.description } == ["07:30-17:00", "07:30-17:00", "24h"])
    #expect(made.first?.aliases == ["Chợ A", "QRABCD"])
    #expect(Set(made.map(\.id)).count == 3)
  }

  @Test("An empty cell clears what may be empty and keeps what may not")
  func clears() throws {
    let text =
      "id,name,category,address,zones,parent,opening_hours,aliases,retired_on\n"
      + "000000Z92,,,,,,,,\n000000ZA3,,,,,,,,\n"
    var generator = SeededGenerator(seed: 3)
    let plan = try Sample.registry().planImport(of: Array(text.utf8), using: &generator)
    let after = plan.updates.map(\.after)
    #expect(after.map(\.name) == ["Khách sạn Hữu Nghị", "Khách sạn Monaco Hải Phòng"])
    #expect(
      after.allSatisfy { venue in
        venue.address == nil && venue.zones.isEmpty && venue.parent == nil
          && venue.openingHours == nil && venue.aliases.isEmpty && venue.retiredOn == nil
      })
  }

  @Test("The rejected-rows file can be mended and imported")
  func writesRejectedRows() throws {
    let text = "Tên;Loại;Địa bàn;Ghi chú\n=Chợ;quán;303;+84 225\nA \"B\";x;y;z\n"
    var generator = SeededGenerator(seed: 4)
    let registry = Sample.registry()
    let plan = try registry.planImport(of: Array(text.utf8), using: &generator)
    let file = String(decoding: plan.rejectedFile(), as: UTF8.self)
    let lines = file.split(separator: "\n").map(String.init)
    #expect(lines.first == "Tên;Loại;Địa bàn;Ghi chú;line;column;reason")
    #expect(lines.dropFirst().first?.hasPrefix("\"'=Chợ\";quán;303;\"'+84 225\";2;Loại;") == true)
    #expect(lines.count == 3)
    let mended = file.split(separator: "\n").prefix(2).joined(separator: "\n")
      .split(separator: "quán").joined(separator: "chợ")
    let again = try registry.planImport(of: Array(mended.utf8), using: &generator)
    #expect(again.creations.map(\.after.name) == ["=Chợ"])
    #expect(again.warnings.map(\.code) == ["unknown-column"])
  }

  @Test("A file without a usable header is refused whole")
  func refusesHeaders() {
    for (text, code) in [
      ("", "table-empty"), ("a,b\n1,2\n", "table-missing-column"),
      ("name,Tên\n1,2\n", "table-duplicate-column"),
    ] {
      var generator = SeededGenerator(seed: 5)
      let error = #expect(throws: ImportError.self) {
        try Sample.registry().planImport(of: Array(text.utf8), using: &generator)
      }
      #expect(error?.code == code)
    }
  }

  @Test("A plan that no longer fits is refused whole")
  func refusesStalePlans() throws {
    var generator = SeededGenerator(seed: 6)
    var registry = Sample.registry()
    let text = "name,category,division\nA,market,303\nB,market,303\n"
    let plan = try registry.planImport(of: Array(text.utf8), using: &generator)
    try registry.apply(plan)
    let once = registry.files()
    #expect(throws: RegistryError.self) { try registry.apply(plan) }
    #expect(registry.files() == once)
  }
}
