import ExposureStorage
import Foundation
import Glibc
import Testing
import VenueCodes

@Suite("Keys of doors and of their centre") struct DoorKeyTests {
  private func makeVault(_ folder: TemporaryFolder) throws -> KeyVault {
    try KeyVault.create(
      in: folder.path, secret: .keyFile(folder.path + "/gateway.key"), notBefore: 1_000,
      notAfter: 2_000)
  }

  private func code(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return (error as? VaultError)?.code
    }
  }

  @Test("A new store hashes people twice, and one of before goes on with one key")
  func twoKeys() throws {
    let folder = try TemporaryFolder()
    let vault = try makeVault(folder)
    #expect(try vault.canEnrolDoors())
    let twice = try vault.subjectHash()
    #expect(twice.isOfCentre)
    // What a store of before has: neither key nor mark.
    for name in ["doors-1", "centre-1"] {
      for ending in ["sealed", "made"] { unlink("\(folder.path)/\(name).\(ending)") }
    }
    let once = try vault.subjectHash()
    #expect(!once.isOfCentre)
    #expect(once.hash("0912345678") != twice.hash("0912345678"))
    #expect(try !vault.canEnrolDoors())
    #expect(code { _ = try vault.centreKey() } == "vault-no-doors")
    #expect(
      code { _ = try vault.secretsForDoor(places: [], mayCheckPasses: false) } == "vault-no-doors")
  }

  @Test("A lost door key is told, and nobody gets another pseudonym meanwhile")
  func lostDoorKey() throws {
    let folder = try TemporaryFolder()
    let vault = try makeVault(folder)
    unlink(folder.path + "/doors-1.sealed")
    #expect(code { _ = try vault.subjectHash() } == "vault-secret-lost")
  }

  @Test("A door has what it needs of its centre and nothing else (A37)")
  func door() throws {
    let folder = try TemporaryFolder()
    let centre = try makeVault(folder)
    let other = try TemporaryFolder()
    let edge = try makeVault(other)
    let venue = try VenueID(parsing: "C4C6BHFZC")
    let places: [(venue: VenueID, zone: UInt8)] = (0..<1_100).map { (venue, UInt8($0 & 255)) }
    let keys = try edge.doorKeys()
    #expect(try edge.doorKeys().signing.publicKey == keys.signing.publicKey)
    let given = try centre.secretsForDoor(places: places, mayCheckPasses: false)
    let box = try #require(SealedBox.sealed(given.parcel(), to: keys.box.publicKey))
    guard let parcel = try keys.box.open(box) else {
      Issue.record("the box does not open")
      return
    }
    let secrets = try DoorSecrets(parcel: parcel)
    try edge.keepDoorSecrets(secrets, keySet: centre.keySet())
    #expect(edge.isOfDoor)
    let names = try FileManager.default.contentsOfDirectory(atPath: other.path).sorted()
    #expect(
      names == [
        "door-box.sealed", "door-pseudonyms.sealed", "door-screens-1.sealed",
        "door-screens-2.sealed", "door-signing.sealed", "gateway.key", "keyset.json",
        "master.sealed",
      ])
    // The inner pseudonym, hashed again, is the centre's.
    let inner = try edge.subjectHash().hash("0912345678")
    let again = try #require(try centre.subjectHash().hash(innerHigh: inner.high, low: inner.low))
    #expect(again == (try centre.subjectHash().hash("0912345678")))
    #expect(inner != again)
    #expect(try KeyVault.keySet(in: other.path) == centre.keySet())
    let codes = try edge.codeSecrets()
    #expect(codes.screens.isEmpty)
    #expect(codes.passes.isEmpty)
    #expect(codes.rings.map(\.count) == [256, 100])
    #expect(code { _ = try edge.screenMasterKey() } == "vault-is-of-door")
    #expect(code { _ = try edge.passMasterKey() } == "vault-is-of-door")
    #expect(code { _ = try edge.centreKey() } == "vault-is-of-door")
    #expect(code { _ = try edge.currentSigningKey(at: 1_500) } != nil)
    // Again, with passes and fewer screens.
    let more = try centre.secretsForDoor(places: [(venue, 0)], mayCheckPasses: true)
    try edge.keepDoorSecrets(more, keySet: centre.keySet())
    #expect(try edge.codeSecrets().passes.count == 1)
    #expect(try edge.codeSecrets().rings.map(\.count) == [1])
  }
}
