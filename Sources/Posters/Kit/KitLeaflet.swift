public import Campaign

/// What lies beside the posters of a kit, on paper: texts to read, and the code that installs the app.
///
/// Each text is set as large as the fewest pages allow, never below 9 pt and the main announcement,
/// which is read out standing, never below 12 pt. What does not fit goes on to a next page, the code
/// whole and with its link under it.
///
///     let leaflet = try KitLeaflet("Khách sạn Hữu Nghị", mark: "C4C6 BHFZC", …, install: symbol)
///     for page in try leaflet.pages() { try document.append(page) }
public struct KitLeaflet: Hashable, Sendable {
  /// A text in one language; where there are several, the first is the main one.
  public struct Passage: Hashable, Sendable {
    /// The language, which is also that of the words around it.
    public var language: SpokenLanguage
    /// The text, a paragraph on each line.
    public var text: String
    /// The tenths of a second that reading it aloud takes; nil for what is not read aloud.
    public var tenths: Int?

    /// Makes a passage; see the properties.
    public init(_ language: SpokenLanguage, _ text: String, tenths: Int? = nil) {
      self.language = language
      self.text = text
      self.tenths = tenths
    }
  }

  /// Whom it is for, as the file's properties call it.
  let title: String
  /// What stands at the foot of each page, so that pages that were parted are put together again.
  let mark: String
  /// What stands above everything; nil where the instructions say it.
  let heading: String?
  let instructions: [Passage]
  let announcements: [Passage]
  let app: String
  let install: QRSymbol

  /// The family of the typeface.
  static let family = "Noto Sans"

  /// Checks that every text can be printed.
  ///
  /// - Parameters:
  ///   - title: Whom it is for.
  ///   - mark: An id, which stands at the foot of each page.
  ///   - instructions: For a manager; lines before the first empty one are a heading. Where there are
  ///     none, the title is the heading.
  ///   - announcements: What is to be read aloud.
  ///   - app: What the app is called; may be empty.
  ///   - install: The code of the link that installs it.
  /// - Throws: `PosterError.characterNotPrintable`, `.glyphMissing` or `.fontMissing`.
  /// - Complexity: O(n) in the length of the texts; setting them is left to `pages()`.
  public init(
    _ title: String, mark: String, instructions: [Passage], announcements: [Passage], app: String,
    install: QRSymbol
  ) throws(PosterError) {
    let setter = try Typesetter(family: KitLeaflet.family)
    self.title = try setter.printable(title, in: .document)
    self.mark = try setter.printable(mark, in: .document)
    heading = instructions.isEmpty ? self.title : nil
    self.instructions = try KitLeaflet.checked(instructions, by: setter)
    self.announcements = try KitLeaflet.checked(announcements, by: setter)
    self.app = try setter.printable(app, in: .document)
    _ = try setter.printable(install.text, in: .document)
    self.install = install
  }

  private static func checked(
    _ passages: [Passage], by setter: borrowing Typesetter
  ) throws(PosterError) -> [Passage] {
    var checked: [Passage] = []
    for passage in passages {
      var lines: [String] = []
      for line in passage.text.split(separator: "\n", omittingEmptySubsequences: false) {
        lines.append(try setter.printable(String(line), in: .document))
      }
      checked.append(
        Passage(passage.language, lines.joined(separator: "\n"), tenths: passage.tenths))
    }
    return checked
  }

  /// Sets the pages: one, when the texts fit on it.
  ///
  /// - Returns: One page or more of A4; the last has the code that installs the app.
  /// - Throws: `PosterError.noRoom` when the app's name does not fit beside its code, or
  ///   `.drawingFailed`.
  public func pages() throws(PosterError) -> [PosterPage] {
    let best = try LeafletFlow.pages(of: self, scale: 1)
    guard best.count > 1 else { return best }
    let smallest = try LeafletFlow.pages(of: self, scale: LeafletFlow.scales.last ?? 1)
    guard smallest.count < best.count else { return best }
    for scale in LeafletFlow.scales.dropLast() {
      let pages = try LeafletFlow.pages(of: self, scale: scale)
      if pages.count <= smallest.count { return pages }
    }
    return smallest
  }
}

/// The words that are put around the texts of a leaflet.
enum LeafletWords {
  static func readAloud(_ language: SpokenLanguage, tenths: Int) -> String {
    let (seconds, rest) = tenths.quotientAndRemainder(dividingBy: 10)
    return switch language {
    case .vietnamese: "ĐỌC TRÊN LOA – \(seconds),\(rest) giây"
    case .english: "TO BE READ ALOUD – \(seconds).\(rest) seconds"
    }
  }

  static func install(_ language: SpokenLanguage, app: String) -> String {
    switch language {
    case .vietnamese: app.isEmpty ? "Quét mã để cài đặt ứng dụng" : "Quét mã để cài đặt \(app)"
    case .english: app.isEmpty ? "Scan to install the app" : "Scan to install \(app)"
    }
  }

  static let unsigned: [SpokenLanguage: String] = [
    .vietnamese: "Mã này chỉ mở trang cài đặt, không dùng để khai báo điểm đến.",
    .english: "This code only opens the page of the app; it checks nobody in.",
  ]
}
