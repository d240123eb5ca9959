internal import ByteCompression
internal import Glibc

/// A file read in pieces: `-` is standard input, and gzip is unpacked on the way.
///
/// ```swift
/// var file = try InputFile(path: options.file.string, interruption: context.interruption)
/// while let piece = try file.next() { reader.feed(piece) }
/// ```
///
/// Memory is bounded however large the file or however strong its compression is: one buffer for
/// what was read and one for what was unpacked. Gzip is known by its first bytes, whatever the name.
public struct InputFile: ~Copyable {
  /// The name as given, or `standard input`.
  public let name: String

  /// The size on disk, when it is a file that has one; compressed size for gzip.
  public let size: Int?

  /// How much was read so far, of the same kind as `size`; for progress.
  public private(set) var bytesRead = 0

  private let descriptor: Int32
  private let isOwned: Bool
  private let interruption: Interruption
  private let pieceSize: Int

  private var input: [UInt8]
  private var inputRange = 0..<0
  private var hasEnded = false

  private var hasStarted = false
  private var gzip: GzipDecoder?
  private var output: [UInt8] = []

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: The name; `-` is standard input.
  ///   - interruption: Looked at before each piece, and when a signal ends a wait.
  ///   - pieceSize: The most bytes of one piece.
  /// - Throws: `notFound`, `isDirectory`, `notPermitted` or `system`.
  public init(
    path: String, interruption: Interruption = .never, pieceSize: Int = 1 << 18
  ) throws(InputError) {
    if path == "-" {
      self.init(
        descriptor: STDIN_FILENO, name: "standard input", isOwned: false, size: nil,
        interruption: interruption, pieceSize: pieceSize)
      return
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw InputError(opening: path, errno: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let number = errno
      close(descriptor)
      throw InputError(opening: path, errno: number)
    }
    let kind = status.st_mode & S_IFMT
    guard kind != S_IFDIR else {
      close(descriptor)
      throw InputError(.isDirectory, path)
    }
    self.init(
      descriptor: descriptor, name: path, isOwned: true,
      size: kind == S_IFREG ? Int(status.st_size) : nil, interruption: interruption,
      pieceSize: pieceSize)
  }

  /// Reads a descriptor that is open already, and closes it at the end if it is owned.
  package init(
    descriptor: Int32, name: String, isOwned: Bool, size: Int?,
    interruption: Interruption = .never, pieceSize: Int = 1 << 18
  ) {
    self.descriptor = descriptor
    self.name = name
    self.isOwned = isOwned
    self.size = size
    self.interruption = interruption
    self.pieceSize = max(1, pieceSize)
    input = [UInt8](repeating: 0, count: max(1, pieceSize))
  }

  deinit {
    if isOwned { close(descriptor) }
  }

  /// Returns the next piece, or nil at the end; never an empty piece.
  ///
  /// A terminal's or pipe's line is returned when it comes, without waiting for more. The piece
  /// may be kept; it then costs a copy.
  ///
  /// - Throws: `gzipTruncated`, `gzipCorrupt`, `notGzip`, `interrupted` or `system`.
  /// - Returns: The bytes, unpacked.
  public mutating func next() throws(InputError) -> ArraySlice<UInt8>? {
    if !hasStarted {
      hasStarted = true
      try start()
    }
    if gzip != nil { return try nextUnpacked() }
    if inputRange.isEmpty { try fill() }
    guard !inputRange.isEmpty else { return nil }
    defer { inputRange = 0..<0 }
    return input[inputRange]
  }

  /// Whether the next call of `next` will not wait, or until that is so no longer than a time.
  ///
  /// A caller that must look at a clock asks before each piece. A signal ends the wait.
  ///
  /// - Parameter milliseconds: The longest wait.
  /// - Returns: False when nothing came.
  public func hasInput(withinMilliseconds milliseconds: Int32) -> Bool {
    guard size == nil, inputRange.isEmpty, !hasEnded else { return true }
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let ready = poll(&waiting, 1, milliseconds)
    // An error of poll is left for the read to report.
    return ready > 0 || ready < 0 && errno != EINTR
  }

  /// Reads all that is left.
  ///
  /// - Parameter limit: The most bytes to hold.
  /// - Throws: `tooLarge`, or what `next` throws.
  /// - Returns: The bytes, unpacked.
  public mutating func readAll(limit: Int = 1 << 28) throws(InputError) -> [UInt8] {
    var bytes: [UInt8] = []
    while let piece = try next() {
      guard piece.count <= limit - bytes.count else {
        throw InputError(.tooLarge, name, "at most \(grouped(limit)) bytes can be read")
      }
      bytes.append(contentsOf: piece)
    }
    return bytes
  }

  // MARK: Reading

  /// Looks at the first bytes, which tell gzip from anything else.
  private mutating func start() throws(InputError) {
    try fill()
    // One byte can be all that a person typed; only what could be gzip waits for the second.
    while inputRange.count == 1, input[0] == GzipDecoder.magic.0, !hasEnded, pieceSize > 1 {
      try fill(keepingRest: true)
    }
    let isGzip =
      inputRange.count >= 2 && input[0] == GzipDecoder.magic.0 && input[1] == GzipDecoder.magic.1
    if isGzip {
      gzip = GzipDecoder()
      output = [UInt8](repeating: 0, count: pieceSize)
    } else if name.hasSuffix(".gz") {
      throw inputRange.isEmpty ? InputError(.gzipTruncated, name) : InputError(.notGzip, name)
    }
  }

  private mutating func fill(keepingRest: Bool = false) throws(InputError) {
    let kept = keepingRest ? inputRange.upperBound : 0
    inputRange = 0..<kept
    while !hasEnded {
      // A regular file never keeps one waiting.
      let isReady =
        size == nil ? waitForInput(descriptor, interruption) : !interruption.isRequested
      guard isReady else { throw InputError(.interrupted, name) }
      let descriptor = self.descriptor
      let (count, failure) = input.withUnsafeMutableBytes { buffer in
        let free = UnsafeMutableRawBufferPointer(rebasing: buffer[kept...])
        let count = read(descriptor, free.baseAddress, free.count)
        return (count, errno)
      }
      if count > 0 {
        inputRange = 0..<(kept + count)
        bytesRead += count
        return
      }
      if count == 0 {
        hasEnded = true
      } else if failure != EINTR, failure != EAGAIN {
        throw InputError(opening: name, errno: failure)
      }
    }
  }

  private mutating func nextUnpacked() throws(InputError) -> ArraySlice<UInt8>? {
    while true {
      if inputRange.isEmpty {
        try fill()
        if inputRange.isEmpty {
          guard gzip?.isBetweenMembers ?? true else { throw InputError(.gzipTruncated, name) }
          return nil
        }
      }
      let range = inputRange
      let step = input.withUnsafeBytes { source in
        output.withUnsafeMutableBytes { target in
          gzip?.unpack(UnsafeRawBufferPointer(rebasing: source[range]), into: target)
        }
      }
      guard let step else { return nil }
      inputRange = (range.lowerBound + step.consumed)..<range.upperBound
      if let problem = step.problem { throw InputError(.gzipCorrupt, name, problem) }
      if step.produced > 0 { return output[0..<step.produced] }
    }
  }
}
