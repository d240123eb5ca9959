internal import JSONText

/// Why a request is not done, as the client is told (RFC 9457).
///
/// `code` is the stable part: it makes the `type` and clients compare it. The title is the same for
/// every problem of a code; the detail says what is wrong this time, and names no person.
public struct Problem: Error, Hashable, Sendable {
  /// One value of the request that is wrong.
  public struct Field: Hashable, Sendable {
    /// Where it stands: a name, or a path such as `rows.3.venue`.
    public let name: String
    /// What is wrong with it.
    public let reason: String

    /// Makes a note of a wrong value.
    public init(_ name: String, _ reason: String) {
      self.name = name
      self.reason = reason
    }
  }

  /// The stable word, such as `too-large`.
  public let code: String
  /// The status of the answer.
  public let status: Int
  /// What sort of problem it is, in a few words.
  public let title: String
  /// What is wrong this time, in a sentence; nil when the title says it.
  public let detail: String?
  /// After how many seconds it is worth trying again; nil when it never is unchanged.
  public let retryAfter: Int?
  /// What is wrong with single values.
  public let fields: [Field]

  /// Makes a problem.
  public init(
    code: String, status: Int, title: String, detail: String? = nil, retryAfter: Int? = nil,
    fields: [Field] = []
  ) {
    self.code = code
    self.status = status
    self.title = title
    self.detail = detail
    self.retryAfter = retryAfter
    self.fields = fields
  }

  /// The type: a name, since there is no page to look at where a gateway is offline.
  public var type: String { "urn:checkin:problem:\(code)" }

  /// The answer.
  public var response: HTTPResponse {
    var json = JSONWriter()
    json.object {
      $0.field("type", type)
      $0.field("title", title)
      $0.field("status", status)
      if let detail { $0.field("detail", detail) }
      if let retryAfter { $0.field("retry_after", retryAfter) }
      if !fields.isEmpty {
        $0.field("fields") {
          $0.array(fields) { json, field in
            json.object {
              $0.field("name", field.name)
              $0.field("reason", field.reason)
            }
          }
        }
      }
    }
    var response = HTTPResponse(
      status: status, headers: [("Content-Type", "application/problem+json")],
      body: Array(json.bytes))
    if let retryAfter { response.headers.append(("Retry-After", "\(retryAfter)")) }
    return response
  }
}

extension Problem {
  /// The request cannot be read.
  public static func badRequest(_ detail: String, fields: [Field] = []) -> Problem {
    Problem(
      code: "bad-request", status: 400, title: "The request cannot be read", detail: detail,
      fields: fields)
  }

  /// The request can be read, and what it says cannot be.
  public static func invalid(_ detail: String, fields: [Field] = []) -> Problem {
    Problem(
      code: "invalid", status: 422, title: "What the request says cannot be", detail: detail,
      fields: fields)
  }

  /// Nobody said who they are, or not so that it can be believed.
  public static func unauthenticated(_ detail: String) -> Problem {
    Problem(
      code: "unauthenticated", status: 401, title: "Who asks is not known", detail: detail)
  }

  /// Who asks may not have what they ask for.
  public static func forbidden(_ detail: String) -> Problem {
    Problem(code: "forbidden", status: 403, title: "This is not allowed", detail: detail)
  }

  /// There is nothing at the path.
  public static let notFound = Problem(
    code: "not-found", status: 404, title: "There is nothing here")

  /// There is something at the path, for other methods.
  public static let methodNotAllowed = Problem(
    code: "method-not-allowed", status: 405, title: "The method is not allowed here")

  /// The same key came with something else before.
  public static func conflict(_ detail: String) -> Problem {
    Problem(
      code: "conflict", status: 409, title: "Something else is known by this key", detail: detail)
  }

  /// A body must say how long it is.
  public static let lengthRequired = Problem(
    code: "length-required", status: 411, title: "The request has no body",
    detail: "send a body with its Content-Length")

  /// The body is too large.
  public static func tooLarge(_ limit: Int) -> Problem {
    Problem(
      code: "too-large", status: 413, title: "The body is too large",
      detail: "at most \(limit) bytes are taken here")
  }

  /// The body is of a type, or packed in a way, that is not taken.
  public static func unsupportedMedia(_ detail: String) -> Problem {
    Problem(
      code: "unsupported-media-type", status: 415, title: "The body is of a type not taken here",
      detail: detail)
  }

  /// Too many requests came.
  public static func tooMany(_ detail: String, retryAfter seconds: Int) -> Problem {
    Problem(
      code: "too-many-requests", status: 429, title: "Too many requests", detail: detail,
      retryAfter: seconds)
  }

  /// Something went wrong here.
  public static let internalError = Problem(
    code: "internal", status: 500, title: "Something went wrong here",
    detail: "the request may or may not have been done: send it again with the same key")

  /// There is more to do than can be done.
  public static func overloaded(retryAfter seconds: Int) -> Problem {
    Problem(
      code: "overloaded", status: 503, title: "There is too much to do",
      detail: "nothing of this request was done", retryAfter: seconds)
  }

  /// The server is about to stop.
  public static let stopping = Problem(
    code: "stopping", status: 503, title: "The server is about to stop",
    detail: "nothing of this request was done", retryAfter: 1)

  /// The disk is full.
  public static let diskFull = Problem(
    code: "disk-full", status: 507, title: "The disk is full",
    detail: "nothing of this request was stored", retryAfter: 60)
}
