internal import Synchronization

/// Where the answer to one request is given, once, on any thread.
///
/// A handler that lets go of it without an answer answers with 500, so that no client waits for
/// ever.
public final class Reply: Sendable {
  private let deliver: @Sendable (HTTPResponse) -> Void
  private let isSent = Atomic<Bool>(false)

  /// Makes a place for an answer.
  ///
  /// - Parameter deliver: Called once.
  public init(_ deliver: @escaping @Sendable (HTTPResponse) -> Void) {
    self.deliver = deliver
  }

  deinit {
    if !isSent.load(ordering: .relaxed) { deliver(Problem.internalError.response) }
  }

  /// Answers; a second answer is dropped.
  public func send(_ response: HTTPResponse) {
    guard isSent.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
    else { return }
    deliver(response)
  }

  /// Answers with what `body` returns, or with the problem that it throws.
  public func send(answerOf body: () throws -> HTTPResponse) {
    do {
      send(try body())
    } catch let problem as Problem {
      send(problem.response)
    } catch {
      send(Problem.internalError.response)
    }
  }
}
