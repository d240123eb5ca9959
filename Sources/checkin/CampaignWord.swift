internal import Campaign
internal import CommandKit
internal import VenueCodes
internal import VenueRegistry

extension Registry {
  /// Finds what a word on the command line means: a venue, a division or an agency.
  ///
  /// An id or a code is meant before any name; a whole name before a part of one.
  ///
  /// - Throws: `CommandError` when it means nothing, or more than one thing.
  func campaignSubject(_ word: String) throws -> CampaignSubject {
    if let id = try? VenueID(parsing: word) { return .venue(try known(id)) }
    if let agency = agency(word) { return .agency(agency) }
    if let division = division(word) { return .division(division) }
    let text = Venue.tidied(word)
    let holding = venues(matching: text)
    let whole = holding.filter { venue in
      let names = [venue.name] + venue.aliases
      return names.contains { $0.lowercased() == text.lowercased() }
    }
    var found: [CampaignSubject] = whole.map { .venue($0) }
    if let agency = agency(matching: text) { found.append(.agency(agency)) }
    found += divisions(matching: text).map { .division($0) }
    if found.isEmpty { found = holding.map { .venue($0) } }
    guard let first = found.first else {
      let ids = agencies.map(\.id) + divisions.map(\.code)
      throw CommandError(
        "nothing is called '\(harmless(word))'",
        hint: closest(to: word, in: ids).map { "did you mean \($0)?" }
          ?? "give the id of a venue, the code of a division, the id of an agency, or a name",
        code: "unknown-subject", status: .usage)
    }
    guard found.count == 1 else {
      let some = found.prefix(6).map { named($0) }.joined(separator: "; ")
      let more = found.count > 6 ? "; and \(grouped(found.count - 6)) more" : ""
      throw CommandError(
        "'\(harmless(word))' may be \(some)\(more)", hint: "give the id or the code",
        code: "ambiguous-subject", status: .usage)
    }
    return first
  }

  private func named(_ subject: CampaignSubject) -> String {
    switch subject {
    case .venue(let venue): return "\(venue.name) (\(venue.id))"
    case .agency(let agency): return "\(agency.name.vietnamese) (\(agency.id))"
    case .division(let division):
      let around = divisionPath(division.code).map(\.name).joined(separator: ", ")
      return "\(around) (\(division.code))"
    }
  }
}
