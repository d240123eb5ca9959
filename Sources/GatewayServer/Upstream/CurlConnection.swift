internal import CCurl
internal import Glibc
internal import Synchronization

/// The clock of the machine.
public enum SystemClock {
  /// Unix milliseconds.
  public static var milliseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}

/// A request to a server elsewhere.
public struct OutgoingRequest: Sendable {
  /// The method.
  public var method: HTTPMethod
  /// The whole address.
  public var url: String
  /// The fields of the head.
  public var fields: [(name: String, value: String)]
  /// The body, of a POST.
  public var body: [UInt8]

  /// Makes a request.
  public init(
    _ method: HTTPMethod, _ url: String, fields: [(name: String, value: String)] = [],
    body: [UInt8] = []
  ) {
    self.method = method
    self.url = url
    self.fields = fields
    self.body = body
  }
}

/// Sends one request and waits for its answer; throws `TransportError` when there is none.
public typealias UpstreamTransport = @Sendable (OutgoingRequest) throws -> HTTPResponse

/// No answer came.
public struct TransportError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Why, in a sentence for a person.
  public let description: String

  /// Makes an error.
  public init(_ description: String) {
    self.description = description
  }
}

/// A connection of libcurl to one server, kept open between requests; one request at a time.
public final class CurlConnection: @unchecked Sendable {
  // Unchecked is safe: the handle is private and used under the lock only.
  private let handle: UnsafeMutableRawPointer?
  private let lock = Mutex(())
  private let settings: Settings
  private let isCancelled = Atomic<Bool>(false)

  /// What a connection may take.
  public struct Settings: Sendable {
    /// The most bytes a second that are sent; 0 for as many as go.
    public var bytesPerSecond: Int64 = 0
    /// How long one request may take in all, in seconds: as long as something moves, a slow line has time.
    public var requestSeconds: Int = 1_800
    /// How long nothing may move, in seconds.
    public var stalledSeconds: Int = 60
    /// How long a connection may take to be made, in seconds.
    public var connectSeconds: Int = 10
    /// The most bytes of an answer.
    public var mostAnswerBytes: Int = 64 << 20
    /// A file of certificates to trust instead of the system's; empty for those.
    public var certificates: String = ""

    /// Makes the defaults.
    public init() {}
  }

  private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// What libcurl's function of pieces writes to.
  private final class Answer {
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []
    let limit: Int
    init(limit: Int) { self.limit = limit }
  }

  /// Makes a connection; nothing is sent yet.
  public init(_ settings: Settings = Settings()) {
    self.settings = settings
    handle = CurlConnection.isReady ? curl_easy_init() : nil
  }

  deinit {
    if let handle { curl_easy_cleanup(handle) }
  }

