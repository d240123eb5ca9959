internal import CSodium

/// Secret bytes in memory of their own: locked against swapping where the system allows it, fenced
/// by guard pages, never written again, and wiped when they go out of scope.
///
/// Code gets at them only inside `withUnsafeBytes`; they never print themselves. What a caller
/// copies out of the closure is the caller's to wipe.
///
/// Each value costs a few pages of memory, so this is for keys, not for records.
public struct SecretBytes: ~Copyable, @unchecked Sendable {
  // Unchecked is safe: the memory is read-only from the end of `init` to `deinit`, and a value that
  // cannot be copied has one `deinit`.

  /// How many bytes there are.
  public let count: Int

  private let base: UnsafeMutablePointer<UInt8>

  /// Copies bytes; the caller wipes the original.
  ///
  /// - Parameter bytes: The secret.
  /// - Throws: `KeyError.noSecureMemory` when the system gives no memory.
  public init(copying bytes: Span<UInt8>) throws(KeyError) {
    try self.init(count: bytes.count) { memory throws(KeyError) in
      for place in bytes.indices { memory[place] = bytes[place] }
    }
  }

  /// Makes new secret bytes of a random generator.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - generator: The system's generator outside tests.
  /// - Throws: `KeyError.noSecureMemory` when the system gives no memory.
  public init(
    randomCount count: Int, using generator: inout some RandomNumberGenerator
  ) throws(KeyError) {
    try self.init(count: count) { memory throws(KeyError) in
      for place in 0..<count {
        memory[place] = UInt8(truncatingIfNeeded: generator.next())
      }
    }
  }

  /// Makes secret bytes that a closure writes in place, so that no copy is left behind.
  ///
  /// - Parameters:
  ///   - count: How many bytes the closure gets.
  ///   - write: Writes all of them; what it throws is thrown on and the memory is wiped.
  /// - Throws: `KeyError.noSecureMemory` when the system gives no memory.
  package init(
    count: Int, writing write: (UnsafeMutablePointer<UInt8>) throws(KeyError) -> Void
  ) throws(KeyError) {
    guard Sodium.isReady, let memory = sodium_malloc(count) else { throw .noSecureMemory }
    let base = memory.bindMemory(to: UInt8.self, capacity: count)
    do {
      try write(base)
    } catch {
      sodium_free(base)
      throw error
    }
    // A system without page protection keeps the bytes writable, which harms nobody.
    _ = sodium_mprotect_readonly(base)
    self.base = base
    self.count = count
  }

  deinit {
    // The C function is `sodium_free`; it wipes before it frees.
    sodium_free(base)
  }

  /// Calls a closure with the bytes, which are valid only inside it.
  ///
  /// - Parameter body: Must neither keep the pointer nor leave copies.
  /// - Returns: What the closure returns.
  /// - Throws: What the closure throws.
  public borrowing func withUnsafeBytes<Result: ~Copyable, Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: base, count: count))
  }

  /// Calls a closure with the first byte's address, as C functions want it.
  borrowing func withPointer<Result: ~Copyable, Failure>(
    _ body: (UnsafePointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(base)
  }
}

/// The C library, made ready once for the whole process.
enum Sodium {
  /// Whether the library can be used; false only when the system has no source of randomness.
  ///
  /// The C function is `sodium_init`.
  static let isReady: Bool = sodium_init() >= 0
}
