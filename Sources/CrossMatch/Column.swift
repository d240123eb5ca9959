/// The values of one column, in memory that somebody else holds: an array, or a mapped file.
///
/// Kernels run over columns of hundreds of millions of values that are mapped from files, and a
/// checked array would have to be filled first and costs twice the time in the innermost loops. So a
/// column is a pointer, a count and an owner that keeps the memory alive; this type is the only
/// place where that is set up. The memory is never written after the column was made, and at least
/// `padding` bytes after the last value can be read, which vector loops do.
public struct Column<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  /// Where the values begin.
  ///
  /// Who reads through it keeps the column alive meanwhile.
  public let base: UnsafePointer<Element>
  /// How many values there are.
  public let count: Int
  private let owner: any Sendable & AnyObject

  /// The bytes after the last value that can be read though they mean nothing.
  public static var padding: Int { 64 }

  /// Makes a column of memory that an owner holds.
  ///
  /// - Parameters:
  ///   - base: Where the values begin, aligned for them; `padding` bytes after the last are readable.
  ///   - count: How many values there are.
  ///   - owner: What keeps the memory alive and unchanged.
  public init(base: UnsafePointer<Element>, count: Int, owner: any Sendable & AnyObject) {
    self.base = base
    self.count = count
    self.owner = owner
  }

  /// Makes a column that holds a copy of some values.
  public init(_ values: some Collection<Element>) {
    let owner = ColumnMemory<Element>(values)
    self.init(base: UnsafePointer(owner.base), count: owner.count, owner: owner)
  }

  /// The value at a place.
  @inline(__always)
  public subscript(place: Int) -> Element {
    precondition(UInt(bitPattern: place) < UInt(bitPattern: count), "past the end of a column")
    return base[place]
  }

  /// The places of the values.
  public var indices: Range<Int> { 0..<count }

  /// Whether there are no values.
  public var isEmpty: Bool { count == 0 }
}

/// Memory that a column was copied to.
private final class ColumnMemory<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  let base: UnsafeMutablePointer<Element>
  let count: Int

  init(_ values: some Collection<Element>) {
    let count = values.count
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: count * MemoryLayout<Element>.stride + Column<Element>.padding, alignment: 64)
    let base = memory.bindMemory(to: Element.self, capacity: count)
    let filled = UnsafeMutableBufferPointer(start: base, count: count).update(
      fromContentsOf: values)
    precondition(filled == count, "a collection has as many values as it says")
    // Vector loops read the padding; that it is zero keeps every run the same.
    memory.advanced(by: count * MemoryLayout<Element>.stride)
      .initializeMemory(as: UInt8.self, repeating: 0, count: Column<Element>.padding)
    self.base = base
    self.count = count
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }
}
