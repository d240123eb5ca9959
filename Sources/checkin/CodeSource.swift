internal import CodeReading
internal import CommandKit
internal import EvidenceIntake

/// What comes to a door.
enum DoorInput {
  /// A code or a line.
  case line(ScannerInput.Line)
  /// A picture, or a page of one, in which no code can be read.
  case unreadable(CommandError)
}

/// Where a door's codes come from, one at a time.
protocol CodeSource: AnyObject {
  /// Returns what comes next, or nil at the end.
  func next() throws -> DoorInput?

  /// The number of the last thing returned, from 1.
  var number: Int { get }
}

/// Lines that a scanner types or a pipe brings.
final class TypedCodes: CodeSource {
  private var lines: ScannerLines

  init(_ lines: consuming ScannerLines) {
    self.lines = lines
  }

  var number: Int { lines.number }

  func next() throws -> DoorInput? { try lines.next().map { .line($0) } }
}

/// The codes of pictures, file by file and page by page.
final class PictureCodes: CodeSource {
  private var paths: ArraySlice<Path>
  private let interruption: Interruption
  private var picture: Picture?
  private var found: ArraySlice<FoundCode> = []
  private(set) var number = 0

  init(_ paths: [Path], interruption: Interruption) {
    self.paths = paths[...]
    self.interruption = interruption
  }

  func next() throws -> DoorInput? {
    while found.isEmpty {
      do {
        if let page = try picture?.next() {
          found = page.codes[...]
        } else {
          picture = nil
          guard let path = paths.popFirst() else { return nil }
          picture = try Picture(path.string, interruption: interruption)
        }
      } catch {
        number += 1
        return .unreadable(try Picture.failure(of: error, interruption))
      }
    }
    number += 1
    return found.popFirst().map { .line(.bytes($0.bytes)) }
  }
}

/// The codes that come into a camera's view, each once until it was out of sight for three seconds.
final class CameraCodes: CodeSource {
  private let frames: any FrameSource
  private let interruption: Interruption
  private var reader = FrameReader()
  private var sightings = SightingFilter()
  private var found: ArraySlice<[UInt8]> = []
  private(set) var number = 0

  init(_ frames: any FrameSource, interruption: Interruption) {
    self.frames = frames
    self.interruption = interruption
  }

  func next() throws -> DoorInput? {
    while found.isEmpty {
      guard !frames.hasEnded, !interruption.isRequested else { return nil }
      guard let frame = try frames.next() else { continue }
      let codes = try reader.codes(of: frame)
      found = sightings.newCodes(of: codes.map(\.bytes), at: frame.milliseconds)[...]
    }
    number += 1
    return found.popFirst().map { .line(.bytes($0)) }
  }
}

/// A picture file that is read page by page.
struct Picture: ~Copyable {
  /// A page and what is on it.
  struct Page {
    /// The page as a person counts, or nil in a file of one page.
    let number: Int?
    /// At least one.
    let codes: [FoundCode]
  }

  private let path: String
  private let interruption: Interruption
  private let file: PictureFile
  private var page = 0
  /// Whether anything was said of the file: a code, or why a page cannot be read.
  private var isTold = false

  /// Opens a file.
  ///
  /// - Throws: `InputError`, or `CommandError` when it is no picture.
  init(_ path: String, interruption: Interruption) throws {
    self.init(path, interruption, try Picture.open(path, interruption))
  }

  private init(_ path: String, _ interruption: Interruption, _ file: consuming PictureFile) {
    self.path = path
    self.interruption = interruption
    self.file = file
  }

  private static func open(
    _ path: String, _ interruption: Interruption
  ) throws -> PictureFile {
    var input = try InputFile(path: path, interruption: interruption)
    let bytes = try input.readAll(limit: mostBytes)
    do {
      return try PictureFile(bytes)
    } catch {
      throw CommandError("\(error)", file: path, code: error.code)
    }
  }

  /// Reads on to the next page that has codes; nil at the end.
  ///
  /// - Throws: `CommandError` for a page that cannot be read, after which the next one can be asked
  ///   for, and at the end of a file without any code; `Interrupted`.
  mutating func next() throws -> Page? {
    while page < file.pageCount {
      try interruption.check()
      let number = file.pageCount == 1 ? nil : page + 1
      page += 1
      do {
        let codes = try file.codes(onPage: page - 1)
        guard !codes.isEmpty else { continue }
        isTold = true
        return Page(number: number, codes: codes)
      } catch {
        isTold = true
        let name = number.map { "\(path), page \($0)" } ?? path
        throw CommandError("\(error)", file: name, code: error.code)
      }
    }
    guard !isTold else { return nil }
    isTold = true
    throw CommandError(
      "no code can be read in this picture",
      hint: "take it from nearer, straight on and in better light", file: path, code: "no-code")
  }

  /// What to say of a picture that cannot be read, when others follow.
  ///
  /// - Throws: `Interrupted` when nobody wants to hear it.
  static func failure(
    of error: any Error, _ interruption: Interruption
  ) throws -> CommandError {
    try interruption.check()
    switch error {
    case let error as CommandError: return error
    case let error as any CommandErrorConvertible: return error.commandError
    default: throw error
    }
  }

  /// Enough for a thousand posters in one PDF.
  private static let mostBytes = 1 << 28
}
