internal import CPNG
internal import CPango

extension PosterPage {
  /// Draws the page of a screen in pixels.
  ///
  /// A module is a whole number of pixels in a whole number's place, so that no edge of the code is
  /// ever blurred.
  ///
  /// - Returns: The bytes of a PNG of exactly the screen's size.
  /// - Throws: `PosterError.sizeOutOfRange` for a sheet of paper, which has no pixels, or
  ///   `.drawingFailed`.
  public func png() throws(PosterError) -> [UInt8] {
    guard let pixelsPerMillimetre else {
      throw .sizeOutOfRange(what: "a sheet of paper in pixels")
    }
    let width = Int32((layout.page.width * pixelsPerMillimetre).rounded())
    let height = Int32((layout.page.height * pixelsPerMillimetre).rounded())
    let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height)
    defer { cairo_surface_destroy(surface) }
    let cairo = cairo_create(surface)
    cairo_set_source_rgb(cairo, 1, 1, 1)
    cairo_paint(cairo)
    cairo_scale(cairo, pixelsPerMillimetre, pixelsPerMillimetre)
    for placement in placements { placement.draw(on: cairo) }
    let status = cairo_status(cairo)
    cairo_destroy(cairo)
    cairo_surface_flush(surface)
    guard status == CAIRO_STATUS_SUCCESS, let pixels = cairo_image_surface_get_data(surface) else {
      throw .drawingFailed(reason: String(cString: cairo_status_to_string(status)))
    }
    var result = checkin_png_result()
    let written = checkin_png_write_picture(
      pixels, UInt32(width), UInt32(height),
      UInt32(cairo_image_surface_get_stride(surface)), &result)
    defer { checkin_png_free(result.bytes) }
    guard written == CHECKIN_PNG_OK.rawValue else {
      throw .drawingFailed(reason: String(cMessage: result.message))
    }
    return Array(UnsafeBufferPointer(start: result.bytes, count: result.count))
  }
}
