import Foundation
import ProximityFormats
import TestSupport
import Testing

@Suite("How loud models are") struct DeviceModelsTests {
  static let header = "manufacturer,name,model,dbm_at_2m,source\n"
  /// Two models, 10 dB apart: mean −60, spread 7.07.
  private let two: DeviceModels

  init() throws {
    two = try DeviceModels(
      Array("\(Self.header)A,Loud,L-1,-55,x\nB,Quiet,Q-1,-65,x\n".utf8))
  }

  private func decibels(
    _ strength: Int, power: Int? = nil, sender: String? = nil, receiver: String? = nil
  ) -> Int16? {
    two.attenuation(ofStrength: strength, power: power, sender: sender, receiver: receiver)?
      .decibels
  }

  private func uncertainty(
    _ models: DeviceModels, power: Int?, _ sender: String?, _ receiver: String?
  )
    -> UInt8?
  {
    models.attenuation(ofStrength: -70, power: power, sender: sender, receiver: receiver)?
      .uncertainty
  }

  @Test("The registry's table has twenty models that are 20 dB apart")
  func ownTable() throws {
    let file = TestEnvironment.packageRoot.appendingPathComponent("Venues/radio/models.csv")
    let models = try DeviceModels(Array(Data(contentsOf: file)))
    #expect(models.models.count == 20)
    #expect(models.models.allSatisfy { !$0.source.isEmpty })
    let strengths = models.models.map(\.strengthAtTwoMetres)
    #expect(((strengths.max() ?? 0) - (strengths.min() ?? 0)).rounded() == 21)
    #expect(abs(models.meanStrength + 60.433) < 0.001)
    #expect(abs(models.spread - 5.4058) < 0.001)
    #expect(models.strength(of: "SM-G950F") == -69.13)
  }

  @Test("The registry's figures are those of the published trials, model by model")
  func sameAsPublished() throws {
    guard let published = try shared("opentrace/Device_Data.csv") else { return }
    let file = TestEnvironment.packageRoot.appendingPathComponent("Venues/radio/models.csv")
    let models = try DeviceModels(Array(Data(contentsOf: file)))
    let rows = String(decoding: published, as: UTF8.self).split(whereSeparator: \.isNewline)
      .dropFirst()
    #expect(rows.count == 20)
    for row in rows {
      let cells = row.split(separator: ",")
      #expect(models.strength(of: String(cells[2])) == Double(cells[5]))
      #expect(models.strength(of: "\(cells[0]) \(cells[1])") == Double(cells[5]))
    }
  }

  @Test("At two metres every model comes out at the same attenuation")
  func corrected() {
    #expect(decibels(-55, sender: "L-1") == 55)
    #expect(decibels(-65, sender: "Q-1") == 55)
    #expect(decibels(-60) == 55)
    // Weaker by 10 is farther by 10.
    #expect(decibels(-65, sender: "l 1") == 65)
    #expect(decibels(-75, sender: "b quiet") == 65)
  }

  @Test("A stated power is used, and corrected by how much louder the model is than others")
  func statedPower() {
    #expect(decibels(-60, power: 8) == 68)
    #expect(decibels(-60, power: 8, sender: "L-1") == 73)
    #expect(decibels(-60, power: 8, sender: "Q-1") == 63)
    #expect(decibels(-60, power: 8, sender: "none such") == 68)
    #expect(decibels(-60, power: -61) == nil)
    #expect(decibels(-60, power: -60, sender: "Q-1") == 0)
  }

  @Test("The less is known, the wider is the uncertainty")
  func uncertainties() throws {
    let both = try #require(uncertainty(two, power: nil, "L-1", "Q-1"))
    let sender = try #require(uncertainty(two, power: nil, "L-1", nil))
    let power = try #require(uncertainty(two, power: 8, nil, nil))
    let nothing = try #require(uncertainty(two, power: nil, nil, nil))
    #expect(both == 3)
    #expect(both < sender && sender < power && power < nothing)
    let file = TestEnvironment.packageRoot.appendingPathComponent("Venues/radio/models.csv")
    let own = try DeviceModels(Array(Data(contentsOf: file)))
    #expect(uncertainty(own, power: nil, "SM-G950F", "SM-G950F") == 3)
    #expect(uncertainty(own, power: 8, "SM-G950F", nil) == 5)
    #expect(uncertainty(own, power: 8, nil, nil) == 7)
    #expect(uncertainty(own, power: nil, nil, nil) == 9)
  }

  @Test("Without a table every phone is unknown")
  func none() {
    let estimate = DeviceModels.none.attenuation(
      ofStrength: -60, power: nil, sender: "SM-G950F", receiver: nil)
    #expect(estimate == DeviceModels.Estimate(decibels: 55, uncertainty: 9))
  }

  @Test("A stronger signal is never farther")
  func monotone() throws {
    for sender in ["L-1", "Q-1", nil] {
      for power in [nil, 8] {
        let all = (-127...7).compactMap { decibels($0, power: power, sender: sender) }
        #expect(all.count == 135 && zip(all, all.dropFirst()).allSatisfy { $0 >= $1 })
        #expect(all.allSatisfy { (0...200).contains($0) })
      }
    }
  }

  @Test(
    "A table that cannot be right is refused, with the line",
    arguments: [
      "", "manufacturer,name\nA,B\n", "\(header)A,B,C\n", "\(header)A,B,C,loud,x\n",
      "\(header)A,B,C,5,x\n", "\(header)A,B,C,-200,x\n", "\(header)A,B,,-60,x\n",
      "\(header)A,B,C,,x\n", "\(header)A,\"B,C,-60,x\n", "\(header)A,B,C,nan,x\n",
    ])
  func refused(text: String) {
    #expect(refusal { _ = try DeviceModels(Array(text.utf8)) } == .badModels)
  }
}
