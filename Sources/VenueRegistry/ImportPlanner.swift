internal import DelimitedText
internal import VenueCodes

/// One planning of an import: takes row after row against a registry that grows with them.
struct ImportPlanner {
  private struct Refusal: Error {
    let field: ImportField?
    let code: String
    let reason: String
  }

  private struct NameKey: Hashable {
    let spelling: String
    let category: String
    let division: String
  }

  /// The registry as it will be after the rows so far.
  private var registry: Registry
  private let defaults: ImportDefaults
  private var plan = ImportPlan()
  private var lineOfID: [VenueID: Int] = [:]
  private var venuesByKey: [NameKey: [VenueID]] = [:]
  private var venuesByName: [String: [VenueID]] = [:]
  /// For each rejection the place of the column at fault, from 1.
  private var rejectedPlaces: [Int?] = []
  private let finder: NameFinder
  private let abbreviations: [String: [FoldedName.Word]]

  init(registry: Registry, defaults: ImportDefaults) {
    self.registry = registry
    self.defaults = defaults
    abbreviations = FoldedName.table(of: registry.abbreviations)
    finder = NameFinder(registry: registry, abbreviations: abbreviations)
    for venue in registry.venues { index(venue) }
  }

  // MARK: Rows

  mutating func reject(_ fault: RowFault, cells: [String]) {
    let row = RejectedRow(fault, cells: cells)
    plan.rejections.append(
      ImportPlan.Rejection(
        line: row.line, column: row.column, code: row.code, reason: row.reason, cells: cells))
    rejectedPlaces.append(nil)
  }

  mutating func take(_ record: Record, using generator: inout some RandomNumberGenerator) {
    do throws(Refusal) {
      if let id = try id(in: record) {
        try takeUpdate(of: id, record)
      } else {
        try takeCreation(record, using: &generator)
      }
    } catch {
      plan.rejections.append(
        ImportPlan.Rejection(
          line: record.line, column: error.field?.name, code: error.code,
          reason: error.reason, cells: record.cells))
      rejectedPlaces.append(error.field.flatMap { record.column(of: $0.rawValue) })
    }
  }

  func finish(
    columns: [String], separator: UInt8?, unknown: [String], file: String?
  ) -> ImportPlan {
    var plan = plan
    plan.columns = columns
    plan.separator = separator ?? UInt8(ascii: ",")
    for (index, place) in rejectedPlaces.enumerated() {
      if let place, place <= columns.count { plan.rejections[index].column = columns[place - 1] }
    }
    let rejectedColumns = ["line", "column", "reason"]
    for name in unknown where !rejectedColumns.contains(name.lowercased()) {
      plan.warnings.append(
        Diagnostic(
          .warning, code: "unknown-column", file: file, line: 1,
          message: "column \"\(name)\" means nothing here and is passed over"))
    }
    let entries = registry.entries
    for pair in registry.alikePairs() {
      let (earlier, later) = (entries[pair.first].value, entries[pair.second].value)
      guard let line = lineOfID[later.id] ?? lineOfID[earlier.id] else { continue }
      plan.warnings.append(
        Diagnostic(
          .warning, code: pair.likeness == .same ? "same-name" : "near-duplicate-name", file: file,
          line: line,
          message: "\"\(later.name)\" (\(later.id)) looks like \"\(earlier.name)\" "
            + "(\(earlier.id)): check that they are two places"))
    }
    return plan
  }

  private mutating func takeUpdate(of id: VenueID, _ record: Record) throws(Refusal) {
    guard let before = registry.venue(id) else {
      throw Refusal(
        field: .id, code: "unknown-venue",
        reason: "no venue has the id \(id): leave the id empty to make a new venue")
    }
    if let line = lineOfID[id] {
      throw Refusal(
        field: .id, code: "duplicate-id", reason: "line \(line) is about the same venue")
    }
    var after = before
    if let name = filled(.name, record) { after.name = name }
    if let category = try category(in: record) { after.category = category }
    if let division = try division(in: record) { after.division = division }
    if let agency = try agency(in: record) { after.agency = agency }
    try readOptionalFields(of: &after, record, clearsEmpty: true)
    lineOfID[id] = record.line
    guard after != before else {
      plan.unchanged.append(ImportPlan.Known(line: record.line, id: id))
      return
    }
    do {
      try registry.update(after)
    } catch {
      lineOfID[id] = nil
      throw refusal(error)
    }
    index(after)
    plan.updates.append(ImportPlan.Change(line: record.line, before: before, after: after))
  }

