internal import CPango
internal import VenueCodes

extension PosterPage {
  /// Draws the page.
  ///
  /// The same sheet and code give the same bytes with the same libraries and fonts, because the
  /// time in the file's properties is the sheet's.
  ///
  /// - Returns: The bytes of a PDF of one page, fonts embedded; with crop marks, the boxes that tell
  ///   a print shop where the sheet ends.
  /// - Throws: `PosterError.drawingFailed`.
  public func pdf() throws(PosterError) -> [UInt8] {
    let points = Measure.pointsPerMillimetre
    let sink = ByteSink()
    let surface = cairo_pdf_surface_create_for_stream(
      { sink, bytes, count in
        guard let sink, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
        Unmanaged<ByteSink>.fromOpaque(sink).takeUnretainedValue().bytes
          .append(contentsOf: UnsafeBufferPointer(start: bytes, count: Int(count)))
        return CAIRO_STATUS_SUCCESS
      }, Unmanaged.passUnretained(sink).toOpaque(), layout.page.width * points,
      layout.page.height * points)
    defer { cairo_surface_destroy(surface) }
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title)
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, author)
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "checkin")
    cairo_pdf_surface_set_metadata(
      surface, CAIRO_PDF_METADATA_CREATE_DATE, PosterPage.timestamp(madeAtSecond))

    let cairo = cairo_create(surface)
    cairo_scale(cairo, points, points)
    for placement in placements { placement.draw(on: cairo) }
    let status = cairo_status(cairo)
    cairo_destroy(cairo)
    cairo_surface_finish(surface)
    let final = cairo_surface_status(surface)
    for status in [status, final] where status != CAIRO_STATUS_SUCCESS {
      throw .drawingFailed(reason: String(cString: cairo_status_to_string(status)))
    }
    let file = withExtendedLifetime(sink) { sink.bytes }
    return trim == nil ? file : file + (try PosterPage.boxes.update(of: file))
  }

  /// The boxes of a page with crop marks.
  static var boxes: PDFPageBoxes {
    PDFPageBoxes(
      slug: slug * Measure.pointsPerMillimetre, bleed: bleed * Measure.pointsPerMillimetre)
  }

  /// A time as PDF properties take it, in UTC.
  private static func timestamp(_ second: Int64) -> String {
    let bounded = min(max(second, 0), 253_402_300_799)  // to the end of the year 9999
    let (day, rest) = bounded.quotientAndRemainder(dividingBy: 86_400)
    func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let date = LocalDay(daysSince2020: Int32(clamping: Int(day) - LocalDay.epochOffset))
    return "\(date)T\(padded(rest / 3_600)):\(padded(rest / 60 % 60)):\(padded(rest % 60))Z"
  }
}

extension PosterPlacement {
  /// Draws the face in its place, on a surface whose unit is the millimetre.
  func draw(on cairo: OpaquePointer?) {
    cairo_save(cairo)
    var matrix = cairo_matrix_t()
    let place = self.matrix
    cairo_matrix_init(&matrix, place.xx, place.yx, place.xy, place.yy, place.x0, place.y0)
    cairo_transform(cairo, &matrix)
    for element in face.elements { element.draw(on: cairo) }
    if let symbol = face.symbol, let box = face.layout.symbol?.modules {
      symbol.draw(in: box, on: cairo)
    }
    cairo_restore(cairo)
  }
}

extension QRSymbol {
  /// Fills the outlines of the dark modules: one path, so that no viewer shows seams.
  fileprivate func draw(in box: PosterLayout.Box, on cairo: OpaquePointer?) {
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

/// Collects what cairo writes.
private final class ByteSink {
  var bytes: [UInt8] = []
}
