internal import JSONText

/// The description of the interface (OpenAPI 3.1), made from the routes that are served.
public struct OpenAPIDocument: Sendable {
  /// The text.
  public let json: [UInt8]

  /// Describes routes.
  ///
  /// - Parameters:
  ///   - routes: The routes.
  ///   - version: The version of the program.
  public init(_ routes: [Route], version: String) {
    var json = JSONWriter()
    json.object { json in
      json.field("openapi", "3.1.0")
      json.field("info") {
        $0.object {
          $0.field("title", "checkin gateway")
          $0.field("version", version)
          $0.field(
            "description",
            "Check-ins, doors and health staff. Errors are application/problem+json (RFC 9457).")
          $0.field("license") {
            $0.object {
              $0.field("name", "Apache-2.0")
              $0.field("identifier", "Apache-2.0")
            }
          }
        }
      }
      json.field("paths") { json in
        var patterns: [String] = []
        for route in routes where !patterns.contains(route.pattern) {
          patterns.append(route.pattern)
        }
        json.object { json in
          for pattern in patterns {
            json.key(named: pattern)
            json.object { json in
              for route in routes where route.pattern == pattern {
                json.key(named: route.method.rawValue.lowercased())
                OpenAPIDocument.write(route, to: &json)
              }
            }
          }
        }
      }
      json.field("components") {
        $0.object {
          $0.field("schemas") {
            $0.object {
              $0.field("Problem") { OpenAPIDocument.write(OpenAPIDocument.problem, to: &$0) }
            }
          }
          $0.field("securitySchemes") {
            $0.object { json in
              for scheme in Access.Scheme.allCases
              where routes.contains(where: { $0.access.scheme == scheme }) {
                json.key(named: scheme.rawValue)
                json.object {
                  $0.field("type", "http")
                  $0.field("scheme", scheme == .door ? "signature" : "bearer")
                }
              }
            }
          }
        }
      }
    }
    self.json = Array(json.bytes)
  }

  private static let problem = Schema.object([
    Schema.Member("type", .string(format: "uri"), "The stable name of the sort of problem"),
    Schema.Member("title", .string(), "What sort of problem it is"),
    Schema.Member("status", .integer(400...599), "The status"),
    Schema.Member("detail", .string(), isRequired: false, "What is wrong this time"),
    Schema.Member(
      "retry_after", .integer(0...86_400), isRequired: false, "Seconds until it is worth a try"),
    Schema.Member(
      "fields",
      .list(
        .object([
          Schema.Member("name", .string(), "The value's name"),
          Schema.Member("reason", .string(), "What is wrong with it"),
        ]), most: nil), isRequired: false, "What is wrong with single values"),
  ])

