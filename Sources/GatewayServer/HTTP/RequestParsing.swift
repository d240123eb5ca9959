/// All that reads what a client sends, in one call: for a fuzzer.
package enum RequestParsing {
  private static let router = Router(
    ["/keys", "/venues/{venue}", "/venues/new", "/venues/{venue}/counts"].map {
      Route(
        .get, $0, access: .anyone,
        operation: Operation("x", "X", tag: "x", responses: []), answer: { _ in .empty() })
    })

  /// Reads bytes as a first line, and as the body of a check-in.
  package static func check(_ bytes: [UInt8]) {
    _ = try? CheckInRequest(bytes)
    let text = String(decoding: bytes, as: UTF8.self)
    let words = text.split(separator: " ", maxSplits: 1)
    let target = String(words.last ?? "")
    let (path, query) = HTTPApplication.cut(target)
    _ = PercentEncoding.query(query)
    if case .route(let route, let names) = router.match(
      HTTPMethod(rawValue: String(words.first ?? "")), path)
    {
      precondition(names.isEmpty == (route == 0 || route == 2), "a name for each part in braces")
    }
    _ = ClientAddress(target)
    _ = try? CheckInFace.key(
      HTTPRequest(.post, "/checkins", fields: [("Idempotency-Key", target)]))
  }
}