  private mutating func takeCreation(
    _ record: Record, using generator: inout some RandomNumberGenerator
  ) throws(Refusal) {
    guard let name = filled(.name, record) else {
      throw Refusal(
        field: .name, code: "missing-value", reason: "a new venue needs a name")
    }
    guard let category = try category(in: record) ?? defaults.category else {
      throw Refusal(
        field: .category, code: "missing-value",
        reason: "a new venue needs a category, such as \(finder.someCategories)")
    }
    guard let division = try division(in: record) ?? defaults.division else {
      throw Refusal(
        field: .division, code: "missing-value",
        reason: "a new venue needs a division: a code, or a ward and its district")
    }
    let stated = try agency(in: record) ?? defaults.agency
    guard
      let agency = stated ?? registry.defaultAgency(category: category, division: division)?.id
    else {
      throw Refusal(field: .agency, code: "missing-value", reason: "a new venue needs an agency")
    }
    var venue = Venue(
      id: registry.unusedID(using: &generator), name: name, category: category, agency: agency,
      division: division)
    try readOptionalFields(of: &venue, record, clearsEmpty: false)

    if let twin = twin(of: venue) {
      try takeTwin(venue, twin, isAgencyStated: stated != nil, record)
      return
    }
    do {
      try registry.add(venue)
    } catch {
      throw refusal(error)
    }
    index(venue)
    lineOfID[venue.id] = record.line
    plan.creations.append(ImportPlan.Change(line: record.line, before: nil, after: venue))
  }

  /// A row without an id for a place that is known: the same again, or a change that needs an id.
  private mutating func takeTwin(
    _ venue: Venue, _ twin: Venue, isAgencyStated: Bool, _ record: Record
  ) throws(Refusal) {
    let place = lineOfID[twin.id].map { "line \($0)" } ?? "the registry"
    if let day = twin.retiredOn, venue.retiredOn != day {
      throw Refusal(
        field: .name, code: "retired-venue",
        reason: "\(twin.id) of this name was retired on \(day): give its id to change it")
    }
    let isSame =
      (!isAgencyStated || venue.agency == twin.agency)
      && (venue.shortName == nil || venue.shortName == twin.shortName)
      && (venue.address == nil || venue.address == twin.address)
      && (venue.parent == nil || venue.parent == twin.parent)
      && (venue.zones.isEmpty || venue.zones == twin.zones)
      && (venue.openingHours == nil || venue.openingHours == twin.openingHours)
      && (venue.aliases.isEmpty || venue.aliases == twin.aliases)
    guard isSame else {
      throw Refusal(
        field: .name, code: "already-registered",
        reason: "\(place) has this venue as \(twin.id): put its id in the id column to change it")
    }
    plan.duplicates.append(ImportPlan.Known(line: record.line, id: twin.id))
  }

  private func twin(of venue: Venue) -> Venue? {
    let twins = (venuesByKey[key(of: venue)] ?? []).compactMap { registry.venue($0) }
      .filter { key(of: $0) == key(of: venue) && Registry.isSamePlace($0, venue) }
    return twins.first { $0.retiredOn == nil } ?? twins.first
  }

  private func key(of venue: Venue) -> NameKey {
    NameKey(
      spelling: spelling(venue.name), category: venue.category, division: venue.division)
  }

  private func spelling(_ name: String) -> String {
    FoldedName(name, abbreviations: abbreviations).words.map(\.spelling).joined(separator: " ")
  }

  private mutating func index(_ venue: Venue) {
    let key = key(of: venue)
    if !(venuesByKey[key]?.contains(venue.id) ?? false) {
      venuesByKey[key, default: []].append(venue.id)
    }
    if !(venuesByName[key.spelling]?.contains(venue.id) ?? false) {
      venuesByName[key.spelling, default: []].append(venue.id)
    }
  }

  private func refusal(_ error: RegistryError) -> Refusal {
    guard case .invalid(let problems) = error, let problem = problems.first else {
      return Refusal(field: .id, code: error.code, reason: error.description)
    }
    let field = ImportField.allCases.first { $0.name == problem.field.rawValue }
    return Refusal(field: field, code: problem.code, reason: error.description)
  }

  // MARK: Cells

  /// The tidied text of a cell, or nil when it is empty or there is none.
  private func filled(_ field: ImportField, _ record: Record) -> String? {
    let text = VenueText.tidied(record.text(field.rawValue))
    return text.isEmpty ? nil : text
  }

  private func id(in record: Record) throws(Refusal) -> VenueID? {
    guard let text = filled(.id, record) else { return nil }
    return try parse(text, .id)
  }

  private func parse(_ text: String, _ field: ImportField) throws(Refusal) -> VenueID {
    do {
      return try VenueID(parsing: text)
    } catch {
      throw Refusal(field: field, code: "invalid-id", reason: "\"\(text)\": \(error)")
    }
  }

  private func category(in record: Record) throws(Refusal) -> String? {
    guard let text = filled(.category, record) else { return nil }
    guard let code = finder.category(text) else {
      throw Refusal(
        field: .category, code: "unknown-category",
        reason: "\"\(text)\" is no category: give a code such as \(finder.someCategories)")
    }
    return code
  }

  private func agency(in record: Record) throws(Refusal) -> String? {
    guard let text = filled(.agency, record) else { return nil }
    guard let id = finder.agency(text) else {
      throw Refusal(
        field: .agency, code: "unknown-agency",
        reason: "\"\(text)\" is no agency: give its id or full name")
    }
    return id
  }

