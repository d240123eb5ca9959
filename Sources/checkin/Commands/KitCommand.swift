internal import Campaign
internal import CommandKit
internal import ExposureStorage
internal import FoundationEssentials
internal import JSONText
internal import Posters
internal import Presence
internal import VenueCodes
internal import VenueRegistry

/// `checkin kit`: everything a venue, a ward or an agency needs for the campaign, in a folder or a PDF.
struct KitCommand: Sendable {
  @Required var subject: String
  var output: Path = "Output/kit"
  var weeks = 52
  var languages = [LanguageWord("vi"), LanguageWord("en")]
  var oneFile: Path?

  static let command = Command(
    "kit", "Puts all that a venue or agency needs into one folder or PDF", KitCommand(),
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
      .option(
        "--one-file", \.oneFile, value: "NAME.pdf",
        help:
          "One PDF of this name in the folder instead, to print and hand out; no screen pictures"
      ),
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

      With --one-file all of that is A4 pages of one PDF: for a division or agency first its \
      announcement, then for each venue its poster, and for its manager the instructions, the \
      announcement to be read aloud and the code that installs the app, on as many pages as they need. \
      Pictures for screens are not part of a PDF: make the folder, or use `checkin qr --sheet`.
      """,
    examples: [
      Example("checkin kit C4C6BHFZC", "The kit of a hotel"),
      Example("checkin kit 'Phường Quán Toan'", "The kits of a ward, and its announcement"),
      Example(
        "checkin kit so-du-lich --one-file so-du-lich.pdf", "All pages of an agency, to print"),
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

    try oneFile?.checkIsOneFile()
    // All texts first: a kit is made whole, or not begun.
    var parts: [Part] = []
    if case .venue(let venue) = subject {
      parts.append(try part(of: venue, in: output.string, kit, expires))
    } else {
      let top = "\(output.string)/\(Self.name(of: subject))"
      let said = try kit.announcements(about: subject, expires: expires)
      parts.append(Part(path: top, subject: subject, said: said, instructions: []))
      for venue in venues { parts.append(try part(of: venue, in: top, kit, expires)) }
    }
    var bound: [BoundSheet] = []
    if oneFile != nil {
      let symbol = try QRSymbol(text: kit.installLink)
      for part in parts {
        if let poster = part.poster { bound.append(.print(poster)) }
        bound.append(
          .leaflet(
            try kit.leaflet(
              about: part.subject, said: part.said, instructions: part.instructions,
              install: symbol)))
      }
    }
    let status = try kit.status(context)
    if context.isDryRun {
      for part in parts { try report(part, made: [], serials: [], context) }
      let prints = oneFile == nil ? parts.flatMap(\.plans).count : venues.count
      context.talk.note(
        "nothing was made: \(counted(venues.count, "venue")) would get "
          + "\(counted(prints, "print"))")
      return status
    }

    var order = PosterOrder(languages: try workspace.languages(languages))
    order.weeks = UInt8(clamping: weeks)
    let made: String
    if let oneFile {
      let run = try PosterRun(workspace: workspace, store: store, registry: registry, order: order)
      made = "\(output.string)/\(oneFile)"
      var prints: [VenueID: (serial: Int, page: Int?)] = [:]
      try run.printTogether(
        bound, at: made, title: "Bộ tài liệu mã QR – \(kit.name(of: subject))"
      ) { prints[$0.plan.venue.id] = (Int($0.serial), $0.page) }
      if context.json {
        for part in parts {
          let print = part.venue.flatMap { prints[$0.id] }
          try report(
            part, made: [made], serials: print.map { [$0.serial] } ?? [],
            page: print.map(\.page) ?? 1, context)
        }
      } else {
        try context.output.line(made)
      }
    } else {
      let install = try InstallCode(link: kit.installLink)
      let run = try PosterRun(workspace: workspace, store: store, registry: registry, order: order)
      try makeFolders(parts, install, run, context)
      made = parts[0].path
    }
    try store.close()
    context.talk.note("\(counted(venues.count, "venue")) in \(made), every code read back")
    return status
  }

  /// Makes a folder for each part, and tells of each.
  private func makeFolders(
    _ parts: [Part], _ install: InstallCode, _ run: PosterRun, _ context: Context
  ) throws {
    // What is no print goes first, so that a serial is never spent on a folder that cannot be written.
    for part in parts {
      try Folder.make(part.path)
      for file in part.files {
        try ReportCommand.write(Array("\(file.text)\n".utf8), to: "\(part.path)/\(file.name)")
      }
      try install.write(to: part.path)
    }
    var printed: [String: (files: [String], serials: [Int])] = [:]
    try run.print(parts.flatMap(\.plans)) { poster in
      guard let path = poster.plan.path, let slash = path.lastIndex(of: "/") else { return }
      let folder = String(path[..<slash])
      printed[folder, default: ([], [])].files += poster.files
      printed[folder, default: ([], [])].serials.append(Int(poster.serial))
    }
    for part in parts {
      let made = printed[part.path] ?? ([], [])
      try report(
        part,
        made: made.files
          + (part.files.map(\.name) + InstallCode.names).map {
            "\(part.path)/\($0)"
          }, serials: made.serials, context)
    }
  }

  /// What a kit has of a venue, or of what its venues are in.
  private struct Part {
    /// Its folder.
    let path: String
    let subject: CampaignSubject
    let said: [CampaignKit.Said]
    let instructions: [CampaignKit.File]

    var venue: Venue? { if case .venue(let venue) = subject { venue } else { nil } }

    /// Its text files.
    var files: [CampaignKit.File] { CampaignKit.files(of: said) + instructions }

    /// Its page among others.
    var poster: PrintPlan? {
      venue.map { PrintPlan(venue: $0, zone: 0, sheet: .a4, pictures: []) }
    }

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

  private func part(
    of venue: Venue, in parent: String, _ kit: CampaignKit, _ expires: LocalDay
  ) throws -> Part {
    Part(
      path: "\(parent)/\(Self.name(of: .venue(venue)))", subject: .venue(venue),
      said: try kit.announcements(about: .venue(venue), expires: expires),
      instructions: try kit.instructions(for: venue, expires: expires))
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
    _ part: Part, made files: [String], serials: [Int], page: Int? = nil, _ context: Context
  ) throws {
    if context.json {
      try context.output.json { json in
        json.object { json in
          json.field("folder", oneFile == nil ? part.path : nil)
          json.field("venue", part.venue.map { "\($0.id)" })
          json.field("name", part.venue?.name)
          json.key("announcements")
          json.array(part.said) { json, said in
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
          if let page { json.field("page", page) }
        }
      }
      return
    }
    if context.isDryRun {
      let times = part.said.map { said in
        let tenths = said.announcement.tenths
        return "\(said.language.rawValue) \(tenths / 10).\(tenths % 10) s"
      }
      let name = oneFile == nil ? part.path : Self.name(of: part.subject)
      try context.output.line("\(name): \(times.joined(separator: ", "))")
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
