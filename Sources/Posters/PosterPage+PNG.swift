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
    let width = Int((layout.page.width * pixelsPerMillimetre).rounded())
    let height = Int((layout.page.height * pixelsPerMillimetre).rounded())
    let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
    defer { cairo_surface_destroy(surface) }
    let cairo = cairo_create(surface)
    cairo_set_source_rgb(cairo, 1, 1, 1)
    cairo_paint(cairo)
    cairo_scale(cairo, pixelsPerMillimetre, pixelsPerMillimetre)
    for placement in placements { placement.draw(on: cairo) }
    let status = cairo_status(cairo)
    cairo_destroy(cairo)
    cairo_surface_flush(surface)
    guard status == CAIRO_STATUS_SUCCESS, let bytes = cairo_image_surface_get_data(surface) else {
      throw .drawingFailed(reason: String(cString: cairo_status_to_string(status)))
    }
    let stride = Int(cairo_image_surface_get_stride(surface))
    let pixels = UnsafeRawBufferPointer(start: bytes, count: stride * height)
    return try PosterPage.png(of: pixels, width: width, height: height, stride: stride)
  }

  /// Writes pixels with a palette when 256 colours are enough, which black and white has and most
  /// screens do, else in colour.
  private static func png(
    of pixels: UnsafeRawBufferPointer, width: Int, height: Int, stride: Int
  ) throws(PosterError) -> [UInt8] {
    func colour(_ x: Int, _ y: Int) -> UInt32 {
      pixels.loadUnaligned(fromByteOffset: y * stride + 4 * x, as: UInt32.self) & 0xff_ffff
    }
    var numbers: [UInt32: UInt8] = [:]
    var palette: [UInt8] = []
    var rows: [UInt8] = []
    rows.reserveCapacity((width + 1) * height)
    // Most pixels have the colour of the one before.
    var last: (colour: UInt32, number: UInt8) = (.max, 0)
    var hasPalette = true
    scan: for y in 0..<height {
      rows.append(0)
      for x in 0..<width {
        let colour = colour(x, y)
        if colour != last.colour {
          if let known = numbers[colour] {
            last = (colour, known)
          } else {
            guard numbers.count < 256 else {
              hasPalette = false
              break scan
            }
            last = (colour, UInt8(numbers.count))
            numbers[colour] = last.number
            palette += [16, 8, 0].map { UInt8(truncatingIfNeeded: colour >> $0) }
          }
        }
        rows.append(last.number)
      }
    }
    if !hasPalette {
      rows.removeAll()
      rows.reserveCapacity((3 * width + 1) * height)
      for y in 0..<height {
        rows.append(0)
        for x in 0..<width {
          let colour = colour(x, y)
          rows.append(UInt8(truncatingIfNeeded: colour >> 16))
          rows.append(UInt8(truncatingIfNeeded: colour >> 8))
          rows.append(UInt8(truncatingIfNeeded: colour))
        }
      }
    }
    return try PNGPicture.bytes(
      width: width, height: height, kind: hasPalette ? .palette : .colour, rows: rows,
      palette: palette, pixelsPerMetre: 3_780)
  }
}