  /// Sends a request and waits for its answer.
  ///
  /// The C function is `curl_easy_perform`.
  ///
  /// - Throws: `TransportError` when none came, or a longer one than is taken.
  public func send(_ request: OutgoingRequest) throws(TransportError) -> HTTPResponse {
    let result: Result<HTTPResponse, TransportError> = lock.withLock { _ in
      do throws(TransportError) {
        return .success(try perform(request))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Ends the request that is under way within a second, and every one after it.
  public func cancel() { isCancelled.store(true, ordering: .relaxed) }

  private func perform(_ request: OutgoingRequest) throws(TransportError) -> HTTPResponse {
    guard let handle else { throw TransportError("libcurl cannot be used") }
    guard !isCancelled.load(ordering: .relaxed) else { throw TransportError("it was stopped") }
    // The connection stays open across this.
    curl_easy_reset(handle)
    _ = checkin_curl_set_text(handle, CURLOPT_URL, request.url)
    _ = checkin_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    _ = checkin_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
    _ = checkin_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0)
    _ = checkin_curl_set_long(handle, CURLOPT_TIMEOUT, settings.requestSeconds)
    _ = checkin_curl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
    _ = checkin_curl_set_long(handle, CURLOPT_LOW_SPEED_TIME, settings.stalledSeconds)
    _ = checkin_curl_set_long(handle, CURLOPT_NOPROGRESS, 0)
    _ = checkin_curl_set_progress(handle) { context, _, _, _, _ in
      guard let context else { return 0 }
      let connection = Unmanaged<CurlConnection>.fromOpaque(context).takeUnretainedValue()
      // Anything but 0 ends the transfer.
      return connection.isCancelled.load(ordering: .relaxed) ? 1 : 0
    }
    _ = checkin_curl_set_pointer(
      handle, CURLOPT_XFERINFODATA, Unmanaged.passUnretained(self).toOpaque())
    _ = checkin_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT, settings.connectSeconds)
    _ = checkin_curl_set_text(handle, CURLOPT_USERAGENT, "checkin-door")
    if !settings.certificates.isEmpty {
      _ = checkin_curl_set_text(handle, CURLOPT_CAINFO, settings.certificates)
    }
    if settings.bytesPerSecond > 0 {
      _ = checkin_curl_set_offset(
        handle, CURLOPT_MAX_SEND_SPEED_LARGE, curl_off_t(clamping: settings.bytesPerSecond))
    }
    var list: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(list) }
    // No "Expect: 100-continue", which would cost a round trip.
    for line in request.fields.map({ "\($0.name): \($0.value)" }) + ["Expect:"] {
      list = curl_slist_append(list, line)
    }
    _ = checkin_curl_set_pointer(handle, CURLOPT_HTTPHEADER, list)
    let answer = Answer(limit: settings.mostAnswerBytes)
    let context = Unmanaged.passUnretained(answer).toOpaque()
    _ = checkin_curl_set_receive(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      let answer = Unmanaged<Answer>.fromOpaque(context).takeUnretainedValue()
      // To return less than was given ends the transfer.
      guard answer.body.count + size * count <= answer.limit else { return 0 }
      UnsafeRawBufferPointer(start: bytes, count: size * count).withMemoryRebound(to: UInt8.self) {
        answer.body.append(contentsOf: $0)
      }
      return size * count
    }
    _ = checkin_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
    _ = checkin_curl_set_receive(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      let answer = Unmanaged<Answer>.fromOpaque(context).takeUnretainedValue()
      guard answer.fields.count < 100 else { return 0 }
      let line = String(
        decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self)
      if let colon = line.firstIndex(of: ":") {
        let value = line[line.index(after: colon)...].filter { $0 != "\r\n" && $0 != "\n" }
        answer.fields.append(
          (
            String(line[..<colon]),
            String(value.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
          ))
      }
      return size * count
    }
    _ = checkin_curl_set_pointer(handle, CURLOPT_HEADERDATA, context)
    let result: CURLcode =
      request.body.withUnsafeBytes { body in
        if request.method.takesBody {
          _ = checkin_curl_set_long(handle, CURLOPT_POST, 1)
          _ = checkin_curl_set_offset(
            handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
          if let start = body.baseAddress {
            _ = checkin_curl_set_pointer(handle, CURLOPT_POSTFIELDS, start)
          } else {
            _ = checkin_curl_set_text(handle, CURLOPT_POSTFIELDS, "")
          }
        }
        return withExtendedLifetime(answer) { curl_easy_perform(handle) }
      }
    guard result == CURLE_OK else {
      throw TransportError(String(cString: curl_easy_strerror(result)))
    }
    return HTTPResponse(
      status: checkin_curl_status(handle), headers: answer.fields, body: answer.body)
  }
}

/// Connections of libcurl to one server: as many as there are requests at a time.
public final class CurlPool: Sendable {
  private struct State {
    var all: [CurlConnection] = []
    var idle: [CurlConnection] = []
    var isCancelled = false
  }

  private let settings: CurlConnection.Settings
  private let state = Mutex(State())

  /// Makes a pool; nothing is sent yet.
  public init(_ settings: CurlConnection.Settings = CurlConnection.Settings()) {
    self.settings = settings
  }

  /// Sends a request over a connection that nobody uses, and waits for its answer.
  ///
  /// - Throws: `TransportError` when none came, or a longer one than is taken.
  public func send(_ request: OutgoingRequest) throws(TransportError) -> HTTPResponse {
    let connection = state.withLock { state in
      if let idle = state.idle.popLast() { return idle }
      let made = CurlConnection(settings)
      if state.isCancelled { made.cancel() }
      state.all.append(made)
      return made
    }
    defer { state.withLock { $0.idle.append(connection) } }
    return try connection.send(request)
  }

  /// Ends the requests that are under way within a second, and every one after them.
  public func cancel() {
    let all = state.withLock { state in
      state.isCancelled = true
      return state.all
    }
    for connection in all { connection.cancel() }
  }
}
