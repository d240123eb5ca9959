internal import Campaign
internal import CommandKit
internal import ExposureStorage
internal import FoundationEssentials
internal import Posters
internal import Presence
internal import VenueCodes
internal import VenueRegistry

/// `checkin kit`: everything a venue, a ward or an agency needs for the campaign, in one folder.
struct KitCommand: Sendable {
  @Required var subject: String
  var output: Path = "Output/kit"
  var weeks = 52
  var languages = [LanguageWord("vi"), LanguageWord("en")]

  static let command = Command(
    "kit", "Puts all that a venue or agency needs into one folder", KitCommand(),
    [
      .argument(
        "VENUE|DIVISION|AGENCY", \.$subject,
        help: "A venue's id, a division's code, an agency's id, or a name"),
      .option(
        "--output", \.output, value: "DIR", completes: .directories,
        help: "The folder in which the kit gets a folder"),
      .option(
        "--weeks", \.weeks, in: 0...255, help: "How many weeks the codes are valid; 0 is today"),
      .options(
        "--language", \.languages, separatedBy: ",", value: "LANGUAGE",
        help: "The languages of the posters, the main one first"),
    ],
    shared: [.passphrase, .dryRun],
    discussion: """
      A venue's folder has its poster, its bare code, pictures for screens, what a loudspeaker says in \
      40 seconds, a page for its manager, and the code that installs the app. A division or an agency \
      gets a folder with an announcement of its own and a folder for each of its venues. Every print \
      has a serial and every code is read back, as with `checkin qr`. The texts are files of the \
      registry's campaign/; one that takes too long to read aloud is named and left out, and an \
      error where a venue's kit is all that is made. With --dry-run the texts are filled and timed, \
      and nothing is made.
      """,
    examples: [
      Example("checkin kit C4C6BHFZC", "The kit of a hotel"),
      Example("checkin kit 'Phường Quán Toan'", "The kits of a ward, and its announcement"),
      Example("checkin kit so-du-lich --dry-run", "How long the announcements of an agency take"),
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let workspace = Workspace(context)
    let registry = try workspace.registry()
    let subject = try registry.campaignSubject(self.subject)
    let store = try workspace.store(context.isDryRun ? .readOnly : .readWrite)
    let today = store.calendar.day(of: context.now())
    let kit = try CampaignKit(
      context, registry: registry, prefix: try workspace.urlPrefix(of: store), today: today)
    let venues = kit.venues(of: subject)
    // An agency without venues still has something to say; a venue that is closed has not.
    if case .venue(let venue) = subject, venues.isEmpty {
      throw CommandError(
        "\(venue.name) (\(venue.id)) is retired", hint: "see `checkin venue list`",
        code: "no-venue")
    }
    let expires = VenueToken.lastDay(from: today, weeks: UInt8(clamping: weeks))

    // All texts first: a kit is made whole, or not begun.
    var folders: [Part] = []
    if case .venue(let venue) = subject {
      folders.append(try folder(of: venue, in: output.string, kit, expires))
    } else {
      let top = "\(output.string)/\(Self.name(of: subject))"
      let said = try kit.announcements(about: subject, expires: expires)
      folders.append(
        Part(path: top, venue: nil, said: said, files: CampaignKit.files(of: said)))
      for venue in venues { folders.append(try folder(of: venue, in: top, kit, expires)) }
    }
    let status = try kit.status(context)
    if context.isDryRun {
      for folder in folders { try report(folder, made: [], serials: [], context) }
      context.talk.note(
        "nothing was made: \(counted(venues.count, "venue")) would get "
          + "\(counted(3 * venues.count, "print"))")
      return status
    }

    let install = try InstallCode(link: kit.installLink)
    var order = PosterOrder(languages: try workspace.languages(languages))
    order.weeks = UInt8(clamping: weeks)
    let run = try PosterRun(workspace: workspace, store: store, registry: registry, order: order)
    // What is no print goes first, so that a serial is never spent on a folder that cannot be written.
    for folder in folders {
      try Folder.make(folder.path)
      for file in folder.files {
        try ReportCommand.write(Array("\(file.text)\n".utf8), to: "\(folder.path)/\(file.name)")
      }
      try install.write(to: folder.path)
    }
    var printed: [String: (files: [String], serials: [Int])] = [:]
    try run.print(folders.flatMap(\.plans)) { poster in
      guard let path = poster.plan.path, let slash = path.lastIndex(of: "/") else { return }
      let folder = String(path[..<slash])
      printed[folder, default: ([], [])].files += poster.files
      printed[folder, default: ([], [])].serials.append(Int(poster.serial))
    }
    try store.close()
    for folder in folders {
      let made = printed[folder.path] ?? ([], [])
      try report(
        folder,
        made: made.files
          + (folder.files.map(\.name) + InstallCode.names).map {
            "\(folder.path)/\($0)"
          }, serials: made.serials, context)
    }
    context.talk.note(
      "\(counted(venues.count, "venue")) in \(folders[0].path), every code read back")
    return status
  }

  /// A folder of a kit: of a venue, or of what its venues are in.
  private struct Part {
    let path: String
    let venue: Venue?
    let said: [CampaignKit.Said]
    let files: [CampaignKit.File]

    /// Its prints; each sheet has a serial of its own, and the bare code is that of the poster.
    var plans: [PrintPlan] {
      guard let venue else { return [] }
      return [
        PrintPlan(
          venue: venue, zone: 0, sheet: .a4, pictures: [.png, .svg], path: "\(path)/ap-phich"),
        PrintPlan(
          venue: venue, zone: 0, sheet: .screenLandscape, pictures: [],
          path: "\(path)/man-hinh-ngang"),
        PrintPlan(
          venue: venue, zone: 0, sheet: .screenPortrait, pictures: [], path: "\(path)/man-hinh-doc"),
      ]
    }
  }

  private func folder(
    of venue: Venue, in parent: String, _ kit: CampaignKit, _ expires: LocalDay
  ) throws -> Part {
    let said = try kit.announcements(about: .venue(venue), expires: expires)
    return Part(
      path: "\(parent)/\(Self.name(of: .venue(venue)))", venue: venue, said: said,
      files: CampaignKit.files(of: said) + (try kit.instructions(for: venue, expires: expires)))
  }

  /// The name of a folder: the id or code, and the name in plain letters.
  private static func name(of subject: CampaignSubject) -> String {
    switch subject {
    case .venue(let venue): return venue.slug.isEmpty ? "\(venue.id)" : "\(venue.id)-\(venue.slug)"
    case .agency(let agency): return agency.id
    case .division(let division):
      let slug = Venue.slug(of: division.name)
      return slug.isEmpty ? division.code : "\(division.code)-\(slug)"
    }
  }

  private func report(
    _ folder: Part, made files: [String], serials: [Int], _ context: Context
  ) throws {
    if context.json {
      try context.output.json { json in
        json.object { json in
          json.field("folder", folder.path)
          json.field("venue", folder.venue.map { "\($0.id)" })
          json.field("name", folder.venue?.name)
          json.key("announcements")
          json.array(folder.said) { json, said in
            json.object {
              $0.field("language", said.language.rawValue)
              $0.field("syllables", said.announcement.syllables)
              $0.field("seconds", Double(said.announcement.tenths) / 10)
              $0.field("text", said.announcement.text)
            }
          }
          json.key("serials")
          json.array(serials) { $0.integer($1) }
          json.field("files", files)
        }
      }
      return
    }
    if context.isDryRun {
      let times = folder.said.map { said in
        let tenths = said.announcement.tenths
        return "\(said.language.rawValue) \(tenths / 10).\(tenths % 10) s"
      }
      try context.output.line("\(folder.path): \(times.joined(separator: ", "))")
    }
    for file in files { try context.output.line(file) }
  }
}

/// The code that installs the app, proved.
private struct InstallCode {
  static let names = ["cai-dat.png", "cai-dat.svg"]
  private let files: [PosterFile]

  init(link: String) throws {
    let symbol = try QRSymbol(text: link)
    files = [try PosterFile.png(symbol), try PosterFile.svg(symbol, title: link)]
    for file in files { try file.prove() }
  }

  func write(to folder: String) throws {
    for (file, name) in zip(files, Self.names) { try file.write(to: "\(folder)/\(name)") }
  }
}
