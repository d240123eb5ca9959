import Foundation
import TestSupport
import Testing

/// The server as a program of its own, with clients that speak to its port.
@Suite("The gateway as a program", .tags(.process)) struct GatewayTests {
  private struct Running {
    let program: RunningProgram
    let port: Int
  }

  private static func start(
    _ site: Site, _ words: String..., port: Int = 0
  ) throws -> Running {
    let program = try site.start(
      ["gateway", "--port", "\(port)", "--metrics-port", "0"] + words)
    let line = try #require(program.nextErrorLine())
    let port = try #require(try JSON(line)["port"].text.flatMap { Int($0) }, "\(line)")
    return Running(program: program, port: port)
  }

  private static func body(
    _ code: String, _ visitor: String, _ id: Int
  ) -> String {
    let digits = String(id)
    let padded = String(repeating: "0", count: 12 - digits.utf8.count) + digits
    return #"{"code":"\#(code)","visitor":"\#(visitor)","direction":"in","#
      + #""id":"01890000-0000-7000-8000-\#(padded)","scanned_at":"2020-08-06T09:00:00+07:00"}"#
  }

  @Test("A tick survives kill -9, and a repetition after the restart is the same check-in")
  func keepsPromises() throws {
    let site = try Site()
    let code = try site.code()
    let first = try Self.start(site)
    let client = try HTTPClient(port: first.port)
    for number in 0..<20 {
      #expect(
        try client.post("/checkins", json: Self.body(code, "v\(number)", number)).status == 201)
    }
    first.program.kill()
    let second = try Self.start(site)
    let again = try HTTPClient(port: second.port)
    for number in 0..<20 {
      let answer = try again.post("/checkins", json: Self.body(code, "v\(number)", number))
      #expect(answer.status == 200)
      #expect(answer["repeat"] as? Bool == true)
    }
    #expect(try again.post("/checkins", json: Self.body(code, "other", 3)).status == 409)
    second.program.send(signal: SIGTERM)
    let outcome = second.program.finish()
    #expect(outcome.status == 0 && !outcome.wasSignalled, "\(outcome.errors)")
    #expect(try site.done("store", "verify").status == 0)
  }

  @Test("SIGTERM answers what was asked and ends with 0; the log holds nothing of a person (A36)")
  func stopsGracefully() throws {
    let site = try Site()
    let code = try site.code()
    let running = try Self.start(site)
    let client = try HTTPClient(port: running.port)
    let answer = try client.post("/checkins", json: Self.body(code, "0912345678", 1))
    #expect(answer.status == 201)
    #expect(answer["name"] as? String == Site.hotelName)
    #expect(try client.request("GET", "/readyz").text == "ready\n")
    running.program.send(signal: SIGTERM)
    let outcome = running.program.finish()
    #expect(outcome.status == 0)
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.count >= 3)
    for line in lines {
      #expect(try JSON(String(line))["event"].text != nil)
      for word in ["127.0.0.1", "0912345678", Site.hotel, Site.hotelName] {
        #expect(!line.contains(word))
      }
    }
  }

  @Test("SIGHUP has a venue that is new known, while a connection stays open")
  func reloads() throws {
    let site = try Site(registry: .own)
    let running = try Self.start(site)
    let client = try HTTPClient(port: running.port)
    let added = try site.done(
      "venue", "add", "Chợ Mới", "--category", "market", "--division", "11341", "--json")
    let venue = try #require(try JSON(added.output)["id"].text)
    running.program.send(signal: SIGHUP)
    while try JSON(try #require(running.program.nextErrorLine()))["event"].text != "reloaded" {}
    let answer = try client.post("/checkins", json: Self.body(venue, "a", 7))
    #expect(answer.status == 201)
    #expect(answer["name"] as? String == "Chợ Mới")
    running.program.send(signal: SIGTERM)
    #expect(running.program.finish().status == 0)
  }

  @Test("doctor finds what is wrong with a deployment, each by its word")
  func looksOver() throws {
    let site = try Site()
    func states() throws -> [String: String] {
      let outcome = try site.run("doctor", "--json", at: "2020-08-06T09:00:00+07:00")
      var states: [String: String] = [:]
      for finding in try JSON(outcome.output).items {
        states[finding["check"].text ?? ""] = finding["state"].text
      }
      return states
    }
    let sound = try states()
    for check in ["store", "store-folder", "key-file", "keys", "registry", "certificate"] {
      #expect(sound[check] == "good", "\(check)")
    }
    #expect(sound["fsync"] != "bad")
    // A machine that builds this has more than nothing left.
    #expect(try !site.run("doctor").output.contains(" 0 MiB are free"))
    #expect(chmod(site.path("store.key"), 0o644) == 0)
    let open = try states()
    #expect(open["key-file"] == "bad")
    #expect(try site.run("doctor").status == 1)
    #expect(rename(site.path("store.key"), site.path("elsewhere")) == 0)
    let without = try states()
    #expect(without["key-file"] == "bad" && without["keys"] == "bad")
    #expect(!site.has("store/.doctor"))
  }

  @Test("Settings that cannot be are refused with their line, and what is printed is taken")
  func readsSettings() throws {
    let site = try Site()
    let printed = try site.done("gateway", "--print-config")
    try site.write(printed.output, to: "gateway.conf")
    #expect(
      try site.done("gateway", "--config", "gateway.conf", "--print-config").output
        == printed.output)
    try site.write("port = 1\nprot = 2\n", to: "bad.conf")
    let outcome = try site.run("gateway", "--config", "bad.conf")
    #expect(outcome.status != 0)
    #expect(outcome.errors.contains("bad.conf:2"))
  }

  @Test("A restart under load loses no check-in and doubles none")
  func restartsUnderLoad() throws {
    let site = try Site()
    let code = try site.code()
    try site.write(
      "client-burst = 100000\nvenue-burst = 100000\nport = 0\nmetrics-port = 0\n",
      to: "gateway.conf")
    var running = try Self.start(site, "--config", "gateway.conf")
    var answered: Set<Int> = []
    for round in 0..<3 {
      var next = try Self.start(site, "--config", "gateway.conf", port: running.port)
      #expect(next.port == running.port)
      let old = running
      // Both serve the port: the old one ends while requests come.
      var stopped = false
      for number in round * 200..<(round + 1) * 200 {
        if number % 200 == 60 {
          old.program.send(signal: SIGTERM)
          stopped = true
        }
        // A connection that is closed before an answer came is what a client tries again.
        for _ in 0..<50 {
          do {
            let client = try HTTPClient(port: running.port)
            let answer = try client.post(
              "/checkins", json: Self.body(code, "v\(number)", number))
            guard answer.status == 201 || answer.status == 200 else { continue }
            answered.insert(number)
            break
          } catch {
            continue
          }
        }
      }
      #expect(stopped)
      #expect(old.program.finish().status == 0)
      swap(&running, &next)
    }
    running.program.send(signal: SIGTERM)
    #expect(running.program.finish().status == 0)
    #expect(answered.count == 600)
    let statistics = try JSON(try site.done("store", "stats", "--json").output)
    #expect(statistics["rows"].number == 600)
  }
}
