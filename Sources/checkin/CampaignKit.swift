internal import Campaign
internal import CommandKit
internal import FoundationEssentials
internal import Posters
internal import VenueCodes
internal import VenueRegistry

/// The texts of a kit, filled in and timed before anything is printed.
struct CampaignKit {
  /// A text file of a kit.
  struct File {
    let language: SpokenLanguage
    let name: String
    let text: String
  }

  /// An announcement with the time that it takes.
  struct Said {
    let language: SpokenLanguage
    let announcement: Announcement
  }

  private let campaign: CampaignFolder
  private let facts: CampaignFacts
  private let words: [SpokenLanguage: SpokenWords]

  init(_ context: Context, registry: Registry, prefix: URLPrefix, today: LocalDay) throws {
    campaign = CampaignFolder(context)
    let settings = try campaign.settings()
    let posters = try PosterSettings.read(from: context.venues)
    facts = CampaignFacts(
      registry: registry, settings: settings, hotline: posters.hotline, host: prefix.host,
      today: today)
    var words: [SpokenLanguage: SpokenWords] = [:]
    for language in SpokenLanguage.allCases {
      words[language] = try campaign.words(language, registry: registry)
    }
    self.words = words
  }

  /// The link that installs the app.
  var installLink: String { facts.settings.installLink }

  /// The venues in use that a kit is for.
  func venues(of subject: CampaignSubject) -> [Venue] { facts.venues(of: subject) }

  /// Fills the announcements about a subject.
  ///
  /// - Throws: `CommandError` with the file of the text when it takes too long or lacks a fact.
  func announcements(
    about subject: CampaignSubject, expires: LocalDay
  ) throws -> [Said] {
    try SpokenLanguage.allCases.map { language in
      let text = try campaign.text(subject.textName, language)
      do throws(CampaignError) {
        let announcement = try Announcement(
          text, facts: facts.facts(about: subject, in: language, .spoken, expires: expires),
          words: words[language] ?? SpokenWords(language, table: [:]),
          rate: facts.settings.rate, limitSeconds: facts.settings.limitSeconds)
        return Said(language: language, announcement: announcement)
      } catch {
        throw CommandError(
          "\(name(of: subject)): \(error)",
          file: "\(campaign.path)/\(subject.textName).\(language.rawValue).txt", code: error.code)
      }
    }
  }

  /// Fills the instructions for the manager of a venue.
  func instructions(for venue: Venue, expires: LocalDay) throws -> [File] {
    try SpokenLanguage.allCases.map { language in
      let name = "instructions"
      let text = try campaign.text(name, language)
      do throws(CampaignError) {
        let filled = try text.filled(
          facts.facts(about: .venue(venue), in: language, .written, expires: expires))
        return File(
          language: language,
          name: language == .vietnamese ? "huong-dan.txt" : "instructions.txt", text: filled)
      } catch {
        throw CommandError(
          "\(venue.name): \(error)", file: "\(campaign.path)/\(name).\(language.rawValue).txt",
          code: error.code)
      }
    }
  }

  /// The text files of announcements: the Vietnamese one first, the English one beside it.
  static func files(of said: [Said]) -> [File] {
    said.map { said in
      File(
        language: said.language,
        name: said.language == .vietnamese ? "loa-phat-thanh.txt" : "announcement.txt",
        text: said.announcement.text)
    }
  }

  /// Makes the pages that lie beside a poster, or before all of them.
  ///
  /// - Throws: `CommandError` with the name of the place when a text cannot be printed.
  func leaflet(
    about subject: CampaignSubject, said: [Said], instructions: [File], install: QRSymbol
  ) throws -> KitLeaflet {
    let mark =
      switch subject {
      case .venue(let venue): venue.id.grouped
      case .division(let division): division.code
      case .agency(let agency): agency.id
      }
    do throws(PosterError) {
      return try KitLeaflet(
        name(of: subject), mark: mark,
        instructions: instructions.map { KitLeaflet.Passage($0.language, $0.text) },
        announcements: said.map {
          KitLeaflet.Passage(
            $0.language, $0.announcement.text, tenths: $0.announcement.tenths)
        }, app: facts.settings.app, install: install)
    } catch {
      throw CommandError("\(name(of: subject)): \(error)", code: error.code)
    }
  }

  /// What a subject is called.
  func name(of subject: CampaignSubject) -> String {
    switch subject {
    case .venue(let venue): venue.name
    case .division(let division): division.name
    case .agency(let agency): agency.name.vietnamese
    }
  }
}
