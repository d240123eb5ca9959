internal import Glibc

/// Addresses of sockets, as Glibc has them.
enum SocketAddress {
  /// The 16 bytes of an IPv4 or IPv6 address in its usual form; nil when it is none.
  static func bytes(of text: String) -> [UInt8]? {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      return mapped + withUnsafeBytes(of: four.s_addr) { Array($0) }
    }
    var six = in6_addr()
    guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
    return withUnsafeBytes(of: six) { Array($0) }
  }

  /// What goes before an IPv4 address that is written as one of IPv6.
  private static let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]

  /// The client of a connection; nobody when the socket is of another family.
  static func client(_ address: UnsafePointer<sockaddr>?) -> ClientAddress {
    guard let address else { return .none }
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      return UnsafeRawPointer(address).withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        ClientAddress(
          bytes: mapped + withUnsafeBytes(of: $0.pointee.sin_addr.s_addr) { Array($0) })
      }
    case AF_INET6:
      return UnsafeRawPointer(address).withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
        ClientAddress(bytes: withUnsafeBytes(of: $0.pointee.sin6_addr) { Array($0) })
      }
    default: return .none
    }
  }
}
