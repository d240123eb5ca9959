internal import CPango

// Drawing in pixels, for screens.

extension PosterPlacement {
  /// Draws the face in its place, on a surface whose unit is the millimetre.
  func draw(on cairo: OpaquePointer?) {
    guard let cairo else { return }
    cairo_save(cairo)
    var matrix = cairo_matrix_t()
    let place = self.matrix
    cairo_matrix_init(&matrix, place.xx, place.yx, place.xy, place.yy, place.x0, place.y0)
    cairo_transform(cairo, &matrix)
    for element in face.elements { element.drawing.draw(on: cairo) }
    if let symbol = face.symbol, let box = face.layout.symbol?.modules {
      symbol.draw(in: box, on: cairo)
    }
    cairo_restore(cairo)
  }
}

extension PosterDrawing {
  fileprivate func draw(on cairo: OpaquePointer) {
    switch self {
    case .text(let paragraph, let x, let y, let colour):
      colour.set(on: cairo)
      paragraph.draw(atX: x, y: y, on: cairo)
    case .path(let path, let line, let colour):
      colour.set(on: cairo)
      for step in path.steps {
        switch step {
        case .move(let point): cairo_move_to(cairo, point.x, point.y)
        case .line(let point): cairo_line_to(cairo, point.x, point.y)
        case .curve(let first, let second, let end):
          cairo_curve_to(cairo, first.x, first.y, second.x, second.y, end.x, end.y)
        case .close: cairo_close_path(cairo)
        }
      }
      if let line {
        cairo_set_line_width(cairo, line)
        cairo_stroke(cairo)
      } else {
        cairo_fill(cairo)
      }
    }
  }
}

extension Paragraph {
  /// Draws the letters with the paragraph's origin at a place in millimetres.
  ///
  /// The C function is `cairo_show_glyphs`.
  fileprivate func draw(atX x: Double, y: Double, on cairo: OpaquePointer) {
    cairo_save(cairo)
    cairo_translate(cairo, x, y)
    cairo_scale(cairo, 1 / Measure.pointsPerMillimetre, 1 / Measure.pointsPerMillimetre)
    let options = cairo_font_options_create()
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_set_font_options(cairo, options)
    cairo_font_options_destroy(options)
    typeface.use(on: cairo)
    cairo_set_font_size(cairo, style.size)
    let places = glyphs.map { cairo_glyph_t(index: UInt($0.id), x: $0.x, y: $0.y) }
    cairo_show_glyphs(cairo, places, Int32(places.count))
    cairo_restore(cairo)
  }
}

extension QRSymbol {
  /// Fills the outlines of the dark modules: one path, so that no renderer shows seams.
  fileprivate func draw(in box: PosterLayout.Box, on cairo: OpaquePointer) {
    cairo_save(cairo)
    cairo_translate(cairo, box.x, box.y)
    cairo_scale(cairo, box.width / Double(side), box.height / Double(side))
    for outline in outlines() {
      for (index, corner) in outline.enumerated() {
        let (x, y) = (Double(corner.column), Double(corner.row))
        if index == 0 { cairo_move_to(cairo, x, y) } else { cairo_line_to(cairo, x, y) }
      }
      cairo_close_path(cairo)
    }
    cairo_set_source_rgb(cairo, 0, 0, 0)
    cairo_fill(cairo)
    cairo_restore(cairo)
  }
}

extension PosterColour {
  fileprivate func set(on cairo: OpaquePointer) {
    let (red, green, blue) = components
    cairo_set_source_rgb(cairo, red, green, blue)
  }
}
