internal import CommandKit
internal import FoundationEssentials

/// What all posters of a registry say besides the venue: the file `poster.json` in its folder.
///
/// A text of another language has the language's tag behind its key, as in `authority_en`.
struct PosterSettings: Sendable {
  /// Who issues the posters.
  var authority: String? { texts["authority"] }
  /// A telephone number for questions.
  var hotline: String? { texts["hotline"] }

  private var texts: [String: String] = [:]

  private static let keys = ["authority", "hotline", "notice"]

  /// Returns who issues the posters, in the languages of a sheet.
  func authority(in languages: [String]) -> String? { text("authority", in: languages) }

  /// Returns the last line in small type, in the languages of a sheet.
  func notice(in languages: [String]) -> String? { text("notice", in: languages) }

  /// The main language has the text without a tag when it has none of its own; the others then have none.
  private func text(_ key: String, in languages: [String]) -> String? {
    let texts = languages.enumerated().compactMap { index, tag in
      self.texts["\(key)_\(tag)"] ?? (index == 0 || tag == "vi" ? self.texts[key] : nil)
    }
    return PosterSettings.joined(texts.isEmpty ? [self.texts[key]] : texts)
  }

  /// Texts of several languages in one line, equal ones once.
  static func joined(_ texts: [String?]) -> String? {
    var seen: Set<String> = []
    let texts = texts.compactMap(\.self).filter { seen.insert($0).inserted }
    return texts.isEmpty ? nil : texts.joined(separator: " · ")
  }

  /// Reads the file of a registry's folder; without one, posters say nothing of it.
  static func read(from folder: String) throws -> PosterSettings {
    let path = "\(folder)/poster.json"
    guard FileManager.default.fileExists(atPath: path) else { return PosterSettings() }
    var file = try InputFile(path: path)
    let data = Data(try file.readAll(limit: 1 << 20))
    var settings = PosterSettings()
    do {
      settings.texts = try JSONDecoder().decode([String: String].self, from: data)
    } catch {
      throw CommandError(
        "this is not a JSON object of texts", hint: "write it like {\"authority\": \"…\"}",
        file: path, code: "poster-settings")
    }
    if let unknown = settings.texts.keys.sorted().first(where: { !isKnown($0) }) {
      throw CommandError(
        "'\(unknown)' means nothing here",
        hint:
          "the file may have \(keys.joined(separator: ", ")), and authority_en and notice_en, or "
          + "of other languages", file: path, code: "poster-settings")
    }
    return settings
  }

  private static func isKnown(_ key: String) -> Bool {
    if keys.contains(key) { return true }
    return ["authority_", "notice_"].contains { key.hasPrefix($0) && key.count > $0.count }
  }
}
