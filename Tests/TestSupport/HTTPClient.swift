internal import Foundation
internal import Glibc

/// A connection to a server on this machine that sends the bytes it is told, good or bad.
public final class HTTPClient {
  /// Why an answer cannot be had.
  public enum Failure: Error, Equatable {
    /// Nobody listens there.
    case notConnected
    /// The connection was closed before a whole answer came.
    case closed
    /// Nothing came for half a minute.
    case silent
    /// What came is no answer of HTTP.
    case garbled
  }

  /// An answer.
  public struct Answer: Sendable {
    /// The status.
    public let status: Int
    /// The fields of the head, names in lower case.
    public let fields: [String: String]
    /// The body.
    public let body: [UInt8]

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// A member of the body's JSON object; nil when there is none.
    public subscript(name: String) -> Any? {
      let object = try? JSONSerialization.jsonObject(with: Data(body))
      return (object as? [String: Any])?[name]
    }
  }

  private let descriptor: Int32
  private var waiting: [UInt8] = []

  /// Connects to a port of this machine.
  public init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Failure.notConnected }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      close(descriptor)
      throw Failure.notConnected
    }
    var patience = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// Sends bytes; a connection that the server closed is found out by `answer`.
  public func send(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      sent += count
    }
  }

  /// Sends text.
  public func send(_ text: String) { send(Array(text.utf8)) }

  /// Reads one answer.
  ///
  /// - Parameter hasBody: False after HEAD, whose answer tells a length and has no body.
  /// - Returns: The answer.
  /// - Throws: `Failure`.
  public func answer(hasBody: Bool = true) throws -> Answer {
    let end: [UInt8] = [13, 10, 13, 10]
    while waiting.firstRange(of: end) == nil { try readMore() }
    guard let head = waiting.firstRange(of: end) else { throw Failure.garbled }
    let lines = String(decoding: waiting[..<head.lowerBound], as: UTF8.self)
      .components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
      throw Failure.garbled
    }
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { throw Failure.garbled }
      fields[line[..<colon].lowercased()] =
        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    waiting.removeFirst(head.upperBound)
    if status == 100 { return try answer(hasBody: hasBody) }
    var length = 0
    if hasBody, status != 204, status != 304 {
      guard let text = fields["content-length"], let count = Int(text) else {
        throw Failure.garbled
      }
      length = count
    }
    while waiting.count < length { try readMore() }
    let body = Array(waiting[..<length])
    waiting.removeFirst(length)
    return Answer(status: status, fields: fields, body: body)
  }

  /// Whether the server closes the connection without another answer.
  public func isClosed() -> Bool {
    do {
      try readMore()
      return false
    } catch {
      return error as? Failure == .closed
    }
  }

  /// Sends a request and reads its answer.
  public func request(
    _ method: String, _ target: String, _ fields: [String: String] = [:], body: [UInt8]? = nil
  ) throws -> Answer {
    var head = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
    if let body { head += "Content-Length: \(body.count)\r\n" }
    send(Array((head + "\r\n").utf8) + (body ?? []))
    return try answer(hasBody: method != "HEAD")
  }

  /// Posts JSON and reads the answer.
  public func post(
    _ target: String, json: String, _ fields: [String: String] = [:]
  ) throws -> Answer {
    try request(
      "POST", target, fields.merging(["Content-Type": "application/json"]) { $1 },
      body: Array(json.utf8))
  }

  private func readMore() throws {
    var piece = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &piece, piece.count, 0)
    if count == 0 { throw Failure.closed }
    guard count > 0 else { throw errno == EAGAIN ? Failure.silent : Failure.closed }
    waiting += piece[..<count]
  }
}
