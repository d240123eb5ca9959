/// Something that is drawn on a page of a report, in millimetres from its top left corner.
enum ReportMark {
  case text(Paragraph, x: Double, y: Double, PosterColour)
  case fill(PosterLayout.Box, PosterColour)
  case line([(x: Double, y: Double)], width: Double, PosterColour)

  /// The same as part of a page.
  var element: PosterElement {
    switch self {
    case .text(let paragraph, let x, let y, let colour): .text(paragraph, x: x, y: y, colour)
    case .fill(let box, let colour): .fill(box, radius: 0, colour)
    case .line(let points, let width, let colour):
      .line(points.map { PosterPath.Point(x: $0.x, y: $0.y) }, width: width, colour)
    }
  }
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

  /// Writes pages into one PDF, fonts embedded and texts as texts.
  static func pdf(
    _ pages: [ReportPage], title: String, author: String, madeAtSecond: Int64
  ) throws(PosterError) -> [UInt8] {
    let sink = ReportSink()
    var document = try PosterDocument(
      title: title, author: author, madeAtSecond: madeAtSecond
    ) { (more) throws(PosterError) in sink.bytes += more }
    for page in pages {
      try document.append(
        PosterPage(
          elements: page.marks.map(\.element), width: width, height: height, title: title,
          author: author, madeAtSecond: madeAtSecond))
    }
    try document.finish()
    return sink.bytes
  }
}

/// Collects what a document writes.
private final class ReportSink {
  var bytes: [UInt8] = []
}

extension PosterPath {
  /// Makes a line through points.
  init(through points: [Point]) {
    self.init()
    steps = points.enumerated().map { $0.offset == 0 ? .move($0.element) : .line($0.element) }
  }
}

extension PosterPage {
  /// Makes a page of paper that has no code.
  init(
    elements: [PosterElement], width: Double, height: Double, title: String, author: String,
    madeAtSecond: Int64
  ) {
    let page = PosterLayout.Box(x: 0, y: 0, width: width, height: height)
    self.init(
      face: PosterFace(
        width: width, height: height, elements: elements, symbol: nil,
        layout: PosterLayout.Face(printable: page, symbol: nil, blocks: [])),
      title: title, author: author, madeAtSecond: madeAtSecond)
  }
}
