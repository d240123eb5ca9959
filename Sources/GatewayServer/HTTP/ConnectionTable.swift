internal import Glibc
internal import Synchronization

/// One connection, as the sweep sees it.
final class ConnectionState: Sendable {
  let descriptor: Int32
  let peer: ClientAddress
  /// When the connection is cut, in milliseconds of the monotonic clock; 0 while the client is not
  /// what is waited for.
  private let deadline = Atomic<Int64>(0)

  init(descriptor: Int32, peer: ClientAddress) {
    self.descriptor = descriptor
    self.peer = peer
  }

  /// Sets by when the client must have done its part.
  func expect(within milliseconds: Int64) {
    deadline.store(MonotonicClock.milliseconds + milliseconds, ordering: .relaxed)
  }

  /// Sets by when the client must have done its part, on the monotonic clock.
  func expect(by milliseconds: Int64) {
    deadline.store(milliseconds, ordering: .relaxed)
  }

  /// Waits for the client no longer: it is the server's turn.
  func expectNothing() {
    deadline.store(0, ordering: .relaxed)
  }

  func isLate(at now: Int64) -> Bool {
    let deadline = deadline.load(ordering: .relaxed)
    return deadline != 0 && deadline < now
  }
}

/// A clock that nobody can move.
enum MonotonicClock {
  /// Microseconds since some moment.
  static var microseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
  }

  /// Milliseconds since some moment; a few milliseconds behind, and cheap.
  static var milliseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}

/// The open connections: how many an address has, and which of them are too slow.
///
/// The time limit of the library is one of silence, which a client that sends a byte now and then
/// never reaches. This one is of the whole: whoever is not done by then is cut off.
final class ConnectionTable: Sendable {
  private struct State {
    var open: [ObjectIdentifier: ConnectionState] = [:]
    var counts: [ClientAddress: Int] = [:]
  }

  private let state = Mutex(State())
  private let mostOfAnAddress: Int
  private let proxies: Set<ClientAddress>

  init(mostOfAnAddress: Int, proxies: Set<ClientAddress>) {
    self.mostOfAnAddress = mostOfAnAddress
    self.proxies = proxies
  }

  var count: Int { state.withLock { $0.open.count } }

  /// Whether an address may have one more connection.
  func accepts(_ peer: ClientAddress) -> Bool {
    guard !proxies.contains(peer) else { return true }
    return state.withLock { $0.counts[peer.network, default: 0] < mostOfAnAddress }
  }

  func add(_ connection: ConnectionState) {
    state.withLock { state in
      state.open[ObjectIdentifier(connection)] = connection
      state.counts[connection.peer.network, default: 0] += 1
    }
  }

  func remove(_ connection: ConnectionState) {
    state.withLock { state in
      state.open[ObjectIdentifier(connection)] = nil
      let network = connection.peer.network
      let left = (state.counts[network] ?? 1) - 1
      state.counts[network] = left > 0 ? left : nil
    }
  }

  /// Cuts off what is late; returns how many.
  func cutLate(at now: Int64) -> Int {
    // Under the lock that a closing connection takes before its descriptor can become another's.
    state.withLock { state in
      var count = 0
      for connection in state.open.values where connection.isLate(at: now) {
        shutdown(connection.descriptor, Int32(SHUT_RDWR))
        count += 1
      }
      return count
    }
  }
}
