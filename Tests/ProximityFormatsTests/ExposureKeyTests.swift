import Foundation
import ProximityFormats
import TestSupport
import Testing
import VenueCodes

@Suite("Exposure keys") struct ExposureKeyTests {
  private struct Vector: Decodable {
    struct Advertised: Decodable {
      var i: Int
      var rpi: String
      var aem: String
    }
    var interval_number: UInt32
    var rolling_period: Int
    var tek: String
    var rpik: String
    var aemk: String
    var ble_metadata: String
    var advertised: [Advertised]
  }

  private let vector: Vector

  init() throws { vector = try fixture("rpi_aem_v1.2.json") }

  private func key() throws -> ExposureKey {
    try ExposureKey(
      bytes(vector.tek), rollingStart: vector.interval_number, rollingPeriod: vector.rolling_period)
  }

  @Test("Exposure notification's vectors: both derived keys")
  func derivedKeys() throws {
    let derived = try key().derivedKeys
    #expect(try derived.identifiers == bytes(vector.rpik))
    #expect(try derived.metadata == bytes(vector.aemk))
  }

  @Test("Exposure notification's vectors: 144 of 144 identifiers, at their ten minutes")
  func identifiers() throws {
    let slots = try key().slots()
    #expect(vector.advertised.count == 144)
    #expect(slots.map { "\($0.identifier)" } == vector.advertised.map(\.rpi))
    for (slot, advertised) in zip(slots, vector.advertised) {
      #expect(slot.from == (Int64(vector.interval_number) + Int64(advertised.i)) * 600)
      #expect(slot.to == slot.from + 600)
    }
  }

  @Test("Exposure notification's vectors: 144 of 144 metadata, hidden and opened")
  func metadata() throws {
    let key = try key()
    let plain = try bytes(vector.ble_metadata)
    for advertised in vector.advertised {
      let identifier = try #require(RollingProximityIdentifier(bytes: bytes(advertised.rpi)))
      #expect(try key.metadata(plain, of: identifier) == bytes(advertised.aem))
      #expect(try key.metadata(bytes(advertised.aem), of: identifier) == plain)
    }
  }

  @Test("The key of a UTC day is used for all of it")
  func keyOfADay() throws {
    let day = try #require(LocalDay(iso8601: "2020-04-02"))
    let slots = try ExposureKey(bytes(vector.tek), day: day).slots()
    #expect(vector.interval_number == 2_642_976)
    #expect(slots.map { "\($0.identifier)" } == vector.advertised.map(\.rpi))
    #expect(slots.first?.from == 1_585_785_600 && slots.last?.to == 1_585_872_000)
  }

  @Test("A key of another length, or used for no day, is refused")
  func refused() throws {
    let good = try bytes(vector.tek)
    for count in [0, 15, 17, 32] {
      #expect(
        refusal { _ = try ExposureKey(Array(repeating: 1, count: count), rollingStart: 1) }
          == .badKey)
    }
    for period in [-1, 0, 145] {
      #expect(
        refusal { _ = try ExposureKey(good, rollingStart: 1, rollingPeriod: period) } == .badKey)
    }
    #expect(refusal { _ = try ExposureKey(good, rollingStart: .max) } == .badKey)
    #expect(
      refusal { _ = try ExposureKey(good, day: LocalDay(daysSince2020: -20_000)) } == .badDay)
    let identifier = try #require(RollingProximityIdentifier(bytes: good))
    for count in [0, 3, 5] {
      #expect(
        refusal {
          _ = try ExposureKey(good, rollingStart: 1)
            .metadata(Array(repeating: 0, count: count), of: identifier)
        } == .badKey)
    }
    #expect(RollingProximityIdentifier(bytes: Array(good.dropLast())) == nil)
  }

  @Test("A key never prints itself")
  func redacted() throws {
    var dumped = ""
    dump(try key(), to: &dumped)
    #expect("\(try key())" == "ExposureKey(redacted)" && !dumped.contains("117"))
  }
}

@Suite("Exports of exposure keys") struct ExposureKeyExportTests {
  private struct Signed: Decodable {
    var export: String
    var signatures: String
    var key: String
    var other_key: String
  }

  private let export: [UInt8]
  private let signatureFile: [UInt8]
  private let key: [UInt8]
  private let otherKey: [UInt8]

  init() throws {
    let signed: Signed = try fixture("signed_export.json")
    export = try bytes(signed.export)
    signatureFile = try bytes(signed.signatures)
    key = try bytes(signed.key)
    otherKey = try bytes(signed.other_key)
  }

  @Test("Every field of an export is read")
  func fields() throws {
    let file = try ExposureKeyExport(export)
    #expect(file.start == 1_596_585_600 && file.end == 1_596_672_000)
    #expect(file.region == "VN" && file.batchNumber == 1 && file.batchSize == 1)
    let info = try #require(file.signatureInfos.first)
    #expect(file.signatureInfos.count == 1)
    #expect(info.keyID == "310" && info.keyVersion == "v1")
    #expect(info.algorithm == ExposureKeySignatures.algorithm)
    #expect(info.androidPackage == "org.example" && info.appBundleID == "org.example.app")
    #expect(file.keys.map(\.key.rollingPeriod) == [144, 144, 1])
    #expect(file.keys.map(\.daysSinceOnset) == [2, -14, 14])
    #expect(file.keys.map(\.variantOfConcern) == [0, 0, 2])
    #expect(file.keys.allSatisfy { $0.reportType == 1 && $0.transmissionRisk == 3 })
    #expect(file.keys.allSatisfy { $0.key.rollingStart == 2_660_976 })
    #expect(file.revisedKeys.map(\.key.rollingPeriod) == [72])
  }

