internal import FoundationEssentials
public import VenueCodes
public import VenueRegistry

/// All that a door needs to work offline, as files: its part of the registry, the public key set and the
/// revoked prints.
///
/// Its version follows from its content, so that a door can tell whether what it has is what the centre
/// signed, and a change costs a small difference.
public struct DoorBundle: Hashable, Sendable {
  /// The text of each file by its path.
  public let files: [String: String]
  /// 64 hexadecimal digits: SHA-256 of all files.
  public let version: String

  /// The file of the public key set.
  public static let keySet: String = "keyset.json"
  /// The file of the revoked prints: venue, zone, serial, first day, when, as whole numbers.
  public static let revocations: String = "revocations.txt"

  /// Takes files.
  public init(files: [String: String]) {
    self.files = files
    var bytes: [UInt8] = Array("checkin/door/bundle/v1\0".utf8)
    for (path, text) in files.sorted(by: { $0.key < $1.key }) {
      for part in [path, text] {
        bytes += Array("\(part.utf8.count):".utf8)
        bytes += part.utf8
      }
    }
    version = SHA256.digest(of: bytes).map { byte in
      let text = String(byte, radix: 16)
      return text.utf8.count == 1 ? "0" + text : text
    }.joined()
  }

  /// Makes what a door of a scope needs.
  ///
  /// - Parameters:
  ///   - registry: The centre's.
  ///   - scope: The door's venues.
  ///   - keySet: The public keys.
  ///   - revocations: A line for each revoked print of any venue; those of other venues are left out.
  public init(
    registry: Registry, scope: DoorScope, keySet: KeySet, revocations: [RevokedPrintLine]
  ) {
    let venues = scope.venues(in: registry)
    let ids = Set(venues.map(\.id))
    let own = Registry(
      categories: registry.categories, agencies: registry.agencies,
      divisions: registry.divisions,
      venues: venues.map { venue in
        var venue = venue
        if let parent = venue.parent, !ids.contains(parent) { venue.parent = nil }
        return venue
      }, abbreviations: registry.abbreviations)
    var files = own.files().texts
    files[DoorBundle.keySet] = String(decoding: keySet.json, as: UTF8.self)
    files[DoorBundle.revocations] =
      revocations.filter { ids.contains($0.venue) }.map { $0.text + "\n" }.sorted().joined()
    self.init(files: files)
  }

  /// The files that are of the registry's folder.
  public var registryFiles: RegistryFiles {
    RegistryFiles(
      texts: files.filter { $0.key != DoorBundle.keySet && $0.key != DoorBundle.revocations })
  }

  /// The revoked prints.
  ///
  /// - Throws: `badAnswer` for a line that is none.
  public func revokedPrints() throws(DoorProtocolError) -> [RevokedPrintLine] {
    var lines: [RevokedPrintLine] = []
    for line in (files[DoorBundle.revocations] ?? "").split(separator: "\n") {
      lines.append(try RevokedPrintLine(text: line))
    }
    return lines
  }
}

/// A print that counts no more, as doors are told of it.
public struct RevokedPrintLine: Hashable, Sendable {
  /// The venue.
  public let venue: VenueID
  /// The zone.
  public let zone: UInt8
  /// The serial.
  public let serial: UInt8
  /// The first day on the print.
  public let firstDay: LocalDay
  /// From when on it is refused, in Unix seconds.
  public let revokedAt: Int64

  /// Makes a line.
  public init(venue: VenueID, zone: UInt8, serial: UInt8, firstDay: LocalDay, revokedAt: Int64) {
    self.venue = venue
    self.zone = zone
    self.serial = serial
    self.firstDay = firstDay
    self.revokedAt = revokedAt
  }

  /// The text of it.
  public var text: String { "\(venue) \(zone) \(serial) \(firstDay) \(revokedAt)" }

  /// Reads the text of it.
  ///
  /// - Throws: `badAnswer`.
  public init(text: some StringProtocol) throws(DoorProtocolError) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 5, let venue = try? VenueID(parsing: words[0]), let zone = UInt8(words[1]),
      let serial = UInt8(words[2]), let firstDay = LocalDay(iso8601: words[3]),
      let revokedAt = Int64(words[4])
    else { throw .badAnswer }
    self.init(venue: venue, zone: zone, serial: serial, firstDay: firstDay, revokedAt: revokedAt)
  }
}

/// How one bundle becomes the next: whole files, or the lines in the middle of a file that changed.
public struct BundleDelta: Hashable, Sendable, Codable {
  /// The lines of a file that changed.
  public struct Edit: Hashable, Sendable, Codable {
    /// How many lines at the beginning stay.
    public var head: Int
    /// How many lines at the end stay.
    public var tail: Int
    /// What stands between them now.
    public var middle: [String]
  }

  /// The version it starts from; nil when every file is whole.
  public var since: String?
  /// The version it leads to.
  public var version: String
  /// Files that are new or sent whole.
  public var whole: [String: String]
  /// Files that were changed in places.
  public var edits: [String: Edit]
  /// Files that are gone.
  public var gone: [String]

