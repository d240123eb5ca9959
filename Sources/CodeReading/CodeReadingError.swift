/// A failure to read a picture or to search it for codes.
///
/// `code` is the stable part that scripts and logs compare; the description is a sentence for a
/// person and may change.
public enum CodeReadingError: Error, Hashable, Sendable {
  /// The bytes are not a picture that can be read.
  case pictureUnreadable(format: PictureFormat, reason: String)
  /// The picture has more pixels than are read.
  case pictureTooLarge(width: Int, height: Int)
  /// A library that renders pages is not installed.
  case libraryMissing(library: String, package: String, reason: String)
  /// Searching ran out of memory or met an internal failure of the decoder.
  case decoderFailed
}

extension CodeReadingError {
  /// The stable name of the failure.
  public var code: String {
    switch self {
    case .pictureUnreadable: "picture-unreadable"
    case .pictureTooLarge: "picture-too-large"
    case .libraryMissing: "picture-library-missing"
    case .decoderFailed: "picture-decoder"
    }
  }
}

extension CodeReadingError: CustomStringConvertible {
  /// A sentence that says what is wrong and what to do about it.
  public var description: String {
    switch self {
    case .pictureUnreadable(let format, let reason):
      "this is no readable \(format.name) file: \(reason)"
    case .pictureTooLarge(let width, let height):
      "a picture of \(width) × \(height) pixels is too large: scale it down"
    case .libraryMissing(let library, let package, let reason):
      "files cannot be checked without \(library): install the Debian package \(package) (\(reason))"
    case .decoderFailed:
      "the picture could not be searched for codes: it may be too large for this machine's memory"
    }
  }
}
