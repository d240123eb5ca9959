public import JSONText

/// An answer.
public struct HTTPResponse: Sendable {
  /// The status, 200 to 599.
  public var status: Int
  /// The fields of the head, without those that the server itself adds: the length, the date and
  /// whether the connection stays open.
  public var headers: [(name: String, value: String)]
  /// The body.
  public var body: [UInt8]

  /// Makes an answer.
  public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// An answer of JSON.
  public static func json(_ bytes: [UInt8], status: Int = 200) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: [("Content-Type", "application/json")], body: bytes)
  }

  /// An answer of the JSON that `body` writes.
  public static func json(
    status: Int = 200, _ body: (inout JSONWriter) throws -> Void
  ) rethrows -> HTTPResponse {
    var json = JSONWriter()
    try json.object(body)
    return .json(Array(json.bytes), status: status)
  }

  /// An answer of text.
  public static func text(_ text: String, status: Int = 200) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: [("Content-Type", "text/plain; charset=utf-8")],
      body: Array(text.utf8))
  }

  /// An answer of a page, which may load nothing from elsewhere.
  public static func html(_ text: String, status: Int = 200) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: [("Content-Type", "text/html; charset=utf-8")],
      body: Array(text.utf8))
  }

  /// An answer without a body.
  public static func empty(_ status: Int = 204) -> HTTPResponse {
    HTTPResponse(status: status)
  }

  /// The answer that tells of a problem (RFC 9457).
  public static func problem(_ problem: Problem) -> HTTPResponse { problem.response }

  /// Returns the answer with one field more.
  public func adding(_ name: String, _ value: String) -> HTTPResponse {
    var copy = self
    copy.headers.append((name, value))
    return copy
  }

  /// The answer with what every answer tells a browser, unless the face said otherwise: that it is
  /// what it says it is, is kept nowhere, loads nothing and is shown in no other page.
  var withDefaultHeaders: HTTPResponse {
    var copy = self
    for field in HTTPResponse.defaults where header(field.name) == nil {
      copy.headers.append(field)
    }
    return copy
  }

  private static let defaults: [(name: String, value: String)] = [
    ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
  ]

  /// The value of a field, by its name in any case; nil when it is not there.
  public func header(_ name: String) -> String? {
    headers.first { $0.name.isSameField(as: name) }?.value
  }
}
