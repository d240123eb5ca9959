import GatewayServer
import Testing

@Suite("The file of settings")
struct ConfigurationFileTests {
  @Test("What is printed is read again as it was")
  func roundTrip() throws {
    var settings = GatewayConfiguration()
    settings.port = 9_000
    settings.gateway = "cửa-1"
    settings.proxies = ["127.0.0.1", "::1"]
    settings.checkIns.visitor.perSecond = 0.5
    settings.limits.connections = 77
    let read = try GatewayConfiguration(file: Array(settings.file.utf8))
    #expect(read.file == settings.file)
    #expect(read.port == 9_000)
    #expect(read.proxies == ["127.0.0.1", "::1"])
    #expect(read.checkIns.visitor.perSecond == 0.5)
    #expect(read.limits.connections == 77)
  }

  @Test("Every setting has a sentence and its default")
  func isComplete() throws {
    let file = GatewayConfiguration().file
    let blocks = file.split(separator: "\n\n").dropFirst()
    #expect(blocks.count > 25)
    for block in blocks {
      let lines = block.split(separator: "\n")
      #expect(lines.count == 2)
      #expect(lines.first?.hasPrefix("# ") == true)
      #expect(lines.last?.contains(" =") == true)
    }
  }

  @Test(
    "A mistake is told with its line",
    arguments: [
      ("port = x", 1, .badValue), ("\nport = 70000", 2, .badValue), ("prot = 1", 1, .unknownName),
      ("port = 1\nport = 2", 2, .repeated), ("port", 1, .badLine), ("= 1", 1, .unknownName),
      ("proxies = localhost", 1, .badValue), ("visitor-rate = -1", 1, .badValue),
      ("visitor-rate = nan", 1, .badValue), ("name = a\u{7}b", 1, .badValue),
      ("tls-key = x", nil, .badValue),
    ] as [(String, Int?, ConfigurationError.Code)])
  func tellsMistakes(text: String, line: Int?, code: ConfigurationError.Code) {
    #expect {
      try GatewayConfiguration(file: Array(text.utf8))
    } throws: { error in
      let error = error as? ConfigurationError
      return error?.code == code && error?.line == line
    }
  }

  @Test("Bytes that are no UTF-8 and files that are too long are refused")
  func refusesOtherFiles() {
    #expect(throws: ConfigurationError.self) { try GatewayConfiguration(file: [0xFF]) }
    #expect(throws: ConfigurationError.self) {
      try GatewayConfiguration(file: Array(repeating: 0x0A, count: 65_537))
    }
  }
}
