internal import CommandKit
internal import FoundationEssentials

/// What all posters of a registry say besides the venue: the file `poster.json` in its folder.
struct PosterSettings: Decodable, Sendable {
  /// Who issues the posters.
  var authority: String?
  /// A telephone number for questions.
  var hotline: String?
  /// A last line in small type.
  var notice: String?

  private static let keys: Set<String> = ["authority", "hotline", "notice"]

  /// Reads the file of a registry's folder; without one, posters say nothing of it.
  static func read(from folder: String) throws -> PosterSettings {
    let path = "\(folder)/poster.json"
    guard FileManager.default.fileExists(atPath: path) else { return PosterSettings() }
    var file = try InputFile(path: path)
    let data = Data(try file.readAll(limit: 1 << 20))
    do {
      let decoder = JSONDecoder()
      let names = try decoder.decode([String: String].self, from: data).keys
      if let unknown = names.first(where: { !keys.contains($0) }) {
        throw CommandError(
          "'\(unknown)' means nothing here",
          hint: "the file may have \(keys.sorted().joined(separator: ", "))", file: path,
          code: "poster-settings")
      }
      return try decoder.decode(PosterSettings.self, from: data)
    } catch let error as CommandError {
      throw error
    } catch {
      throw CommandError(
        "this is not a JSON object of texts", hint: "write it like {\"authority\": \"…\"}",
        file: path, code: "poster-settings")
    }
  }
}