  private static func write(_ route: Route, to json: inout JSONWriter) {
    let operation = route.operation
    json.object { json in
      json.field("operationId", operation.id)
      json.field("summary", operation.summary)
      if !operation.discussion.isEmpty { json.field("description", operation.discussion) }
      json.field("tags", [operation.tag])
      if !operation.parameters.isEmpty {
        json.field("parameters") {
          $0.array(operation.parameters) { json, parameter in
            json.object {
              $0.field("name", parameter.name)
              $0.field("in", parameter.place.rawValue)
              $0.field("required", parameter.isRequired)
              $0.field("description", parameter.summary)
              $0.field("schema") { write(parameter.schema, to: &$0) }
            }
          }
        }
      }
      if let body = operation.body {
        json.field("requestBody") {
          $0.object {
            $0.field("required", true)
            $0.field("content") { write(body, to: &$0) }
          }
        }
      }
      json.field("responses") { json in
        json.object { json in
          for response in operation.responses {
            json.key(named: "\(response.status)")
            json.object {
              $0.field("description", response.summary)
              if let content = response.content {
                $0.field("content") { write(content, to: &$0) }
              }
            }
          }
          for status in problems(of: route) {
            json.key(named: "\(status)")
            json.object {
              $0.field("description", titles[status] ?? "A problem")
              $0.field("content") {
                $0.object {
                  $0.field("application/problem+json") {
                    $0.object {
                      $0.field("schema") {
                        $0.object { $0.field("$ref", "#/components/schemas/Problem") }
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
      if let scheme = route.access.scheme {
        json.field("security") {
          $0.array {
            $0.object {
              $0.key(named: scheme.rawValue)
              $0.array { _ in }
            }
          }
        }
      }
    }
  }

  /// The statuses of the problems that a route may answer with.
  private static func problems(of route: Route) -> [Int] {
    var all: Set<Int> = [400, 500, 503]
    if route.operation.body != nil { all.formUnion([408, 411, 413, 415, 422]) }
    if route.access.scheme != nil { all.formUnion([401, 403]) }
    if route.pattern.contains("{") { all.insert(404) }
    all.formUnion(route.operation.problems)
    return all.subtracting(route.operation.responses.map(\.status)).sorted()
  }

  private static let titles: [Int: String] = [
    400: "The request cannot be read", 401: "Who asks is not known", 403: "This is not allowed",
    404: "There is nothing here", 408: "The request took too long",
    409: "Something else is known by this key", 411: "The request has no body",
    413: "The body is too large", 415: "The body is of a type not taken here",
    422: "What the request says cannot be", 429: "Too many requests",
    500: "Something went wrong here", 503: "There is too much to do",
    507: "The disk is full",
  ]

  private static func write(_ content: Operation.Content, to json: inout JSONWriter) {
    json.object { json in
      for type in content.types {
        json.key(named: type)
        json.object { $0.field("schema") { write(content.schema, to: &$0) } }
      }
    }
  }

  private static func write(
    _ schema: Schema, to json: inout JSONWriter, summary: String = ""
  ) {
    json.object { json in
      if !summary.isEmpty { json.field("description", summary) }
      switch schema {
      case .text(let format, let pattern, let length, let words):
        json.field("type", "string")
        if let format { json.field("format", format) }
        if let pattern { json.field("pattern", pattern) }
        if let length {
          json.field("minLength", length.lowerBound)
          json.field("maxLength", length.upperBound)
        }
        if !words.isEmpty { json.field("enum", words) }
      case .integer(let range):
        json.field("type", "integer")
        if let range {
          json.field("minimum", range.lowerBound)
          json.field("maximum", range.upperBound)
        }
      case .number: json.field("type", "number")
      case .boolean: json.field("type", "boolean")
      case .binary:
        json.field("type", "string")
        json.field("contentEncoding", "binary")
      case .list(let element, let most):
        json.field("type", "array")
        json.field("items") { write(element, to: &$0) }
        if let most { json.field("maxItems", most) }
      case .object(let members):
        json.field("type", "object")
        json.field("additionalProperties", false)
        json.field("required", members.filter(\.isRequired).map(\.name))
        json.field("properties") {
          $0.object { json in
            for member in members {
              json.key(named: member.name)
              write(member.schema, to: &json, summary: member.summary)
            }
          }
        }
      case .dictionary(let value):
        json.field("type", "object")
        json.field("additionalProperties") { write(value, to: &$0) }
      case .either(let schemas):
        json.field("oneOf") { $0.array(schemas) { write($1, to: &$0) } }
      case .optional(let value):
        json.field("anyOf") {
          $0.array {
            write(value, to: &$0)
            $0.object { $0.field("type", "null") }
          }
        }
      case .any: break
      }
    }
  }
}

/// The description of the interface: `GET /openapi.json`.
public struct DescriptionFace: Face {
  private let document: SignedDocument

  /// Describes what other faces serve, and itself.
  ///
  /// - Parameters:
  ///   - faces: The faces.
  ///   - version: The version of the program.
  public init(of faces: [any Face], version: String) {
    let routes = faces.flatMap(\.routes)
    let path = "/openapi.json"
    let own = DescriptionFace(document: SignedDocument([], path: path, signedBy: nil, at: 0)).routes
    document = SignedDocument(
      OpenAPIDocument(routes + own, version: version).json, path: path, signedBy: nil, at: 0)
  }

  private init(document: SignedDocument) {
    self.document = document
  }

  /// The route.
  public var routes: [Route] {
    let document = document
    return [
      Route(
        .get, "/openapi.json", access: .anyone,
        operation: Operation(
          "description", "Describes this interface (OpenAPI 3.1)", tag: "anyone",
          responses: [
            Operation.Response(200, "The description", .json(.any)),
            Operation.Response(304, "The client has it"),
          ]),
        answer: { document.response(to: $0, type: "application/json") })
    ]
  }
}
