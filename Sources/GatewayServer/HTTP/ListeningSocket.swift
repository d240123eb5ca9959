internal import Glibc

/// A socket that connections come in by.
public struct ListeningSocket: Sendable {
  /// The file descriptor.
  public let descriptor: Int32
  /// The port it has.
  public let port: Int

  /// Opens a socket.
  ///
  /// - Parameters:
  ///   - address: An IPv4 or IPv6 address.
  ///   - port: The port; 0 for any that is free.
  ///   - sharesPort: Whether another process may listen at the port too, as the next version does
  ///     while this one ends.
  /// - Throws: `ListenError`.
  public init(address: String, port: Int, sharesPort: Bool = true) throws(ListenError) {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(address, "\(port)", &hints, &found) == 0, let info = found else {
      throw ListenError(.badAddress, address: address, port: port)
    }
    defer { freeaddrinfo(found) }
    let descriptor = socket(
      info.pointee.ai_family,
      Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw ListenError(errno, address: address, port: port) }
    var one: Int32 = 1
    let size = socklen_t(MemoryLayout<Int32>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, size)
    if sharesPort { setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &one, size) }
    guard bind(descriptor, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0,
      listen(descriptor, 4_096) == 0
    else {
      let number = errno
      close(descriptor)
      throw ListenError(number, address: address, port: port)
    }
    self.init(taking: descriptor)
  }

  /// Takes a socket that listens already, such as one that systemd opened.
  public init(taking descriptor: Int32) {
    self.descriptor = descriptor
    let flags = fcntl(descriptor, F_GETFL)
    if flags >= 0 { _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    // The port stands at the same place in an address of either family.
    port =
      result == 0
      ? withUnsafeBytes(of: storage) { Int($0[2]) << 8 | Int($0[3]) } : 0
  }

  /// The sockets that systemd hands over, in the order of its unit; none when it did not start this
  /// process.
  ///
  /// - Parameter environment: Reads a variable of the environment.
  /// - Returns: The sockets.
  public static func handedOver(_ environment: (String) -> String?) -> [ListeningSocket] {
    guard environment("LISTEN_PID") == "\(getpid())",
      let count = environment("LISTEN_FDS").flatMap({ Int32($0) }), (1...64).contains(count)
    else { return [] }
    return (3..<3 + count).map { ListeningSocket(taking: $0) }
  }
}

/// Why a socket cannot be opened.
public struct ListenError: Error, Hashable, Sendable {
  /// The kinds.
  public enum Code: String, CaseIterable, Sendable {
    /// The address is none.
    case badAddress = "bad-address"
    /// Another program listens there.
    case portInUse = "port-in-use"
    /// The user may not listen there.
    case notAllowed = "port-not-allowed"
    /// The address is none of this machine, or the system refuses.
    case cannotListen = "cannot-listen"
  }

  /// The kind.
  public let code: Code
  /// The address.
  public let address: String
  /// The port.
  public let port: Int

  init(_ code: Code, address: String, port: Int) {
    self.code = code
    self.address = address
    self.port = port
  }

  init(_ number: Int32, address: String, port: Int) {
    let code: Code =
      switch number {
      case EADDRINUSE: .portInUse
      case EACCES, EPERM: .notAllowed
      default: .cannotListen
      }
    self.init(code, address: address, port: port)
  }
}

extension ListenError: CustomStringConvertible {
  /// A sentence.
  public var description: String {
    switch code {
    case .badAddress: "\(address) is no address: give one such as 127.0.0.1 or ::"
    case .portInUse: "another program listens at port \(port) of \(address)"
    case .notAllowed: "this user may not listen at port \(port)"
    case .cannotListen: "\(address) port \(port) cannot be listened at: is it this machine's?"
    }
  }
}
