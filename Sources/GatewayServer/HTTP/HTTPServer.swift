internal import CMicroHTTPD
internal import Glibc
internal import Synchronization

/// An HTTP/1.1 server: one listening socket, a few threads, and an application that answers.
///
/// The C library is libmicrohttpd. Memory and time of every client are bounded by `ServerLimits`.
/// The functions are those of `checkin_http.h`.
public final class HTTPServer: Sendable {
  /// A certificate and its key, for sites without a proxy in front.
  public struct Security: Sendable {
    let certificate: String
    let privateKey: String

    /// Takes PEM texts.
    public init(certificate: String, privateKey: String) {
      self.certificate = certificate
      self.privateKey = privateKey
    }

    /// TLS 1.2 and 1.3 with ephemeral keys and authenticated ciphers only, in GnuTLS's words.
    static let priorities =
      "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA"
      + ":-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD:%SERVER_PRECEDENCE"
  }

  /// What is served.
  public let application: HTTPApplication
  /// The port.
  public let port: Int
  let limits: ServerLimits

  /// The library's handle, which its functions may be called with from any thread.
  private struct Handle: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  private enum State {
    case starting
    case running(Handle)
    case stopped
  }

  private let state = Mutex(State.starting)
  private let table: ConnectionTable
  private let proxies: Set<ClientAddress>
  private let clock: @Sendable () -> Int64
  private let bodyBytes = Atomic<Int>(0)
  private let isSweeping = Atomic<Bool>(true)
  private let sweeper = PosixThread()
  private let sweepWake = Wakeup()
  private let cutCount: Metrics.Counter
  private let refusedCount: Metrics.Counter

  /// Starts to serve.
  ///
  /// - Parameters:
  ///   - application: What answers.
  ///   - socket: Where connections come in; it belongs to the server from now on.
  ///   - security: For TLS; nil for plain HTTP, as behind a proxy.
  ///   - limits: What clients may use.
  ///   - proxies: Addresses whose word about a client's address is believed.
  ///   - clock: Unix milliseconds.
  /// - Throws: `ListenError` when the library refuses.
  public init(
    _ application: HTTPApplication, on socket: ListeningSocket, security: Security? = nil,
    limits: ServerLimits = ServerLimits(), proxies: Set<ClientAddress> = [],
    clock: @escaping @Sendable () -> Int64
  ) throws(ListenError) {
    self.application = application
    self.limits = limits
    self.proxies = proxies
    self.clock = clock
    port = socket.port
    table = ConnectionTable(mostOfAnAddress: limits.connectionsPerAddress, proxies: proxies)
    cutCount = application.metrics.counter(
      "checkin_http_connections_cut_total", "Connections that were cut off for being slow")
    refusedCount = application.metrics.counter(
      "checkin_http_connections_refused_total", "Connections beyond the limit of an address")
    let table = table
    application.metrics.gauge(
      "checkin_http_connections", "Connections that are open", [("port", "\(socket.port)")]
    ) { Double(table.count) }
    var calls = HTTPServer.calls
    // A server that runs keeps itself; `stop` lets go.
    let itself = Unmanaged.passRetained(self)
    let owner = itself.toOpaque()
    var options = checkin_http_options()
    options.listener = socket.descriptor
    options.threads = UInt32(max(1, limits.threads))
    options.connections = UInt32(max(8, limits.connections))
    // The sweep is what cuts: this is for what it cannot see.
    options.idle_seconds = UInt32(max(limits.idleSeconds, limits.requestSeconds) * 2 + 60)
    options.connection_memory = max(4_096, limits.connectionMemory)
    let started: OpaquePointer?
    if let security {
      started = security.certificate.withCString { certificate in
        security.privateKey.withCString { key in
          Security.priorities.withCString { priorities in
            options.certificate = certificate
            options.private_key = key
            options.priorities = priorities
            return checkin_http_start(&options, &calls, owner)
          }
        }
      }
    } else {
      started = checkin_http_start(&options, &calls, owner)
    }
    guard let started else {
      itself.release()
      close(socket.descriptor)
      throw ListenError(.cannotListen, address: "", port: socket.port)
    }
    let handle = Handle(pointer: started)
    state.withLock { $0 = .running(handle) }
    // A server that runs keeps itself anyway: nothing can go while the sweep uses it.
    sweeper.start { [self] in sweep() }
  }

  /// Stops: takes no more connections, answers what was asked, and closes.
  ///
  /// A server runs until this is called, whoever still holds it. Requests that come meanwhile on
  /// open connections are refused with 503, and their connections closed.
  ///
  /// - Parameter milliseconds: How long to wait for answers that are not there yet or not read yet.
  /// - Returns: Whether everything was answered.
  @discardableResult
  public func stop(within milliseconds: Int64) -> Bool {
    let handle: Handle? = state.withLock { state in
      guard case .running(let handle) = state else { return nil }
      state = .stopped
      return handle
    }
    guard let handle else { return true }
    let listener = checkin_http_quiesce(handle.pointer)
    if listener >= 0 { close(listener) }
    application.drain()
    let isDone = waitForAnswers(milliseconds)
    isSweeping.store(false, ordering: .relaxed)
    sweepWake.broadcast()
    sweeper.join()
    // With a connection that sleeps the library must not be ended: it goes with the process.
    if sleeping.load(ordering: .relaxed) == 0 {
      checkin_http_stop(handle.pointer)
      Unmanaged.passUnretained(self).release()
    }
    return isDone
  }

