internal import CZstd

/// A way of packing bytes for a journey, by its name in HTTP.
public enum ContentCoding: String, CaseIterable, Hashable, Sendable {
  /// Gzip (RFC 1952).
  case gzip
  /// Zstandard (RFC 8878).
  case zstd

  /// The most memory that unpacking may look back into, as a power of two: 8 MiB, which RFC 9659
  /// lets a sender count on.
  static let windowLog: Int32 = 23

  /// Unpacks bytes that somebody sent.
  ///
  /// A few bytes may stand for gigabytes: unpacking ends where the limit is passed, and takes no
  /// memory beyond it.
  ///
  /// - Parameters:
  ///   - bytes: The packed bytes, which must be whole.
  ///   - limit: The most bytes to give.
  /// - Returns: The unpacked bytes.
  /// - Throws: `UnpackingError`.
  /// - Complexity: O(n) for n unpacked bytes.
  public func unpacked(_ bytes: [UInt8], limit: Int) throws(UnpackingError) -> [UInt8] {
    switch self {
    case .gzip: try ContentCoding.gunzipped(bytes, limit: limit)
    case .zstd: try ContentCoding.unzstandard(bytes, limit: limit)
    }
  }

  /// Packs bytes with Zstandard.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - level: 1, fast, to 19, small.
  /// - Returns: The packed bytes; nil when there is no memory for it.
  public static func zstandard(_ bytes: [UInt8], level: Int = 3) -> [UInt8]? {
    var packed = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
    let count = ZSTD_compress(
      &packed, packed.count, bytes, bytes.count, Int32(clamping: min(max(level, 1), 19)))
    guard ZSTD_isError(count) == 0 else { return nil }
    packed.removeLast(packed.count - count)
    return packed
  }

  private static let pieceSize = 1 << 16

  private static func gunzipped(
    _ bytes: [UInt8], limit: Int
  ) throws(UnpackingError) -> [UInt8] {
    var decoder = GzipDecoder()
    var all: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: min(pieceSize, limit + 1))
    var place = 0
    while true {
      let step = bytes.withUnsafeBytes { source in
        piece.withUnsafeMutableBytes { target in
          decoder.unpack(UnsafeRawBufferPointer(rebasing: source[place...]), into: target)
        }
      }
      if step.problem != nil { throw .damaged }
      place += step.consumed
      guard all.count + step.produced <= limit else { throw .tooLarge }
      all.append(contentsOf: piece[..<step.produced])
      if place == bytes.count, step.produced < piece.count {
        guard decoder.isBetweenMembers else { throw .damaged }
        return all
      }
    }
  }

  private static func unzstandard(
    _ bytes: [UInt8], limit: Int
  ) throws(UnpackingError) -> [UInt8] {
    guard let context = ZSTD_createDCtx() else { throw .noMemory }
    defer { ZSTD_freeDCtx(context) }
    _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, windowLog)
    var all: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: min(pieceSize, limit + 1))
    var place = 0
    while true {
      let (result, consumed, produced) = bytes.withUnsafeBytes { source in
        piece.withUnsafeMutableBytes { target in
          var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: place)
          var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
          let result = ZSTD_decompressStream(context, &output, &input)
          return (result, input.pos, output.pos)
        }
      }
      guard ZSTD_isError(result) == 0 else { throw .damaged }
      guard consumed > place || produced > 0 || result == 0 else { throw .damaged }
      place = consumed
      guard all.count + produced <= limit else { throw .tooLarge }
      all.append(contentsOf: piece[..<produced])
      if place == bytes.count, produced < piece.count {
        // What is left to come of a frame is told; nothing is what a whole one has.
        guard result == 0, !bytes.isEmpty else { throw .damaged }
        return all
      }
    }
  }
}

/// Why packed bytes cannot be unpacked.
public enum UnpackingError: Error, Hashable, Sendable {
  /// They are not whole, not of the format, or ask for more memory than anybody may.
  case damaged
  /// What they stand for is longer than the limit.
  case tooLarge
  /// There is no memory.
  case noMemory
}
