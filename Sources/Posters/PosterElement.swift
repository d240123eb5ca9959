internal import CPango

/// The inks of a poster.
enum PosterColour {
  case black, white
  /// For what is read only when looked for.
  case grey
  /// A blue so deep that it is nearly black on a printer without colour.
  case accent
  /// For what must not be taken for a print.
  case alarm

  var components: (red: Double, green: Double, blue: Double) {
    switch self {
    case .black: (0, 0, 0)
    case .white: (1, 1, 1)
    case .grey: (0.29, 0.31, 0.34)
    case .accent: (0.02, 0.24, 0.47)
    case .alarm: (0.75, 0.07, 0.1)
    }
  }
}

/// Something that is drawn, in millimetres.
enum PosterElement {
  case text(Paragraph, x: Double, y: Double, PosterColour)
  case fill(PosterLayout.Box, radius: Double, PosterColour)
  case direction(PosterDirection, PosterLayout.Box, PosterColour)
  case frame(PosterLayout.Box, radius: Double, line: Double, PosterColour)

  func draw(on cairo: OpaquePointer?) {
    guard let cairo else { return }
    switch self {
    case .text(let paragraph, let x, let y, let colour):
      colour.set(on: cairo)
      cairo_save(cairo)
      cairo_translate(cairo, x, y)
      cairo_scale(cairo, 1 / Measure.pointsPerMillimetre, 1 / Measure.pointsPerMillimetre)
      cairo_move_to(cairo, 0, 0)
      paragraph.draw(on: cairo)
      cairo_restore(cairo)
    case .fill(let box, let radius, let colour):
      colour.set(on: cairo)
      PosterElement.path(box, radius: radius, on: cairo)
      cairo_fill(cairo)
    case .direction(let direction, let box, let colour):
      colour.set(on: cairo)
      for shape in PosterElement.shapes(of: direction) {
        for (index, corner) in shape.enumerated() {
          let x = box.x + corner.x / 10 * box.width
          let y = box.y + corner.y / 10 * box.height
          if index == 0 { cairo_move_to(cairo, x, y) } else { cairo_line_to(cairo, x, y) }
        }
        cairo_close_path(cairo)
      }
      cairo_fill(cairo)
    case .frame(let box, let radius, let line, let colour):
      colour.set(on: cairo)
      cairo_set_line_width(cairo, line)
      PosterElement.path(box.inset(line / 2), radius: radius, on: cairo)
      cairo_stroke(cairo)
    }
  }

  /// Arrows and a doorway, as outlines in a square of ten units, for those who read neither language.
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

  private static func path(_ box: PosterLayout.Box, radius: Double, on cairo: OpaquePointer) {
    let radius = min(radius, box.width / 2, box.height / 2)
    guard radius > 0 else {
      cairo_rectangle(cairo, box.x, box.y, box.width, box.height)
      return
    }
    cairo_new_sub_path(cairo)
    cairo_arc(cairo, box.maxX - radius, box.y + radius, radius, -.pi / 2, 0)
    cairo_arc(cairo, box.maxX - radius, box.maxY - radius, radius, 0, .pi / 2)
    cairo_arc(cairo, box.x + radius, box.maxY - radius, radius, .pi / 2, .pi)
    cairo_arc(cairo, box.x + radius, box.y + radius, radius, .pi, .pi * 3 / 2)
    cairo_close_path(cairo)
  }
}

extension PosterColour {
  fileprivate func set(on cairo: OpaquePointer) {
    let (red, green, blue) = components
    cairo_set_source_rgb(cairo, red, green, blue)
  }
}
