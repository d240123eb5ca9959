import Foundation
import Posters
import TestSupport
import Testing

@Suite("Languages of the sheets") struct PosterLanguageTests {
  private static let folder = TestEnvironment.packageRoot.appendingPathComponent(
    "Venues/languages")

  private func file(_ name: String) throws -> String {
    try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
  }

  @Test("Every file of the registry is a language, named by its tag, with a sheet of its own")
  func files() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
    #expect(names == ["en.json", "fr.json", "ru.json", "vi.json"])
    for name in names {
      let language = try PosterLanguage(json: Array(file(name).utf8))
      #expect(name == "\(language.tag).json")
      var sheet = Samples.sheet()
      sheet.languages = [language]
      for direction in PosterDirection.allCases {
        sheet.direction = direction
        let blocks = try PosterPage(sheet, Samples.symbol()).layout.blocks
        let heading = language.texts(for: direction).heading.uppercased()
        #expect(blocks.contains { $0.text == heading }, "\(name)")
        #expect(!blocks.contains { $0.text.contains("{") })
      }
    }
  }

  @Test("A language may name its typeface, and one that is not installed is an error")
  func family() throws {
    let json = try file("fr.json").replacing(
      "\"name\"", with: "\"family\": \"Noto Serif\", \"name\"")
    let french = try PosterLanguage(json: Array(json.utf8))
    #expect(french.family == "Noto Serif")
    var sheet = Samples.sheet()
    sheet.languages += [french]
    let page = try PosterPage(sheet, Samples.symbol())
    #expect(page.layout.problems(on: .a4) == [])
    let file = String(decoding: try page.pdf(), as: UTF8.self)
    #expect(file.contains("+NotoSerif") && file.contains("+NotoSans"))
    sheet.languages[2].family = "No Such Typeface"
    let error = #expect(throws: PosterError.self) { _ = try PosterPage(sheet, Samples.symbol()) }
    #expect(error?.code == "poster-font-missing")
  }

  struct Fault: CustomTestStringConvertible, Sendable {
    let name: String
    let old: String
    let new: String
    let reason: String
    var testDescription: String { name }
  }
  static let faults = [
    Fault(name: "no JSON", old: "{\n", new: "", reason: "no JSON object"),
    Fault(name: "a number", old: "\"Zone\"", new: "7", reason: "no JSON object"),
    Fault(name: "a missing text", old: "\"zone\": \"Zone\",", new: "", reason: "zone is missing"),
    Fault(name: "an empty text", old: "\"Zone\"", new: "\" \"", reason: "zone is empty"),
    Fault(
      name: "a misspelt key", old: "\"zone\"", new: "\"zome\"", reason: "zone is missing"),
    Fault(
      name: "a key too many", old: "\"zone\"", new: "\"colour\": \"red\", \"zone\"",
      reason: "colour means nothing"),
    Fault(
      name: "a key too many inside", old: "\"tag\": \"Exit\"",
      new: "\"tag\": \"Exit\", \"x\": \"y\"", reason: "exit.x means nothing"),
    Fault(
      name: "a text for texts", old: "\"zone\"", new: "\"exit\": \"Exit\", \"zone\"",
      reason: "exit is no object"),
    Fault(
      name: "texts for a text", old: "\"Zone\"", new: "{\"a\": \"b\"}", reason: "zone is no text"),
    Fault(name: "no host", old: "Go to {host}", new: "Go there", reason: "must say {host} once"),
    Fault(
      name: "another brace", old: "Open the link {host}", new: "Open {the} {host}",
      reason: "no other braces"),
    Fault(name: "a host in vain", old: "\"Zone\"", new: "\"{host}\"", reason: "no braces"),
    Fault(name: "no tag", old: "\"en\"", new: "\"../en\"", reason: "no language tag"),
    Fault(
      name: "a long text", old: "\"Zone\"", new: "\"\(String(repeating: "x", count: 201))\"",
      reason: "longer than 200"),
  ]

  @Test("What is wrong in a file is named", arguments: faults)
  func refuses(fault: Fault) throws {
    let good = try file("en.json")
    var bad = good.replacing(fault.old, with: fault.new)
    if fault.name == "a text for texts" {
      let start = try #require(bad.firstRange(of: "\"exit\": {")).lowerBound
      let end = try #require(bad[start...].firstRange(of: "},")).upperBound
      bad.removeSubrange(start..<end)
    }
    #expect(bad != good)
    let error = #expect(throws: PosterError.self) {
      try PosterLanguage(json: Array(bad.utf8))
    }
    #expect(error?.code == "poster-language")
    #expect(error?.description.contains(fault.reason) == true, "\(error?.description ?? "")")
  }

  @Test("Tags are those of BCP 47, and never a path")
  func tags() {
    for tag in ["vi", "en", "pt-BR", "zh-Hant-TW", "yue", "de-1996"] {
      #expect(PosterLanguage.isTag(tag), "\(tag)")
    }
    for tag in ["", "v", "VI", "viet", "vi-", "vi_VN", "../vi", "vi/x", "vi-x", "vi\0", "việt"] {
      #expect(!PosterLanguage.isTag(tag), "\(tag)")
    }
  }
}
