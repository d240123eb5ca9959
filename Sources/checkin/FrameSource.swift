internal import CodeReading
internal import CommandKit
internal import FoundationEssentials

/// Where frames come from: a device of the kernel, or a stream from a file or a pipe.
protocol FrameSource: AnyObject {
  /// Returns the next frame; nil at the end of a stream, or when no whole one came within a quarter
  /// second.
  func next() throws -> VideoFrame?

  /// Whether there is no further frame.
  var hasEnded: Bool { get }
}

extension CameraFrames {
  /// Opens what a person named: a device of the kernel, else a stream; `-` is standard input.
  static func named(_ path: Path, _ context: Context) throws -> any FrameSource {
    if path.string != "-",
      let attributes = try? FileManager.default.attributesOfItem(atPath: path.string),
      attributes[.type] as? FileAttributeType == .typeCharacterSpecial
    {
      return try CameraFrames(path.string)
    }
    // A camera that is not plugged in has no file, and is not a stream that was not found.
    if path.string.hasPrefix("/dev/video"), !FileManager.default.fileExists(atPath: path.string) {
      return try CameraFrames(path.string)
    }
    return try StreamFrames(
      InputFile(path: path.string, interruption: context.interruption))
  }
}

/// The frames of a V4L2 camera.
final class CameraFrames: FrameSource {
  private var camera: Camera

  init(_ path: String) throws {
    do {
      camera = try Camera(path: path)
    } catch {
      throw CommandError("\(error)", code: error.code)
    }
  }

  var hasEnded: Bool { false }

  func next() throws -> VideoFrame? {
    do {
      return try camera.next(waiting: 250)
    } catch {
      throw CommandError("\(error)", code: error.code)
    }
  }
}

/// The frames of a YUV4MPEG2 stream.
final class StreamFrames: FrameSource {
  private var file: InputFile
  private var stream = VideoStream()
  private(set) var hasEnded = false

  init(_ file: consuming InputFile) {
    self.file = file
  }

  func next() throws -> VideoFrame? {
    let name = file.name
    let start = TypedInput.milliseconds
    do {
      while !hasEnded {
        if let frame = try stream.next() { return frame }
        // A pipe that says nothing, or little, must not keep anybody from looking at the time.
        let left = start + 250 - TypedInput.milliseconds
        guard left > 0, file.hasInput(withinMilliseconds: Int32(left)) else { return nil }
        if let piece = try file.next() {
          stream.feed(piece)
        } else {
          hasEnded = true
          try stream.finish()
        }
      }
      return nil
    } catch let error as CodeReadingError {
      hasEnded = true
      throw CommandError("\(error)", file: name, code: error.code)
    }
  }
}

/// The search of a camera's frames for codes.
struct FrameReader {
  private var failures = 0

  /// So many frames running that cannot be searched are no accident.
  private static let mostFailures = 20

  /// Finds the symbols of a frame; none in one that cannot be searched, after which another comes.
  ///
  /// - Throws: `CommandError` when frame after frame cannot be searched.
  mutating func codes(of frame: VideoFrame) throws(CommandError) -> [FoundCode] {
    do {
      let codes = try CodeReader.codes(in: frame.image, taken: .frame)
      failures = 0
      return codes
    } catch {
      failures += 1
      guard failures < FrameReader.mostFailures else {
        throw CommandError("\(error)", code: error.code)
      }
      return []
    }
  }
}
