internal import Synchronization

/// Where the answer to one request is given, once, on any thread.
///
/// A handler that lets go of it without an answer answers with 500, so that no client waits for
/// ever.
public final class Reply: Sendable {
  private let deliver: @Sendable (@escaping @Sendable () -> HTTPResponse) -> Void
  private let isSent = Atomic<Bool>(false)

  /// Makes a place for an answer.
  ///
  /// - Parameter deliver: Called once, with what makes the answer.
  public init(making deliver: @escaping @Sendable (@escaping @Sendable () -> HTTPResponse) -> Void)
  {
    self.deliver = deliver
  }

  /// Makes a place for an answer.
  ///
  /// - Parameter deliver: Called once.
  public convenience init(_ deliver: @escaping @Sendable (HTTPResponse) -> Void) {
    self.init(making: { make in deliver(make()) })
  }

  deinit {
    if !isSent.load(ordering: .relaxed) { deliver { Problem.internalError.response } }
  }

  /// Answers; a second answer is dropped.
  public func send(_ response: HTTPResponse) {
    send(making: { response })
  }

  /// Answers with what `make` returns, which is called once, perhaps later, on the connection's
  /// thread: who answers many at once need not make all answers itself.
  public func send(making make: @escaping @Sendable () -> HTTPResponse) {
    guard isSent.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
    else { return }
    deliver(make)
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
