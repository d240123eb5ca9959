internal import CommandKit
internal import EvidenceIntake
internal import Presence
internal import ProximityFormats
internal import VenueCodes

/// `checkin-bench bluezone`: day keys to identifiers, pseudonyms and persons.
struct BluezoneBenchmark: Benchmark {
  var setting = BenchmarkSetting()
  var keys = 2_000

  static let command = Command(
    "bluezone", "Times the identifiers of Bluezone's day keys", BluezoneBenchmark(),
    [.option("--keys", \.keys, in: 1...1_000_000, help: "How many day keys a run has")]
      + settingParameters,
    run: { options, context in
      try options.run(context)
      return .done
    })

  func run(_ context: Context) throws {
    let surroundings = Surroundings(setting)
    let day = LocalDay(daysSince2020: 220)
    let dayKeys = try (0..<keys).map { number in
      try BluezoneDayKey(SHA256.digest(of: Array("day key \(number)".utf8)), day: day)
    }
    let hash = try Self.hash()
    let count = keys * BluezoneDayKey.identifierCount
    let owners = Self.owners(of: dayKeys, hash)
    var race = Race(
      "bluezone", unit: "identifiers",
      remarks: [
        "\(grouped(keys)) day keys of 96 identifiers a run, one core",
        "derived: the chain of SHA-256 from key to identifiers; resolved: that, the pseudonym of "
          + "each (HMAC-SHA-256 with the store's key), and a look into a table of "
          + "\(grouped(owners.count)) pseudonyms for whose it is",
        "Python does the same chain with hashlib (OpenSSL), and HMAC with hmac.digest",
      ])
    var contestants = [
      Contestant("checkin, resolved", count: count) {
        var found = 0
        var pseudonyms = BluezonePseudonyms(hash)
        for (person, key) in dayKeys.enumerated() {
          for identifier in key.identifiers()
          where owners[pseudonyms.pseudonym(of: identifier)] == UInt32(person) { found += 1 }
        }
        guard found == count else { throw CommandError("an identifier was not resolved") }
      },
      Contestant("checkin, derived", count: count) {
        var sum: UInt64 = 0
        for key in dayKeys { for identifier in key.identifiers() { sum &+= identifier.high } }
        keep(sum)
      },
      Contestant("checkin, pseudonyms of given identifiers", count: count) {
        var pseudonyms = BluezonePseudonyms(hash)
        for number in 0..<UInt64(count) {
          keep(pseudonyms.pseudonym(of: BluezoneIdentifier(high: number, low: 7)))
        }
      },
    ]
    if surroundings.hasPython("hashlib") {
      contestants.append(
        Contestant(
          script: surroundings.peer("bluezone_ids.py"), ["\(keys)"], python: surroundings.python))
    } else {
      race.absent.append("Python's hashlib")
    }
    try race.run(contestants, repetitions: setting.repetitions ?? 9, context)
    try race.report(context)
  }

  /// A key like a store's.
  ///
  /// In a function of its own, with names for all that is made: where they are passed on at once, the
  /// optimizer of Swift 6.3 loses count of who owns the secret.
  private static func hash() throws -> PseudonymHash {
    let bytes = [UInt8](0..<32)
    let key = try SecretBytes(copying: bytes.span)
    return PseudonymHash(try KeyedHash(key: key, domain: "checkin/subject/v1"))
  }

  private static func owners(of keys: [BluezoneDayKey], _ hash: PseudonymHash) -> [Pseudonym:
    UInt32]
  {
    var owners: [Pseudonym: UInt32] = [:]
    owners.reserveCapacity(keys.count * BluezoneDayKey.identifierCount)
    var pseudonyms = BluezonePseudonyms(hash)
    for (person, key) in keys.enumerated() {
      for identifier in key.identifiers() {
        owners[pseudonyms.pseudonym(of: identifier)] = UInt32(person)
      }
    }
    return owners
  }
}
