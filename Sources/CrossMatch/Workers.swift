internal import Dispatch
internal import Synchronization

/// Work that is dealt out to threads piece by piece.
enum Workers {
  /// Calls `body` once with each number below a count, on so many threads.
  ///
  /// Whoever is free takes the next number, so pieces need not be equal. What a piece gives must not
  /// depend on who does it or when; then the whole is the same for any number of threads.
  ///
  /// - Parameters:
  ///   - count: How many pieces there are.
  ///   - threads: How many may run at a time, at least 1.
  ///   - body: Gets the piece and the number of the thread, which is below `threads`.
  static func forEach(
    _ count: Int, threads: Int, _ body: (_ piece: Int, _ worker: Int) -> Void
  ) {
    let workers = min(threads, count)
    guard workers > 1 else {
      for piece in 0..<count { body(piece, 0) }
      return
    }
    let next = Atomic<Int>(0)
    withoutActuallyEscaping(body) { body in
      // Pieces write to places of their own, which the compiler cannot see.
      nonisolated(unsafe) let work = body
      DispatchQueue.concurrentPerform(iterations: workers) { worker in
        while true {
          let piece = next.add(1, ordering: .relaxed).oldValue
          guard piece < count else { return }
          work(piece, worker)
        }
      }
    }
  }
}
