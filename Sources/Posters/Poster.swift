internal import CPango

/// An A4 poster, set and measured, ready to be drawn.
///
/// All texts are set before anything is drawn, and the code gets its 150 mm first: a long name is
/// broken into lines, then set smaller, and at last everything around it is, but nothing ever covers
/// anything else. What cannot be had that way is an error.
public struct Poster {
  /// The printed width of the code without its quiet zone, in millimetres.
  public static let symbolMillimetres = 150.0

  /// Where everything stands.
  public let layout: PosterLayout

  private let sheet: PosterSheet
  private let symbol: QRSymbol
  private let title: String
  private let elements: [PosterElement]

  /// Sets a poster.
  ///
  /// - Parameters:
  ///   - sheet: What it says.
  ///   - symbol: The code it shows.
  /// - Throws: `PosterError.fontMissing`, `.glyphMissing`, `.characterNotPrintable`, `.empty` or
  ///   `.noRoom`.
  public init(_ sheet: PosterSheet, _ symbol: QRSymbol) throws(PosterError) {
    try self.init(sheet, symbol, family: "Noto Sans")
  }

  /// Sets a poster in another typeface.
  package init(_ sheet: PosterSheet, _ symbol: QRSymbol, family: String) throws(PosterError) {
    let composer = try PosterComposer(sheet: sheet, symbol: symbol, family: family)
    let draft = try composer.draft()
    self.sheet = composer.sheet
    self.symbol = symbol
    self.title = composer.title
    self.elements = draft.elements
    self.layout = draft.layout
  }

  /// Draws the poster.
  ///
  /// The same sheet and code give the same bytes with the same libraries and fonts, because the
  /// time in the file's properties is the sheet's.
  ///
  /// - Returns: The bytes of a PDF of one page, fonts embedded.
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
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, sheet.authority ?? "checkin")
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "checkin")
    cairo_pdf_surface_set_metadata(
      surface, CAIRO_PDF_METADATA_CREATE_DATE, Poster.timestamp(sheet.madeAtSecond))

    let cairo = cairo_create(surface)
    cairo_scale(cairo, points, points)
    for element in elements { element.draw(on: cairo) }
    draw(symbol, in: layout.symbol, on: cairo)
    let status = cairo_status(cairo)
    cairo_destroy(cairo)
    cairo_surface_finish(surface)
    let final = cairo_surface_status(surface)
    for status in [status, final] where status != CAIRO_STATUS_SUCCESS {
      throw .drawingFailed(reason: String(cString: cairo_status_to_string(status)))
    }
    return withExtendedLifetime(sink) { sink.bytes }
  }

  /// Fills the outlines of the dark modules: one path, so that no viewer shows seams.
  private func draw(_ symbol: QRSymbol, in box: PosterLayout.Box, on cairo: OpaquePointer?) {
    cairo_save(cairo)
    cairo_translate(cairo, box.x, box.y)
    cairo_scale(cairo, box.width / Double(symbol.side), box.height / Double(symbol.side))
    for outline in symbol.outlines() {
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

  /// A time as PDF properties take it, in UTC.
  private static func timestamp(_ second: Int64) -> String {
    let bounded = min(max(second, 0), 253_402_300_799)  // to the end of the year 9999
    let (day, rest) = bounded.quotientAndRemainder(dividingBy: 86_400)
    func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(PosterComposer.day(since1970: Int(day)))T"
      + "\(padded(rest / 3_600)):\(padded(rest / 60 % 60)):\(padded(rest % 60))Z"
  }
}

/// Collects what cairo writes.
private final class ByteSink {
  var bytes: [UInt8] = []
}
