/// The sheets that venues ask for.
public enum SheetKind: String, Hashable, Sendable, CaseIterable {
  /// A poster of 297 × 420 mm, for halls and gates.
  case a3
  /// The poster of 210 × 297 mm that the directive means.
  case a4
  /// A poster of 148 × 210 mm, for counters.
  case a5
  /// An A4 sheet folded across, with one face for each side of a table.
  case tableTent = "table-tent"
  /// An A4 sheet of nine stickers of 66 × 95 mm with cut marks.
  case stickers
  /// An A4 sheet of eight pocket cards of 95 × 66 mm, code 50 × 50 mm, with cut marks.
  case card
  /// A picture of 1920 × 1080 pixels.
  case screenLandscape = "screen-landscape"
  /// A picture of 1080 × 1920 pixels.
  case screenPortrait = "screen-portrait"

  /// The least side of a module on paper, in millimetres.
  public static let leastModule = 0.8

  /// The least side that the authority allows the code without its quiet zone on such a sheet, in
  /// millimetres; nil for a picture, which has no size of its own.
  ///
  /// The two sizes are Hà Nội's minimum of 22 and 23 September 2021: 15 cm at a venue and 5 cm on a card.
  /// Stickers are handled like cards, an arm's length away, and count as such; whatever else hangs at a
  /// venue counts as a poster.
  public var authorityMinimum: Double? {
    switch self {
    case .a3, .a4, .a5, .tableTent: 150
    case .stickers, .card: 50
    case .screenLandscape, .screenPortrait: nil
    }
  }

  /// Whether the sheet has room for a code of the authority's least size.
  public var meetsMinimum: Bool {
    switch self {
    case .a5, .tableTent: false
    case .a3, .a4, .stickers, .card, .screenLandscape, .screenPortrait: true
    }
  }

  /// The kind of file the sheet is.
  public var format: PosterFormat {
    switch self {
    case .a3, .a4, .a5, .tableTent, .stickers, .card: .pdf
    case .screenLandscape, .screenPortrait: .png
    }
  }

  /// Whether its code usually carries no name, so that it can be small.
  public var isCompact: Bool {
    switch self {
    case .stickers, .card: true
    case .a3, .a4, .a5, .tableTent, .screenLandscape, .screenPortrait: false
    }
  }
}

extension SheetKind: CustomStringConvertible {
  /// The sheet in words.
  public var description: String {
    switch self {
    case .a3: "A3 poster"
    case .a4: "A4 poster"
    case .a5: "A5 poster"
    case .tableTent: "table tent"
    case .stickers: "sheet of stickers"
    case .card: "sheet of cards"
    case .screenLandscape: "landscape screen"
    case .screenPortrait: "portrait screen"
    }
  }
}

/// How a sheet is made, whatever it says.
public struct SheetStyle: Hashable, Sendable {
  /// Black only: for copiers and printers without colour.
  public var isMono: Bool
  /// On a larger page with crop marks and 3 mm of bleed, for a print shop; not for screens.
  public var hasMarks: Bool
  /// With a border that says that this is no print.
  public var isPreview: Bool
  /// Whether the code may be smaller than the authority and reliable reading ask for.
  public var allowsBelowMinimum: Bool

  /// Makes a style.
  ///
  /// - Parameters:
  ///   - isMono: Black only.
  ///   - hasMarks: With crop marks and bleed.
  ///   - isPreview: With a border that says so.
  ///   - allowsBelowMinimum: Whether the code may be too small.
  public init(
    isMono: Bool = false, hasMarks: Bool = false, isPreview: Bool = false,
    allowsBelowMinimum: Bool = false
  ) {
    self.isMono = isMono
    self.hasMarks = hasMarks
    self.isPreview = isPreview
    self.allowsBelowMinimum = allowsBelowMinimum
  }
}
