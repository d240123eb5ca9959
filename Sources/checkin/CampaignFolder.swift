internal import Campaign
internal import CommandKit
internal import FoundationEssentials
internal import VenueRegistry

/// The texts and settings of the campaign: the folder `campaign` in the registry's.
struct CampaignFolder: Sendable {
  /// The folder's path.
  let path: String

  init(_ context: Context) {
    path = context.venues + "/campaign"
  }

  /// The settings, which must be there.
  func settings() throws -> CampaignSettings {
    try read("campaign.json") { bytes in try CampaignSettings(json: bytes) }
  }

  /// The settings, or nil when there is no such file.
  func settingsIfThere() throws -> CampaignSettings? {
    FileManager.default.fileExists(atPath: "\(path)/campaign.json") ? try settings() : nil
  }

  /// A text with gaps, such as `venue.vi.txt`.
  func text(_ name: String, _ language: SpokenLanguage) throws -> CampaignText {
    try read("\(name).\(language.rawValue).txt") { bytes in
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw CommandError(
          "this is not UTF-8", hint: "save it as UTF-8",
          file: "\(path)/\(name).\(language.rawValue).txt", code: "not-utf8")
      }
      return try CampaignText(text)
    }
  }

  /// How words are spoken; without a table only the registry's abbreviations are known.
  func words(_ language: SpokenLanguage, registry: Registry) throws -> SpokenWords {
    // Short forms of a registry are those of its own language.
    let abbreviations = language == .vietnamese ? registry.abbreviations : []
    let file = "spoken.\(language.rawValue).csv"
    guard FileManager.default.fileExists(atPath: "\(path)/\(file)") else {
      return SpokenWords(language, table: [:], abbreviations: abbreviations)
    }
    return try read(file) { bytes in
      try SpokenWords(language, csv: bytes, abbreviations: abbreviations)
    }
  }

  private func read<Value>(_ name: String, _ body: ([UInt8]) throws -> Value) throws -> Value {
    var file = try InputFile(path: "\(path)/\(name)")
    let bytes = try file.readAll(limit: 1 << 20)
    do {
      return try body(bytes)
    } catch let error as CampaignError {
      throw error.told(of: "\(path)/\(name)")
    }
  }
}

extension CampaignError {
  /// The failure with the file it is about.
  func told(of file: String) -> CommandError {
    let line: Int? =
      switch self {
      case .spokenWords(let line, _), .unevenBrackets(let line): line
      default: nil
      }
    return CommandError("\(self)", file: file, line: line, code: code)
  }
}
