internal import CommandKit
internal import ExposureStorage
internal import Posters
internal import Presence
internal import SyntheticCity
internal import VenueCodes
internal import VenueRegistry

/// What benchmarks are about: the venues of the registry, a signing key, and a moment.
struct BenchCity {
  let registry: Registry
  /// The venues that are not retired on `today`.
  let venues: [Venue]
  let signingKey: Ed25519.SigningKey
  let prefix: URLPrefix
  let verifier: VenueCodeVerifier
  /// The languages of posters.
  let languages: [PosterLanguage]
  let calendar = LocalCalendar.haiPhong

  /// The time of everything: noon of 6 August 2020 in Hai Phong.
  let now: Int64 = 1_596_690_000
  var today: LocalDay { calendar.day(of: now) }

  init(_ context: Context) throws {
    let (registry, _) = try RegistryFolder(path: context.venues).load()
    self.registry = registry
    let today = calendar.day(of: now)
    venues = registry.venues.filter { $0.isActive(on: today) }
    guard !venues.isEmpty else {
      throw CommandError(
        "there are no venues in \(context.venues)", hint: "give --venues DIR", code: "no-venues")
    }
    languages = try ["vi", "en"].map { tag in
      var file = try InputFile(path: "\(context.venues)/languages/\(tag).json")
      return try PosterLanguage(json: file.readAll(limit: 1 << 16))
    }
    var generator = SystemRandomNumberGenerator()
    signingKey = try Ed25519.SigningKey(using: &generator)
    prefix = try URLPrefix("https://qr.haiphong.gov.vn/#")
    // The same closures as the product's: the registry is asked about every code.
    let directory = VenueDirectory(
      status: { id, day in
        guard let venue = registry.venue(id) else { return .unknown }
        return venue.isActive(on: day) ? .active(name: venue.name) : .retired(name: venue.name)
      },
      isRevoked: { _, _ in false })
    let published = try PublishedKey(
      id: 1, publicKey: signingKey.publicKey, notBefore: now - 86_400,
      notAfter: now + 86_400 * 1_000)
    verifier = VenueCodeVerifier(
      keys: try KeySet([published]), directory: directory, carrier: Carrier(prefixes: [prefix]))
  }

  /// Signs the code of the poster of a number; no two numbers have one code.
  func code(_ number: Int, isNamed: Bool = false) throws -> VenueCode {
    let venue = venues[number % venues.count]
    let token = try VenueToken(
      kind: .inAndOut, keyID: 1, venue: venue.id,
      zone: UInt8(truncatingIfNeeded: number / venues.count / 256), firstDay: today,
      weeksValid: 52, category: 1, defaultStay: 12,
      serial: UInt8(truncatingIfNeeded: number / venues.count),
      name: isNamed ? venue.signedName : nil)
    return VenueCode(signing: token, with: signingKey)
  }

  /// The venues as a synthetic city takes them.
  var cityVenues: [CityVenue] {
    venues.map { venue in
      CityVenue(
        id: venue.id, category: venue.category,
        isClosedSpace: registry.category(of: venue)?.space != .open)
    }
  }
}
