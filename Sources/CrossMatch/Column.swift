/// The values of one column, in memory that somebody else holds: an array, or a mapped file.
///
/// Kernels run over columns of hundreds of millions of values that are mapped from files, and a
/// checked array would have to be filled first and costs twice the time in the innermost loops. So a
/// column is a pointer, a count and an owner that keeps the memory alive; this type is the only
/// place where that is set up. The memory is not written once the column was given to another thread
/// or kept in a view (its owner may mark rows void before that), and at least `padding` bytes after the
/// last value can be read, which vector loops do.
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
    let growing = GrowingColumn<Element>(capacity: values.count, memory: .heap)
    let filled = growing.values.update(fromContentsOf: values)
    precondition(filled == values.count, "a collection has as many values as it says")
    self = growing.column(count: values.count)
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

/// Where the memory of new columns comes from.
///
/// The heap does for most; who builds hundreds of millions of rows may want large pages or a file.
public struct ColumnMemorySource: Sendable {
  /// Memory for one column.
  public struct Region {
    /// Where it begins, aligned to 64 bytes; may be written until the column is made.
    public var base: UnsafeMutableRawPointer
    /// What keeps it alive.
    public var owner: any Sendable & AnyObject

    /// Makes a region of its parts.
    public init(base: UnsafeMutableRawPointer, owner: any Sendable & AnyObject) {
      self.base = base
      self.owner = owner
    }
  }

  /// Returns memory of so many bytes, more than none; its contents do not matter.
  public let allocate: @Sendable (_ byteCount: Int) -> Region

  /// Makes a source of what allocates.
  public init(_ allocate: @escaping @Sendable (_ byteCount: Int) -> Region) {
    self.allocate = allocate
  }

  /// Memory of the heap.
  public static let heap = ColumnMemorySource { byteCount in
    let base = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
    return Region(base: base, owner: HeapMemory(base))
  }

  /// A block of the heap, freed with the value.
  private final class HeapMemory: @unchecked Sendable {
    // Nothing is done through the pointer but to free it, once.
    private let base: UnsafeMutableRawPointer

    init(_ base: UnsafeMutableRawPointer) { self.base = base }

    deinit { base.deallocate() }
  }
}

/// A column while it is written.
struct GrowingColumn<Element: BitwiseCopyable & Sendable> {
  /// The values; those at and after the final count are dropped.
  let values: UnsafeMutableBufferPointer<Element>
  private let owner: any Sendable & AnyObject

  /// Makes room for so many values, which must be written before they are read.
  init(capacity: Int, memory: ColumnMemorySource) {
    let region = memory.allocate(
      capacity * MemoryLayout<Element>.stride + Column<Element>.padding)
    values = UnsafeMutableBufferPointer(
      start: region.base.bindMemory(to: Element.self, capacity: capacity), count: capacity)
    owner = region.owner
  }

  /// Returns the first values as a column, after which nothing may be written.
  func column(count: Int) -> Column<Element> {
    precondition(count <= values.count, "more than there is room for")
    guard let base = values.baseAddress else {
      preconditionFailure("a region of memory has an address")
    }
    // Vector loops read the padding; that it is zero keeps every run the same.
    UnsafeMutableRawPointer(base + count)
      .initializeMemory(as: UInt8.self, repeating: 0, count: Column<Element>.padding)
    return Column(base: base, count: count, owner: owner)
  }
}
