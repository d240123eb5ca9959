internal import CPango
internal import VenueCodes

extension ReportPage {
  /// Draws pages into one PDF, fonts embedded and texts as texts.
  ///
  /// The same pages give the same bytes, because the time in the file's properties is given.
  static func pdf(
    _ pages: [ReportPage], title: String, author: String, madeAtSecond: Int64
  ) throws(PosterError) -> [UInt8] {
    let points = Measure.pointsPerMillimetre
    let sink = ReportSink()
    let surface = cairo_pdf_surface_create_for_stream(
      { sink, bytes, count in
        guard let sink, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
        Unmanaged<ReportSink>.fromOpaque(sink).takeUnretainedValue().bytes
          .append(contentsOf: UnsafeBufferPointer(start: bytes, count: Int(count)))
        return CAIRO_STATUS_SUCCESS
      }, Unmanaged.passUnretained(sink).toOpaque(), width * points, height * points)
    defer { cairo_surface_destroy(surface) }
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title)
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, author)
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "checkin")
    cairo_pdf_surface_set_metadata(
      surface, CAIRO_PDF_METADATA_CREATE_DATE, ReportPage.timestamp(madeAtSecond))
    guard let cairo = cairo_create(surface) else {
      throw .drawingFailed(reason: "no memory for a drawing")
    }
    for page in pages {
      cairo_save(cairo)
      cairo_scale(cairo, points, points)
      for mark in page.marks { mark.draw(on: cairo) }
      cairo_restore(cairo)
      cairo_show_page(cairo)
    }
    let status = cairo_status(cairo)
    cairo_destroy(cairo)
    cairo_surface_finish(surface)
    let final = cairo_surface_status(surface)
    for status in [status, final] where status != CAIRO_STATUS_SUCCESS {
      throw .drawingFailed(reason: String(cString: cairo_status_to_string(status)))
    }
    return withExtendedLifetime(sink) { sink.bytes }
  }

  /// A time as PDF properties take it, in UTC.
  private static func timestamp(_ second: Int64) -> String {
    let bounded = min(max(second, 0), 253_402_300_799)  // to the end of the year 9999
    let (day, rest) = bounded.quotientAndRemainder(dividingBy: 86_400)
    func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(LocalDay(daysSince2020: Int32(day) - 18_262))T"
      + "\(padded(rest / 3_600)):\(padded(rest / 60 % 60)):\(padded(rest % 60))Z"
  }
}

extension ReportMark {
  fileprivate func draw(on cairo: OpaquePointer) {
    switch self {
    case .text(let paragraph, let x, let y, let colour):
      colour.set(on: cairo)
      cairo_save(cairo)
      cairo_translate(cairo, x, y)
      cairo_scale(cairo, 1 / Measure.pointsPerMillimetre, 1 / Measure.pointsPerMillimetre)
      cairo_move_to(cairo, 0, 0)
      paragraph.draw(on: cairo)
      cairo_restore(cairo)
    case .fill(let box, let colour):
      colour.set(on: cairo)
      cairo_rectangle(cairo, box.x, box.y, box.width, box.height)
      cairo_fill(cairo)
    case .line(let points, let width, let colour):
      colour.set(on: cairo)
      cairo_set_line_width(cairo, width)
      cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND)
      for (index, point) in points.enumerated() {
        if index == 0 {
          cairo_move_to(cairo, point.x, point.y)
        } else {
          cairo_line_to(cairo, point.x, point.y)
        }
      }
      cairo_stroke(cairo)
    }
  }
}

extension ReportColour {
  fileprivate func set(on cairo: OpaquePointer) {
    let (red, green, blue) = components
    cairo_set_source_rgb(cairo, red, green, blue)
  }
}

/// Collects what cairo writes.
private final class ReportSink {
  var bytes: [UInt8] = []
}