  /// Makes the difference between two bundles, or all of the second when there is no first.
  public init(from old: DoorBundle?, to new: DoorBundle) {
    since = old?.version
    version = new.version
    whole = [:]
    edits = [:]
    gone = []
    for (path, text) in new.files {
      guard let before = old?.files[path] else {
        whole[path] = text
        continue
      }
      guard before != text else { continue }
      let edit = BundleDelta.edit(from: before, to: text)
      let size = edit.middle.reduce(0) { $0 + $1.utf8.count + 4 }
      if size < text.utf8.count { edits[path] = edit } else { whole[path] = text }
    }
    gone = (old?.files.keys.filter { new.files[$0] == nil } ?? []).sorted()
  }

  /// Returns the bundle that a bundle becomes.
  ///
  /// - Parameter old: What is there; nil for nothing.
  /// - Returns: The new bundle.
  /// - Throws: `wrongVersion` when it starts from another one, or does not lead to what it says.
  public func applied(to old: DoorBundle?) throws(DoorProtocolError) -> DoorBundle {
    guard since == nil || since == old?.version else { throw .wrongVersion }
    var files = since == nil ? [:] : old?.files ?? [:]
    for path in gone { files[path] = nil }
    for (path, text) in whole { files[path] = text }
    for (path, edit) in edits {
      guard let before = files[path] else { throw .wrongVersion }
      let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
      guard edit.head >= 0, edit.tail >= 0, edit.head <= lines.count,
        edit.tail <= lines.count - edit.head
      else { throw .wrongVersion }
      files[path] =
        (lines.prefix(edit.head) + edit.middle.map { $0[...] } + lines.suffix(edit.tail))
        .joined(separator: "\n")
    }
    let new = DoorBundle(files: files)
    guard new.version == version else { throw .wrongVersion }
    return new
  }

  private static func edit(from old: String, to new: String) -> Edit {
    let before = old.split(separator: "\n", omittingEmptySubsequences: false)
    let after = new.split(separator: "\n", omittingEmptySubsequences: false)
    let most = min(before.count, after.count)
    var head = 0
    while head < most, before[head] == after[head] { head += 1 }
    var tail = 0
    while tail < most - head,
      before[before.count - 1 - tail] == after[after.count - 1 - tail]
    {
      tail += 1
    }
    return Edit(
      head: head, tail: tail, middle: after[head..<(after.count - tail)].map { String($0) })
  }
}

/// The centre's word on which bundle a door is to use, and until when.
///
///     checkin-door-bundle-1
///     door 3
///     version 9f86d081…
///     issued 1596672000
///     expires 1597881600
///     signature base64…
///
/// The signature is over all lines before it. It is kept as it came, so that what is on the disk can be
/// checked again at each start.
public struct BundleManifest: Hashable, Sendable {
  /// How long a door may work without a newer one, in seconds: 14 days.
  public static let lifetimeSeconds: Int64 = 14 * 86_400

  /// The number of the door.
  public let door: Int64
  /// The version of the bundle.
  public let version: String
  /// When it was signed by the centre's clock, in Unix seconds.
  public let issuedAt: Int64
  /// From when on a door says that it is out of date, in Unix seconds.
  public let expiresAt: Int64

  /// Makes a manifest.
  public init(door: Int64, version: String, issuedAt: Int64, expiresAt: Int64) {
    self.door = door
    self.version = version
    self.issuedAt = issuedAt
    self.expiresAt = expiresAt
  }

  private var statement: String {
    """
    checkin-door-bundle-1
    door \(door)
    version \(version)
    issued \(issuedAt)
    expires \(expiresAt)

    """
  }

  /// Returns the text with the centre's signature.
  public func signed(by key: Ed25519.SigningKey) -> String {
    let signature = key.signature(for: Array(statement.utf8).span)
    return statement + "signature \(Data(signature).base64EncodedString())\n"
  }

  /// Reads and checks a signed text.
  ///
  /// - Throws: `notSigned`, `badSignature`.
  public init(signed text: String, by key: Ed25519.PublicKey) throws(DoorProtocolError) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    func value(_ line: Int, _ name: String) -> Substring? {
      lines[line].hasPrefix(name + " ") ? lines[line].dropFirst(name.utf8.count + 1) : nil
    }
    guard lines.count == 7, lines[6].isEmpty, let door = value(1, "door").flatMap({ Int64($0) }),
      let version = value(2, "version"), version.utf8.count == 64,
      let issued = value(3, "issued").flatMap({ Int64($0) }),
      let expires = value(4, "expires").flatMap({ Int64($0) }),
      let signature = value(5, "signature").flatMap({ Data(base64Encoded: String($0)) })
    else { throw .notSigned }
    self.init(door: door, version: String(version), issuedAt: issued, expiresAt: expires)
    guard text.hasPrefix(statement) else { throw .notSigned }
    guard key.isValid(signature: Array(signature).span, for: Array(statement.utf8).span) else {
      throw .badSignature
    }
  }
}
