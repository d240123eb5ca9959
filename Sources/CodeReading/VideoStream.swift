/// A frame of a video or a camera.
public struct VideoFrame: Hashable, Sendable {
  /// What is seen.
  public let image: GreyImage

  /// When it was taken, in milliseconds of the source's own clock.
  public let milliseconds: Int64
}

/// Takes a YUV4MPEG2 stream apart, as `ffmpeg -f yuv4mpegpipe` writes it.
///
/// The stream is fed in pieces of any size. Only brightness is kept, and of a frame no more than has
/// come, so that a header alone takes no memory:
///
///     stream.feed(piece)
///     while let frame = try stream.next() { … }
public struct VideoStream: Sendable {
  /// What every stream begins with.
  static let signature = Array("YUV4MPEG2 ".utf8)

  /// The longest line before frames and before each frame, in bytes.
  private static let longestLine = 1_024

  private enum State {
    case header
    case frameHeader
    case brightness
    case colour(bytesLeft: Int)
  }

  private var state = State.header
  private var pending: ArraySlice<UInt8> = []
  private var line: [UInt8] = []
  private var pixels: [UInt8] = []
  private var format = Format()
  private var frameCount: Int64 = 0

  /// Makes a stream of which nothing has come.
  public init() {}

  /// Takes the next bytes.
  public mutating func feed(_ bytes: ArraySlice<UInt8>) {
    if pending.isEmpty { pending = bytes } else { pending += bytes }
  }

  /// Returns the next frame, or nil when more must be fed first.
  ///
  /// - Throws: `CodeReadingError.videoUnreadable` or `.pictureTooLarge`; nothing comes after either.
  public mutating func next() throws(CodeReadingError) -> VideoFrame? {
    while true {
      switch state {
      case .header:
        guard let header = try nextLine() else { return nil }
        format = try Format(header)
        state = .frameHeader
      case .frameHeader:
        guard let header = try nextLine() else { return nil }
        guard header.starts(with: "FRAME".utf8), header.count == 5 || header[5] == 0x20 else {
          throw .videoUnreadable(reason: "frame \(frameCount + 1) does not begin with FRAME")
        }
        state = .brightness
      case .brightness:
        let part = pending.prefix(format.pixelCount - pixels.count)
        pixels += part
        pending = pending.dropFirst(part.count)
        guard pixels.count == format.pixelCount else { return nil }
        state = .colour(bytesLeft: format.colourBytes)
      case .colour(let bytesLeft):
        let skipped = min(bytesLeft, pending.count)
        pending = pending.dropFirst(skipped)
        guard skipped == bytesLeft else {
          state = .colour(bytesLeft: bytesLeft - skipped)
          return nil
        }
        state = .frameHeader
        let image = GreyImage(unchecked: (format.width, format.height), pixels)
        pixels = []
        defer { frameCount += 1 }
        return VideoFrame(image: image, milliseconds: format.milliseconds(ofFrame: frameCount))
      }
    }
  }

  /// Says that nothing more comes.
  ///
  /// - Throws: `CodeReadingError.videoUnreadable` when the last frame is not whole.
  public func finish() throws(CodeReadingError) {
    if case .frameHeader = state, line.isEmpty, pending.isEmpty { return }
    throw .videoUnreadable(
      reason: frameCount == 0 ? "it holds no whole frame" : "it ends within frame \(frameCount + 1)"
    )
  }

  /// Returns the next line without its end, or nil when it has not come whole.
  private mutating func nextLine() throws(CodeReadingError) -> [UInt8]? {
    let end = pending.firstIndex(of: 0x0A)
    line += pending[..<(end ?? pending.endIndex)].prefix(VideoStream.longestLine + 1)
    pending = pending[(end.map { $0 + 1 } ?? pending.endIndex)...]
    if case .header = state {
      let known = min(line.count, VideoStream.signature.count)
      guard line[..<known] == VideoStream.signature[..<known] else {
        throw .videoUnreadable(
          reason: "it is no YUV4MPEG2 stream: convert it with ffmpeg -f yuv4mpegpipe")
      }
    }
    guard line.count <= VideoStream.longestLine else {
      throw .videoUnreadable(reason: "a line of more than \(VideoStream.longestLine) bytes")
    }
    guard end != nil else { return nil }
    defer { line = [] }
    return line
  }

  /// What the first line says.
  private struct Format {
    var width = 0
    var height = 0
    var colourBytes = 0
    private var rate = (frames: 25, seconds: 1)

    var pixelCount: Int { width * height }

    init() {}

    init(_ header: [UInt8]) throws(CodeReadingError) {
      var colours = "420"
      for word in header.split(separator: 0x20).dropFirst() {
        let value = String(decoding: word.dropFirst(), as: UTF8.self)
        switch word.first {
        case UInt8(ascii: "W"): width = try Format.number(value, of: "width", in: 1...65_535)
        case UInt8(ascii: "H"): height = try Format.number(value, of: "height", in: 1...65_535)
        case UInt8(ascii: "C"): colours = value
        case UInt8(ascii: "F"):
          let parts = value.split(separator: ":", omittingEmptySubsequences: false)
          guard parts.count == 2 else {
            throw .videoUnreadable(reason: "its frame rate is \(value)")
          }
          // 0:0 says that the rate is not known.
          if value == "0:0" { continue }
          rate = (
            try Format.number(String(parts[0]), of: "frame rate", in: 1...1_000_000_000),
            try Format.number(String(parts[1]), of: "frame rate", in: 1...1_000_000_000)
          )
          guard rate.frames / 1_000 <= rate.seconds, rate.seconds / 60 <= rate.frames else {
            throw .videoUnreadable(reason: "its frame rate is \(value)")
          }
        default: continue  // interlacing, the shape of pixels and what programs add
        }
      }
      guard width > 0, height > 0 else {
        throw .videoUnreadable(reason: "it does not say how large a frame is")
      }
      guard width * height <= GreyImage.mostPixels else {
        throw .pictureTooLarge(width: width, height: height)
      }
      colourBytes = try Format.colourBytes(colours, width, height)
    }

    func milliseconds(ofFrame number: Int64) -> Int64 {
      Int64(Double(number) * 1_000 * Double(rate.seconds) / Double(rate.frames))
    }

    private static func number(
      _ text: String, of what: String, in range: ClosedRange<Int>
    ) throws(CodeReadingError) -> Int {
      guard let number = Int(text), range.contains(number), text.utf8.first != UInt8(ascii: "+")
      else { throw .videoUnreadable(reason: "its \(what) is \(text.prefix(20))") }
      return number
    }

    /// The bytes of a frame behind its brightness.
    private static func colourBytes(
      _ name: String, _ width: Int, _ height: Int
    ) throws(CodeReadingError) -> Int {
      switch name {
      case "420", "420jpeg", "420mpeg2", "420paldv": 2 * ((width + 1) / 2) * ((height + 1) / 2)
      case "422": 2 * ((width + 1) / 2) * height
      case "411": 2 * ((width + 3) / 4) * height
      case "444": 2 * width * height
      case "444alpha": 3 * width * height
      case "mono": 0
      default:
        throw .videoUnreadable(
          reason: "its colours are \(name.prefix(20)): give ffmpeg -pix_fmt yuv420p")
      }
    }
  }
}
