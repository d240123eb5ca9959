/// Who an authenticator found a request to be of.
///
/// Each kind of client has a type of its own, with what its handlers need to know.
public protocol Principal: Sendable {
  /// What the audit log calls it.
  var auditName: String { get }
}

/// A request that was read to its end, with a path that a route takes.
public struct HTTPRequest: Sendable {
  /// The method; `get` for HEAD too, whose answer's body is not sent.
  public var method: HTTPMethod
  /// The path, with its escapes undone.
  public var path: String
  /// The path and the query as they were sent, which signatures cover.
  public var target: String
  /// The parts of the path that the pattern names.
  public var parameters: [String: String]
  /// The body; compressed ones were unpacked.
  public var body: [UInt8]
  /// The body as it was sent, which signatures cover: the same unless it was compressed.
  public var sentBody: [UInt8]
  /// Where it came from, for limits.
  public var client: ClientAddress
  /// When it was read, in Unix milliseconds.
  public var receivedAt: Int64
  /// Who it is of, when its route asks for that.
  public var principal: (any Principal)?
  /// The fields of the head as they were sent.
  public var fields: [(name: String, value: String)]
  /// The names and values of the query, with their escapes undone.
  public var queryItems: [(name: String, value: String)]

  /// Makes a request; tests make them without a socket.
  public init(
    _ method: HTTPMethod, _ path: String, target: String? = nil,
    parameters: [String: String] = [:], query: [(name: String, value: String)] = [],
    fields: [(name: String, value: String)] = [], body: [UInt8] = [],
    client: ClientAddress = .none, receivedAt: Int64 = 0, principal: (any Principal)? = nil
  ) {
    self.method = method
    self.path = path
    self.target = target ?? path
    self.parameters = parameters
    self.body = body
    self.sentBody = body
    self.client = client
    self.receivedAt = receivedAt
    self.principal = principal
    self.fields = fields
    self.queryItems = query
  }

  /// The value of a field of the head, by its name in any case; nil when it is not there.
  public func header(_ name: String) -> String? {
    fields.first { $0.name.isSameField(as: name) }?.value
  }

  /// The value of a parameter of the query; nil when it is not there.
  public func query(_ name: String) -> String? {
    queryItems.first { $0.name == name }?.value
  }

  /// When it was read, in Unix seconds.
  public var receivedSecond: Int64 {
    receivedAt >= 0 ? receivedAt / 1_000 : (receivedAt - 999) / 1_000
  }
}

extension String {
  /// Whether two names of fields are the same: ASCII letters in any case.
  func isSameField(as other: String) -> Bool {
    utf8.count == other.utf8.count
      && zip(utf8, other.utf8).allSatisfy { $0 == $1 || String.folded($0) == String.folded($1) }
  }

  private static func folded(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
  }
}
