internal import CommandKit
internal import Posters

/// The tag of a language on the command line: the name of its file in the registry's folder.
struct LanguageWord: ArgumentValue, Hashable {
  let tag: String

  init(_ tag: String) { self.tag = tag }

  init(argument: String) throws(InvalidArgument) {
    guard PosterLanguage.isTag(argument) else { throw InvalidArgument() }
    tag = argument
  }

  static var kind: String { "a language tag such as vi" }
  static var placeholder: String { "LANGUAGE" }
  var argumentText: String { tag }
}

extension Workspace {
  /// Reads languages of the sheets from `languages/` in the registry's folder, in the order given.
  func languages(_ words: [LanguageWord]) throws -> [PosterLanguage] {
    let folder = context.venues + "/languages"
    var seen: Set<LanguageWord> = []
    return try words.filter { seen.insert($0).inserted }.map { word in
      let path = "\(folder)/\(word.tag).json"
      let known = try Folder.files(in: folder, endingWith: ".json").map { $0.dropLast(5) }
      guard known.contains(where: { $0 == word.tag }) else {
        throw CommandError(
          "there is no language '\(word.tag)' in \(folder)",
          hint: known.isEmpty
            ? "put a file there, as the registry's README says"
            : "choose of \(known.joined(separator: ", ")), or put its file there",
          code: "no-language")
      }
      var file = try InputFile(path: path)
      let bytes = try file.readAll(limit: 1 << 16)
      let language: PosterLanguage
      do throws(PosterError) {
        language = try PosterLanguage(json: bytes)
      } catch {
        throw CommandError("\(error)", file: path, code: error.code)
      }
      guard language.tag == word.tag else {
        throw CommandError(
          "the file's tag is '\(language.tag)'", hint: "name the file and the tag alike",
          file: path, code: "no-language")
      }
      return language
    }
  }
}
