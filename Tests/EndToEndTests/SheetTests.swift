import Foundation
import TestSupport
import Testing
import VenueCodes

@Suite("Sheets from the command line", .tags(.process)) struct SheetTests {
  private static let sheets = [
    "a3", "a4", "a5", "table-tent", "stickers", "card", "screen-landscape", "screen-portrait",
  ]

  /// The token in a print's line of JSON.
  private func token(_ line: JSON) throws -> VenueToken {
    let carrier = Carrier(prefixes: [try URLPrefix("https://qr.haiphong.gov.vn/#")])
    return try VenueCode(bytes: carrier.bytes(decoding: try #require(line["code"].text))).token
  }

  /// Every file below the store's folder, with its bytes; but for what SQLite keeps beside a database
  /// that is only read, an index and an empty log.
  private func store(of site: Site) throws -> [String: Data] {
    let folder = site.path("store")
    var files: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder)
    where !path.hasSuffix("-shm") {
      let bytes = try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(path)"))
      if let bytes, !bytes.isEmpty { files[path] = bytes }
    }
    return files
  }

  @Test("Every sheet is a print of its own, with its own file and a genuine code")
  func everySheet() throws {
    let site = try Site()
    let lines = try JSON.lines(
      site.done(
        "qr", Site.hotel, "--sheet", Self.sheets.joined(separator: ","), "--below-minimum", "--json"
      ).output)
    #expect(lines.map { $0["sheet"].text } == Self.sheets)
    #expect(lines.map { $0["serial"].number } == Array(1...8))
    #expect(lines.allSatisfy { $0["preview"].truth == false })
    let stem = "Output/hotel/C4C6BHFZC-khach-san-huu-nghi"
    #expect(
      lines.map { $0["files"][0].text } == [
        "\(stem)-a3.pdf", "\(stem).pdf", "\(stem)-a5.pdf", "\(stem)-table-tent.pdf",
        "\(stem)-stickers.pdf", "\(stem)-card.pdf", "\(stem)-screen-landscape.png",
        "\(stem)-screen-portrait.png",
      ])
    for line in lines {
      let isCompact = ["stickers", "card"].contains(line["sheet"].text)
      #expect(line["symbol"].text == (isCompact ? "8-Q" : "10-Q"))
      #expect(site.has(try #require(line["files"][0].text)))
      let code = try #require(line["code"].text)
      let read = try JSON(site.done("verify", code, "--json").output)
      #expect(read["valid"].truth == true && read["serial"].number == line["serial"].number)
      #expect(read["signed_name"].isNull == isCompact)
    }
    let screen = try JSON(site.done("verify", "\(stem)-screen-portrait.png", "--json").output)
    #expect(screen["serial"].number == 8)
  }

  @Test("A bare code is of the first sheet's print, and alone when only it is asked for")
  func bareCodes() throws {
    let site = try Site()
    let lines = try JSON.lines(
      site.done(
        "qr", Site.hotel, "--sheet", "a4,card", "--format", "pdf,png,svg", "--json", "--mono"
      ).output)
    #expect(lines.map { $0["files"].items.count } == [3, 1])
    let alone = try JSON(site.done("qr", Site.hotel, "--format", "png", "--json").output)
    #expect(alone["sheet"].isNull && alone["serial"].number == 3)
    #expect(alone["files"].items.count == 1)
  }

  @Test("A preview mints nothing, and the print after it has the same token (attack A38)")
  func preview() throws {
    let site = try Site()
    try site.done("qr", Site.hotel)  // so that serials do not begin at the beginning
    // The keys stay closed: without the file that opens them a preview is drawn and a print is not.
    try FileManager.default.moveItem(atPath: site.path("store.key"), toPath: site.path("elsewhere"))
    let words = ["--sheet", "a4,card", "--format", "pdf,png", "--json"]
    func lines(_ more: [String]) throws -> [JSON] {
      let outcome = try site.run(["qr", Site.hotel] + words + more, input: Data())
      try #require(outcome.status == 0, "\(outcome.errors)")
      return try JSON.lines(outcome.output)
    }
    #expect(try site.run(["qr", Site.hotel] + words, input: Data()).status == 1)
    let before = try store(of: site)
    let previews = try lines(["--preview"])
    _ = try lines(["--preview"])
    #expect(try store(of: site) == before, "not a byte of the store has changed")
    #expect(previews.map { $0["serial"].number } == [2, 3])
    #expect(previews.allSatisfy { $0["preview"].truth == true })
    for preview in previews {
      for file in preview["files"].items.compactMap(\.text) {
        #expect(file.contains("-preview.") && site.has(file))
      }
      let verdict = try site.run("verify", #require(preview["code"].text), "--json")
      #expect(verdict.status == 1)
      #expect(try JSON(verdict.output)["reason"].text == "specimen")
      // A door that is open to it refuses it too.
      try FileManager.default.copyItem(
        atPath: site.path("elsewhere"), toPath: site.path("store.key"))
      let door = try site.run(
        "scan", "--gateway", "g", "--json", input: "\(preview["code"].text ?? "") an\n")
      #expect(door.output.contains("specimen"))
      try FileManager.default.removeItem(atPath: site.path("store.key"))
    }

    try FileManager.default.moveItem(atPath: site.path("elsewhere"), toPath: site.path("store.key"))
    let prints = try lines([])
    for (preview, print) in zip(previews, prints) {
      #expect(try token(preview) == token(print))
      #expect(preview["symbol"].text == print["symbol"].text)
      #expect(preview["code"].text != print["code"].text)
      let code = try #require(print["code"].text)
      try site.done("verify", code)
      let serial = try #require(print["serial"].number)
      try site.done("qr", Site.hotel, "--revoke", "\(serial)", "--reason", "lost")
      let verdict = try JSON(site.run("verify", code, "--json").output)
      #expect(verdict["reason"].text == "revoked_print")
    }
  }

  @Test("One file holds a page for each print, in the registry's order")
  func oneFile() throws {
    let site = try Site()
    let names = try JSON(
      site.done("venue", "list", "--category", "market", "--json").output
    ).items.compactMap { $0["id"].text }
    let outcome = try site.done(
      "qr", "--category", "market", "--sheet", "a4,stickers", "--marks", "--one-file", "cho.pdf",
      "--json")
    let lines = try JSON.lines(outcome.output)
    #expect(lines.count == 2 * names.count)
    #expect(lines.map { $0["page"].number } == Array(1...lines.count))
    #expect(lines.enumerated().allSatisfy { $1["venue"].text == names[$0 / 2] })
    #expect(lines.allSatisfy { $0["files"].items.map(\.text) == ["Output/cho.pdf"] })
    #expect(try FileManager.default.contentsOfDirectory(atPath: site.path("Output")) == ["cho.pdf"])
    let code = try #require(lines.last?["code"].text)
    try site.done("verify", code)
    let again = try site.done("qr", "--category", "market", "--one-file", "cho.pdf", "--preview")
    #expect(again.output == "Output/cho-preview.pdf\n")
  }

  @Test("A folder in a file's place is told before anything is printed")
  func folderInTheWay() throws {
    let site = try Site()
    for (folder, words) in [
      ("Output/all.pdf", ["--one-file", "all.pdf"]),
      ("Output/hotel/C4C6BHFZC-khach-san-huu-nghi.pdf", []),
    ] {
      try FileManager.default.createDirectory(
        atPath: site.path(folder), withIntermediateDirectories: true)
      let outcome = try site.run(["qr", Site.hotel] + words, input: Data())
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("\(folder) is a folder"))
      let venue = try JSON(site.done("venue", "show", Site.hotel, "--json").output)
      #expect(venue["prints"].items.isEmpty)
    }
  }

  @Test("A file that cannot get its name in the end takes its prints back")
  func lostName() throws {
    let site = try Site()
    let run = try site.start("qr", "--category", "market", "--one-file", "all.pdf")
    // Between the drawing and the name lies the reading back of all pages.
    let limit = ContinuousClock.now + .seconds(120)
    func isDrawn() -> Bool {
      let names = try? FileManager.default.contentsOfDirectory(atPath: site.path("Output"))
      return names?.contains { $0.hasPrefix(".print-") } ?? false
    }
    while !isDrawn(), ContinuousClock.now < limit { usleep(10_000) }
    try FileManager.default.createDirectory(
      atPath: site.path("Output/all.pdf"), withIntermediateDirectories: true)
    let outcome = run.finish()
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("Output/all.pdf cannot be written"))
    let venue = try JSON(site.done("venue", "show", Site.hotel, "--json").output)
    #expect(venue["prints"].items.isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: site.path("Output")) == ["all.pdf"])
  }

  @Test("Hidden files of a run that was killed go after a day")
  func abandonedDrafts() throws {
    let site = try Site()
    for folder in ["Output", "Output/hotel"] {
      try FileManager.default.createDirectory(
        atPath: site.path(folder), withIntermediateDirectories: true)
      for name in [".print-7-old.pdf", ".print-8-new.pdf"] {
        try site.write("draft", to: "\(folder)/\(name)")
      }
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -100_000)],
        ofItemAtPath: site.path("\(folder)/.print-7-old.pdf"))
    }
    try site.done("qr", Site.hotel)
    try site.done("qr", Site.hotel, "--one-file", "all.pdf")
    for folder in ["Output", "Output/hotel"] {
      #expect(!site.has("\(folder)/.print-7-old.pdf") && site.has("\(folder)/.print-8-new.pdf"))
    }
  }

  @Test("A name that cannot be set is told, and the others are printed")
  func foreignName() throws {
    let site = try Site(registry: .own)
    let made = try JSON(
      site.done(
        "venue", "add", "Nhà hàng 漢字", "--category", "market", "--division", "11341", "--json"
      ).output)
    let id = try #require(made["id"].text)
    for words in [[], ["--one-file", "cho.PDF"]] {
      let outcome = try site.run(["qr", "--category", "market", "--json"] + words, input: Data())
      #expect(outcome.status == 3)
      #expect(outcome.errors.contains("Nhà hàng 漢字 (\(id)): the typeface Noto Sans has no U+6F22"))
      let lines = try JSON.lines(outcome.output)
      #expect(lines.count > 1 && lines.allSatisfy { $0["venue"].text != id })
    }
    let alone = try site.run(["qr", id], input: Data())
    #expect(alone.status == 1 && alone.errors.contains("Nhà hàng 漢字 (\(id)): "))
  }

  @Test("Languages are files of the registry, and what is wrong with one is told")
  func languages() throws {
    let site = try Site(registry: .own)
    try site.done("qr", Site.hotel, "--language", "vi,fr,ru")
    let unknown = try site.run("qr", Site.hotel, "--language", "km")
    #expect(unknown.status == 1)
    #expect(unknown.errors.contains("there is no language 'km'"))
    #expect(unknown.errors.contains("choose of en, fr, ru, vi"))
    let french = try site.text(of: "Venues/languages/fr.json")
    try site.write(
      french.replacing("\"tag\": \"fr\"", with: "\"tag\": \"de\""), to: "Venues/languages/de.json")
    try site.done("qr", Site.hotel, "--language", "de")
    try site.write(french.replacing("\"zone\"", with: "\"zome\""), to: "Venues/languages/fr.json")
    let broken = try site.run("qr", Site.hotel, "--language", "fr")
    #expect(broken.status == 1)
    #expect(broken.errors.contains("fr.json: this is no language of the sheets: zone is missing"))
  }
}
