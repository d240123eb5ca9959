/// What a gateway is told; every value has a default, and `checkin gateway --print-config` shows it.
public struct GatewayConfiguration: Sendable {
  /// The address that is listened at.
  public var address = "127.0.0.1"
  /// The port for everybody.
  public var port = 8080
  /// The port for Prometheus; nil for none.
  public var metricsPort: Int? = 9477
  /// The name that this gateway's evidence carries.
  public var gateway = "gateway"
  /// What clients may use.
  public var limits = ServerLimits()
  /// Addresses of proxies whose word about a client's address is believed.
  public var proxies: [String] = []

  /// Makes the defaults.
  public init() {}
}
