internal import CodeReading
internal import CommandKit
internal import EvidenceIntake

/// Where a door's codes come from, one at a time.
protocol CodeSource: AnyObject {
  /// Returns the next code, or nil at the end.
  func next() throws -> ScannerInput.Line?

  /// The number of the last code returned, from 1.
  var number: Int { get }
}

/// Lines that a scanner types or a pipe brings.
final class TypedCodes: CodeSource {
  private var lines: ScannerLines

  init(_ lines: consuming ScannerLines) {
    self.lines = lines
  }

  var number: Int { lines.number }

  func next() throws -> ScannerInput.Line? { try lines.next() }
}

/// The codes of pictures, file by file.
final class PictureCodes: CodeSource {
  private var paths: ArraySlice<Path>
  private var found: ArraySlice<FoundCode> = []
  private(set) var number = 0

  init(_ paths: [Path]) {
    self.paths = paths[...]
  }

  func next() throws -> ScannerInput.Line? {
    while found.isEmpty {
      guard let path = paths.popFirst() else { return nil }
      found = try Picture(path.string).pages.flatMap(\.codes)[...]
    }
    number += 1
    return found.popFirst().map { .bytes($0.bytes) }
  }
}

/// The codes that come into a camera's view, each once until it was out of sight for three seconds.
final class CameraCodes: CodeSource {
  private let frames: any FrameSource
  private let interruption: Interruption
  private var sightings = SightingFilter()
  private var found: ArraySlice<[UInt8]> = []
  private(set) var number = 0

  init(_ frames: any FrameSource, interruption: Interruption) {
    self.frames = frames
    self.interruption = interruption
  }

  func next() throws -> ScannerInput.Line? {
    while found.isEmpty {
      guard !frames.hasEnded, !interruption.isRequested else { return nil }
      guard let frame = try frames.next() else { continue }
      let codes: [FoundCode]
      do {
        codes = try CodeReader.codes(in: frame.image, taken: .frame)
      } catch {
        throw CommandError("\(error)", code: error.code)
      }
      found = sightings.newCodes(of: codes.map(\.bytes), at: frame.milliseconds)[...]
    }
    number += 1
    return found.popFirst().map { .bytes($0) }
  }
}

/// A picture file with the codes in it.
struct Picture {
  /// A page and what is on it.
  struct Page {
    /// The page as a person counts, or nil in a file of one page.
    let number: Int?
    let codes: [FoundCode]
  }

  /// The pages that have codes.
  let pages: [Page]

  /// Reads a file; without a code on any page it is an error.
  init(_ path: String, interruption: Interruption = .never) throws {
    var input = try InputFile(path: path, interruption: interruption)
    let bytes = try input.readAll(limit: Self.mostBytes)
    var pages: [Page] = []
    do {
      let file = try PictureFile(bytes)
      for page in 0..<file.pageCount {
        try interruption.check()
        let codes = try file.codes(onPage: page)
        guard !codes.isEmpty else { continue }
        pages.append(Page(number: file.pageCount == 1 ? nil : page + 1, codes: codes))
      }
    } catch let error as CodeReadingError {
      throw CommandError("\(error)", file: path, code: error.code)
    }
    guard !pages.isEmpty else {
      throw CommandError(
        "no code can be read in this picture",
        hint: "take it from nearer, straight on and in better light", file: path, code: "no-code")
    }
    self.pages = pages
  }

  /// Enough for a thousand posters in one PDF.
  private static let mostBytes = 1 << 28
}
