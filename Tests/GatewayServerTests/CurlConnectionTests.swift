import Foundation
import GatewayServer
import Synchronization
import TestSupport
import Testing

@Suite("A door's connection") struct CurlConnectionTests {
  @Test("A request that waits for its answer is ended by who stops the door")
  func cancelling() async throws {
    // The kernel takes the connection, and nobody ever answers.
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 4) == 0
          && getsockname(listener, $0, &length) == 0
      }
    }
    try #require(isListening)
    let url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/"
    var settings = CurlConnection.Settings()
    settings.stalledSeconds = 600
    let connection = CurlConnection(settings)
    let asking = Task.detached { () -> String in
      do {
        _ = try connection.send(OutgoingRequest(.get, url))
        return "an answer"
      } catch {
        return "\(error)"
      }
    }
    // The request has come when it can be read.
    let peer = accept(listener, nil, nil)
    defer { close(peer) }
    var byte: UInt8 = 0
    #expect(recv(peer, &byte, 1, 0) == 1)
    connection.cancel()
    let said = await asking.value
    #expect(said.contains("callback"))
    #expect(throws: TransportError.self) { try connection.send(OutgoingRequest(.get, url)) }
  }
}
