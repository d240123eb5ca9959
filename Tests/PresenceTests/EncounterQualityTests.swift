import Presence
import Testing

@Suite("Encounter quality") struct EncounterQualityTests {
  @Test("Every byte is a quality, and its parts make that byte again")
  func bytes() {
    for byte in UInt8.min...UInt8.max {
      let quality = EncounterQuality(rawValue: byte)
      #expect(
        EncounterQuality(isOneSided: quality.isOneSided, uncertainty: quality.uncertainty)
          == quality)
    }
  }

  @Test("What is more than can be said is the most that can, and never the same as not said")
  func bounds() {
    let quality = EncounterQuality(isOneSided: true, uncertainty: 200)
    #expect(quality.uncertainty == 126 && quality.isOneSided)
    #expect(EncounterQuality.given.uncertainty == nil && !EncounterQuality.given.isOneSided)
  }

  @Test("Evidence has an uncertainty only for Bluetooth, and a stated stay only for all else")
  func detail() {
    for kind in Evidence.Kind.allCases {
      var row = Evidence(
        id: EvidenceID(high: 1, low: 2), kind: kind, subject: Pseudonym(high: 1, low: 1),
        start: 0, attenuationUncertainty: 5, statedStay: 12, receivedAt: 0)
      #expect(row.attenuationUncertainty == (kind.isBluetooth ? 5 : nil))
      #expect(row.statedStay == (kind.isBluetooth ? nil : 12))
      row.attenuationUncertainty = 6
      row.statedStay = 13
      #expect((row.attenuationUncertainty ?? row.statedStay) == (kind.isBluetooth ? 6 : 13))
      row.kind = kind.isBluetooth ? .scan : .bleSighting
      #expect(row.attenuationUncertainty == nil && row.statedStay == nil)
    }
  }
}
