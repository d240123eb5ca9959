/// What a gateway is told; every value has a default, and `checkin gateway --print-config` shows it.
public struct GatewayConfiguration: Sendable {
  /// The address that is listened at.
  public var address = "127.0.0.1"
  /// The port for everybody; 0 for any that is free.
  public var port = 8_080
  /// The address for Prometheus.
  public var metricsAddress = "127.0.0.1"
  /// The port for Prometheus; 0 for none.
  public var metricsPort = 9_477
  /// The name that this gateway's evidence carries.
  public var gateway = "gateway"
  /// The file of the certificate, for sites without a proxy; empty for plain HTTP.
  public var certificate = ""
  /// The file of the certificate's key.
  public var privateKey = ""
  /// Addresses of proxies whose word about a client's address is believed.
  public var proxies: [String] = []
  /// Addresses of scanners whose word is a door's: they may check out whom they see.
  public var scanners: [String] = []
  /// What clients may use.
  public var limits = ServerLimits()
  /// What may come of a client, a visitor and a venue.
  public var checkIns = CheckInFace.Limits()
  /// Another address of a door's centre than the one it joined at; empty for that one.
  public var upstream = ""
  /// A file of certificates that the centre's is checked against; empty for the system's.
  public var upstreamCertificates = ""
  /// The most bytes a second that a door sends to its centre; 0 for as many as go.
  public var upstreamBytesPerSecond = 0
  /// The most rows about people that one account is shown alone in a local day.
  public var rowsPerAccountAndDay = 2_000
  /// How many pieces of evidence may wait for the disk.
  public var commitQueue = 20_000
  /// How long a stop waits for answers, in seconds.
  public var drainSeconds = 20
  /// How often files of venues and keys are looked at, in seconds; 0 for never.
  public var watchSeconds = 10

  /// Makes the defaults.
  public init() {}
}
