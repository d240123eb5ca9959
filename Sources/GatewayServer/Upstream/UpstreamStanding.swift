internal import DoorProtocol
public import ExposureStorage
internal import VenueCodes

/// How a door stands with its centre, as it is shown and as it decides what scans are worth.
public struct UpstreamStanding: Sendable {
  /// The centre.
  public let link: UpstreamLink
  /// When and how it was last heard.
  public let contact: UpstreamContact
  /// The version of the venues, keys and revocations in use; nil before the first.
  public let version: String?
  /// Until when they may be used, in Unix seconds by the centre's clock; nil before the first.
  public let expiresAt: Int64?
  /// What is still to be sent.
  public let backlog: UpstreamBacklog
  /// What the centre refused.
  public let refused: [RefusedRow]

  /// Reads how a store's door stands; nil when it is not that of a door that joined.
  ///
  /// - Parameter store: The store.
  /// - Throws: `StoreError`.
  public init?(of store: ExposureStore) throws(StoreError) {
    guard let state = try UpstreamState.openIfThere(inStore: store.path),
      let link = try state.link()
    else { return nil }
    self.link = link
    contact = try state.contact()
    backlog = try store.backlog(after: try state.cursors())
    refused = try state.refusedRows()
    let manifest = UpstreamStanding.manifest(of: state, link)
    version = manifest?.version
    expiresAt = manifest?.expiresAt
  }

  /// The centre's word on what to use, when it is still what it signed.
  private static func manifest(of state: UpstreamState, _ link: UpstreamLink) -> BundleManifest? {
    guard let key = try? Ed25519.PublicKey(rawRepresentation: link.centreKey),
      let text = try? state.manifest(), let files = try? state.bundleFiles(),
      let manifest = try? BundleManifest(signed: text, by: key), manifest.door == link.door,
      manifest.version == DoorBundle(files: files).version
    else { return nil }
    return manifest
  }

  /// The version of what is in use, when it is still what the centre signed.
  static func version(of state: UpstreamState, _ link: UpstreamLink) -> String? {
    manifest(of: state, link)?.version
  }

  /// Whether the venues, keys and revocations are past their time, or none are there.
  ///
  /// - Parameter now: By the door's clock, in Unix seconds.
  /// - Returns: True also before the first was fetched.
  public func isOutOfDate(at now: Int64) -> Bool {
    let centre = now - (contact.clockOffsetMilliseconds ?? 0) / 1_000
    return expiresAt.map { centre >= $0 } ?? true
  }

  /// The most that a scan here is worth: what a store that is not a door's, or a door that is up to
  /// date, finds by itself; else that of a typed id, since a stolen print or key would not be known.
  ///
  /// - Parameters:
  ///   - store: The store's folder.
  ///   - now: By the door's clock, in Unix seconds.
  /// - Returns: A grade.
  /// - Throws: `StoreError`.
  public static func gradeLimit(inStore store: String, at now: Int64) throws(StoreError) -> Int8 {
    guard let state = try UpstreamState.openIfThere(inStore: store), let link = try state.link()
    else { return 3 }
    let offset = try state.contact().clockOffsetMilliseconds ?? 0
    guard let manifest = manifest(of: state, link), now - offset / 1_000 < manifest.expiresAt else {
      return 0
    }
    return 3
  }
}
