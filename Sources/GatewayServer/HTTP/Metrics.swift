internal import Synchronization

/// What is measured, in the text format of Prometheus.
///
/// Series are made at the start and counted without a lock. Labels are literals of the program or
/// patterns of routes: nothing that a client sends can make a series, or be seen in one.
public final class Metrics: Sendable {
  /// A number that only grows.
  public final class Counter: Sendable {
    private let number = Atomic<Int64>(0)

    /// Adds to it.
    public func add(_ count: Int64 = 1) {
      number.wrappingAdd(count, ordering: .relaxed)
    }

    /// The number now.
    public var value: Int64 { number.load(ordering: .relaxed) }
  }

  /// A number that is read when it is asked for.
  private struct Gauge: Sendable {
    let read: @Sendable () -> Double
  }

  /// How many values there were up to each of some bounds.
  public final class Histogram: Sendable {
    /// The bounds, in seconds.
    public static let bounds: [Double] = [
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
    private static let boundsMilliseconds: [Int64] = [
      1, 3, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000,
    ]

    private let counts: [Counter]
    private let sum = Counter()

    init() { counts = (0...Histogram.bounds.count).map { _ in Counter() } }

    /// Notes a time.
    public func note(milliseconds: Int64) {
      let place =
        Histogram.boundsMilliseconds.firstIndex { milliseconds <= $0 } ?? Histogram.bounds.count
      counts[place].add()
      sum.add(milliseconds)
    }

    fileprivate func lines(_ name: String, _ labels: String) -> String {
      var text = ""
      var total: Int64 = 0
      for (place, counter) in counts.enumerated() {
        total += counter.value
        let bound =
          place < Histogram.bounds.count ? "\(Histogram.bounds[place])" : "+Inf"
        text += "\(name)_bucket{\(labels)\(labels.isEmpty ? "" : ",")le=\"\(bound)\"} \(total)\n"
      }
      text += "\(name)_sum{\(labels)} \(Double(sum.value) / 1_000)\n"
      text += "\(name)_count{\(labels)} \(total)\n"
      return text
    }
  }

  private enum Series: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case histogram(Histogram)

    var type: String {
      switch self {
      case .counter: "counter"
      case .gauge: "gauge"
      case .histogram: "histogram"
      }
    }
  }

  private struct Family: Sendable {
    let help: String
    var series: [(labels: String, series: Series)] = []
  }

  private let families = Mutex<[String: Family]>([:])

  /// Makes an empty set.
  public init() {}

  /// Makes a counter, or returns the one that there is.
  public func counter(
    _ name: String, _ help: String, _ labels: [(String, String)] = []
  ) -> Counter {
    let made = add(name, help, labels, .counter(Counter()))
    guard case .counter(let counter) = made else { preconditionFailure("\(name) is no counter") }
    return counter
  }

  /// Makes a histogram of seconds, or returns the one that there is.
  public func histogram(
    _ name: String, _ help: String, _ labels: [(String, String)] = []
  ) -> Histogram {
    let made = add(name, help, labels, .histogram(Histogram()))
    guard case .histogram(let one) = made else { preconditionFailure("\(name) is no histogram") }
    return one
  }

  /// Has a number shown that is read when it is asked for.
  public func gauge(
    _ name: String, _ help: String, _ labels: [(String, String)] = [],
    _ read: @escaping @Sendable () -> Double
  ) {
    _ = add(name, help, labels, .gauge(Gauge(read: read)))
  }

  private func add(
    _ name: String, _ help: String, _ labels: [(String, String)], _ series: Series
  ) -> Series {
    let text = labels.map { "\($0)=\"\(Metrics.escaped($1))\"" }.joined(separator: ",")
    return families.withLock { families in
      var family = families[name] ?? Family(help: help)
      if let known = family.series.first(where: { $0.labels == text }) { return known.series }
      family.series.append((text, series))
      families[name] = family
      return series
    }
  }

  private static func escaped(_ value: String) -> String {
    value.flatMap { character -> String in
      switch character {
      case "\\": "\\\\"
      case "\"": "\\\""
      case "\n": "\\n"
      default: String(character)
      }
    }.reduce(into: "") { $0.append($1) }
  }

  /// The text that Prometheus reads.
  public var text: String {
    let all = families.withLock { $0 }
    var text = ""
    for (name, family) in all.sorted(by: { $0.key < $1.key }) {
      guard let type = family.series.first?.series.type else { continue }
      text += "# HELP \(name) \(family.help)\n# TYPE \(name) \(type)\n"
      for (labels, series) in family.series {
        switch series {
        case .counter(let counter):
          text += labels.isEmpty ? name : "\(name){\(labels)}"
          text += " \(counter.value)\n"
        case .gauge(let gauge):
          text += labels.isEmpty ? name : "\(name){\(labels)}"
          text += " \(gauge.read())\n"
        case .histogram(let histogram): text += histogram.lines(name, labels)
        }
      }
    }
    return text
  }
}

/// What is counted of one route.
final class RouteMeasures: Sendable {
  private let classes: [Metrics.Counter]
  private let times: Metrics.Histogram

  init(_ metrics: Metrics, method: String, pattern: String) {
    classes = (2...5).map { hundreds in
      metrics.counter(
        "checkin_http_requests_total", "Requests that were answered, by route and status",
        [("method", method), ("route", pattern), ("status", "\(hundreds)xx")])
    }
    times = metrics.histogram(
      "checkin_http_request_seconds", "How long requests took, from their first line",
      [("method", method), ("route", pattern)])
  }

  func note(status: Int, milliseconds: Int64) {
    classes[min(max(status / 100, 2), 5) - 2].add()
    times.note(milliseconds: milliseconds)
  }
}
