import CodeReading
import Posters

extension FuzzTarget {
  /// A JPEG: what is read must have the pixels it says.
  static let jpeg = FuzzTarget("jpeg", examples: [Photographs.grey, Photographs.progressive]) {
    input in
    guard let image = try? GreyImage(jpeg: input) else { return }
    require(image.width > 0 && image.height > 0, "a picture has a size")
    require(image.pixels.count == image.width * image.height, "a picture has its pixels")
    require(image.pixels.count <= GreyImage.mostPixels, "a picture is not too large")
  }

  /// A file of any kind: it is known by its content, and read or refused with a sentence.
  static let pictureFile = FuzzTarget("picture-file", examples: Photographs.files) { input in
    do throws(CodeReadingError) {
      let file = try PictureFile(input)
      require(file.pageCount >= 1, "a picture has a page")
      require(
        file.format == PictureFormat(recognizing: input), "a file is of the kind it is known as")
      // Renderers of pages are fuzzed by their own people, and are slow.
      if file.format == .png || file.format == .jpeg, input.count < 4_096 { _ = try file.codes() }
    } catch {
      require(!error.description.isEmpty && !error.code.isEmpty, "a refusal says why")
    }
  }

  /// A stream of frames: it must read the same in pieces of any size.
  static let video = FuzzTarget(
    "video",
    examples: [
      Array("YUV4MPEG2 W2 H2 F25:1 Ip A1:1 C420jpeg\nFRAME\n123456FRAME\n123456".utf8),
      Array("YUV4MPEG2 W3 H1 F30000:1001 Cmono\nFRAME Ip\n123FRAME\n456".utf8),
    ]
  ) { input in
    let whole = Frames(input, pieceSize: input.count)
    for size in [1, 3, 64] {
      require(
        Frames(input, pieceSize: size) == whole, "a stream reads the same in pieces of \(size)")
    }
  }
}

/// What a stream fed in pieces reads as.
private struct Frames: Equatable {
  var frames: [VideoFrame] = []
  var code: String?

  init(_ input: [UInt8], pieceSize: Int) {
    var stream = VideoStream()
    var start = 0
    do throws(CodeReadingError) {
      while start < input.count {
        let end = min(input.count, start + max(1, pieceSize))
        stream.feed(input[start..<end])
        start = end
        while let frame = try stream.next() { frames.append(frame) }
      }
      try stream.finish()
    } catch {
      code = error.code
    }
  }
}

private enum Photographs {
  /// A grey picture of 8 × 8 pixels, as Pillow writes it.
  static let grey: [UInt8] = [
    255, 216, 255, 224, 0, 16, 74, 70, 73, 70, 0, 1, 1, 0, 0, 1,
    0, 1, 0, 0, 255, 219, 0, 67, 0, 27, 18, 20, 23, 20, 17, 27,
    23, 22, 23, 30, 28, 27, 32, 40, 66, 43, 40, 37, 37, 40, 81, 58,
    61, 48, 66, 96, 85, 101, 100, 95, 85, 93, 91, 106, 120, 153, 129, 106,
    113, 144, 115, 91, 93, 133, 181, 134, 144, 158, 163, 171, 173, 171, 103, 128,
    188, 201, 186, 166, 199, 153, 168, 171, 164, 255, 192, 0, 11, 8, 0, 8,
    0, 8, 1, 1, 17, 0, 255, 196, 0, 31, 0, 0, 1, 5, 1, 1,
    1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4,
    5, 6, 7, 8, 9, 10, 11, 255, 196, 0, 181, 16, 0, 2, 1, 3,
    3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125, 1, 2, 3, 0,
    4, 17, 5, 18, 33, 49, 65, 6, 19, 81, 97, 7, 34, 113, 20, 50,
    129, 145, 161, 8, 35, 66, 177, 193, 21, 82, 209, 240, 36, 51, 98, 114,
    130, 9, 10, 22, 23, 24, 25, 26, 37, 38, 39, 40, 41, 42, 52, 53,
    54, 55, 56, 57, 58, 67, 68, 69, 70, 71, 72, 73, 74, 83, 84, 85,
    86, 87, 88, 89, 90, 99, 100, 101, 102, 103, 104, 105, 106, 115, 116, 117,
    118, 119, 120, 121, 122, 131, 132, 133, 134, 135, 136, 137, 138, 146, 147, 148,
    149, 150, 151, 152, 153, 154, 162, 163, 164, 165, 166, 167, 168, 169, 170, 178,
    179, 180, 181, 182, 183, 184, 185, 186, 194, 195, 196, 197, 198, 199, 200, 201,
    202, 210, 211, 212, 213, 214, 215, 216, 217, 218, 225, 226, 227, 228, 229, 230,
    231, 232, 233, 234, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 255, 218,
    0, 8, 1, 1, 0, 0, 63, 0, 106, 68, 174, 166, 218, 212, 133, 129,
    71, 239, 101, 206, 3, 14, 224, 31, 79, 83, 223, 233, 215, 255, 217,
  ]

  /// A progressive one.
  static let progressive: [UInt8] = [
    255, 216, 255, 224, 0, 16, 74, 70, 73, 70, 0, 1, 1, 0, 0, 1,
    0, 1, 0, 0, 255, 219, 0, 67, 0, 27, 18, 20, 23, 20, 17, 27,
    23, 22, 23, 30, 28, 27, 32, 40, 66, 43, 40, 37, 37, 40, 81, 58,
    61, 48, 66, 96, 85, 101, 100, 95, 85, 93, 91, 106, 120, 153, 129, 106,
    113, 144, 115, 91, 93, 133, 181, 134, 144, 158, 163, 171, 173, 171, 103, 128,
    188, 201, 186, 166, 199, 153, 168, 171, 164, 255, 194, 0, 11, 8, 0, 8,
    0, 8, 1, 1, 17, 0, 255, 196, 0, 20, 0, 1, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 255, 218, 0, 8,
    1, 1, 0, 0, 0, 1, 63, 255, 196, 0, 21, 16, 1, 1, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 17, 255, 218,
    0, 8, 1, 1, 0, 1, 5, 2, 143, 255, 196, 0, 25, 16, 0, 1,
    5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    2, 18, 49, 65, 255, 218, 0, 8, 1, 1, 0, 6, 63, 2, 139, 107,
    84, 255, 196, 0, 23, 16, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 1, 0, 49, 129, 255, 218, 0, 8, 1, 1,
    0, 1, 63, 33, 2, 82, 116, 159, 255, 218, 0, 8, 1, 1, 0, 0,
    0, 16, 127, 255, 196, 0, 25, 16, 1, 0, 3, 1, 1, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 1, 49, 65, 81, 17, 113, 255, 218,
    0, 8, 1, 1, 0, 1, 63, 16, 116, 192, 167, 224, 44, 28, 214, 252,
    159, 255, 217,
  ]

  static let files: [[UInt8]] = {
    let svg = (try? QRSymbol(text: "x").svg(title: "x")) ?? []
    let png = (try? QRSymbol(text: "x").png(scale: 2)) ?? []
    return [grey, png, svg, Array("%PDF-1.5\n%%EOF".utf8), Array("GIF89a".utf8)]
  }()
}
