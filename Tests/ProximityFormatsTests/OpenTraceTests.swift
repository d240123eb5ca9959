import Foundation
import ProximityFormats
import TestSupport
import Testing

private struct SealedIDs: Decodable {
  struct Sealed: Decodable {
    var user: String
    var start: Int64
    var expiry: Int64
    var key: Int
    var tempid: String
  }
  var keys: [String]
  var ids: [Sealed]
  var backwards: String
  var negative: String
}

private func id(_ base64: String) throws -> TemporaryID {
  try #require(TemporaryID(base64: Array(base64.utf8)[...]))
}

@Suite("Temporary ids of BlueTrace") struct TemporaryIDTests {
  private let samples: SealedIDs
  private let keys: [[UInt8]]

  init() throws {
    samples = try fixture("temporary_ids.json")
    keys = try samples.keys.map { try bytes($0) }
  }

  @Test("Ids that another implementation sealed are opened with any of the keys")
  func opens() throws {
    #expect(samples.ids.count == 6)
    for sample in samples.ids {
      for list in [keys, keys.reversed(), [keys[sample.key]]] {
        guard case .content(let content) = try id(sample.tempid).opened(with: list) else {
          Issue.record("\(sample.tempid) was not opened")
          continue
        }
        #expect(content.user == sample.user && content.user.count == 28)
        #expect(content.from == sample.start && content.to == sample.expiry)
      }
      #expect("\(try id(sample.tempid))" == sample.tempid)
    }
  }

  @Test("An id is said for its quarter of an hour and no longer")
  func expires() throws {
    let sample = try #require(samples.ids.first)
    guard case .content(let content) = try id(sample.tempid).opened(with: keys) else {
      Issue.record("not opened")
      return
    }
    #expect(content.to - content.from == 900)
    #expect(!content.isSaid(at: content.from - 1) && content.isSaid(at: content.from))
    #expect(content.isSaid(at: content.to - 1) && !content.isSaid(at: content.to))
  }

  @Test("The wrong key, no key and a key of another length open nothing")
  func wrongKeys() throws {
    let sample = try #require(samples.ids.first)
    var other = keys[sample.key]
    other[31] ^= 1
    for list in [[], [keys[1 - sample.key]], [other], [Array(keys[0].prefix(16))], [[]]] {
      #expect(try id(sample.tempid).opened(with: list) == .unreadable)
    }
  }

  @Test("A forged id opens nothing, whichever bit was changed")
  func forged() throws {
    let sample = try id(#require(samples.ids.first).tempid)
    for place in sample.bytes.indices {
      var bytes = sample.bytes
      bytes[place] ^= UInt8(1 << (place % 8))
      #expect(try #require(TemporaryID(bytes: bytes)).opened(with: keys) == .unreadable)
    }
  }

  @Test("An id that ends before it begins, or begins before 1970, is nobody's")
  func impossibleTimes() throws {
    #expect(try id(samples.backwards).opened(with: keys) == .unreadable)
    #expect(try id(samples.negative).opened(with: keys) == .unreadable)
  }

  @Test("Another length or spelling is no id", arguments: [0, 1, 60, 62, 84])
  func wrongLength(count: Int) {
    let bytes = Array(repeating: UInt8(7), count: count)
    #expect(TemporaryID(bytes: bytes) == nil)
    #expect(TemporaryID(base64: Array(Data(bytes).base64EncodedString().utf8)[...]) == nil)
  }
}

@Suite("Uploads of OpenTrace") struct OpenTraceUploadTests {
  static let message = Data(repeating: 9, count: 61).base64EncodedString()

