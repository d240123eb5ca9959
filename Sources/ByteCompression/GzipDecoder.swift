internal import CZlib

/// Unpacks gzip, member after member, into buffers it is given.
///
/// Checksums and lengths are checked by zlib at the end of each member. The C functions are
/// `inflateInit2_`, `inflate`, `inflateReset` and `inflateEnd`.
package struct GzipDecoder: ~Copyable {
  /// The first two bytes of every member.
  package static let magic: (UInt8, UInt8) = (0x1F, 0x8B)

  /// What one step did.
  package struct Step {
    package var consumed = 0
    package var produced = 0
    /// What is wrong with the data; the decoder is of no use afterwards.
    package var problem: String?
  }

  // zlib keeps a pointer back to the stream, so the stream must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let isReady: Bool

  /// Whether a member has ended and no other has begun: the data may end here.
  package private(set) var isBetweenMembers = false

  package init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 bits of window, and 16 more to say: gzip only.
    isReady =
      inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  }

  deinit {
    if isReady { inflateEnd(stream) }
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Unpacks what fits.
  package mutating func unpack(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) -> Step {
    guard isReady else { return Step(problem: "no memory to unpack") }
    var skipped = 0
    if isBetweenMembers {
      // Tapes and some tools fill up with zeros after the last member.
      while skipped < source.count, source[skipped] == 0 { skipped += 1 }
      guard skipped < source.count else { return Step(consumed: skipped) }
      guard source[skipped] == GzipDecoder.magic.0 else {
        return Step(consumed: skipped, problem: "something that is not gzip follows")
      }
      inflateReset(stream)
      isBetweenMembers = false
    }
    let input = UnsafeRawBufferPointer(rebasing: source[skipped...])
    // zlib only reads through this pointer; its type is older than const.
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(clamping: input.count)
    stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(clamping: target.count)
    let offered = (input: stream.pointee.avail_in, output: stream.pointee.avail_out)
    let result = inflate(stream, Z_NO_FLUSH)
    var step = Step(
      consumed: skipped + Int(offered.input - stream.pointee.avail_in),
      produced: Int(offered.output - stream.pointee.avail_out))
    switch result {
    case Z_OK: break
    case Z_STREAM_END: isBetweenMembers = true
    case Z_BUF_ERROR where step.consumed > 0 || step.produced > 0: break
    default: step.problem = stream.pointee.msg.map { String(cString: $0) } ?? "code \(result)"
    }
    stream.pointee.next_in = nil
    stream.pointee.next_out = nil
    return step
  }
}
