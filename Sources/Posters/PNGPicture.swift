/// A PNG file that is being written: a header, the size of print, and one stream of rows.
///
/// Three chunks and a palette are all that such a file has, and libpng's writer, which takes rows one at a time and
/// zlib's slower stream, took most of the time of a code's picture.
enum PNGPicture {
  /// What a pixel is.
  enum Kind: UInt8 {
    /// One bit, 1 for white.
    case blackAndWhite = 0
    /// Three bytes.
    case colour = 2
    /// One byte, the number of a colour.
    case palette = 3

    fileprivate var bitDepth: UInt8 { self == .blackAndWhite ? 1 : 8 }
  }

  /// Returns the bytes of a file.
  ///
  /// - Parameters:
  ///   - width: Pixels a row, at least one.
  ///   - height: The number of rows, at least one.
  ///   - kind: What a pixel is.
  ///   - rows: Every row with a byte for its filter before it, rows padded to whole bytes.
  ///   - palette: Three bytes for each colour that pixels have the numbers of.
  ///   - pixelsPerMetre: The size in print.
  /// - Returns: The whole file.
  /// - Throws: `PosterError.drawingFailed` when memory runs out.
  static func bytes(
    width: Int, height: Int, kind: Kind, rows: [UInt8], palette: [UInt8] = [],
    pixelsPerMetre: Int
  ) throws(PosterError) -> [UInt8] {
    var file: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    // Equal rows, of which a module has many, are found by a short search; a longer one gains a tenth
    // of the size for twice the time.
    let deflater = try Deflater(level: 2)
    append("IHDR", to: &file) { file in
      append(width, to: &file)
      append(height, to: &file)
      file += [kind.bitDepth, kind.rawValue, 0, 0, 0]
    }
    if kind == .palette { append("PLTE", to: &file) { $0 += palette } }
    append("pHYs", to: &file) { file in
      append(pixelsPerMetre, to: &file)
      append(pixelsPerMetre, to: &file)
      file.append(1)
    }
    append("IDAT", to: &file) { deflater.append(rows, to: &$0) }
    append("IEND", to: &file) { _ in }
    return file
  }

  private static func append(_ number: Int, to file: inout [UInt8]) {
    for shift in stride(from: 24, through: 0, by: -8) {
      file.append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  private static func append(
    _ type: StaticString, to file: inout [UInt8], content: (inout [UInt8]) -> Void
  ) {
    let start = file.count
    append(0, to: &file)
    type.withUTF8Buffer { file.append(contentsOf: $0) }
    content(&file)
    let count = file.count - start - 8
    for place in 0..<4 {
      file[start + place] = UInt8(truncatingIfNeeded: count >> (24 - 8 * place))
    }
    let checksum = file.withUnsafeBytes {
      Deflater.crc32(UnsafeRawBufferPointer(rebasing: $0[(start + 4)...]))
    }
    append(Int(checksum), to: &file)
  }
}
