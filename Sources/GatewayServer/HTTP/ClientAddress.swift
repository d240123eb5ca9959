/// Where a request came from, for limits only.
///
/// It is never written anywhere: together with a venue and a time it would say where somebody was.
/// So it has no text, and neither a log nor an answer can hold one by mistake.
public struct ClientAddress: Hashable, Sendable {
  let high: UInt64
  let low: UInt64

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads an IPv4 or IPv6 address in its usual form; nil when it is none.
  public init?(_ text: some StringProtocol) {
    guard let bytes = SocketAddress.bytes(of: String(text)) else { return nil }
    self.init(bytes: bytes)
  }

  /// Makes an address of the 16 bytes of IPv6, in which IPv4 has a place of its own.
  init(bytes: [UInt8]) {
    func half(_ first: Int) -> UInt64 {
      bytes[first..<first + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
    self.init(high: half(0), low: half(8))
  }

  /// Nobody's address: of requests made inside the program.
  public static let none = ClientAddress(high: 0, low: 0)

  /// Whether it is an IPv4 address.
  var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// What limits are counted by: the address, or of IPv6 the network that one customer has.
  ///
  /// A customer of IPv6 has 2⁶⁴ addresses to send from.
  public var network: ClientAddress {
    isIPv4 ? self : ClientAddress(high: high, low: 0)
  }
}

extension ClientAddress: CustomStringConvertible, CustomDebugStringConvertible {
  /// Always the same word.
  public var description: String { "address" }
  /// Always the same word.
  public var debugDescription: String { "address" }
}

extension ClientAddress: CustomReflectable {
  /// Shows nothing.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