  @Test("The exposure-notification servers' export: 200 keys and all of the head")
  func published() throws {
    guard let bytes = try shared("enx/gms-export.bin") else { return }
    let file = try ExposureKeyExport(bytes)
    #expect(file.start == 1_588_425_586 && file.end == 1_588_857_586)
    #expect(file.region == "US" && file.batchNumber == 1 && file.batchSize == 1)
    #expect(
      file.signatureInfos.map(\.androidPackage) == ["com.google.android.apps.exposurenotification"])
    #expect(file.keys.count == 200 && file.revisedKeys.isEmpty)
    #expect(file.keys.first?.key.rollingStart == 2_625_468)
    #expect(file.keys.map(\.key.rollingPeriod).prefix(1) == [141])
    #expect(
      file.keys.last?.key.rollingStart == 2_625_010 && file.keys.last?.key.rollingPeriod == 73)
    #expect(file.keys.filter { $0.key.rollingPeriod == 144 }.count == 2)
    let risks = Dictionary(grouping: file.keys, by: \.transmissionRisk).mapValues(\.count)
    #expect(risks == [2: 170, 1: 29, 0: 1])
    #expect(
      try file.keys.map { try $0.key.slots().count }.reduce(0, +)
        == file.keys.map(\.key.rollingPeriod).reduce(0, +))
  }

  @Test("The signature of an export is good under its key and no other")
  func signature() throws {
    let file = try ExposureKeySignatures(signatureFile)
    let signature = try #require(file.signatures.first)
    #expect(file.signatures.count == 1 && signature.batchNumber == 1 && signature.batchSize == 1)
    #expect(file.verdict(on: export, keyID: "310", keyVersion: "v1", key: key) == .valid)
    #expect(file.verdict(on: export, keyID: "310", keyVersion: "v1", key: otherKey) == .invalid)
    #expect(file.verdict(on: export, keyID: "310", keyVersion: "v2", key: key) == .unsigned)
    #expect(file.verdict(on: export, keyID: "311", keyVersion: "v1", key: key) == .unsigned)
    #expect(file.verdict(on: export, keyID: "310", keyVersion: "v1", key: []) == .invalid)
  }

  @Test("A changed bit anywhere in an export makes its signature bad, the header included")
  func changedExport() throws {
    let file = try ExposureKeySignatures(signatureFile)
    for place in export.indices {
      var changed = export
      changed[place] ^= UInt8(1 << (place % 8))
      #expect(file.verdict(on: changed, keyID: "310", keyVersion: "v1", key: key) == .invalid)
    }
    #expect(
      file.verdict(on: export + [0], keyID: "310", keyVersion: "v1", key: key) == .invalid)
  }

  @Test("A changed bit anywhere in the signature's file is never good, or changes nothing signed")
  func changedSignature() throws {
    for place in signatureFile.indices {
      var changed = signatureFile
      changed[place] ^= UInt8(1 << (place % 8))
      guard let file = try? ExposureKeySignatures(changed) else { continue }
      let isGood = file.verdict(on: export, keyID: "310", keyVersion: "v1", key: key) == .valid
      let original = try ExposureKeySignatures(signatureFile).signatures.first
      #expect(!isGood || file.signatures.first?.bytes == original?.bytes)
    }
  }

  @Test("An export that is cut off, or is something else, is refused")
  func damaged() throws {
    for count in 0..<export.count where count != 16 {
      let code = refusal { _ = try ExposureKeyExport(Array(export.prefix(count))) }
      // A message may end after any whole field; what is lost then, only the signature tells.
      if let code { #expect(code == .badExport || code == .badKey) }
      if count < 16 { #expect(code == .badExport) }
    }
    #expect(refusal { _ = try ExposureKeyExport(signatureFile) } == .badExport)
    #expect(refusal { _ = try ExposureKeySignatures(export) } == .badSignature)
    #expect(refusal { _ = try ExposureKeySignatures([0x0A, 0x05, 1]) } == .badSignature)
  }

  @Test(
    "A key that cannot be one makes the whole file suspect",
    arguments: [
      [0x0A, 0x01, 0x07],  // one byte of key
      [0x18, 0x01],  // no key at all
      [0x0A, 0x10] + Array(repeating: 7, count: 16) + [0x20, 0xFF, 0x01],  // 255 intervals
      [0x0A, 0x10] + Array(repeating: 7, count: 16) + [0x20, 0x00],  // no interval
      [0x0A, 0x10] + Array(repeating: 7, count: 16) + [0x30, 0xFF, 0xFF, 0x7F],  // onset in ages
      [0x0A, 0x10] + Array(repeating: 7, count: 16)
        + [0x18, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],  // a start beyond all times
      [0x08, 0x01],  // a number for a key
    ] as [[UInt8]])
  func badKeys(message: [UInt8]) {
    let bytes = ExposureKeyExport.header + [0x3A, UInt8(message.count)] + message
    let code = refusal { _ = try ExposureKeyExport(bytes) }
    #expect(code == .badKey || code == .badExport)
  }
}