  static func upload(_ records: String...) -> [UInt8] {
    Array(#"{"token":"t","records":[\#(records.joined(separator: ","))],"events":[]}"#.utf8)
  }

  static func record(_ change: [String: String] = [:]) -> String {
    var fields = [
      "timestamp": "1596866191", "msg": "\"\(message)\"", "modelC": "\"Pixel 3a XL\"",
      "modelP": "\"SM-G950F\"", "rssi": "-71", "txPower": "12", "org": "\"VN_HP\"",
    ]
    fields.merge(change) { $1 }
    return "{"
      + fields.sorted { $0.key < $1.key }.filter { $0.value != "absent" }
      .map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
  }

  @Test("A record is read with its models and power")
  func reads() throws {
    let upload = try OpenTraceUpload(Self.upload(Self.record()))
    let sighting = try #require(upload.sightings.first?.sighting)
    #expect(sighting.heard?.text == "tempid:\(Self.message)")
    #expect(sighting.second == 1_596_866_191 && sighting.receivedStrength == -71)
    #expect(sighting.transmitPower == 12 && sighting.fault == nil && sighting.hearer == nil)
    // The central measures and the peripheral is measured, whichever of them sent the upload.
    #expect(sighting.receivingModel == "Pixel 3a XL" && sighting.sendingModel == "SM-G950F")
  }

  @Test(
    "What an app or its server may leave out or write otherwise is read",
    arguments: [
      ["timestamp": "1596866191387"], ["timestamp": "\"1596866191\""], ["txPower": "null"],
      ["txPower": "absent"], ["modelC": "absent", "modelP": "\"\""], ["org": "absent"],
      ["isValid": "true", "timestampString": "\"x\"", "contactId": "\"u\""], ["v": "2"],
      ["rssi": "-71.0"],
    ])
  func reads(change: [String: String]) throws {
    let upload = try OpenTraceUpload(Self.upload(Self.record(change)))
    #expect(upload.refused.isEmpty)
    let sighting = try #require(upload.sightings.first?.sighting)
    #expect(sighting.second == 1_596_866_191 && sighting.fault == nil)
  }

  @Test(
    "A record that the service does not count is kept with its reason",
    arguments: [
      (["msg": "\"\""], RadioSighting.Fault.noIdentifier), (["msg": "absent"], .noIdentifier),
      (["msg": "\"short\""], .unreadable),
      (["isValid": "false", "invalidReason": "\"expired_id\""], .expired),
      (["isValid": "false", "invalidReason": "\"failed_decryption\""], .unreadable),
      (["isValid": "false", "invalidReason": "\"no_msg\""], .noIdentifier),
      (["isValid": "false", "invalidReason": "\"other\""], .unreadable),
      (["isValid": "false"], .unreadable),
    ])
  func faults(change: [String: String], fault: RadioSighting.Fault) throws {
    let upload = try OpenTraceUpload(Self.upload(Self.record(change)))
    #expect(upload.sightings.map(\.sighting.fault) == [fault])
  }

  @Test(
    "A record that cannot be read does not stop the others",
    arguments: [
      ("timestamp", "absent", ProximityFormatError.Code.badTime), ("timestamp", "0", .badTime),
      ("timestamp", "\"yesterday\"", .badTime), ("rssi", "absent", .badStrength),
      ("rssi", "127", .badStrength), ("rssi", "true", .badStrength),
      ("txPower", "99", .badStrength),
      ("modelC", "\"\(String(repeating: "x", count: 129))\"", .badIdentifier),
      ("modelP", "\"\(String(repeating: "x", count: 129))\"", .badIdentifier),
    ])
  func badRecord(field: String, value: String, code: ProximityFormatError.Code) throws {
    let upload = try OpenTraceUpload(
      Self.upload(Self.record(), Self.record([field: value]), Self.record()))
    #expect(upload.sightings.map(\.record) == [1, 3])
    let refused = try #require(upload.refused.first)
    #expect(upload.refused.count == 1 && refused.record == 2)
    #expect(refused.error.code == code && refused.column == field)
    #expect(refused.cells.count == OpenTraceUpload.columns.count)
  }

  @Test("Of very many records that cannot be read the first are written down, the others counted")
  func manyRefusedRecords() throws {
    let records = Array(repeating: "{}", count: OpenTraceUpload.maximumRefusedCount + 50)
    let json = #"{"records":["# + records.joined(separator: ",") + "]}"
    let upload = try OpenTraceUpload(Array(json.utf8))
    #expect(upload.refused.count == OpenTraceUpload.maximumRefusedCount)
    #expect(upload.refused.last?.record == OpenTraceUpload.maximumRefusedCount)
    #expect(upload.furtherRefusedCount == 50)
    #expect(upload.sightings.isEmpty)
  }

  @Test(
    "What is no upload is refused",
    arguments: [
      "", "{}", "[]", "{\"records\":{}}", "{\"records\":[1]}", "records", "{\"records\":[}",
      "{\"records\":[],\u{0}}",
    ])
  func noUpload(text: String) {
    #expect(refusal { _ = try OpenTraceUpload(Array(text.utf8)) } == .badJSON)
  }

  @Test("OpenTrace's database has the columns that are read, under the same names")
  func columnsOfTheDatabase() throws {
    struct Schema: Decodable {
      struct Database: Decodable { var entities: [Entity] }
      struct Entity: Decodable {
        var tableName: String
        var fields: [Field]
      }
      struct Field: Decodable { var columnName: String }
      var database: Database
    }
    guard let file = try shared("opentrace/StreetPassRecordDatabase.1.json") else { return }
    let schema = try JSONDecoder().decode(Schema.self, from: Data(file))
    let table = try #require(schema.database.entities.first { $0.tableName == "record_table" })
    #expect(Set(OpenTraceUpload.columns).isSubset(of: table.fields.map(\.columnName)))
    #expect(
      Set(table.fields.map(\.columnName)).subtracting(OpenTraceUpload.columns) == ["id", "v"])
  }
}
