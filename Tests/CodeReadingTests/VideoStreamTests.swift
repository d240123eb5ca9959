import CodeReading
import TestSupport
import Testing

@Suite("Streams of frames") struct VideoStreamTests {
  /// A stream of frames whose pixels all have the frame's number.
  static func stream(
    _ header: String, brightness: Int, colour: Int, frames: Int = 3, frameLine: String = "FRAME"
  ) -> [UInt8] {
    var bytes = Array("YUV4MPEG2 \(header)\n".utf8)
    for number in 0..<frames {
      bytes += Array("\(frameLine)\n".utf8)
      bytes += [UInt8](repeating: UInt8(number), count: brightness)
      bytes += [UInt8](repeating: 200, count: colour)
    }
    return bytes
  }

  /// Feeds a stream in pieces.
  static func frames(
    of bytes: [UInt8], pieceSize: Int = .max
  ) throws(CodeReadingError) -> [VideoFrame] {
    var stream = VideoStream()
    var frames: [VideoFrame] = []
    var start = 0
    while start < bytes.count {
      let end = pieceSize < bytes.count - start ? start + pieceSize : bytes.count
      stream.feed(bytes[start..<end])
      start = end
      while let frame = try stream.next() { frames.append(frame) }
    }
    try stream.finish()
    return frames
  }

  struct Kind: CustomTestStringConvertible, Sendable {
    let colours: String
    /// Bytes of colour behind 5 × 3 pixels.
    let bytes: Int
    var testDescription: String { colours }
  }
  static let kinds = [
    Kind(colours: "", bytes: 12), Kind(colours: " C420jpeg", bytes: 12),
    Kind(colours: " C420mpeg2", bytes: 12), Kind(colours: " C420paldv", bytes: 12),
    Kind(colours: " C420", bytes: 12), Kind(colours: " C422", bytes: 18),
    Kind(colours: " C411", bytes: 12), Kind(colours: " C444", bytes: 30),
    Kind(colours: " C444alpha", bytes: 45), Kind(colours: " Cmono", bytes: 0),
  ]

  @Test(
    "Frames of every layout of colours are brightness alone, in pieces of any size",
    arguments: kinds)
  func layouts(kind: Kind) throws {
    let bytes = Self.stream(
      "W5 H3 F4:1 Ip A1:1\(kind.colours) XCOLORRANGE=FULL", brightness: 15, colour: kind.bytes)
    for size in [1, 2, 7, 100, Int.max] {
      let frames = try Self.frames(of: bytes, pieceSize: size)
      #expect(frames.map(\.milliseconds) == [0, 250, 500], "in pieces of \(size)")
      #expect(frames.map(\.image.pixels) == (0..<3).map { [UInt8](repeating: $0, count: 15) })
      #expect(frames.allSatisfy { $0.image.width == 5 && $0.image.height == 3 })
    }
  }

  @Test("Rates are fractions, and one that is not known is 25 a second")
  func rates() throws {
    for (rate, times) in [
      ("F30000:1001", [0, 33, 66]), ("F0:0", [0, 40, 80]), ("", [0, 40, 80]),
      ("F1:60", [0, 60_000, 120_000]), ("F1000:1", [0, 1, 2]),
    ] {
      let bytes = Self.stream("W1 H1 \(rate) Cmono", brightness: 1, colour: 0)
      #expect(try Self.frames(of: bytes).map(\.milliseconds) == times.map(Int64.init), "\(rate)")
    }
    let extra = Self.stream("W1 H1 Cmono", brightness: 1, colour: 0, frameLine: "FRAME Ip X1")
    #expect(try Self.frames(of: extra).count == 3)
  }

  @Test(
    "Streams that are none, or claim too much, are refused",
    arguments: [
      "", "H2", "W2", "W0 H2", "W-2 H2", "W+2 H2", "W2x H2", "W65536 H1", "W2 H99999999999",
      "W2 H2 C420p10", "W2 H2 C", "W2 H2 Cmono16", "W2 H2 F1", "W2 H2 F1:0", "W2 H2 F0:1",
      "W2 H2 F5000:1", "W2 H2 F1:121", "W2 H2 F1:1:1", "W2 H2 F9999999999:1",
    ])
  func refusals(header: String) {
    let bytes = Array("YUV4MPEG2 \(header)\n".utf8)
    let error = #expect(throws: CodeReadingError.self) { try Self.frames(of: bytes) }
    #expect(error?.code == "video-unreadable", "\(error?.description ?? "")")
  }

