import FoundationEssentials
import ProximityFormats

extension FuzzTarget {
  private static let own = "B9A665D754FE65E665D76A45"
  private static let other = "7C3DEC4246EA6F90E38EA254"
  private static let key = String(repeating: "4C", count: 32)
  private static let lines =
    "\(own)\t\(other)\t-71\t1596866191387\n\(own)\t\(other)\t-60\t1596866191.5\r\n"

  /// An identifier in writing: what is read is written one way.
  static let radioIdentifier = FuzzTarget(
    "radio-identifier",
    examples: texts(
      "bluezone:\(own)", "RPI:8be6cd371c5c891604bfbe49df845096",
      "tempid:" + Data(repeating: 7, count: 61).base64EncodedString())
  ) { input in
    guard let identifier = RadioIdentifier(utf8: input[...]) else { return }
    require(RadioIdentifier.scheme(of: input[...]) != nil, "an identifier names its service")
    require(RadioIdentifier(identifier.text) == identifier, "one written form")
  }

  /// What a phone with Bluezone sends: a list, a request, or keys alone.
  static let bluezoneUpload = FuzzTarget(
    "bluezone-upload",
    examples: texts(
      lines,
      "POST /x HTTP/1.1\r\nContent-Type: multipart/form-data;boundary=**\r\n\r\n--**\r\n"
        + "Content-Disposition: form-data; name=\"InfoF\"\r\n\r\n"
        + "{\"base_id\":\"\(key)\",\"daily_key\":\"\(key)\",\"time_start\":1596844800}\r\n--**\r\n"
        + "Content-Disposition: form-data; name=\"history\"; filename=\"d\"\r\n\r\n\(lines)\r\n--**--\r\n",
      "--x\nA: b; name=InfoF\n\n{\"daily_key\":\"\(key)\"}\n--x\nA: b; filename=a\n\n\(lines)--x--\n",
      "{\"data\":[{\"daily_key\":\"\(key)\",\"time_start\":\"1596844800000\",\"time_end\":1597844800}]}"
    )
  ) { input in
    let upload: BluezoneUpload
    do throws(ProximityFormatError) {
      upload = try BluezoneUpload(input)
    } catch {
      require(!error.reason.isEmpty, "a refusal says why")
      return
    }
    let lines = upload.sightings.map(\.line) + upload.refused.map(\.line)
    require(Set(lines).count == lines.count || input.count > 4_096, "a line has one reading")
    for (_, sighting) in upload.sightings {
      require(sighting.heard != nil && sighting.hearer != sighting.heard, "two phones")
      require((-127...20).contains(sighting.receivedStrength) && sighting.second >= 0, "possible")
    }
    for key in upload.keys {
      require("\(key)" == "BluezoneDayKey(redacted)", "a key never prints itself")
      require(key.start % 86_400 == 0, "a key is of one day")
    }
    for error in upload.refusedKeys + upload.refused.map(\.error) {
      require(!error.reason.isEmpty, "a refusal says why")
    }
  }

  /// What a phone with OpenTrace sends.
  static let openTraceUpload = FuzzTarget(
    "opentrace-upload",
    examples: texts(
      "{\"token\":\"t\",\"records\":[{\"timestamp\":1596866191,\"msg\":\""
        + Data(repeating: 9, count: 61).base64EncodedString()
        + "\",\"modelC\":\"a\",\"modelP\":\"b\",\"rssi\":-71,\"txPower\":12,\"org\":\"o\"},"
        + "{\"timestamp\":\"1596866191387\",\"msg\":\"\",\"rssi\":-7e1,\"isValid\":false,"
        + "\"invalidReason\":\"expired_id\"}],\"events\":[]}")
  ) { input in
    guard let upload = try? OpenTraceUpload(input) else { return }
    let records = (upload.sightings.map(\.record) + upload.refused.map(\.record)).sorted()
    require(records == Array(1..<records.count + 1), "every record is read or refused")
    for (_, sighting) in upload.sightings {
      require(sighting.heard != nil || sighting.fault != nil, "an identifier, or why there is none")
      require(sighting.second >= 0, "a moment after 1970")
    }
  }

  /// A file of exposure keys; behind its header, which no fuzzer should have to find.
  static let keyExport = FuzzTarget(
    "tek-export",
    examples: [
      [0x09, 0x72, 0x73, 0xAD, 0x5E, 0, 0, 0, 0, 0x1A, 2, 0x55, 0x53, 0x20, 1, 0x28, 1, 0x3A, 0x1C]
        + [0x0A, 0x10] + Array(1...16) + [0x10, 2, 0x18, 0xBC, 0x9F, 0xA0, 0x01, 0x20, 0x8D, 0x01]
    ]
  ) { input in
    _ = try? ExposureKeyExport(input)
    guard let file = try? ExposureKeyExport(ExposureKeyExport.header + input) else { return }
    for key in (file.keys + file.revisedKeys).prefix(8) {
      guard let slots = try? key.key.slots() else { continue }
      require(slots.count == key.key.rollingPeriod, "one identifier for each interval")
      require(slots.allSatisfy { $0.to - $0.from == 600 }, "of ten minutes")
    }
  }

  /// The signatures of a file of exposure keys.
  static let keySignatures = FuzzTarget(
    "tek-signatures",
    examples: [
      [0x0A, 0x12, 0x0A, 4, 0x1A, 2, 0x76, 0x31, 0x10, 1, 0x18, 1, 0x22, 6, 0x30, 4, 2, 0, 2, 0]
    ]
  ) { input in
    guard let file = try? ExposureKeySignatures(input) else { return }
    for signature in file.signatures.prefix(4) {
      let verdict = file.verdict(
        on: input, keyID: signature.info.keyID, keyVersion: signature.info.keyVersion,
        key: Array(repeating: 4, count: 91))
      require(verdict != .valid, "no forgery")
    }
  }

  /// A table of models.
  static let deviceModels = FuzzTarget(
    "device-models",
    examples: texts(
      "manufacturer,name,model,dbm_at_2m,source\nA,Loud,L-1,-55,x\nB,\"Quiet, B\",Q 1+,-65.5,x\n")
  ) { input in
    guard let models = try? DeviceModels(input) else { return }
    for model in models.models {
      require(models.strength(of: model.model) != nil, "a model is found by its name")
      for strength in [-127, -60, 20] {
        let estimate = models.attenuation(
          ofStrength: strength, power: nil, sender: model.model, receiver: nil)
        require(estimate.map { (0...200).contains($0.decibels) } ?? false, "a possible attenuation")
      }
    }
  }

  /// A file of a server's keys.
  static let serverKeys = FuzzTarget(
    "server-keys", examples: texts("\(key)\n\n  \(key.lowercased())\r\n")
  ) { input in
    guard let keys = try? TemporaryID.keys(inLines: input) else { return }
    require(!keys.isEmpty && keys.allSatisfy { $0.count == 32 }, "keys have their length")
    let id = TemporaryID(bytes: Array(repeating: 1, count: 61))
    if case .content? = id?.opened(with: keys) { require(false, "no forgery") }
  }
}
