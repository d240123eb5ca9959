internal import VenueCodes

extension Registry {
  /// Returns what is wrong with one venue in this registry; empty when it can be used.
  ///
  /// - Complexity: O(depth) in the number of venues it is part of.
  public func problems(of venue: Venue) -> [VenueProblem] {
    var problems: [VenueProblem] = []
    func report(_ field: VenueField, _ code: String, _ message: String) {
      problems.append(VenueProblem(field: field, code: code, message: message))
    }
    func check(_ field: VenueField, _ text: String?, limit: Int, separators: String = "") {
      guard let text else { return }
      if let fault = VenueText.fault(in: text, limit: limit) {
        report(field, fault.code, "\(field.rawValue) \(fault.message)")
      } else if text.contains(where: { separators.contains($0) }) {
        // Not repeated: what has bars may be a person's card that was scanned into a table.
        report(field, "separator", "\(field.rawValue) must not hold |")
      }
    }
    check(.name, venue.name, limit: Venue.nameLimit)
    check(.shortName, venue.shortName, limit: Venue.signedNameLimit)
    check(.address, venue.address, limit: 300)
    for alias in venue.aliases { check(.aliases, alias, limit: 200, separators: "|") }
    for zone in venue.zones { check(.zones, zone.name, limit: 100, separators: "|") }
    if category(venue.category) == nil {
      report(
        .category, "unknown-category",
        "category \"\(venue.category)\" is unknown: add it to \(RegistryFiles.categories)")
    }
    if agency(venue.agency) == nil {
      report(
        .agency, "unknown-agency",
        "agency \"\(venue.agency)\" is unknown: add it to \(RegistryFiles.agencies)")
    }
    if division(venue.division) == nil {
      report(
        .division, "unknown-division",
        "division \"\(venue.division)\" is unknown: add it to \(RegistryFiles.divisions)")
    }
    if venue.zones.contains(where: { $0.number == 0 }) {
      report(.zones, "zone-zero", "zone 0 is the whole venue: number zones from 1")
    }
    if Set(venue.zones.map(\.number)).count < venue.zones.count {
      report(.zones, "duplicate-zone", "a zone number is used twice")
    }
    if let parent = venue.parent {
      if parent == venue.id {
        report(.parent, "parent-cycle", "the venue is its own parent")
      } else if self.venue(parent) == nil {
        report(.parent, "unknown-parent", "no venue has the id \(parent) of the parent")
      } else if ancestors(of: parent).contains(where: { $0.id == venue.id }) {
        report(
          .parent, "parent-cycle", "the venue is a part of itself by way of its parent \(parent)")
      }
    }
    return problems
  }

  /// Returns everything that is wrong or looks wrong, by file and line.
  ///
  /// Errors are twins of ids, codes and numbers, names of things that are not there, cycles, and
  /// texts that a code cannot carry. Names that look alike in one division and category are
  /// warnings, and so are ids whose check symbol troubles people who type.
  ///
  /// - Complexity: O(n log n) in the number of venues, for names of bounded length.
  public func check() -> [Diagnostic] {
    var found: [Diagnostic] = []
    func report(
      _ severity: Diagnostic.Severity, _ code: String, _ origin: Origin?, _ message: String
    ) {
      found.append(
        Diagnostic(
          severity, code: code, file: origin?.file, line: origin?.line, message: message))
    }
    func reportTwins<Value, Key: Hashable>(
      _ entries: [Entry<Value>], _ what: String, _ code: String, _ key: (Value) -> Key
    ) {
      var first: [Key: Origin?] = [:]
      for entry in entries {
        let key = key(entry.value)
        if let earlier = first[key] {
          let place = earlier.map { " (first in \($0.file):\($0.line))" } ?? ""
          report(.error, code, entry.origin, "\(what) \(key) is used twice\(place)")
        } else {
          first[key] = .some(entry.origin)
        }
      }
    }
    reportTwins(categoryEntries, "category", "duplicate-category", \.code)
    reportTwins(categoryEntries, "wire number", "duplicate-wire-number", \.wireNumber)
    reportTwins(agencyEntries, "agency", "duplicate-agency", \.id)
    reportTwins(divisionEntries, "division", "duplicate-division", \.code)
    reportTwins(entries, "id", "duplicate-id", \.id)

    for entry in categoryEntries {
      let category = entry.value
      if let agency = category.agency, self.agency(agency) == nil {
        report(.error, "unknown-agency", entry.origin, "agency \"\(agency)\" is unknown")
      }
      if !Registry.isWord(category.code) {
        report(
          .error, "invalid-code", entry.origin,
          "code \"\(category.code)\" must be lower-case letters, digits and hyphens")
      }
    }
    for entry in agencyEntries {
      if let division = entry.value.division, self.division(division) == nil {
        report(.error, "unknown-division", entry.origin, "division \"\(division)\" is unknown")
      }
    }
    for entry in divisionEntries {
      let division = entry.value
      if let fault = VenueText.fault(in: division.name, limit: Venue.nameLimit) {
        report(.error, fault.code, entry.origin, "name \(fault.message)")
      }
      guard let parent = division.parent else { continue }
      if self.division(parent) == nil {
        report(.error, "unknown-division", entry.origin, "parent \"\(parent)\" is unknown")
      } else if isInDivisionCycle(division) {
        report(
          .error, "division-cycle", entry.origin,
          "division \(division.code) is a part of itself by way of its parent")
      }
    }
    for entry in entries {
      for problem in problems(of: entry.value) {
        report(.error, problem.code, entry.origin, "\(entry.value.id): \(problem.message)")
      }
      if entry.value.id.description.last.map({ "*~$=".contains($0) }) ?? false {
        report(
          .warning, "check-symbol", entry.origin,
          "\(entry.value.id): the check symbol is hard to type; ids made by checkin avoid it")
      }
    }
    reportAliases(report)
    for pair in alikePairs() {
      let (earlier, later) = (entries[pair.first], entries[pair.second])
      let place = earlier.origin.map { " (\($0.file):\($0.line))" } ?? ""
      let names = "\"\(later.value.name)\" and \"\(earlier.value.name)\""
      let who = "\(later.value.id) and \(earlier.value.id)\(place)"
      switch pair.likeness {
      case .same where Registry.isSamePlace(earlier.value, later.value):
        report(
          .error, "duplicate-name", later.origin,
          "\(who) have the same name \(names) in one division: retire one or tell them apart")
      case .same:
        report(
          .warning, "same-name", later.origin,
          "\(who) have the same name \(names) at two addresses: check that they are two places")
      case .marks, .oneLetter:
        report(
          .warning, "near-duplicate-name", later.origin,
          "\(who) have names that look alike, \(names): check that they are two places")
      }
    }
    return found.sorted { left, right in
      if left.severity != right.severity { return left.severity == .error }
      return (left.file ?? "", left.line ?? 0, left.code, left.message)
        < (right.file ?? "", right.line ?? 0, right.code, right.message)
    }
  }

