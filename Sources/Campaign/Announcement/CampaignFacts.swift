public import VenueCodes
public import VenueRegistry

/// What a text of the campaign is about.
public enum CampaignSubject: Hashable, Sendable {
  /// One venue.
  case venue(Venue)
  /// A district, ward or commune.
  case division(Division)
  /// An agency.
  case agency(Agency)

  /// Where its texts are kept: `venue.vi.txt` and so on.
  public var textName: String {
    switch self {
    case .venue: "venue"
    case .division: "division"
    case .agency: "agency"
    }
  }
}

/// The facts that fill the texts of a campaign.
public struct CampaignFacts: Sendable {
  /// Whether a text is read aloud or read on paper.
  public enum Form: Hashable, Sendable {
    /// Numbers and dates as they are spoken.
    case spoken
    /// Numbers and dates in digits.
    case written
  }

  /// The venues, agencies and divisions.
  public let registry: Registry
  /// The app and where it is to be had.
  public let settings: CampaignSettings
  /// The telephone number for questions, or nil when there is none.
  public let hotline: String?
  /// The host that opens when a venue's code is scanned, or nil when it is not known.
  public let host: String?
  /// The present day.
  public let today: LocalDay

  /// Makes facts; see the properties.
  public init(
    registry: Registry, settings: CampaignSettings, hotline: String?, host: String?,
    today: LocalDay
  ) {
    self.registry = registry
    self.settings = settings
    self.hotline = hotline
    self.host = host
    self.today = today
  }

  /// Returns the facts about a subject.
  ///
  /// A deadline that has passed is no fact: a text that leaves it out stays true.
  ///
  /// - Parameters:
  ///   - subject: What the text is about.
  ///   - language: The language of the text.
  ///   - form: How numbers and dates are written.
  ///   - expires: The last day of the code, when one was made.
  ///   - isShort: Whether a venue goes by its short name, if it has one.
  /// - Returns: A text for each fact that is known.
  public func facts(
    about subject: CampaignSubject, in language: SpokenLanguage, _ form: Form,
    expires: LocalDay? = nil, isShort: Bool = false
  ) -> [CampaignFact: String] {
    let path = registry.divisionPath(code(of: subject) ?? "")
    func name(_ name: BilingualName) -> String {
      language == .vietnamese ? name.vietnamese : name.english
    }
    func date(_ day: LocalDay) -> String {
      form == .spoken ? language.date(day, heardOn: today) : day.dayFirst
    }
    var facts: [CampaignFact: String] = [.link: settings.installHost]
    facts[.date] = date(today)
    if !settings.app.isEmpty { facts[.app] = settings.app }
    facts[.host] = host
    facts[.hotline] = hotline.map { form == .spoken ? language.digits($0) : $0 }
    let agency = agency(of: subject)
    facts[.agency] = agency.map { name($0.name) }
    let city = registry.divisions.first { $0.parent == nil }
    facts[.city] = city.map(\.nameInSentence)
    let around = path.filter { $0.parent != nil }.map(\.nameInSentence)
    if !around.isEmpty { facts[.district] = around.joined(separator: ", ") }
    switch subject {
    case .venue(let venue): facts[.place] = isShort ? venue.shortName ?? venue.name : venue.name
    case .division(let division): facts[.place] = division.nameInSentence
    case .agency(let agency): facts[.place] = name(agency.name)
    }
    let venues = venues(of: subject).count
    facts[.venues] = form == .spoken ? language.number(venues) : "\(venues)"
    if let deadline = agency?.reportsBy, today <= deadline { facts[.deadline] = date(deadline) }
    if let deadline = registry.coordinator?.reportsBy, today <= deadline {
      facts[.consolidated] = date(deadline)
    }
    facts[.expires] = expires.map { date($0) }
    return facts
  }

  /// Fills a text that is read aloud, with a venue's short name when it is too long with the full one.
  ///
  /// - Parameters:
  ///   - text: The text with gaps.
  ///   - subject: What it is about.
  ///   - words: How words of its language are spoken.
  ///   - expires: The last day of the code, when one was made.
  /// - Returns: The text as it is spoken.
  /// - Throws: `CampaignError` with `.missingFact`, `.empty` or `.tooLong`.
  public func announcement(
    _ text: CampaignText, about subject: CampaignSubject, words: SpokenWords,
    expires: LocalDay? = nil
  ) throws(CampaignError) -> Announcement {
    func made(isShort: Bool) throws(CampaignError) -> Announcement {
      try Announcement(
        text,
        facts: facts(
          about: subject, in: words.language, .spoken, expires: expires, isShort: isShort),
        words: words, rate: settings.rate, limitSeconds: settings.limitSeconds)
    }
    do throws(CampaignError) {
      return try made(isShort: false)
    } catch {
      guard case .tooLong = error, case .venue(let venue) = subject, venue.shortName != nil else {
        throw error
      }
      return try made(isShort: true)
    }
  }

  /// Returns the venues in use that a subject has.
  ///
  /// - Complexity: O(n) in the number of venues.
  public func venues(of subject: CampaignSubject) -> [Venue] {
    let venues =
      switch subject {
      case .venue(let venue): [venue]
      case .division(let division): registry.venues(division: division.code)
      case .agency(let agency): registry.venues(agency: agency.id)
      }
    return venues.filter { $0.isActive(on: today) }
  }

  private func code(of subject: CampaignSubject) -> String? {
    switch subject {
    case .venue(let venue): venue.division
    case .division(let division): division.code
    case .agency(let agency): agency.division
    }
  }

  /// The agency that is charged; for a division the people's committee of it, or of what it lies in.
  private func agency(of subject: CampaignSubject) -> Agency? {
    switch subject {
    case .venue(let venue): return registry.agency(venue.agency)
    case .agency(let agency): return agency
    case .division(let division):
      for place in registry.divisionPath(division.code) {
        let committee = registry.agencies.first {
          $0.kind == .peoplesCommittee && $0.division == place.code
        }
        if let committee { return committee }
      }
      return nil
    }
  }
}

extension Division {
  /// The name as it stands within a sentence: "phường Quán Toan".
  public var nameInSentence: String {
    name.lowercased().hasPrefix(kind.lowercased())
      ? kind + name.dropFirst(kind.count) : name
  }
}
