import Foundation
import TestSupport
import Testing

/// The registry as its keeper uses it.
@Suite("Keeping the registry", .tags(.process)) struct RegistryTests {
  private static let sheet = """
    Mã;Tên địa điểm;category;division;địa chỉ
    ;Chợ Thử Nghiệm;market;11341;1 Đường Một
    C4C6BHFZC;Khách sạn Hữu Nghị (mới);;;60 Điện Biên Phủ
    ;Quán Lạ;nocat;11341;
    ;;market;11341;
    ZZZZZZZZ9;X;market;11341;
    """

  @Test("A spreadsheet is tried first, then taken: new venues, changes by id, and what is refused")
  func importing() throws {
    let site = try Site(.nothing, registry: .own)
    func listed() throws -> [JSON] { try JSON(site.done("venue", "list", "--json").output).items }
    let before = try listed().count
    try site.write(
      Self.sheet.replacingOccurrences(of: "Tên địa điểm", with: "name")
        .replacingOccurrences(of: "Mã", with: "\u{FEFF}id")
        .replacingOccurrences(of: "địa chỉ", with: "address"), to: "sheet.csv")
    let tried = try site.run("venue", "import", "sheet.csv", "--dry-run", "--json")
    let plan = try JSON(tried.output)
    #expect(tried.status == 3 && plan["dry_run"].truth == true)
    #expect(plan["created"].items.count == 1 && plan["updated"].items.count == 1)
    #expect(plan["rejected"].number == 3 && tried.errors.contains("nothing was changed"))
    #expect(try listed().count == before)

    let taken = try site.run("venue", "import", "sheet.csv")
    #expect(taken.status == 3 && taken.output.contains("new  Chợ Thử Nghiệm"))
    #expect(try listed().count == before + 1)
    let hotel = try JSON(site.done("venue", "show", Site.hotel, "--json").output)
    #expect(hotel["name"].text == "Khách sạn Hữu Nghị (mới)")
    #expect(hotel["address"].text == "60 Điện Biên Phủ" && hotel["category"].text == "hotel")
    let rejected = try site.text(of: "sheet.csv.rejected.csv").split(separator: "\n")
    #expect(rejected.count == 4 && rejected[0].hasSuffix("line;column;reason"))
    #expect(rejected[1].contains(";4;category;") && rejected[1].contains("nocat"))
    #expect(rejected[2].contains(";5;name;") && rejected[3].contains(";6;id;"))

    try site.write(
      rejected.prefix(2).joined(separator: "\n").replacingOccurrences(
        of: "nocat;", with: "market;"),
      to: "mended.csv")
    let mended = try site.run("venue", "import", "mended.csv")
    #expect(mended.status == 0 && mended.output.contains("Quán Lạ"), "\(mended.errors)")
    #expect(try site.done("venue", "check").output.isEmpty)
  }

  @Test("A sheet in Vietnamese needs no change")
  func vietnamese() throws {
    let site = try Site(.nothing, registry: .own)
    // Decomposed letters, as a Mac types them, come out composed.
    let name = "Chợ Mới".decomposedStringWithCanonicalMapping
    try site.write("Tên;Loại;Mã đơn vị hành chính\n\(name);market;11341\n", to: "cho.csv")
    let outcome = try site.run(
      "venue", "import", "cho.csv", "--category", "market", "--division", "11341", "--json")
    let made = try JSON(outcome.output)["created"][0].text
    let shown = try site.run(["venue", "show", made ?? "", "--json"], input: Data())
    #expect(shown.status == 0, "\(outcome.errors)\(shown.errors)")
    #expect(try Array(JSON(shown.output)["name"].text?.utf8 ?? "".utf8) == Array("Chợ Mới".utf8))
  }

  @Test("A retired venue stays known, and its codes stop on the day")
  func retiring() throws {
    let site = try Site(registry: .own)
    let code = try site.code()
    #expect(try site.done("venue", "retire", Site.hotel, "--dry-run").errors.contains("nothing"))
    #expect(try site.run("verify", code).status == 0)
    let retired = try JSON(
      site.done("venue", "retire", Site.hotel, "--on", "2020-08-07", "--json").output)
    #expect(retired["retired_on"].text == "2020-08-07")
    #expect(try site.run("verify", code).status == 0)
    let after = try site.run("verify", code, "--json", at: "2020-08-07T00:00:00+07:00")
    #expect(try after.status == 1 && JSON(after.output)["reason"].text == "retired_venue")
    let poster = try site.run("qr", Site.hotel, at: "2020-08-07T00:00:00+07:00")
    #expect(poster.status == 1 && poster.errors.contains("retired"))
    #expect(try site.done("venue", "show", Site.hotel).output.contains("Retired on"))
    let left = try site.done("venue", "list", "--category", "hotel", "--json").output
    #expect(!left.contains(Site.hotel))
    #expect(try site.done("venue", "list", "--retired", "--json").output.contains(Site.hotel))
  }

  @Test("Faults in the files are told with file and line, and nothing is written over them")
  func damaged() throws {
    let site = try Site(.nothing, registry: .own)
    let hotels = try site.text(of: "Venues/venues/hotel.csv")
    var lines = hotels.split(separator: "\n").map(String.init)
    lines[2] = lines[2].replacingOccurrences(of: "so-du-lich", with: "nobody")
    lines.append("too,few,cells")
    try site.write(lines.joined(separator: "\n") + "\n", to: "Venues/venues/hotel.csv")
    let check = try site.run("venue", "check")
    #expect(check.status == 1)
    #expect(check.output.contains("venues/hotel.csv:3: error") && check.output.contains("nobody"))
    #expect(check.output.contains("venues/hotel.csv:\(lines.count): error: 3 cells"))
    let found = try JSON(site.run("venue", "check", "--json").output).items
    #expect(found.count == 2 && found.allSatisfy { $0["file"].text == "venues/hotel.csv" })
    for words in [["list"], ["show", Site.hotel]] {
      let outcome = try site.run(["venue"] + words, input: Data())
      #expect(outcome.status == 1 && outcome.errors.contains("hotel.csv:"))
    }
    let add = try site.run(
      "venue", "add", "Chợ", "--category", "market", "--division", "11341")
    #expect(add.status == 1 && add.errors.contains("hotel.csv"))
    #expect(try site.text(of: "Venues/venues/hotel.csv").hasSuffix("too,few,cells\n"))

    try site.write(hotels, to: "Venues/venues/hotel.csv")
    #expect(try site.run("venue", "check").status == 0)
    try site.write(Data([0x69, 0x64, 0xff, 0x0a]), to: "Venues/agencies.csv")
    let unreadable = try site.run("venue", "check")
    #expect(unreadable.status == 1 && unreadable.errors.contains("agencies.csv is not UTF-8"))
    let missing = try site.run("venue", "list", "--venues", "nowhere")
    #expect(missing.status == 1 && missing.errors.contains("nowhere is not there"))
  }

  @Test("Names that are there already, or nearly, are pointed out")
  func twins() throws {
    let site = try Site(.nothing, registry: .own)
    let twin = try site.done(
      "venue", "add", "khach san HUU NGHI", "--category", "hotel", "--division", "303")
    #expect(twin.errors.contains("warning") && twin.errors.contains(Site.hotel))
    #expect(try site.run("venue", "check").status == 0)
  }
}
