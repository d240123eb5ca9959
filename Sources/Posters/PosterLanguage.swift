import FoundationEssentials
internal import VenueCodes

/// The fixed texts of a sheet in one language.
///
/// A language is a file; nothing in the program has to know it. `{host}` stands for the host that
/// opens when the code is scanned.
public struct PosterLanguage: Hashable, Sendable {
  /// The texts that depend on which way the code counts.
  public struct Direction: Hashable, Sendable {
    /// The call to scan, in a few words.
    public var heading: String
    /// The word for the door.
    public var tag: String
    /// The last step, once the link is open.
    public var lastStep: String
  }

  /// The language's tag of BCP 47, by which it is asked for.
  public var tag: String

  /// What the language calls itself.
  public var name: String

  /// The typeface its texts are set in; nil is that of the sheet.
  public var family: String?

  /// The texts of a code that serves both ways.
  public var inAndOut: Direction

  /// The texts of a code at the way in.
  public var entrance: Direction

  /// The texts of a code at the way out.
  public var exit: Direction

  /// The first step: point the camera.
  public var pointCamera: String

  /// The second step when the host is known.
  public var openLinkAtHost: String

  /// The second step when it is not.
  public var openLink: String

  /// What the typed code is for, when the host is known.
  public var typeCodeAtHost: String

  /// What the typed code is for, when it is not.
  public var typeCode: String

  /// The label before the zone.
  public var zone: String

  /// The label of the first valid day.
  public var issued: String

  /// The label of the last valid day.
  public var expires: String

  /// The label of the print's number.
  public var printSerial: String

  /// The label of the telephone number.
  public var hotline: String

  /// The word for a sheet that is no print yet.
  public var preview: String

  /// The texts of a direction.
  ///
  /// - Parameter direction: Which way the code counts.
  /// - Returns: The heading, the word for the door and the last step.
  public func texts(for direction: PosterDirection) -> Direction {
    switch direction {
    case .inAndOut: inAndOut
    case .entrance: entrance
    case .exit: exit
    }
  }

  /// A day as it stands on a sheet.
  static func date(_ day: LocalDay) -> String { day.dayFirst }

  /// The second step and the hint at the typed code, with the host put in.
  func linkTexts(host: String?) -> (step: String, hint: String) {
    guard let host else { return (openLink, typeCode) }
    return (
      openLinkAtHost.replacing(PosterLanguage.hostMark, with: host),
      typeCodeAtHost.replacing(PosterLanguage.hostMark, with: host)
    )
  }

  /// What stands for the host in a text.
  static let hostMark = "{host}"
}

// MARK: - The file

extension PosterLanguage {
  /// The most UTF-8 bytes of a text: a sheet has no room for more.
  public static let textLimit = 200

  /// Reads a language from the JSON of `Venues/languages/`.
  ///
  /// Every key of the format is needed but `family`, and no other key is taken: a misspelt text must
  /// not silently be missing from an official sheet.
  ///
  /// - Parameter json: The bytes of the file.
  /// - Throws: `PosterError.languageInvalid`, which names the key and what it should be.
  public init(json: [UInt8]) throws(PosterError) {
    let values: [String: Value]
    do {
      values = try JSONDecoder().decode([String: Value].self, from: Data(json))
    } catch {
      throw .languageInvalid(reason: "it is no JSON object of texts")
    }
    var texts = Texts(values, path: "")
    tag = try texts.text("tag")
    guard PosterLanguage.isTag(tag) else {
      throw .languageInvalid(reason: "tag: '\(tag)' is no language tag such as vi or pt-BR")
    }
    name = try texts.text("name")
    family = try texts.has("family") ? texts.text("family") : nil
    inAndOut = try Direction(&texts, "in_and_out")
    entrance = try Direction(&texts, "entrance")
    exit = try Direction(&texts, "exit")
    pointCamera = try texts.text("point_camera")
    openLinkAtHost = try texts.text("open_link_at_host", marksHost: true)
    openLink = try texts.text("open_link")
    typeCodeAtHost = try texts.text("type_code_at_host", marksHost: true)
    typeCode = try texts.text("type_code")
    zone = try texts.text("zone")
    issued = try texts.text("issued")
    expires = try texts.text("expires")
    printSerial = try texts.text("print_serial")
    hotline = try texts.text("hotline")
    preview = try texts.text("preview")
    try texts.finish()
  }

  /// Returns whether a text has the form of a language tag: subtags of letters and digits, the first
  /// of two or three small letters.
  ///
  /// - Parameter text: Any text.
  /// - Returns: True for a tag, which then is also safe as a file's name.
  public static func isTag(_ text: String) -> Bool {
    let subtags = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard let first = subtags.first, (2...3).contains(first.count),
      first.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) })
    else { return false }
    return subtags.dropFirst().allSatisfy { subtag in
      (2...8).contains(subtag.count)
        && subtag.allSatisfy { byte in
          (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
    }
  }

  /// A text, or an object of texts.
  fileprivate enum Value: Decodable {
    case text(String)
    case texts([String: String])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self = .text(text)
      } else {
        self = .texts(try container.decode([String: String].self))
      }
    }
  }

  /// Takes texts out of an object, each once.
  fileprivate struct Texts {
    private var values: [String: Value]
    private let path: String

    init(_ values: [String: Value], path: String) {
      self.values = values
      self.path = path
    }

    func has(_ key: String) -> Bool { values[key] != nil }

    mutating func text(_ key: String, marksHost: Bool = false) throws(PosterError) -> String {
      guard let value = values.removeValue(forKey: key) else { throw wrong(key, "is missing") }
      guard case .text(let text) = value else { throw wrong(key, "is no text") }
      guard text.contains(where: { !$0.isWhitespace }) else { throw wrong(key, "is empty") }
      guard text.utf8.count <= PosterLanguage.textLimit else {
        throw wrong(key, "is longer than \(PosterLanguage.textLimit) bytes")
      }
      let marks = text.ranges(of: PosterLanguage.hostMark).count
      let braces = text.utf8.count { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }
      guard marks == (marksHost ? 1 : 0), braces == 2 * marks else {
        throw wrong(
          key,
          marksHost ? "must say {host} once and have no other braces" : "must have no braces")
      }
      return text
    }

    mutating func texts(_ key: String) throws(PosterError) -> Texts {
      guard let value = values.removeValue(forKey: key) else { throw wrong(key, "is missing") }
      guard case .texts(let texts) = value else { throw wrong(key, "is no object of texts") }
      return Texts(texts.mapValues { .text($0) }, path: "\(path)\(key).")
    }

    func finish() throws(PosterError) {
      guard let key = values.keys.min() else { return }
      throw wrong(key, "means nothing here")
    }

    private func wrong(_ key: String, _ what: String) -> PosterError {
      .languageInvalid(reason: "\(path)\(key) \(what)")
    }
  }
}

extension PosterLanguage.Direction {
  fileprivate init(
    _ root: inout PosterLanguage.Texts, _ key: String
  ) throws(PosterError) {
    var texts = try root.texts(key)
    heading = try texts.text("heading")
    tag = try texts.text("tag")
    lastStep = try texts.text("last_step")
    try texts.finish()
  }
}