  /// How many requests wait for their answers, or have not been sent them to the end.
  public var unanswered: Int { open.load(ordering: .relaxed) }

  private let open = Atomic<Int>(0)
  private let sleeping = Atomic<Int>(0)

  private func waitForAnswers(_ milliseconds: Int64) -> Bool {
    let end = MonotonicClock.milliseconds + milliseconds
    while unanswered > 0 {
      guard MonotonicClock.milliseconds < end else { return false }
      usleep(2_000)
    }
    return true
  }

  // MARK: What exchanges ask

  func now() -> Int64 { clock() }

  /// The longest body that counts as small, such as a check-in.
  static let smallBody = 4_096

  /// How many bytes of bodies are in memory now.
  var bodyBytesInUse: Int { bodyBytes.load(ordering: .relaxed) }

  /// Takes so many bytes of the memory for bodies; false when there is not so much left.
  ///
  /// A quarter is left to small bodies: what is large cannot keep check-ins out.
  func reserve(_ count: Int, isSmall: Bool) -> Bool {
    let total = bodyBytes.wrappingAdd(count, ordering: .relaxed).newValue
    guard total <= (isSmall ? limits.bodyMemory : limits.bodyMemory / 4 * 3) else {
      bodyBytes.wrappingSubtract(count, ordering: .relaxed)
      return false
    }
    return true
  }

  func release(_ count: Int) {
    if count > 0 { bodyBytes.wrappingSubtract(count, ordering: .relaxed) }
  }

  /// Whose request it is: the peer's, or of whom a proxy that is believed says.
  func client(_ peer: ClientAddress, forwarded: String?) -> ClientAddress {
    guard proxies.contains(peer), let forwarded else { return peer }
    // The last is what the proxy itself saw; those before may be anybody's invention.
    let last = forwarded.split(separator: ",").last.map { $0.trimmed } ?? ""
    return ClientAddress(last) ?? peer
  }

  func asked() { open.wrappingAdd(1, ordering: .relaxed) }
  func completed() { open.wrappingSubtract(1, ordering: .relaxed) }
  func fellAsleep() { sleeping.wrappingAdd(1, ordering: .relaxed) }
  func awoke() { sleeping.wrappingSubtract(1, ordering: .relaxed) }

  private func sweep() {
    while isSweeping.load(ordering: .relaxed) {
      _ = sweepWake.wait(milliseconds: 500) { !isSweeping.load(ordering: .relaxed) }
      let count = table.cutLate(at: MonotonicClock.milliseconds)
      if count > 0 { cutCount.add(Int64(count)) }
    }
  }

  // MARK: What the library calls

  private static func server(_ owner: UnsafeMutableRawPointer?) -> HTTPServer? {
    owner.map { Unmanaged<HTTPServer>.fromOpaque($0).takeUnretainedValue() }
  }

  private static func exchange(_ request: UnsafeMutableRawPointer?) -> Exchange? {
    request.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
  }

  private static var calls: checkin_http_calls {
    checkin_http_calls(
      accepts: { owner, address, _ in
        guard let server = HTTPServer.server(owner) else { return 0 }
        guard server.table.accepts(SocketAddress.client(address)) else {
          server.refusedCount.add()
          return 0
        }
        return 1
      },
      opened: { owner, descriptor, address in
        guard let server = HTTPServer.server(owner) else { return nil }
        let connection = ConnectionState(
          descriptor: descriptor, peer: SocketAddress.client(address))
        connection.expect(within: Int64(server.limits.idleSeconds) * 1_000)
        server.table.add(connection)
        return Unmanaged.passRetained(connection).toOpaque()
      },
      closed: { owner, state in
        guard let server = HTTPServer.server(owner), let state else { return }
        server.table.remove(Unmanaged<ConnectionState>.fromOpaque(state).takeRetainedValue())
      },
      began: { owner, state, target in
        guard let server = HTTPServer.server(owner), let state, let target else { return nil }
        let connection = Unmanaged<ConnectionState>.fromOpaque(state).takeUnretainedValue()
        let exchange = Exchange(
          server: server, connection: connection, target: String(cString: target))
        return Unmanaged.passRetained(exchange).toOpaque()
      },
      received_head: { request, connection, method in
        guard let exchange = HTTPServer.exchange(request), let connection, let method else {
          return
        }
        exchange.receivedHead(connection, method: String(cString: method))
      },
      received_body: { request, bytes, count in
        guard let exchange = HTTPServer.exchange(request) else { return 0 }
        return exchange.receivedBody(UnsafeBufferPointer(start: bytes, count: count)) ? 1 : 0
      },
      received: { request, connection in
        guard let exchange = HTTPServer.exchange(request), let connection else { return }
        exchange.received(connection)
      },
      completed: { _, request, _ in
        guard let request else { return }
        Unmanaged<Exchange>.fromOpaque(request).takeRetainedValue().completed()
      })
  }
}
