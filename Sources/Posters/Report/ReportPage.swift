/// The inks of a report; they differ in lightness too, for printers without colour.
enum ReportColour: Hashable {
  case black, grey, rule, pale, light, middle, dark

  var components: (red: Double, green: Double, blue: Double) {
    switch self {
    case .black: (0, 0, 0)
    case .grey: (0.35, 0.37, 0.4)
    case .rule: (0.72, 0.74, 0.77)
    case .pale: (0.93, 0.945, 0.96)
    case .light: (0.82, 0.84, 0.86)
    case .middle: (0.38, 0.58, 0.78)
    case .dark: (0.02, 0.2, 0.4)
    }
  }
}

/// Something that is drawn on a page of a report, in millimetres from its top left corner.
enum ReportMark {
  case text(Paragraph, x: Double, y: Double, ReportColour)
  case fill(PosterLayout.Box, ReportColour)
  case line([(x: Double, y: Double)], width: Double, ReportColour)
}

/// A page of a report.
struct ReportPage {
  /// A4, upright.
  static let width = 210.0
  static let height = 297.0
  /// Margins as Vietnam's rules for documents have them: wide where it is bound.
  static let left = 25.0
  static let right = 195.0
  static let top = 20.0
  static let bottom = 275.0

  static var measure: Double { right - left }

  var marks: [ReportMark] = []
}
