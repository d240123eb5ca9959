import ForeignCodes
import Foundation
import Testing

@Suite("Corona-Warn-App and CrowdNotifier posters") struct TraceLocationPosterTests {
  @Test("Every published code is read with its fields and its location id")
  func published() throws {
    let rows = try #require(try fixture("cwa.json")["valid"] as? [[String: Any]])
    #expect(rows.count == 3)
    for row in rows {
      let text = try #require(row["url"] as? String)
      let decoded = try #require(row["decoded"] as? [String: Any])
      let location = try #require(decoded["location"] as? [String: Any])
      let vendor = try #require(decoded["vendor"] as? [String: Any])
      let seed = try #require(decoded["seedHex"] as? String)
      let poster = try TraceLocationPoster(text, seedRule: .any)
      #expect(poster.format == .coronaWarnApp)
      #expect(poster.name == location["description"] as? String)
      #expect(poster.address == location["address"] as? String)
      let start = (location["start"] as? Int64) ?? 0
      #expect((poster.interval?.lowerBound ?? 0) == start)
      #expect((poster.interval?.upperBound ?? 0) == (location["end"] as? Int64) ?? 0)
      #expect(hexadecimal(poster.locationID) == decoded["locationIdHex"] as? String)
      #expect(Int(poster.placeType) == vendor["type"] as? Int)
      #expect(
        poster.usualStayMinutes.map { Int($0) } == vendor["defaultCheckInLengthInMinutes"] as? Int)
      #expect(poster.seedLength == seed.count / 2)
      // The samples of the Android app have a seed of four bytes, which the published rule refuses.
      #expect(fault(text) == (seed.count == 32 ? nil : .badSeed))
    }
  }

  /// A code as the published rule has it, with parts exchanged.
  struct Parts: Sendable {
    var name: [UInt8] = Array("Khách sạn Hữu Nghị".utf8)
    var address: [UInt8] = Array("Hải Phòng".utf8)
    var start: UInt64 = 100
    var end: UInt64 = 200
    var seed = [UInt8](repeating: 7, count: 16)
    var more: [UInt8] = []
    var isNotifyMe = false

    var payload: [UInt8] {
      let first: UInt64 = isNotifyMe ? 4 : 5
      let location =
        Message.number(1, 1) + Message.bytes(2, name) + Message.bytes(3, address)
        + Message.number(first, start) + Message.number(first + 1, end)
      let notifier =
        Message.number(1, 1) + Message.bytes(2, Array(repeating: 9, count: 96))
        + Message.bytes(3, seed)
      return Message.number(1, 1) + Message.bytes(2, location) + Message.bytes(3, notifier)
        + Message.bytes(4, Message.number(1, 1) + Message.number(2, 3) + Message.number(3, 90))
        + more
    }

    var text: String {
      (isNotifyMe ? "https://qr.notify-me.ch?v=3#" : "https://e.coronawarn.app?v=1#")
        + base64URL(payload)
    }
  }

  @Test("A code made by the published rule is read, unknown fields are passed over")
  func made() throws {
    let plain = Parts()
    let later = Parts(more: Message.number(99, 5) + Message.bytes(100, [1]) + [0x2D, 1, 2, 3, 4])
    for parts in [plain, later] {
      guard case .traceLocation(let poster)? = try ForeignCode(recognizing: parts.text) else {
        Issue.record("it is not read")
        continue
      }
      #expect(poster.name == "Khách sạn Hữu Nghị")
      #expect(poster.interval == 100...200)
      #expect(poster.placeType == 3 && poster.usualStayMinutes == 90)
    }
    let notifyMe = Parts(seed: Array(repeating: 7, count: 32), isNotifyMe: true)
    let code = try #require(try ForeignCode(recognizing: notifyMe.text))
    #expect(code.format == .crowdNotifier)
    #expect(code.alias?.hasPrefix("crowdnotifier:") == true)
    #expect(code.alias?.utf8.count == "crowdnotifier:".utf8.count + 32)
  }

  private static func letters(_ count: Int) -> [UInt8] { Array(repeating: 0x61, count: count) }

  static let broken: [Named<(Parts, ForeignCodeError.Fault?)>] = [
    Named("an empty description", (Parts(name: []), .badName)),
    Named("an empty address", (Parts(address: []), .badAddress)),
    Named("a description of 255", (Parts(name: letters(255)), nil)),
    Named("a description of 256", (Parts(name: letters(256)), .badName)),
    Named("an address of 255", (Parts(address: letters(255)), nil)),
    Named("an address of 256", (Parts(address: letters(256)), .badAddress)),
    Named("a line feed in the description", (Parts(name: [0x61, 0x0A]), .badName)),
    Named("a carriage return in the address", (Parts(address: [0x61, 0x0D]), .badAddress)),
    Named("both line ends in the address", (Parts(address: [0x61, 0x0D, 0x0A]), .badAddress)),
    Named("a description that is no UTF-8", (Parts(name: [0xFF]), .badMessage)),
    Named("a seed of 10 bytes", (Parts(seed: letters(10)), .badSeed)),
    Named("an end before the start", (Parts(start: 201), .badTimes)),
    Named("a start without an end", (Parts(end: 0), .badTimes)),
    Named("an end beyond all time", (Parts(end: .max), .badTimes)),
    Named("the location twice", (Parts(more: Message.bytes(2, [])), .badMessage)),
    Named("a group", (Parts(more: [0x53, 0x54]), .badMessage)),
    Named("field 0", (Parts(more: [0, 0]), .badMessage)),
    Named(
      "a number of eleven bytes",
      (Parts(more: [0x68] + Array(repeating: 0x80, count: 10) + [0]), .badMessage)),
    Named(
      "a number of 65 bits",
      (Parts(more: [0x68] + Array(repeating: 0xFF, count: 9) + [2]), .badMessage)),
    Named("a length beyond the end", (Parts(more: [0x6A, 5, 1]), .badMessage)),
    Named("a length beyond all memory", (Parts(more: [0x6A] + Message.varint(.max)), .badMessage)),
    Named(
      "100 fields",
      (Parts(more: Array(repeating: [0x68, 1], count: 100).flatMap { $0 }), .badMessage)),
  ]

  @Test("The checks of the app hold, and those of the message", arguments: broken)
  func refused(row: Named<(Parts, ForeignCodeError.Fault?)>) {
    #expect(fault(row.value.0.text) == row.value.1)
  }

  static let addresses: [Named<(String, ForeignCodeError.Fault)>] = [
    Named("no version", ("https://e.coronawarn.app#CAESJQgBEgpBZ3dheSBJbmMu", .malformed)),
    Named("no base64", ("https://e.coronawarn.app?v=1#Wrong_payload", .badEncoding)),
    Named("nothing behind #", ("https://e.coronawarn.app?v=1#", .badMessage)),
    Named("no #", ("https://e.coronawarn.app?v=1", .badMessage)),
    Named("version 2", ("https://e.coronawarn.app?v=2#CAES", .unknownVersion)),
    Named("the path of old", ("https://e.coronawarn.app/e1/BIYAUEDBZY6E", .unknownVersion)),
    Named("capitals of old", ("HTTPS://E.CORONAWARN.APP/C1/BIYAUEDBZY6E", .unknownVersion)),
    Named("version 1 of NotifyMe", ("https://qr.notify-me.ch?v=1#CAES", .unknownVersion)),
  ]

  @Test("Other forms of the address are refused", arguments: addresses)
  func otherAddresses(row: Named<(String, ForeignCodeError.Fault)>) {
    #expect(fault(row.value.0) == row.value.1)
  }

  @Test("Another host is an address and nothing more")
  func otherHosts() throws {
    let hosts = [
      "https://e.wrong.app?v=1#CAESJQgBEgpBZ3dheSBJbmMu",
      "https://e.coronawarn.app.evil.example/?v=1#CAES",
    ]
    for text in hosts { #expect(try ForeignCode(recognizing: text)?.format == .address) }
    #expect(try ForeignCode(recognizing: "") == nil)
  }

  private struct Vectors: Decodable {
    struct Identity: Decodable {
      let startOfInterval: Int64
      let qrCodePayload: [Int]
      let identity: [Int]
    }
    struct Keys: Decodable {
      let qrCodePayload: [Int]
      let noncePreId: [Int]
      let nonceTimekey: [Int]
      let notificationKey: [Int]
    }
    let identityTestVector: [Identity]
    let hkdfTestVector: [Keys]
  }

  @Test("Keys and identities are derived as CrowdNotifier's vectors have it")
  func crowdNotifier() throws {
    guard let file = try shared("crowdnotifier/crowd_notifier_test_vectors.json") else { return }
    let vectors = try JSONDecoder().decode(Vectors.self, from: file)
    func bytes(_ numbers: [Int]) -> [UInt8] { numbers.map { UInt8(truncatingIfNeeded: $0) } }
    #expect(vectors.hkdfTestVector.count == 2 && vectors.identityTestVector.count == 2)
    for vector in vectors.hkdfTestVector {
      let secrets = CrowdNotifierSecrets(payload: bytes(vector.qrCodePayload))
      #expect(secrets.preIdentityNonce == bytes(vector.noncePreId))
      #expect(secrets.timeKeyNonce == bytes(vector.nonceTimekey))
      #expect(secrets.notificationKey == bytes(vector.notificationKey))
    }
    for vector in vectors.identityTestVector {
      let secrets = CrowdNotifierSecrets(payload: bytes(vector.qrCodePayload))
      #expect(secrets.identity(hourFrom: vector.startOfInterval) == bytes(vector.identity))
    }
  }
}
