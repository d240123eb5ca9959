internal import CommandKit
internal import EvidenceIntake
internal import ExposureStorage
internal import Presence
internal import VenueCodes

/// Whose the identifiers in sightings are, as far as it is known.
struct Resolution {
  /// Rows all of whose identifiers somebody is known to have said.
  private(set) var resolved = 0
  /// Rows with an identifier that nobody knows yet.
  private(set) var unresolved = 0

  private var known: [Pseudonym: [CredentialAlias]] = [:]

  /// Notes aliases that are not in the store, as in a dry run.
  mutating func learn(_ aliases: [CredentialAlias]) {
    for alias in aliases { known[alias.credential, default: []].append(alias) }
  }

  /// Counts rows by what the store knows now.
  mutating func count(
    _ sightings: [SightingReader.Sighting], in store: ExposureStore
  ) throws(StoreError) {
    // What does not count, whoever it is of, is not waiting for a key.
    let rotating = sightings.filter { $0.evidence.status.isRotating }
    let asked = Set(rotating.flatMap(\.identifiers)).subtracting(known.keys)
    for credential in asked { known[credential] = [] }
    for alias in try store.aliases(of: asked) { known[alias.credential, default: []].append(alias) }
    for sighting in rotating {
      let isKnown = sighting.identifiers.allSatisfy { identifier in
        known[identifier]?.contains { $0.may(beSaidAt: sighting.evidence.start) } ?? false
      }
      if isKnown { resolved += 1 } else { unresolved += 1 }
    }
  }

  /// Counts the sightings in the store that have one of some identifiers in its slot.
  static func sightings(
    of aliases: [CredentialAlias], in store: ExposureStore
  ) throws -> Int {
    guard let from = aliases.map(\.from).min(), let to = aliases.map(\.to).max() else { return 0 }
    let reach = CredentialAlias.longestClockDifference
    let snapshot = try store.snapshot(
      from: store.calendar.day(of: from - reach), to: store.calendar.day(of: to + reach))
    var slots: [SubjectNumber: [CredentialAlias]] = [:]
    for alias in aliases {
      if let number = snapshot.number(of: alias.credential) {
        slots[number, default: []].append(alias)
      }
    }
    guard !slots.isEmpty else { return 0 }
    var count = 0
    try snapshot.forEachRow { row in
      guard row.kind == .bleSighting, row.status.isRotating else { return }
      let isOne = [row.subject, row.peer].contains { number in
        number.flatMap { slots[$0] }?.contains { $0.may(beSaidAt: row.start) } ?? false
      }
      if isOne { count += 1 }
    }
    return count
  }
}

extension CredentialAlias {
  /// Whether a phone may have written this moment when it heard the identifier.
  fileprivate func may(beSaidAt second: Int64) -> Bool {
    second >= from - Self.longestClockDifference && second < to + Self.longestClockDifference
  }
}

/// Takes aliases to the store, and refuses those that another person has already.
struct AliasIntake {
  let store: ExposureStore
  let context: Context
  /// How many identifiers have an owner now that had none.
  private(set) var added = 0
  /// The aliases that were taken.
  private(set) var taken: [CredentialAlias] = []

  /// What became of one key's aliases.
  enum Outcome {
    case stored
    case repeated
    case otherPersons
  }

  init(store: ExposureStore, context: Context) {
    self.store = store
    self.context = context
  }

  /// Takes the aliases of keys, one list a key.
  ///
  /// - Returns: What became of each.
  mutating func take(_ keys: [[CredentialAlias]]) throws -> [Outcome] {
    // All of them: retention may have left some of a key's identifiers and not others. And whatever
    // the day: the same identifiers on two days are one key, of which one date is wrong.
    var owners: [Pseudonym: Set<CredentialAlias>] = [:]
    for alias in try store.aliases(of: Set(keys.joined().map(\.credential))) {
      owners[alias.credential, default: []].insert(alias)
    }
    var outcomes: [Outcome] = []
    var new: [CredentialAlias] = []
    var newKeys = 0
    for aliases in keys {
      let missing = aliases.filter { owners[$0.credential]?.contains($0) != true }
      if missing.isEmpty {
        outcomes.append(.repeated)
      } else if aliases.contains(where: { alias in
        owners[alias.credential]?.contains { $0.person != alias.person } ?? false
      }) {
        outcomes.append(.otherPersons)
        continue
      } else {
        outcomes.append(.stored)
        newKeys += 1
        new += missing
        for alias in missing { owners[alias.credential, default: []].insert(alias) }
      }
      taken += aliases
    }
    if context.isDryRun {
      added += new.count
    } else if !new.isEmpty {
      // How many, and not whose: the identifiers say that where they are kept.
      added += try store.addAliases(
        new, note: context.auditNote("key import", "\(newKeys)", detail: "\(new.count) identifiers")
      )
    }
    return outcomes
  }
}
