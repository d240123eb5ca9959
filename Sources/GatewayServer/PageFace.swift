internal import ByteCompression
internal import VenueCodes

/// The visitor's check-in page: one page, one script and one stylesheet, made ready at the start.
///
/// It loads nothing from elsewhere and runs nothing but its script. The code of a poster is in the
/// fragment of the address, which browsers do not send.
public final class PageFace: Face {
  private let files: [(path: String, file: PageFile)]

  /// Makes the face.
  ///
  /// - Parameter isSecure: Whether phones reach the gateway by TLS, also by that of a proxy: then they
  ///   are told never to come without.
  public init(isSecure: Bool) {
    let page = PageFile(
      PackageResources.checkin_html, type: "text/html; charset=utf-8", isSecure: isSecure)
    files = [
      ("/", page), ("/c", page), ("/receipt", page),
      (
        "/checkin.js",
        PageFile(
          PackageResources.checkin_js, type: "text/javascript; charset=utf-8", isSecure: isSecure)
      ),
      (
        "/checkin.css",
        PageFile(PackageResources.checkin_css, type: "text/css; charset=utf-8", isSecure: isSecure)
      ),
    ]
  }

  /// The routes.
  public var routes: [Route] {
    files.map { path, file in
      let name = path == "/" ? "page" : "page-" + path.dropFirst().filter { $0 != "." }
      return Route(
        .get, path, access: .anyone,
        operation: Operation(
          name, "The check-in page, or a part of it", tag: "pages",
          parameters: [
            Operation.Parameter(
              "If-None-Match", in: .header, .string(),
              "The ETag of what the browser has")
          ],
          responses: [
            Operation.Response(200, "The file", .text(file.mediaType)),
            Operation.Response(304, "The browser has it"),
          ]),
        answer: { request in file.answer(to: request) })
    }
  }
}

/// A file of the page as it is sent, packed and plain.
struct PageFile: Sendable {
  let mediaType: String
  private let plain: [UInt8]
  private let packed: [UInt8]?
  private let tag: String
  private let headers: [(name: String, value: String)]

  init(_ bytes: [UInt8], type: String, isSecure: Bool) {
    plain = bytes
    mediaType = String(type.prefix { $0 != ";" })
    packed = ContentCoding.zstandard(bytes, level: 19)
    // Long enough that no two editions share one.
    tag = Base64URL.text(of: Array(SHA256.digest(of: bytes).prefix(12)))
    var headers = [("Content-Type", type)] + PageFile.security
    if isSecure { headers.append(("Strict-Transport-Security", "max-age=63072000")) }
    headers.append(("Cache-Control", "no-cache"))
    headers.append(("Vary", "Accept-Encoding"))
    self.headers = headers
  }

  /// What a browser is told not to do with the page, whatever is in it.
  static let security: [(name: String, value: String)] = [
    (
      "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    (
      "Permissions-Policy",
      "camera=(), geolocation=(), microphone=(), payment=(), usb=(), bluetooth=(), "
        + "browsing-topics=()"
    ),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
  ]

  func answer(to request: HTTPRequest) -> HTTPResponse {
    let takesPacked = packed != nil && PageFile.takesZstandard(request.header("Accept-Encoding"))
    // A packed body is another representation, and has a tag of its own.
    let tag = takesPacked ? "\"\(tag)-zstd\"" : "\"\(tag)\""
    var headers = headers
    headers.append(("ETag", tag))
    if let known = request.header("If-None-Match"), PageFile.lists(known, tag) {
      return HTTPResponse(status: 304, headers: headers)
    }
    if takesPacked, let packed {
      headers.append(("Content-Encoding", "zstd"))
      return HTTPResponse(status: 200, headers: headers, body: packed)
    }
    return HTTPResponse(status: 200, headers: headers, body: plain)
  }

  /// Whether a list of codings has Zstandard and does not refuse it.
  static func takesZstandard(_ list: String?) -> Bool {
    (list ?? "").split(separator: ",").contains { entry in
      let parts = entry.split(separator: ";").map(\.trimmed)
      guard let name = parts.first, name.lowercased() == "zstd" else { return false }
      return !parts.dropFirst().contains { part in
        let plain = part.filter { $0 != " " }
        return plain.hasPrefix("q=0") && plain.dropFirst(3).allSatisfy { $0 == "." || $0 == "0" }
      }
    }
  }

  private static func lists(_ known: String, _ tag: String) -> Bool {
    known.split(separator: ",").contains { entry in
      let entry = entry.trimmed
      return entry == "*" || entry == tag || entry == "W/" + tag
    }
  }
}