  @Test("A size beyond any camera's is refused before memory is taken for it")
  func tooLarge() throws {
    let error = #expect(throws: CodeReadingError.self) {
      try Self.frames(of: Array("YUV4MPEG2 W65535 H65535 Cmono\nFRAME\n".utf8))
    }
    #expect(error?.code == "picture-too-large")
    // What is just not too large takes as much as has come.
    var stream = VideoStream()
    stream.feed(Array("YUV4MPEG2 W8000 H8000 Cmono\nFRAME\n123".utf8)[...])
    let frame = try stream.next()
    #expect(frame == nil)
  }

  @Test("A stream cut short anywhere gives its whole frames and an error, but between frames")
  func truncated() throws {
    let bytes = Self.stream("W2 H2 Cmono", brightness: 4, colour: 0)
    let header = bytes.count - 3 * 10
    var whole: [Int] = []
    for count in 0..<bytes.count {
      if (try? Self.frames(of: Array(bytes[..<count]))) != nil { whole.append(count) }
    }
    #expect(whole == [header, header + 10, header + 20])
  }

  @Test("Lines that never end, and frames without their word, are refused")
  func lines() {
    let long = Array("YUV4MPEG2 W2 H2 X".utf8) + [UInt8](repeating: 0x41, count: 2_000)
    for bytes in [
      long, Array("RIFF....AVI ".utf8), [0xFF, 0xD8, 0xFF],
      Array("YUV4MPEG2 W1 H1 Cmono\nFRAMES\n1".utf8), Array("YUV4MPEG2 W1 H1 Cmono\n\n".utf8),
    ] {
      for size in [1, Int.max] {
        let error = #expect(throws: CodeReadingError.self) {
          try Self.frames(of: bytes, pieceSize: size)
        }
        #expect(error?.code == "video-unreadable")
      }
    }
  }
}

@Suite("Sightings") struct SightingFilterTests {
  /// Shows frames to a filter; each is a time and what is seen, and gives what is new.
  private func new(
    _ filter: inout SightingFilter, _ frames: [(Int64, [[UInt8]])]
  ) -> [[[UInt8]]] {
    frames.map { filter.newCodes(of: $0.1, at: $0.0) }
  }

  private let one: [UInt8] = [1]
  private let two: [UInt8] = [2]

  @Test("A code in view is new once, and again when it was out of sight for three seconds")
  func once() {
    var filter = SightingFilter()
    let answers = new(
      &filter,
      [
        (0, [one]), (40, [one, two, two]), (80, []), (2_900, [one]), (3_000, []), (5_899, [one]),
        (5_900, []), (8_898, []), (8_899, [one]), (8_900, [two]), (9_000, [one, two]),
      ])
    #expect(
      answers == [[one], [two], [], [], [], [], [], [], [one], [two], []],
      "missed for less than three seconds is not out of sight")
  }

  @Test("A code that is in every frame stays known, however seldom frames come")
  func seldom() {
    var filter = SightingFilter()
    let answers = new(&filter, [(0, [one]), (5_000, [one]), (60_000, [one]), (60_001, [])])
    #expect(answers == [[one], [], [], []])
    #expect(new(&filter, [(70_000, [one])]) == [[one]], "a frame without it came between")
  }

  @Test("A clock that goes back begins anew, and extreme times do not overflow")
  func clock() {
    var filter = SightingFilter()
    #expect(new(&filter, [(1_000, [one]), (999, [one]), (1_000, [one])]) == [[one], [one], []])
    var extreme = SightingFilter()
    #expect(new(&extreme, [(.min, [one]), (.max, []), (.max, [one])]) == [[one], [], [one]])
  }

  @Test("A wall of codes takes no more memory than a screen of them")
  func many() {
    var filter = SightingFilter()
    for number in 0..<2_000 {
      let code = Array("\(number)".utf8)
      #expect(new(&filter, [(Int64(number), [code])]) == [[code]])
    }
    #expect(new(&filter, [(2_000, [Array("1999".utf8)])]) == [[]], "the last is kept")
    let first = Array("0".utf8)
    #expect(new(&filter, [(2_000, [first])]) == [[first]], "the first was given up")
  }
}