  private func reportAliases(
    _ report: (Diagnostic.Severity, String, Origin?, String) -> Void
  ) {
    var owners: [String: VenueID] = [:]
    for entry in entries where entry.value.retiredOn == nil {
      for alias in entry.value.aliases {
        if let owner = owners[alias.lowercased()], owner != entry.value.id {
          report(
            .warning, "duplicate-alias", entry.origin,
            "\(entry.value.id) and \(owner) are both known as \"\(alias)\"")
        } else {
          owners[alias.lowercased()] = entry.value.id
        }
      }
    }
  }

  private func isInDivisionCycle(_ division: Division) -> Bool {
    var seen: Set<String> = []
    var next = division.parent
    while let code = next, seen.insert(code).inserted {
      if code == division.code { return true }
      next = self.division(code)?.parent
    }
    return false
  }

  private static func isWord(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
      }
  }

  /// Two names at two known addresses are two places; else nothing tells them apart.
  static func isSamePlace(_ left: Venue, _ right: Venue) -> Bool {
    guard let one = left.address, let other = right.address else { return true }
    return VenueText.key(one) == VenueText.key(other)
  }

  // MARK: Names that look alike

  private static let pairsPerName = 16

  struct AlikePair: Hashable {
    let first: Int
    let second: Int
    let likeness: FoldedName.Likeness
  }

  private struct Place: Hashable {
    let division: String
    let category: String
  }

  /// Returns the pairs of venues in use, of one division and category, whose names look alike.
  ///
  /// Two texts that differ by one letter become equal when one letter is struck out of each, so it
  /// is enough to compare names that share a text with one letter struck out. Of many that look
  /// alike each is compared with the next sixteen, so that a file of one name cannot exhaust memory.
  func alikePairs() -> [AlikePair] {
    let table = FoldedName.table(of: abbreviations)
    var groups: [Place: [Int]] = [:]
    for (index, entry) in entries.enumerated() where entry.value.retiredOn == nil {
      groups[Place(division: entry.value.division, category: entry.value.category), default: []]
        .append(index)
    }
    var pairs: Set<AlikePair> = []
    for group in groups.values where group.count > 1 {
      let names = group.map { FoldedName(entries[$0].value.name, abbreviations: table) }
      var buckets: [[UInt8]: [Int]] = [:]
      for (index, name) in names.enumerated() {
        var keys: Set<[UInt8]> = [name.letters]
        if name.letters.count >= FoldedName.shortestForTypingErrors {
          for place in name.letters.indices {
            var key = name.letters
            key.remove(at: place)
            keys.insert(key)
          }
        }
        for key in keys { buckets[key, default: []].append(index) }
      }
      for bucket in buckets.values where bucket.count > 1 {
        for (order, left) in bucket.enumerated() {
          for right in bucket[(order + 1)...].prefix(Registry.pairsPerName)
          where entries[group[left]].value.id != entries[group[right]].value.id {
            if let likeness = names[left].likeness(to: names[right]) {
              pairs.insert(
                AlikePair(first: group[left], second: group[right], likeness: likeness))
            }
          }
        }
      }
    }
    return pairs.sorted { ($0.second, $0.first) < ($1.second, $1.first) }
  }
}
