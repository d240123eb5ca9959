/// Finds the route of a method and a path.
///
/// Routes are a tree of the parts of their patterns. A part that is written out goes before one in
/// braces, so `/venues/new` is not a venue. There is no more to a pattern, and so nothing in a path
/// can make finding slow: it takes one step for each part.
struct Router: Sendable {
  /// What is at a path.
  enum Match {
    /// A route, by its place in the list, with the parts that its pattern names.
    case route(Int, [String: String])
    /// Only routes of other methods, which the answer names.
    case otherMethods([HTTPMethod])
    /// Nothing.
    case nothing
  }

  /// The most parts of a path that are looked at.
  static let mostParts = 16

  private struct Node: Sendable {
    var children: [String: Int] = [:]
    var anyChild: Int?
    /// The routes that end here: for each method its place in the list and its names.
    var ends: [HTTPMethod: (route: Int, names: [String])] = [:]
  }

  private var nodes = [Node()]

  /// Makes a router.
  ///
  /// Two routes of one method and path are a mistake of the program.
  init(_ routes: [Route]) {
    for (place, route) in routes.enumerated() {
      var node = 0
      var names: [String] = []
      for part in route.pattern.split(separator: "/") {
        if part.hasPrefix("{"), part.hasSuffix("}") {
          names.append(String(part.dropFirst().dropLast()))
          node = child(of: node, nil)
        } else {
          node = child(of: node, String(part))
        }
      }
      precondition(
        nodes[node].ends[route.method] == nil,
        "two routes for \(route.method.rawValue) \(route.pattern)")
      nodes[node].ends[route.method] = (place, names)
    }
  }

  private mutating func child(of node: Int, _ part: String?) -> Int {
    if let known = part.map({ nodes[node].children[$0] }) ?? nodes[node].anyChild { return known }
    nodes.append(Node())
    if let part {
      nodes[node].children[part] = nodes.count - 1
    } else {
      nodes[node].anyChild = nodes.count - 1
    }
    return nodes.count - 1
  }

  /// Finds what is at a path.
  ///
  /// - Parameters:
  ///   - method: The method; nil for one that no route has.
  ///   - path: The path as it was sent, which begins with a slash, without the query.
  /// - Returns: What is there.
  func match(_ method: HTTPMethod?, _ path: Substring.UTF8View) -> Match {
    guard path.first == UInt8(ascii: "/") else { return .nothing }
    var parts: [String] = []
    if path.count > 1 {
      for part in path.dropFirst().split(
        separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      {
        // Escapes are undone after the path is cut: an escaped slash cuts nothing.
        guard parts.count < Router.mostParts, let text = PercentEncoding.decoded(part) else {
          return .nothing
        }
        parts.append(text)
      }
    }
    var best: [HTTPMethod] = []
    var values: [String] = []
    if let found = walk(0, parts[...], method, &values, &best) { return found }
    return best.isEmpty ? .nothing : .otherMethods(best)
  }

  /// Goes down the tree; written out parts are tried first, and at most one other way for each part.
  private func walk(
    _ node: Int, _ parts: ArraySlice<String>, _ method: HTTPMethod?, _ values: inout [String],
    _ others: inout [HTTPMethod]
  ) -> Match? {
    guard let part = parts.first else {
      let ends = nodes[node].ends
      if let method, let (route, names) = ends[method] {
        return .route(
          route, Dictionary(zip(names, values), uniquingKeysWith: { first, _ in first }))
      }
      for method in HTTPMethod.allCases where ends[method] != nil && !others.contains(method) {
        others.append(method)
      }
      return nil
    }
    if let next = nodes[node].children[part],
      let found = walk(next, parts.dropFirst(), method, &values, &others)
    {
      return found
    }
    guard let next = nodes[node].anyChild, !part.isEmpty else { return nil }
    values.append(part)
    if let found = walk(next, parts.dropFirst(), method, &values, &others) { return found }
    values.removeLast()
    return nil
  }
}
