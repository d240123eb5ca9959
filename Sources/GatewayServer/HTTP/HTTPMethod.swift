/// A method of HTTP that the gateway knows.
public enum HTTPMethod: String, CaseIterable, Hashable, Sendable {
  /// Reads.
  case get = "GET"
  /// Makes something, or asks for something to be done.
  case post = "POST"
  /// Puts something in its place.
  case put = "PUT"
  /// Changes a part.
  case patch = "PATCH"
  /// Takes away.
  case delete = "DELETE"

  /// Whether requests of this method bring a body.
  public var takesBody: Bool { self == .post || self == .put || self == .patch }
}
