import ByteCompression
import Testing

@testable import GatewayServer

@Suite("The check-in page") struct PageFaceTests {
  private func answer(
    _ path: String, _ fields: [(name: String, value: String)] = [], isSecure: Bool = true
  ) throws -> HTTPResponse {
    let workers = WorkerPool(threads: 1, capacity: 1)
    defer { workers.stop() }
    let application = HTTPApplication(
      faces: [PageFace(isSecure: isSecure)], workers: workers,
      metrics: Metrics(), log: .silent)
    return application.response(to: HTTPRequest(.get, path, fields: fields))
  }

  @Test(
    "Every part of the page is there, as what it is",
    arguments: [
      ("/", "text/html; charset=utf-8"), ("/c", "text/html; charset=utf-8"),
      ("/receipt", "text/html; charset=utf-8"), ("/checkin.js", "text/javascript; charset=utf-8"),
      ("/checkin.css", "text/css; charset=utf-8"),
    ])
  func parts(path: String, type: String) throws {
    let answer = try answer(path)
    #expect(answer.status == 200)
    #expect(answer.header("Content-Type") == type)
    #expect(answer.header("X-Content-Type-Options") == "nosniff")
    #expect(answer.header("Referrer-Policy") == "no-referrer")
    #expect(answer.header("Strict-Transport-Security") != nil)
    let policy = try #require(answer.header("Content-Security-Policy"))
    #expect(policy.hasPrefix("default-src 'none'") && !policy.contains("unsafe"))
    #expect(try self.answer(path, isSecure: false).header("Strict-Transport-Security") == nil)
  }

  @Test("A page has neither script nor style in it, and names no other host")
  func plainness() throws {
    for path in ["/", "/checkin.js", "/checkin.css"] {
      let text = String(decoding: try answer(path).body, as: UTF8.self)
      #expect(
        !text.contains("style=") && !text.contains("onclick") && !text.contains("javascript:"))
      let hosts = text.split(separator: "\"").filter { $0.contains("://") }
      #expect(hosts.allSatisfy { $0.hasPrefix("http://www.w3.org/2000/svg") }, "\(hosts)")
    }
    let page = String(decoding: try answer("/").body, as: UTF8.self)
    #expect(page.contains("<html lang=\"vi\">"))
    #expect(!page.contains("<script>") && !page.contains("<style"))
  }

  @Test("Packed and plain are the same page with tags of their own")
  func packing() throws {
    let plain = try answer("/checkin.js")
    let packed = try answer("/checkin.js", [("Accept-Encoding", "gzip, br, zstd")])
    #expect(plain.header("Content-Encoding") == nil)
    #expect(packed.header("Content-Encoding") == "zstd")
    #expect(packed.body.count * 2 < plain.body.count)
    #expect(try ContentCoding.zstd.unpacked(packed.body, limit: 1 << 20) == plain.body)
    #expect(plain.header("ETag") != packed.header("ETag"))
    let tag = try #require(packed.header("ETag"))
    let again = try answer(
      "/checkin.js", [("Accept-Encoding", "zstd"), ("If-None-Match", "\"x\", \(tag)")])
    #expect(again.status == 304 && again.body.isEmpty)
    #expect(try answer("/checkin.js", [("If-None-Match", tag)]).status == 200)
  }

  @Test(
    "Zstandard is sent only to who takes it",
    arguments: [
      (nil, false), ("", false), ("gzip", false), ("zstd", true), ("ZSTD;q=0.5", true),
      ("zstd;q=0", false), ("zstd; q=0.000", false), ("br, zstd;q=0.1", true), ("xzstd", false),
    ] as [(String?, Bool)])
  func negotiation(list: String?, isTaken: Bool) {
    #expect(PageFile.takesZstandard(list) == isTaken)
  }
}

@Suite("Requests with sealed contacts") struct ContactRequestTests {
  @Test(
    "A body that is none is refused, and the problem holds nothing of it",
    arguments: [
      "", "[]", "{}", #"{"venue":"C4C6BHFZC"}"#, #"{"venue":1,"contact":"A"}"#,
      #"{"venue":"C4C6BHFZC","contact":"AAAA"}"#, #"{"venue":"C4C6BHFZC","contact":"=0912345678"}"#,
      #"{"venue":"C4C6BHFZD","contact":"AAAA"}"#,
      #"{"venue":"C4C6BHFZC","contact":"AAAA","phone":"0912345678"}"#,
    ])
  func refusals(body: String) {
    do {
      _ = try ContactRequest(Array(body.utf8))
      Issue.record("it was taken")
    } catch {
      #expect((400...422).contains(error.status))
      #expect(!String(decoding: error.response.body, as: UTF8.self).contains("0912345678"))
    }
  }
}
