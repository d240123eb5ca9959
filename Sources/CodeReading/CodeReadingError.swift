/// A failure to read a picture or to search it for codes.
///
/// `code` is the stable part that scripts and logs compare; the description is a sentence for a
/// person and may change.
public enum CodeReadingError: Error, Hashable, Sendable {
  /// The bytes are no picture of a kind that is read; the kind is named when it is known.
  case notAPicture(kind: String?)
  /// The file is not whole, or not as its kind should be.
  case pictureUnreadable(format: PictureFormat, reason: String)
  /// The picture has more pixels than are read.
  case pictureTooLarge(width: Int, height: Int)
  /// A library that renders pages is not installed.
  case libraryMissing(library: String, package: String, reason: String)
  /// A camera cannot be used, or stopped.
  case camera(CameraFailure, path: String)
  /// A stream of frames is not as it should be.
  case videoUnreadable(reason: String)
  /// Searching ran out of memory or met an internal failure of the decoder.
  case decoderFailed
}

extension CodeReadingError {
  /// The stable name of the failure.
  public var code: String {
    switch self {
    case .notAPicture: "not-a-picture"
    case .pictureUnreadable: "picture-unreadable"
    case .pictureTooLarge: "picture-too-large"
    case .libraryMissing: "picture-library-missing"
    case .camera(let failure, _): failure.code
    case .videoUnreadable: "video-unreadable"
    case .decoderFailed: "picture-decoder"
    }
  }
}

extension CodeReadingError: CustomStringConvertible {
  /// A sentence that says what is wrong and what to do about it.
  public var description: String {
    switch self {
    case .notAPicture(let kind):
      kind.map { "\($0) is not read as a picture: save it as PNG or JPEG" }
        ?? "this is no picture that is read: give a PNG, JPEG, PDF or SVG file"
    case .pictureUnreadable(let format, let reason):
      "this is no readable \(format.name) file: \(reason)"
    case .pictureTooLarge(let width, let height):
      "a picture of \(width) × \(height) pixels is too large: scale it down"
    case .libraryMissing(let library, let package, let reason):
      "files cannot be checked without \(library): install the Debian package \(package) (\(reason))"
    case .camera(let failure, let path):
      "\(path) \(failure)"
    case .videoUnreadable(let reason):
      "this is no readable video: \(reason)"
    case .decoderFailed:
      "the picture could not be searched for codes: it may be too large for this machine's memory"
    }
  }
}
