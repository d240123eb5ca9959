internal import Presence
internal import Synchronization

/// Batches that wait to be appended, so that one commit can serve many callers.
///
/// Each caller puts its batch in the queue and waits for the writer. Who gets the writer first
/// appends what has gathered, its own and the others', with one synchronization of the disk; the
/// others find their outcomes when their turn comes.
final class AppendQueue: Sendable {
  /// How many rows are appended together, unless one batch has more.
  static let mostRows = 10_000

  /// One caller's batch.
  final class Entry: Sendable {
    let batch: [Evidence]
    private let result = Mutex<Result<[AppendOutcome], StoreError>?>(nil)

    fileprivate init(_ batch: [Evidence]) {
      self.batch = batch
    }

    /// What became of the batch; nil while it waits.
    var outcome: Result<[AppendOutcome], StoreError>? {
      get { result.withLock { $0 } }
      set { result.withLock { $0 = newValue } }
    }
  }

  private let waiting = Mutex<[Entry]>([])

  /// How many batches wait.
  var count: Int { waiting.withLock { $0.count } }

  /// Puts a batch at the end.
  func add(_ batch: [Evidence]) -> Entry {
    let entry = Entry(batch)
    waiting.withLock { $0.append(entry) }
    return entry
  }

  /// Takes a batch out again that nobody will append.
  func remove(_ entry: Entry) {
    waiting.withLock { $0.removeAll { $0 === entry } }
  }

  /// Appends what waits, in order, until a batch is done; called by who has the writer.
  func append(until entry: Entry, by writer: StoreWriter) {
    while entry.outcome == nil {
      let group = next().filter { one in
        do throws(StoreError) {
          try StoreWriter.check(one.batch)
          return true
        } catch {
          one.outcome = .failure(error)
          return false
        }
      }
      let rows = group.reduce(0) { $0 + $1.batch.count }
      do throws(StoreError) {
        let all = try writer.append(joined(group, rows))
        var first = 0
        for one in group {
          one.outcome = .success(Array(all[first..<first + one.batch.count]))
          first += one.batch.count
        }
      } catch {
        // What the whole store suffers from would befall each again, after another wait.
        if group.count == 1 || error.code.isOfWholeStore {
          for one in group { one.outcome = .failure(error) }
        } else {
          appendEach(group, by: writer)
        }
      }
    }
  }

  /// Appends batches one by one that failed together, so that each gets its own failure.
  private func appendEach(_ group: [Entry], by writer: StoreWriter) {
    for one in group {
      do throws(StoreError) {
        one.outcome = .success(try writer.append(one.batch))
      } catch {
        one.outcome = .failure(error)
      }
    }
  }

  private func joined(_ group: [Entry], _ rows: Int) -> [Evidence] {
    var all: [Evidence] = []
    all.reserveCapacity(rows)
    for entry in group { all += entry.batch }
    return all
  }

  private func next() -> [Entry] {
    waiting.withLock { waiting in
      var rows = 0
      let end =
        waiting.firstIndex { entry in
          rows += entry.batch.count
          return rows > AppendQueue.mostRows
        } ?? waiting.count
      let group = Array(waiting[..<max(min(1, waiting.count), end)])
      waiting.removeFirst(group.count)
      return group
    }
  }
}
