internal import Dispatch
internal import Synchronization

/// Work in many pieces that several threads do and one takes in order.
enum OrderedWork {
  /// Does pieces of work on some threads, and hands each result on in the order of the pieces.
  ///
  /// Results wait for their turn, at most `ahead` of them. There is no lock: threads draw numbers,
  /// and each result has a place of its own.
  ///
  /// - Parameters:
  ///   - count: How many pieces there are.
  ///   - workers: One for each thread; a worker is used by one thread at a time.
  ///   - ahead: How many results may wait.
  ///   - work: Does the piece with a number.
  ///   - take: Gets each result, in order and on the calling thread.
  /// - Throws: What `work` or `take` throws: of several the one of the first piece.
  static func run<Worker: AnyObject, Result>(
    _ count: Int, workers: [Worker], ahead: Int,
    work: @Sendable (Worker, Int) throws -> Result, take: (Result) throws -> Void
  ) throws {
    guard workers.count > 1, count > 1 else {
      for number in 0..<count { try take(try work(workers[0], number)) }
      return
    }
    var next = 0
    while next < count {
      let numbers = next..<min(count, next + ahead)
      let results = try parallel(numbers, workers, work)
      for case let result? in results { try take(try result.get()) }
      next = numbers.upperBound
    }
  }

  private static func parallel<Worker: AnyObject, Result>(
    _ numbers: Range<Int>, _ workers: [Worker], _ work: @Sendable (Worker, Int) throws -> Result
  ) throws -> [Swift.Result<Result, any Error>?] {
    var results = [Swift.Result<Result, any Error>?](repeating: nil, count: numbers.count)
    let drawn = Atomic<Int>(0)
    results.withUnsafeMutableBufferPointer { slots in
      // Every slot is written by the one thread that drew its number, and read after all ended.
      nonisolated(unsafe) let slots = slots
      nonisolated(unsafe) let workers = workers
      DispatchQueue.concurrentPerform(iterations: min(workers.count, numbers.count)) { thread in
        while true {
          let place = drawn.add(1, ordering: .relaxed).oldValue
          guard place < slots.count else { return }
          slots[place] = Swift.Result { try work(workers[thread], numbers.lowerBound + place) }
        }
      }
    }
    return results
  }
}
