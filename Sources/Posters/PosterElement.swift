/// The inks of a poster.
enum PosterColour {
  case black, white
  /// For what is read only when looked for.
  case grey
  /// A blue so deep that it is nearly black on a printer without colour.
  case accent
  /// For what must not be taken for a print.
  case alarm
  /// For the lines, grounds and bars of documents, which differ in lightness too.
  case rule, pale, light, middle

  var components: (red: Double, green: Double, blue: Double) {
    switch self {
    case .black: (0, 0, 0)
    case .white: (1, 1, 1)
    case .grey: (0.29, 0.31, 0.34)
    case .accent: (0.02, 0.24, 0.47)
    case .alarm: (0.75, 0.07, 0.1)
    case .rule: (0.72, 0.74, 0.77)
    case .pale: (0.93, 0.945, 0.96)
    case .light: (0.82, 0.84, 0.86)
    case .middle: (0.38, 0.58, 0.78)
    }
  }
}

/// Something that is drawn, in millimetres.
enum PosterElement {
  case text(Paragraph, x: Double, y: Double, PosterColour)
  case fill(PosterLayout.Box, radius: Double, PosterColour)
  case direction(PosterDirection, PosterLayout.Box, PosterColour)
  case frame(PosterLayout.Box, radius: Double, line: Double, PosterColour)
  case line([PosterPath.Point], width: Double, PosterColour)

  /// What it covers, texts left out, of which layouts know more; of a frame each side by itself.
  var shapes: [PosterLayout.Box] {
    switch self {
    case .text: return []
    case .fill(let box, _, _), .direction(_, let box, _): return [box]
    case .frame(let box, _, let line, _):
      return [
        PosterLayout.Box(x: box.x, y: box.y, width: box.width, height: line),
        PosterLayout.Box(x: box.x, y: box.maxY - line, width: box.width, height: line),
        PosterLayout.Box(x: box.x, y: box.y, width: line, height: box.height),
        PosterLayout.Box(x: box.maxX - line, y: box.y, width: line, height: box.height),
      ]
    case .line(let points, let width, _):
      let (xs, ys) = (points.map(\.x), points.map(\.y))
      guard let left = xs.min(), let right = xs.max(), let top = ys.min(), let bottom = ys.max()
      else { return [] }
      return [
        PosterLayout.Box(
          x: left - width / 2, y: top - width / 2, width: right - left + width,
          height: bottom - top + width)
      ]
    }
  }

  /// What is drawn, without saying on what: pages and screens draw the same.
  var drawing: PosterDrawing {
    switch self {
    case .text(let paragraph, let x, let y, let colour): .text(paragraph, x: x, y: y, colour)
    case .fill(let box, let radius, let colour):
      .path(PosterPath(box, radius: radius), line: nil, colour)
    case .direction(let direction, let box, let colour):
      .path(PosterElement.path(of: direction, in: box), line: nil, colour)
    case .frame(let box, let radius, let line, let colour):
      .path(PosterPath(box.inset(line / 2), radius: radius), line: line, colour)
    case .line(let points, let width, let colour):
      .path(PosterPath(through: points), line: width, colour)
    }
  }

  /// Arrows and a doorway, for those who read neither language.
  private static func path(of direction: PosterDirection, in box: PosterLayout.Box) -> PosterPath {
    var path = PosterPath()
    for shape in shapes(of: direction) {
      for (index, corner) in shape.enumerated() {
        let point = PosterPath.Point(
          x: box.x + corner.x / 10 * box.width, y: box.y + corner.y / 10 * box.height)
        path.steps.append(index == 0 ? .move(point) : .line(point))
      }
      path.steps.append(.close)
    }
    return path
  }

  /// The corners of the outlines, in a square of ten units.
  private static func shapes(of direction: PosterDirection) -> [[(x: Double, y: Double)]] {
    let doorway: [(x: Double, y: Double)] = [
      (5, 0), (10, 0), (10, 10), (5, 10), (5, 8.8), (8.8, 8.8), (8.8, 1.2), (5, 1.2),
    ]
    func arrow(from start: Double, to end: Double, at middle: Double) -> [(x: Double, y: Double)] {
      let neck = end - (end > start ? 2.6 : -2.6)
      return [
        (start, middle - 0.7), (neck, middle - 0.7), (neck, middle - 2.2), (end, middle),
        (neck, middle + 2.2), (neck, middle + 0.7), (start, middle + 0.7),
      ]
    }
    return switch direction {
    case .entrance: [doorway, arrow(from: 0, to: 7.2, at: 5)]
    case .exit: [doorway.map { (10 - $0.x, $0.y) }, arrow(from: 2.8, to: 10, at: 5)]
    case .inAndOut: [arrow(from: 0, to: 10, at: 2.6), arrow(from: 10, to: 0, at: 7.4)]
    }
  }
}

/// Something to draw: a paragraph, or a path that is filled or, with a line's width, stroked.
enum PosterDrawing {
  case text(Paragraph, x: Double, y: Double, PosterColour)
  case path(PosterPath, line: Double?, PosterColour)
}

/// Lines and curves, in millimetres.
struct PosterPath {
  struct Point {
    var x: Double
    var y: Double
  }

  enum Step {
    case move(Point)
    case line(Point)
    /// A cubic Bézier curve with its two control points.
    case curve(Point, Point, to: Point)
    case close
  }

  var steps: [Step] = []

  init() {}

  /// A rectangle with round corners, or with square ones.
  init(_ box: PosterLayout.Box, radius: Double) {
    let radius = max(0, min(radius, box.width / 2, box.height / 2))
    // Right and down along each side, then a quarter of a circle to the next.
    let corners = [(box.maxX, box.y), (box.maxX, box.maxY), (box.x, box.maxY), (box.x, box.y)]
    let along: [(Double, Double)] = [(1, 0), (0, 1), (-1, 0), (0, -1)]
    // How far control points stand off so that a curve is a quarter of a circle to 0.03 %.
    let handle = radius * (1 - 0.552_284_75)
    for (index, (x, y)) in corners.enumerated() {
      let (before, after) = (along[index], along[(index + 1) % 4])
      func point(_ back: Double, _ forth: Double) -> Point {
        Point(
          x: x - before.0 * back + after.0 * forth, y: y - before.1 * back + after.1 * forth)
      }
      steps.append(index == 0 ? .move(point(radius, 0)) : .line(point(radius, 0)))
      if radius > 0 {
        steps.append(.curve(point(handle, 0), point(0, handle), to: point(0, radius)))
      }
    }
    steps.append(.close)
  }
}
