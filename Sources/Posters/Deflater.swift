internal import CDeflate

/// Makes zlib streams, whole ones at a time.
///
/// libdeflate and not zlib: for the pictures and pages here it takes a third of the time.
struct Deflater: ~Copyable {
  private let raw: OpaquePointer

  /// Makes a compressor.
  ///
  /// - Parameter level: From 1, the fastest, to 12.
  /// - Throws: `PosterError.drawingFailed` when memory runs out.
  ///
  /// The C function is `libdeflate_alloc_compressor`.
  init(level: Int) throws(PosterError) {
    guard let raw = libdeflate_alloc_compressor(Int32(level)) else {
      throw .drawingFailed(reason: "no memory for a compressor")
    }
    self.raw = raw
  }

  deinit { libdeflate_free_compressor(raw) }

  /// Appends the zlib stream of some bytes.
  ///
  /// The C function is `libdeflate_zlib_compress`.
  func append(_ bytes: [UInt8], to output: inout [UInt8]) {
    // The bound is kept to, so the function cannot fail.
    let bound = libdeflate_zlib_compress_bound(raw, bytes.count)
    output += [UInt8](unsafeUninitializedCapacity: bound) { stream, count in
      count = libdeflate_zlib_compress(raw, bytes, bytes.count, stream.baseAddress, bound)
    }
  }

  /// The checksum of PNG chunks.
  ///
  /// The C function is `libdeflate_crc32`.
  static func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    libdeflate_crc32(0, bytes.baseAddress, bytes.count)
  }
}
