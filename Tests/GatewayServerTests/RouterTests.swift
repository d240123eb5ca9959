import Testing

@testable import GatewayServer

@Suite("Routes")
struct RouterTests {
  private static func route(_ method: HTTPMethod, _ pattern: String) -> Route {
    Route(
      method, pattern, access: .anyone,
      operation: Operation("x", "X", tag: "x", responses: [Operation.Response(200, "Done")]),
      answer: { _ in .empty() })
  }

  private let router = Router([
    route(.get, "/"), route(.get, "/venues/new"), route(.get, "/venues/{venue}"),
    route(.post, "/venues/{venue}"), route(.get, "/venues/{venue}/counts/{day}"),
    route(.get, "/keys"),
  ])

  @Test(
    "A path finds its route, written parts before named ones",
    arguments: [
      ("/", 0, [:]), ("/venues/new", 1, [:]), ("/venues/C4", 2, ["venue": "C4"]),
      ("/venues/a%2Fb", 2, ["venue": "a/b"]), ("/keys", 5, [:]),
      ("/venues/new/counts/x%20y", 4, ["venue": "new", "day": "x y"]),
    ] as [(String, Int, [String: String])])
  func finds(path: String, expected: Int, names: [String: String]) throws {
    guard case .route(let place, let values) = router.match(.get, path[...].utf8) else {
      Issue.record("nothing at \(path)")
      return
    }
    #expect(place == expected)
    #expect(values == names)
  }

  @Test(
    "A path that no route takes finds nothing",
    arguments: [
      "", "x", "/x", "/venues", "/venues/", "/venues//counts/x", "/keys/", "/keys/x",
      "/venues/%", "/venues/%0", "/venues/%gg", "/venues/%00", "/venues/%ff", "/%2Fkeys",
      "//", String(repeating: "/a", count: 10_000), "*",
    ])
  func findsNothing(path: String) {
    guard case .nothing = router.match(.get, path[...].utf8) else {
      Issue.record("something at \(path.prefix(40))")
      return
    }
  }

  @Test("A path of other methods names them")
  func namesOtherMethods() {
    guard case .otherMethods(let methods) = router.match(.delete, "/venues/new"[...].utf8) else {
      Issue.record("no methods")
      return
    }
    #expect(Set(methods) == [.get, .post])
  }

  @Test("A method of a named part is found where the written part has others")
  func fallsBack() {
    guard case .route(3, ["venue": "new"]) = router.match(.post, "/venues/new"[...].utf8) else {
      Issue.record("not found")
      return
    }
  }
}
