internal import CVideo
internal import Glibc

/// A camera of the kernel's V4L2 interface, such as `/dev/video0`.
///
///     var camera = try Camera(path: "/dev/video0")
///     while let frame = try camera.next(waiting: 1_000) { … }
///
/// It runs from the first moment to the last of the value; frames that nobody takes are dropped by
/// the driver, but for the few that its memory holds.
public struct Camera: ~Copyable {
  /// What the driver calls it.
  public let name: String

  /// The pixels of a row of its frames.
  public let width: Int

  /// The rows of its frames.
  public let height: Int

  private let path: String
  private let handle: OpaquePointer
  private let layout: FrameLayout
  private let stride: Int

  /// Opens a camera and starts it.
  ///
  /// - Parameters:
  ///   - path: Its device file.
  ///   - width: The width to ask for; the camera gives what is nearest.
  ///   - height: The height to ask for.
  /// - Throws: `CodeReadingError.camera`.
  public init(
    path: String, width: Int = 1_280, height: Int = 720
  ) throws(CodeReadingError) {
    var video: OpaquePointer?
    var report = checkin_video_report()
    let status = checkin_video_open(
      path, UInt32(clamping: width), UInt32(clamping: height), &video, &report)
    guard let video else { throw .camera(CameraFailure(status, report.error), path: path) }
    guard let layout = FrameLayout(rawValue: report.layout) else {
      checkin_video_close(video)
      throw .camera(.noFormat, path: path)
    }
    handle = video
    self.path = path
    self.layout = layout
    name = String(cMessage: report.name)
    self.width = Int(report.width)
    self.height = Int(report.height)
    stride = Int(report.stride)
  }

  deinit { checkin_video_close(handle) }

  /// Waits for the next frame.
  ///
  /// A frame that the camera damaged is nil too: a camera that sends no others must not keep the
  /// caller from looking at the time and at Ctrl-C.
  ///
  /// - Parameter milliseconds: How long to wait.
  /// - Returns: The frame, or nil when none came in time, it was damaged, or a signal ended the wait.
  /// - Throws: `CodeReadingError.camera`.
  public mutating func next(
    waiting milliseconds: Int32
  ) throws(CodeReadingError) -> VideoFrame? {
    var frame = checkin_video_frame()
    var error: Int32 = 0
    var status = checkin_video_next(handle, milliseconds, &frame, &error)
    if UInt32(status) == CHECKIN_VIDEO_TIMEOUT.rawValue { return nil }
    guard UInt32(status) == CHECKIN_VIDEO_OK.rawValue else {
      throw .camera(CameraFailure(status, error), path: path)
    }
    let image = layout.image(
      of: UnsafeBufferPointer(start: frame.bytes, count: frame.count), width: width,
      height: height, stride: stride)
    status = checkin_video_give_back(handle, &frame, &error)
    guard UInt32(status) == CHECKIN_VIDEO_OK.rawValue else {
      throw .camera(CameraFailure(status, error), path: path)
    }
    return image.map { [milliseconds = frame.milliseconds] in
      VideoFrame(image: $0, milliseconds: milliseconds)
    }
  }
}

/// Why a camera cannot be used.
public enum CameraFailure: Error, Hashable, Sendable {
  /// There is no such device.
  case missing
  /// This person may not use it.
  case notPermitted
  /// Another program has it.
  case busy
  /// It is something else than a camera.
  case notACamera
  /// It sends nothing that is read.
  case noFormat
  /// It was unplugged.
  case gone
  /// Anything else, in the system's words.
  case system(String)

  init(_ status: Int32, _ error: Int32) {
    self =
      switch UInt32(status) {
      case CHECKIN_VIDEO_NO_DEVICE.rawValue: .missing
      case CHECKIN_VIDEO_NOT_PERMITTED.rawValue: .notPermitted
      case CHECKIN_VIDEO_BUSY.rawValue: .busy
      case CHECKIN_VIDEO_NOT_A_CAMERA.rawValue: .notACamera
      case CHECKIN_VIDEO_NO_FORMAT.rawValue: .noFormat
      case CHECKIN_VIDEO_GONE.rawValue: .gone
      default: .system(String(cString: strerror(error)))
      }
  }

  /// The stable name of the failure.
  public var code: String {
    switch self {
    case .missing: "camera-missing"
    case .notPermitted: "camera-not-permitted"
    case .busy: "camera-busy"
    case .notACamera: "camera-not-a-camera"
    case .noFormat: "camera-no-format"
    case .gone: "camera-gone"
    case .system: "camera-system"
    }
  }
}

extension CameraFailure: CustomStringConvertible {
  /// The sentence that follows the camera's name.
  public var description: String {
    switch self {
    case .missing: "is not there: plug the camera in, and look for it with ls /dev/video*"
    case .notPermitted: "may not be used by you: ask to be in the group video"
    case .busy: "is used by another program: end that first"
    case .notACamera: "is no camera that sends a stream: many cameras have several device files"
    case .noFormat:
      "sends none of the formats GREY, NV12, MJPEG, YUYV and UYVY: convert it with ffmpeg and give "
        + "--camera -"
    case .gone: "stopped: it was unplugged"
    case .system(let words): "cannot be used: \(words)"
    }
  }
}

/// How the bytes of a camera's frame are pixels.
package enum FrameLayout: Int32, Sendable, CaseIterable {
  /// A byte a pixel.
  case grey
  /// The same, with colours behind the last row.
  case nv12
  /// Every other byte, beginning with the first.
  case yuyv
  /// Every other byte, beginning with the second.
  case uyvy
  /// A JPEG file.
  case mjpeg

  /// The brightness of a frame, or nil when it is not whole.
  package func image(
    of bytes: UnsafeBufferPointer<UInt8>, width: Int, height: Int, stride: Int
  ) -> GreyImage? {
    if self == .mjpeg { return try? GreyImage(jpeg: bytes) }
    let step = self == .yuyv || self == .uyvy ? 2 : 1
    // Drivers of old leave the stride out where rows have no padding.
    let stride = max(stride, width * step)
    guard width > 0, height > 0, width <= 65_535, height <= 65_535, stride <= 1 << 20,
      width * height <= GreyImage.mostPixels,
      bytes.count >= stride * (height - 1) + width * step
    else { return nil }
    let first = self == .uyvy ? 1 : 0
    let pixels = [UInt8](unsafeUninitializedCapacity: width * height) { pixels, count in
      for row in 0..<height {
        let start = row * stride + first
        for column in 0..<width {
          pixels[row * width + column] = bytes[start + column * step]
        }
      }
      count = width * height
    }
    return GreyImage(unchecked: (width, height), pixels)
  }
}
