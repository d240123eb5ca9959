/// One thing that can be asked for: a method and a path, and what answers.
public struct Route: Sendable {
  /// On which thread a request is answered.
  public enum Work: Hashable, Sendable {
    /// On the connection's own, which serves others too: it must not wait for a disk or a lock.
    case inline
    /// On one of a few others; when too many wait the answer is 503.
    case queued
  }

  /// The method; a route of GET answers HEAD too.
  public let method: HTTPMethod
  /// The path; a part in braces, as in `/venues/{venue}/counts`, takes any one part.
  public let pattern: String
  /// Who may use it.
  public let access: Access
  /// What `/openapi.json` says of it.
  public let operation: Operation
  /// On which thread it is answered.
  public let work: Work
  /// The most bytes a body may have, packed or unpacked.
  public let maximumBody: Int
  /// Answers a request.
  public let handle: @Sendable (HTTPRequest, Reply) -> Void

  /// Makes a route that answers when it can, now or later.
  public init(
    _ method: HTTPMethod, _ pattern: String, access: Access, operation: Operation,
    work: Work = .inline, maximumBody: Int = 2_048,
    handle: @escaping @Sendable (HTTPRequest, Reply) -> Void
  ) {
    self.method = method
    self.pattern = pattern
    self.access = access
    self.operation = operation
    self.work = work
    self.maximumBody = maximumBody
    self.handle = handle
  }

  /// Makes a route that answers at once; a `Problem` that is thrown is the answer.
  public init(
    _ method: HTTPMethod, _ pattern: String, access: Access, operation: Operation,
    work: Work = .inline, maximumBody: Int = 2_048,
    answer: @escaping @Sendable (HTTPRequest) throws -> HTTPResponse
  ) {
    self.init(
      method, pattern, access: access, operation: operation, work: work, maximumBody: maximumBody,
      handle: { request, reply in reply.send(answerOf: { try answer(request) }) })
  }
}

/// A group of routes with one purpose.
public protocol Face: Sendable {
  /// The routes.
  var routes: [Route] { get }
}
