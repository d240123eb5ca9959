/// What a server allows its clients; every wait and every buffer has an end.
public struct ServerLimits: Hashable, Sendable {
  /// The most connections at a time.
  public var connections = 12_000
  /// The most connections of one address at a time; addresses of proxies are not counted.
  ///
  /// Hundreds of phones of one mobile network may share an address.
  public var connectionsPerAddress = 512
  /// The most bytes that the head of a request may have, about; the memory of one connection.
  public var connectionMemory = 16_384
  /// How long a connection may be open without a request, in seconds.
  public var idleSeconds = 30
  /// How long a request may take to arrive, in seconds, besides what the bytes that came allow.
  public var requestSeconds = 15
  /// How long an answer may take to be read, in seconds, besides what its length allows.
  public var answerSeconds = 30
  /// How many bytes a second a client must send or read at least when there are many.
  public var leastBytesPerSecond = 4_096
  /// The most bytes that bodies of requests may take in memory at a time, all together; a quarter is
  /// kept for bodies of at most 4 KiB.
  public var bodyMemory = 256 << 20
  /// The threads that read and write; each serves many connections.
  public var threads = 2
  /// The threads that do what waits for a disk.
  public var workers = 4
  /// The most requests that wait for such a thread.
  public var workQueue = 256

  /// Makes the defaults.
  public init() {}
}