  private func division(in record: Record) throws(Refusal) -> String? {
    let ward = filled(.ward, record)
    let district = filled(.district, record)
    let parts: [String]
    let field: ImportField
    if let division = filled(.division, record) {
      (parts, field) = ([division], .division)
    } else if let ward {
      (parts, field) = ([ward] + (district.map { [$0] } ?? []), .ward)
    } else if let district {
      (parts, field) = ([district], .district)
    } else {
      return nil
    }
    let found = finder.divisions(parts)
    if found.count == 1 { return found[0].code }
    let text = parts.joined(separator: ", ")
    guard !found.isEmpty else {
      throw Refusal(
        field: field, code: "unknown-division", reason: "\"\(text)\" is no division known here")
    }
    let some = found.prefix(4).map { division in
      let path = registry.divisionPath(division.code).prefix(2).map(\.name)
      return "\(division.code) (\(path.joined(separator: ", ")))"
    }
    throw Refusal(
      field: field, code: "ambiguous-division",
      reason: "\"\(text)\" may be \(some.joined(separator: ", ")): give the code or the district")
  }

  private func readOptionalFields(
    of venue: inout Venue, _ record: Record, clearsEmpty: Bool
  ) throws(Refusal) {
    func given(_ field: ImportField) -> String?? {
      guard record.has(field.rawValue) else { return .none }
      let text = filled(field, record)
      return text == nil && !clearsEmpty ? .none : .some(text)
    }
    if let text = given(.shortName) { venue.shortName = text }
    if let text = given(.address) { venue.address = text }
    if let text = given(.parent) {
      if let text { venue.parent = try parent(text) } else { venue.parent = nil }
    }
    if let text = given(.zones) {
      guard let zones = ImportPlanner.zones(record.text(ImportField.zones.rawValue)) else {
        throw Refusal(
          field: .zones, code: "invalid-value",
          reason: "\"\(text ?? "")\" is no list of zones: write 1=Lobby|2=Kitchen")
      }
      venue.zones = zones
    }
    if let text = given(.openingHours) {
      if let text {
        guard let hours = ImportPlanner.openingHours(text) else {
          throw Refusal(
            field: .openingHours, code: "invalid-value",
            reason: "\"\(text)\" are no opening hours: write 07:30-17:00 or 24h")
        }
        venue.openingHours = hours
      } else {
        venue.openingHours = nil
      }
    }
    if let text = given(.aliases) {
      venue.aliases = (text ?? "").split(separator: "|").map { VenueText.tidied(String($0)) }
        .filter { !$0.isEmpty }
    }
    if let text = given(.retiredOn) {
      if let text {
        guard let day = LocalDay(iso8601: text) else {
          throw Refusal(
            field: .retiredOn, code: "invalid-value",
            reason: "\"\(text)\" is no date: write YYYY-MM-DD")
        }
        venue.retiredOn = day
      } else {
        venue.retiredOn = nil
      }
    }
  }

  private func parent(_ text: String) throws(Refusal) -> VenueID {
    let named = venuesByName[spelling(text)] ?? []
    if named.count == 1 { return named[0] }
    guard named.isEmpty else {
      throw Refusal(
        field: .parent, code: "ambiguous-parent",
        reason: "\(named.count) venues are named \"\(text)\": give the id of the parent")
    }
    return try parse(text, .parent)
  }

  /// Reads zones as people write them: `1=Lobby|2=Kitchen`, `1: Lobby; 2: Kitchen`, or only names.
  static func zones(_ text: String) -> [Zone]? {
    var zones: [Zone] = []
    let parts = text.split { $0 == "|" || $0 == ";" || $0.isNewline }
    for part in parts {
      let part = VenueText.tidied(String(part))
      guard !part.isEmpty else { continue }
      let digits = part.prefix { $0.isASCII && $0.isNumber }
      let rest = part.dropFirst(digits.count).drop { $0 == " " }
      if !digits.isEmpty, let sign = rest.first, sign == "=" || sign == ":" || sign == "." {
        guard let number = UInt8(digits), number > 0 else { return nil }
        zones.append(Zone(number: number, name: VenueText.tidied(String(rest.dropFirst()))))
      } else {
        let last = zones.map(\.number).max() ?? 0
        guard last < .max else { return nil }
        zones.append(Zone(number: last + 1, name: part))
      }
    }
    return zones.sorted { $0.number < $1.number }
  }

  /// Reads opening hours as people write them: `7:30 - 17:00`, `7h30–17h`, `24/24`.
  static func openingHours(_ text: String) -> OpeningHours? {
    var compact = text.lowercased().filter { $0 != " " }
    if compact == "24h" || compact == "24/24" || compact == "24/7" { return .always }
    compact = String(compact.map { $0 == "–" || $0 == "—" ? "-" : $0 == "h" ? ":" : $0 })
    let sides = compact.split(separator: "-", omittingEmptySubsequences: false).map { side in
      let parts = side.split(separator: ":", omittingEmptySubsequences: false)
      let hour = parts.first.map { $0.count == 1 ? "0" + $0 : String($0) } ?? ""
      let minute = parts.count > 1 && !parts[1].isEmpty ? String(parts[1]) : "00"
      return parts.count > 2 ? "" : "\(hour):\(minute)"
    }
    return sides.count == 2 ? OpeningHours(parsing: sides.joined(separator: "-")) : nil
  }
}
