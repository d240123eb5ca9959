internal import Synchronization

/// Whether the gateway lives and can take check-ins: `GET /healthz` and `GET /readyz`.
public final class StatusFace: Face {
  private let isReady: @Sendable () -> Bool

  /// Makes the face.
  ///
  /// - Parameter isReady: Whether check-ins can be stored now.
  public init(isReady: @escaping @Sendable () -> Bool) {
    self.isReady = isReady
  }

  /// The routes.
  public var routes: [Route] {
    let isReady = isReady
    return [
      Route(
        .get, "/healthz", access: .anyone,
        operation: Operation(
          "health", "Says that the process lives", tag: "operation",
          responses: [Operation.Response(200, "It lives", .text())]),
        answer: { _ in .text("ok\n") }),
      Route(
        .get, "/readyz", access: .anyone,
        operation: Operation(
          "readiness", "Says whether check-ins can be stored now", tag: "operation",
          responses: [Operation.Response(200, "They can", .text())], problems: [503]),
        answer: { _ in
          guard isReady() else {
            throw Problem(
              code: "not-ready", status: 503, title: "Check-ins cannot be stored now",
              retryAfter: 5)
          }
          return .text("ready\n")
        }),
    ]
  }
}

/// What is measured, for Prometheus: `GET /metrics` on a port of its own.
public struct MetricsFace: Face {
  private let metrics: Metrics

  /// Makes the face.
  public init(_ metrics: Metrics) {
    self.metrics = metrics
  }

  /// The route.
  public var routes: [Route] {
    let metrics = metrics
    return [
      Route(
        .get, "/metrics", access: .anyone,
        operation: Operation(
          "metrics", "Gives what is measured", tag: "operation",
          responses: [Operation.Response(200, "Prometheus text", .text())]),
        answer: { _ in
          HTTPResponse(
            status: 200, headers: [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")],
            body: Array(metrics.text.utf8))
        })
    ]
  }
}
