/// The lines of a file, each as soon as it is there.
///
/// For a scanner or a person on the other side; tables have their own reader. A line ends with a
/// line feed, with or without a carriage return before it; the last one may end with the file.
public struct LineReader: ~Copyable {
  /// One line.
  public enum Line: Equatable, Sendable {
    /// Its bytes, without the line's end.
    case bytes([UInt8])
    /// It was longer than the limit; it was read past, and not kept.
    case tooLong
  }

  private var file: InputFile
  private var piece: ArraySlice<UInt8> = []
  private var begun: [UInt8] = []
  private let limit: Int

  /// The number of the last line returned, from 1.
  public private(set) var number = 0

  /// Makes a reader of a file that nothing was read from.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - limit: The most bytes a line may have.
  public init(_ file: consuming InputFile, limit: Int = 1 << 16) {
    self.file = file
    self.limit = limit
  }

  /// Returns the next line, or nil at the end.
  ///
  /// - Throws: What reading the file throws.
  /// - Returns: The line, or that it was too long.
  public mutating func next() throws(InputError) -> Line? {
    begun.removeAll(keepingCapacity: true)
    var length = 0
    while true {
      if piece.isEmpty {
        guard let next = try file.next() else {
          guard length > 0 else { return nil }
          return finish(length)
        }
        piece = next
      }
      let end = piece.firstIndex(of: UInt8(ascii: "\n"))
      let part = piece[piece.startIndex..<(end ?? piece.endIndex)]
      length += part.count
      // One more than the limit may be the carriage return.
      if length <= limit + 1 { begun.append(contentsOf: part) }
      piece = piece[(end.map { $0 + 1 } ?? piece.endIndex)...]
      if end != nil { return finish(length) }
    }
  }

  private mutating func finish(_ length: Int) -> Line {
    number += 1
    guard length <= limit + 1 else { return .tooLong }
    if begun.last == UInt8(ascii: "\r") { begun.removeLast() }
    return begun.count <= limit ? .bytes(begun) : .tooLong
  }
}
