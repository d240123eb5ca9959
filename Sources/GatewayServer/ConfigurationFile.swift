extension GatewayConfiguration {
  /// One setting of the file.
  struct Setting: Sendable {
    /// What a value is.
    enum Kind: Sendable {
      /// A text of printable characters.
      case text(any WritableKeyPath<GatewayConfiguration, String> & Sendable)
      /// Addresses with commas between them.
      case addresses(any WritableKeyPath<GatewayConfiguration, [String]> & Sendable)
      /// A whole number.
      case number(any WritableKeyPath<GatewayConfiguration, Int> & Sendable, ClosedRange<Int>)
      /// A number of seconds.
      case seconds(any WritableKeyPath<GatewayConfiguration, Int64> & Sendable, ClosedRange<Int64>)
      /// A number with a fraction.
      case rate(any WritableKeyPath<GatewayConfiguration, Double> & Sendable)
    }

    let name: String
    let help: String
    let kind: Kind
  }

  /// The settings, in the order in which they are shown.
  static let settings: [Setting] = [
    Setting(
      name: "listen", help: "The address that is listened at; 0.0.0.0 or :: for every one.",
      kind: .text(\.address)),
    Setting(
      name: "port", help: "The port; 0 for any that is free.", kind: .number(\.port, 0...65_535)),
    Setting(
      name: "tls-certificate",
      help: "The file of the certificate chain, PEM, for sites without a proxy. Empty: plain HTTP.",
      kind: .text(\.certificate)),
    Setting(
      name: "tls-key", help: "The file of the certificate's private key, PEM.",
      kind: .text(\.privateKey)),
    Setting(
      name: "name", help: "The name that this gateway's evidence carries.", kind: .text(\.gateway)),
    Setting(
      name: "proxies",
      help: "Addresses of proxies: the client is whom they name last in X-Forwarded-For.",
      kind: .addresses(\.proxies)),
    Setting(
      name: "scanners",
      help: "Addresses of a door's own scanners, which may check out whomever they see.",
      kind: .addresses(\.scanners)),
    Setting(
      name: "upstream",
      help: "Another address of a door's centre than the one it joined at.",
      kind: .text(\.upstream)),
    Setting(
      name: "upstream-certificates",
      help: "A file of certificates, PEM, to trust instead of the system's for the centre.",
      kind: .text(\.upstreamCertificates)),
    Setting(
      name: "upstream-bytes-per-second",
      help: "The most bytes a second that a door sends; 0 for as many as go.",
      kind: .number(\.upstreamBytesPerSecond, 0...1_000_000_000)),
    Setting(
      name: "metrics-listen", help: "The address for Prometheus.", kind: .text(\.metricsAddress)),
    Setting(
      name: "metrics-port", help: "The port for Prometheus; 0 for none.",
      kind: .number(\.metricsPort, 0...65_535)),
    Setting(
      name: "threads", help: "Threads that read and write.",
      kind: .number(\.limits.threads, 1...64)),
    Setting(
      name: "workers", help: "Threads for what waits for a disk.",
      kind: .number(\.limits.workers, 1...64)),
    Setting(
      name: "work-queue", help: "The most requests that wait for such a thread.",
      kind: .number(\.limits.workQueue, 1...100_000)),
    Setting(
      name: "commit-queue",
      help: "The most scans that wait to be stored; more are refused with 503.",
      kind: .number(\.commitQueue, 1...1_000_000)),
    Setting(
      name: "connections", help: "The most connections at a time.",
      kind: .number(\.limits.connections, 8...1_000_000)),
    Setting(
      name: "connections-per-address",
      help:
        "The most connections of one address, or of one network of IPv6; proxies have no limit.",
      kind: .number(\.limits.connectionsPerAddress, 1...1_000_000)),
    Setting(
      name: "header-memory",
      help: "Memory of a connection in bytes; the head of a request fits in.",
      kind: .number(\.limits.connectionMemory, 4_096...1_048_576)),
    Setting(
      name: "idle-seconds", help: "How long a connection may be open without a request.",
      kind: .number(\.limits.idleSeconds, 1...3_600)),
    Setting(
      name: "request-seconds",
      help: "How long a request may take to arrive, besides what its length allows.",
      kind: .number(\.limits.requestSeconds, 1...3_600)),
    Setting(
      name: "answer-seconds",
      help: "How long an answer may take to be read, besides what its length allows.",
      kind: .number(\.limits.answerSeconds, 1...3_600)),
    Setting(
      name: "least-bytes-per-second", help: "What a client must send or read in a second at least.",
      kind: .number(\.limits.leastBytesPerSecond, 1...1_000_000_000)),
    Setting(
      name: "body-memory", help: "The memory that bodies may take at a time, in bytes.",
      kind: .number(\.limits.bodyMemory, 65_536...(1 << 40))),
    Setting(
      name: "client-burst", help: "Check-ins that one address may send at once.",
      kind: .number(\.checkIns.client.burst, 1...1_000_000)),
    Setting(
      name: "client-rate", help: "And how many a second from then on.",
      kind: .rate(\.checkIns.client.perSecond)),
    Setting(
      name: "visitor-burst", help: "Check-ins of one visitor at once.",
      kind: .number(\.checkIns.visitor.burst, 1...1_000_000)),
    Setting(
      name: "visitor-rate", help: "And how many a second from then on.",
      kind: .rate(\.checkIns.visitor.perSecond)),
    Setting(
      name: "venue-burst", help: "Check-ins at one venue at once.",
      kind: .number(\.checkIns.venue.burst, 1...1_000_000)),
    Setting(
      name: "venue-rate", help: "And how many a second from then on.",
      kind: .rate(\.checkIns.venue.perSecond)),
    Setting(
      name: "oldest-scan-seconds", help: "How long ago a scan may have been when it is sent.",
      kind: .seconds(\.checkIns.oldestScanSeconds, 0...31_536_000)),
    Setting(
      name: "clock-ahead-seconds", help: "How far a client's clock may be ahead.",
      kind: .seconds(\.checkIns.aheadSeconds, 0...86_400)),
    Setting(
      name: "account-rows-per-day",
      help:
        "The most rows about people that one account is shown in a day without a second person.",
      kind: .number(\.rowsPerAccountAndDay, 0...1_000_000_000)),
    Setting(
      name: "drain-seconds", help: "How long a stop waits for answers.",
      kind: .number(\.drainSeconds, 0...600)),
    Setting(
      name: "watch-seconds", help: "How often venues and keys are looked at; 0 for never.",
      kind: .number(\.watchSeconds, 0...3_600)),
  ]

  /// The longest file that is read, in bytes.
  public static let maximumFileLength = 65_536

  /// Reads a file of settings: a line is `name = value`, empty, or a comment after `#`.
  ///
  /// A name that is not known, or comes twice, is a mistake: a limit with a misspelt name would be
  /// no limit.
  ///
  /// - Parameter file: The bytes of the file.
  /// - Throws: `ConfigurationError` with the line.
  public init(file: [UInt8]) throws(ConfigurationError) {
    self.init()
    guard file.count <= GatewayConfiguration.maximumFileLength else {
      throw ConfigurationError(.tooLong, line: nil, detail: "the file is too long for settings")
    }
    guard let text = String(validating: file, as: UTF8.self) else {
      throw ConfigurationError(.notUTF8, line: nil, detail: "the file is not UTF-8")
    }
    var seen: Set<String> = []
    for (place, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let content = line.last == "\r" ? line.dropLast().trimmed : line.trimmed
      if content.isEmpty || content.hasPrefix("#") { continue }
      guard let equals = content.firstIndex(of: "=") else {
        throw ConfigurationError(
          .badLine, line: place + 1, detail: "the line is no name = value and no # comment")
      }
      let name = String(content[..<equals].trimmed)
      guard seen.insert(name).inserted else {
        throw ConfigurationError(
          .repeated, line: place + 1, detail: "\(name.prefix(40)) is set before")
      }
      try set(name, to: String(content[content.index(after: equals)...].trimmed), line: place + 1)
    }
    guard certificate.isEmpty == privateKey.isEmpty else {
      throw ConfigurationError(
        .badValue, line: nil, detail: "tls-certificate and tls-key are given both or none")
    }
  }

  private mutating func set(
    _ name: String, to value: String, line: Int
  ) throws(ConfigurationError) {
    guard let setting = GatewayConfiguration.settings.first(where: { $0.name == name }) else {
      throw ConfigurationError(
        .unknownName, line: line,
        detail: "there is no setting \(name.prefix(40)): see checkin gateway --print-config")
    }
    func wrong(_ wanted: String) -> ConfigurationError {
      ConfigurationError(.badValue, line: line, detail: "\(name): give \(wanted)")
    }
    switch setting.kind {
    case .text(let path):
      guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), value.utf8.count <= 1_024 else {
        throw wrong("a text without control characters")
      }
      self[keyPath: path] = value
    case .addresses(let path):
      let all = value.split(separator: ",").map { String($0.trimmed) }
      guard all.allSatisfy({ ClientAddress($0) != nil }), all.count <= 1_024 else {
        throw wrong("addresses of IPv4 or IPv6 with commas between them")
      }
      self[keyPath: path] = all
    case .number(let path, let range):
      guard let number = Int(value), range.contains(number) else {
        throw wrong("a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      self[keyPath: path] = number
    case .seconds(let path, let range):
      guard let number = Int64(value), range.contains(number) else {
        throw wrong("a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      self[keyPath: path] = number
    case .rate(let path):
      guard let number = Double(value), (0...1_000_000).contains(number) else {
        throw wrong("a number from 0 to 1000000")
      }
      self[keyPath: path] = number
    }
  }

  /// The settings as a file, each after a comment that says what it is.
  public var file: String {
    var text = "# Settings of checkin gateway: name = value.\n"
    for setting in GatewayConfiguration.settings {
      let value =
        switch setting.kind {
        case .text(let path): self[keyPath: path]
        case .addresses(let path): self[keyPath: path].joined(separator: ", ")
        case .number(let path, _): "\(self[keyPath: path])"
        case .seconds(let path, _): "\(self[keyPath: path])"
        case .rate(let path): "\(self[keyPath: path])"
        }
      text += "\n# \(setting.help)\n\(setting.name) =\(value.isEmpty ? "" : " ")\(value)\n"
    }
    return text
  }
}

/// Why a file of settings is not taken.
public struct ConfigurationError: Error, Hashable, Sendable {
  /// The kinds.
  public enum Code: String, CaseIterable, Sendable {
    /// It is longer than settings are.
    case tooLong = "config-too-long"
    /// It is not UTF-8.
    case notUTF8 = "config-not-utf-8"
    /// A line is no setting.
    case badLine = "config-bad-line"
    /// There is no setting of the name.
    case unknownName = "config-unknown-name"
    /// A setting comes twice.
    case repeated = "config-repeated"
    /// A value is none that the setting can have.
    case badValue = "config-bad-value"
  }

  /// The kind.
  public let code: Code
  /// The line, from 1, when it is one's.
  public let line: Int?
  /// A sentence.
  public let detail: String

  init(_ code: Code, line: Int?, detail: String) {
    self.code = code
    self.line = line
    self.detail = detail
  }
}

extension ConfigurationError: CustomStringConvertible {
  /// The sentence.
  public var description: String { detail }
}
