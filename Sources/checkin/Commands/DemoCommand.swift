internal import CommandKit
internal import Foundation
internal import Fusion
internal import Presence
internal import SyntheticCity
internal import VenueCodes
internal import VenueRegistry

/// `checkin demo`: the whole story on Hai Phong data, in an empty folder.
struct DemoCommand: Sendable {
  var folder: Path = "checkin-demo"
  var seed = 2020
  var people = 4_000

  static let command = Command(
    "demo", "Runs the main job in an empty folder: posters, check-ins, cases, contacts",
    DemoCommand(),
    [
      .option(
        "--into", \.folder, value: "DIR", completes: .directories,
        help: "The folder, new or empty"),
      .option("--seed", \.seed, in: 0...Int.max, help: "What the synthetic evidence follows from"),
      .option("--people", \.people, in: 100...100_000, help: "How many people the city has"),
    ],
    discussion: """
      The venues are Hai Phong's. The people, their check-ins, encounters and illness are made up by \
      a seeded generator and say so: every subject begins with "synthetic-". Nothing needs a network. \
      The commands that are run are shown, and can be tried again with the folder's store; STORY.txt \
      tells what happened.
      """,
    examples: [Example("checkin demo --into try-it", "Run the story into ./try-it")],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    // Before a folder is made: without venues there is no city.
    _ = try Workspace(context).registry()
    var demo = try Demo(context, folder: folder.string, seed: UInt64(seed), people: people)
    try demo.run()
    try context.output.write(demo.story)
    try context.output.line(
      "This is \(folder.string)/STORY.txt; everything is in \(folder.string)/")
    return .done
  }
}

/// One run of the demonstration: it gives the commands a user would give, and keeps the story.
private struct Demo {
  private let context: Context
  private let folder: String
  private let seed: UInt64
  private let people: Int
  private let calendar = LocalCalendar.haiPhong
  private let started: UInt64
  private(set) var story = ""

  /// The first of seven days: a Saturday, five days before the directive.
  private let firstDay = LocalDay(daysSince2020: 213)
  private let days = 7

  init(_ context: Context, folder: String, seed: UInt64, people: Int) throws {
    self.context = context
    self.folder = folder
    self.seed = seed
    self.people = people
    started = context.monotonic()
    try Folder.make(folder)
    let present = try Folder.files(in: folder, endingWith: "")
    guard present.isEmpty else {
      throw CommandError(
        "\(folder) is not empty", hint: "give a new folder with --into", code: "not-empty")
    }
  }

  mutating func run() throws {
    let morning = ISO8601.format(
      calendar.start(of: firstDay.advanced(by: -1)) + 14 * 3_600, in: calendar)
    let evening = ISO8601.format(
      calendar.start(of: firstDay.advanced(by: days)) + 8 * 3_600, in: calendar)

    // The registry is copied, so that the folder is whole in itself.
    do {
      try FileManager.default.copyItem(atPath: context.venues, toPath: "\(folder)/Venues")
    } catch {
      throw CommandError(
        "\(context.venues) cannot be copied to \(folder)/Venues",
        hint: "make room there, and see that every file of it can be read", code: "not-written")
    }
    try checkin(["init"], at: morning)
    var posters: [[String: Any]] = []
    var codes: [String: String] = [:]
    for category in ["hotel", "railway-station", "market"] {
      let made = try objects(
        checkin(
          ["qr", "--category", category, "--output", "\(folder)/posters", "--json"], at: morning))
      posters += made
      // At the stations nobody scans: their posters hang and staff enter who comes, so that the
      // report has somebody to call.
      guard category != "railway-station" else { continue }
      for poster in made {
        if let venue = poster["venue"] as? String { codes[venue] = poster["code"] as? String }
      }
    }

    let registry = try Workspace(nested(["registry"], at: morning).context).registry()
    let city = makeCity(registry)
    let radio = SyntheticRadio(in: city, seed: seed)
    try writeEvidence(of: city, radio, codes: codes)
    var imports: [String: [String: Any]] = [:]
    for table in ["scans", "visits", "encounters", "sightings", "keys", "cases"] {
      let answer = try checkin(
        ["import", table, "\(folder)/evidence/\(table).csv", "--json"], at: evening)
      imports[table] = try objects(answer).first ?? [:]
    }

    let people = ["--subjects", "\(folder)/evidence/subjects.txt"]
    let contacts = try rank(city, radio, people, at: evening)
    let traceRows = try checkin(["trace", "--degree", "2", "--json"] + people, at: evening)
    try write(traceRows, to: "answers/trace.jsonl")
    try write(
      try checkin(["trace", "--degree", "2"] + people, at: evening), to: "answers/trace.txt")
    let summary =
      try objects(
        checkin(["trace", "--degree", "2", "--summary", "--json"], at: evening)
      ).first ?? [:]
    let rows = try objects(traceRows)
    guard let shown = mostTelling(rows), let venue = (shown["venues"] as? [String])?.first,
      let caseID = shown["case"] as? String, let first = shown["first"] as? String,
      let last = shown["last"] as? String
    else {
      throw CommandError(
        "nobody in this city was exposed at a venue", hint: "give another --seed, or more --people",
        code: "demo-empty")
    }
    let question = [
      "exposure", "--venue", venue, "--from", first, "--to", last, "--case", caseID,
    ]
    let presence = try checkin(question + ["--json"] + people, at: evening)
    try write(presence, to: "answers/venue.jsonl")
    try write(try checkin(question + people, at: evening), to: "answers/venue.txt")

    // The last day of evidence, so that the week's figures are whole.
    let reportDay = "\(firstDay.advanced(by: days - 1))"
    let report = ["report", "--as-of", reportDay]
    for name in ["report.pdf", "report.xlsx"] {
      try checkin(report + ["--output", "\(folder)/answers/\(name)"], at: evening)
    }
    try write(try checkin(report, at: evening), to: "answers/report.txt")
    let deployment = try objects(checkin(report + ["--json"], at: evening)).first ?? [:]

    tell(
      deployment: deployment,
      posters: posters, imports: imports, summary: summary, rows: rows, shown: shown,
      presence: try objects(presence), contacts: contacts, registry: registry)
    try write(story, to: "STORY.txt")
  }

  // MARK: Contacts by probability

  /// What is told of the contacts of the first case.
  private struct RankedStory {
    var caseID: String
    /// The ranked rows.
    var rows: [[String: Any]]
    /// The probabilities of those who have a part in the story, before and after the late key.
    var before: [SyntheticRadio.Part: Double] = [:]
    var after: [SyntheticRadio.Part: Double] = [:]
  }

  /// Ranks the contacts of the first case and explains those who have a part; the key of one comes
  /// between.
  private func rank(
    _ city: SyntheticCity, _ radio: SyntheticRadio, _ people: [String], at evening: String
  ) throws -> RankedStory? {
    guard let one = city.cases.first else { return nil }
    let question = ["exposure", "--case", one.id]
    func explain(_ part: SyntheticRadio.Part, _ subject: String, _ file: String) throws -> Double? {
      let words = question + ["--explain", subject]
      // A person of whom nothing is left is answered with status 1.
      let text = try checkin(words + people, at: evening, orElse: .failed)
      guard !text.isEmpty else { return nil }
      try write(text, to: "answers/\(file)")
      return try objects(checkin(words + ["--json"], at: evening)).first?["probability"] as? Double
    }
    var story = RankedStory(caseID: one.id, rows: [])
    if let late = radio.parts[.late] {
      story.before[.late] = try explain(.late, late, "explain-before-key.txt")
    }
    try checkin(["import", "keys", "\(folder)/evidence/late-keys.csv", "--json"], at: evening)
    for (part, subject) in radio.parts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      let file = part == .near ? "explain.txt" : "explain-\(part.fileWord).txt"
      story.after[part] = try explain(part, subject, file)
    }
    let ranked = question + ["--ranked"]
    try write(
      try checkin(ranked + ["--limit", "50"] + people, at: evening), to: "answers/ranked.txt")
    story.rows = try objects(checkin(ranked + ["--json"] + people, at: evening))
    return story
  }

  // MARK: Commands

  /// Gives a command as its user would, and returns what it printed.
  @discardableResult
  private func checkin(
    _ words: [String], at now: String, orElse accepted: ExitStatus = .done
  ) throws -> String {
    let call = nested(words, at: now)
    context.talk.note("$ checkin \(words.joined(separator: " "))")
    let status = Checkin.program.run(call.words[...], on: call.host)
    guard status == .done || status == accepted else {
      throw CommandError(
        "`checkin \(words.joined(separator: " "))` ended with status \(status.rawValue)",
        code: "demo-failed")
    }
    return call.output.captured
  }

  private func nested(
    _ words: [String], at now: String
  ) -> (words: [String], output: Output, host: CommandKit.Host, context: Context) {
    let output = Output(capturingAsTerminal: false)
    let host = CommandKit.Host(
      output: output, talk: context.talk, interruption: context.interruption,
      wallClock: context.now, monotonic: context.monotonic)
    var options = GlobalOptions()
    options.store = Path("\(folder)/store")
    options.venues = Path("\(folder)/Venues")
    let all = words + ["--store", "\(folder)/store", "--venues", "\(folder)/Venues", "--now", now]
    return (all, output, host, Context(host: host, options: options))
  }

  /// The objects of an answer in JSON, one a line.
  private func objects(_ answer: String) throws -> [[String: Any]] {
    try answer.split(separator: "\n").compactMap { line in
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    }
  }

  // MARK: Evidence

  private func makeCity(_ registry: Registry) -> SyntheticCity {
    let venues = registry.venues.compactMap { venue in
      registry.category(of: venue).map { category in
        CityVenue(
          id: venue.id, category: category.code, isClosedSpace: category.space == .closed,
          zones: UInt8(clamping: venue.zones.count))
      }
    }
    return SyntheticCity(
      seed: seed, venues: venues, people: people, firstDay: firstDay, days: days,
      calendar: calendar)
  }

  /// Writes the import files; a scan at a venue whose poster is used carries the poster's code.
  private func writeEvidence(
    of city: SyntheticCity, _ radio: SyntheticRadio, codes: [String: String]
  ) throws {
    var scans = Array("id,code,venue,zone,subject,time,direction,gateway\n".utf8)
    for scan in city.scans {
      let code = codes["\(scan.venue)"] ?? ""
      scans.append(
        contentsOf: "\(scan.id),\(code),\(scan.venue),\(scan.zone),\(scan.subject),".utf8)
      ISO8601.append(scan.time, in: calendar, to: &scans)
      scans.append(contentsOf: ",\(scan.direction.rawValue),\(scan.gateway)\n".utf8)
    }
    try write(scans, to: "evidence/scans.csv")
    try write(city.visits.importFile(calendar: calendar), to: "evidence/visits.csv")
    // Where sightings say the same, they say it better.
    let encounters = city.encounters.filter { !radio.covers($0) }
    try write(encounters.importFile(calendar: calendar), to: "evidence/encounters.csv")
    try write(radio.sightings.importFile(calendar: calendar), to: "evidence/sightings.csv")
    try write(radio.keys.importFile(calendar: calendar), to: "evidence/keys.csv")
    try write(radio.lateKeys.importFile(calendar: calendar), to: "evidence/late-keys.csv")
    try write(city.cases.importFile(calendar: calendar), to: "evidence/cases.csv")
    let subjects = (0..<people).map { SyntheticCity.subject(ofPerson: $0) + "\n" }
    try write(subjects.joined(), to: "evidence/subjects.txt")
  }

  private func write(_ text: String, to name: String) throws {
    try write(Array(text.utf8), to: name)
  }

  private func write(_ bytes: [UInt8], to name: String) throws {
    let path = "\(folder)/\(name)"
    try Folder.make(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    do {
      try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw CommandError("\(path) cannot be written", hint: "make room there", code: "not-written")
    }
  }

  // MARK: Story

  /// The F1 row with the most kinds of evidence, then the longest.
  private func mostTelling(_ rows: [[String: Any]]) -> [String: Any]? {
    func number(_ row: [String: Any], _ key: String) -> Int { row[key] as? Int ?? 0 }
    return rows.filter { row in
      row["label"] as? String == "F1" && !(row["venues"] as? [String] ?? []).isEmpty
    }.max { one, other in
      func weight(_ row: [String: Any]) -> (Int, Int) {
        let kinds = ["near_seconds", "venue_seconds", "tail_seconds"].count { number(row, $0) > 0 }
        return (kinds, number(row, "seconds"))
      }
      return weight(one) < weight(other)
    }
  }

  private mutating func tell(
    deployment: [String: Any],
    posters: [[String: Any]], imports: [String: [String: Any]], summary: [String: Any],
    rows: [[String: Any]], shown: [String: Any], presence: [[String: Any]],
    contacts: RankedStory?, registry: Registry
  ) {
    func count(_ table: String) -> String { grouped(imports[table]?["stored"] as? Int ?? 0) }
    func venueName(_ id: String?) -> String {
      id.flatMap { try? VenueID(parsing: $0) }.flatMap { registry.venue($0)?.name } ?? "a venue"
    }
    func figure(_ key: String) -> String {
      grouped((deployment["total"] as? [String: Any])?[key] as? Int ?? 0)
    }
    func minutes(_ key: String) -> Int { (shown[key] as? Int ?? 0) / 60 }
    let degrees = summary["contacts"] as? [String: Int] ?? [:]
    let labels = Dictionary(
      grouping: rows.filter { $0["degree"] as? Int == 1 }, by: { $0["label"] as? String ?? "" })
    let cases = Dictionary(grouping: rows, by: { $0["case"] as? String ?? "" }).keys.sorted()
    let seconds = (context.monotonic() - started) / 1_000_000_000
    let place = venueName((shown["venues"] as? [String])?.first)
    let f2 = rows.first { $0["label"] as? String == "F2" }
    let lastDay = firstDay.advanced(by: days - 1)

    story = """
      HAI PHONG, \(firstDay) TO \(lastDay): A DRILL
      The venues are real. The people, their check-ins, encounters and illness are synthetic, made
      from seed \(seed); no row is about anybody who exists.

      1. Posters
      \(posters.count) posters were signed, drawn, read back and written: every hotel, railway \
      station and market
      of the registry's \(registry.venues.count) venues. See posters/.

      2. A week of evidence
      \(grouped(people)) people. Taken into the store: \(count("scans")) scans (those at hotels \
      and markets carry the
      poster's signed code, verified one by one; the others name their venue without one), \(count("visits")) visits from paper logs, \
      \(count("encounters")) Bluetooth encounters and
      \(count("sightings")) sightings of phones by phones and by boxes at doors.

      3. \(imports["cases"]?["stored"] as? Int ?? 0) confirmed cases
      \(cases.joined(separator: ", "))

      4. The trace
      \(grouped(degrees["1"] ?? 0)) people are F1, \(grouped(degrees["2"] ?? 0)) are F2, by \
      \(grouped(summary["pairs"] as? Int ?? 0)) pairs of case and contact.
      Of the pairs and days at degree 1, \(grouped(labels["F1"]?.count ?? 0)) count as F1, \
      \(grouped(labels["factor"]?.count ?? 0)) as a factor, \
      \(grouped(labels["brief"]?.count ?? 0)) were brief.
      See answers/trace.txt; checksum \(summary["checksum"] as? String ?? "").

      5. One contact, explained
      \(shown["contact"] as? String ?? "") is F1 of \(shown["case"] as? String ?? ""), day \
      \(shown["day"] as? String ?? ""), at \(place):
      \(minutes("seconds")) minutes in all, of these \(minutes("near_seconds")) with phones near \
      each other, \(minutes("venue_seconds")) in the same place,
      \(minutes("tail_seconds")) in the air the case left behind; between \
      \(shown["first"] as? String ?? "")
      and \(shown["last"] as? String ?? ""), on \((shown["evidence"] as? [String] ?? []).count) \
      pieces of evidence.

      """
    if let f2 {
      story += """
        \(f2["contact"] as? String ?? "") is F2: exposed by \(f2["via"] as? String ?? ""), who was \
        exposed before, for \((f2["seconds"] as? Int ?? 0) / 60) minutes
        on \(f2["day"] as? String ?? "").

        """
    }
    if let contacts { tell(contacts) }
    story += """

      7. One venue
      Who was at \(place) in that time? \(Set(presence.compactMap { $0["person"] as? String }).count) \
      people. The question is in the audit log with the case
      it was for. See answers/venue.txt.

      8. The campaign
      \(figure("deployed")) of \(figure("listed")) venues have a poster; the code of \
      \(figure("active_day")) was scanned on \(deployment["as_of"] as? String ?? ""),
      of \(figure("active_week")) in the week. \((deployment["silent"] as? [Any] ?? []).count) posters \
      are silent, as at the stations, where people are entered by hand. See answers/report.txt, .pdf and .xlsx.

      Done in \(seconds) s.

      """
  }

  /// Tells who is called first, and why some are not.
  private mutating func tell(_ contacts: RankedStory) {
    func chance(_ chances: [SyntheticRadio.Part: Double], _ part: SyntheticRadio.Part) -> String {
      chances[part].map { Decimals.percent($0) } ?? "nothing"
    }
    let likely = contacts.rows.count { $0["probability"] as? Double ?? 0 >= 0.5 }
    let venueOnly = contacts.rows.count { $0["label"] as? String == "F1" }
    story += """

      6. Whom to call first
      \(contacts.caseID) shared a place, the air or radio with \(grouped(contacts.rows.count)) \
      people; \(grouped(venueOnly)) of them are F1 by the rules,
      and \(grouped(likely)) of all were in contact more likely than not. See answers/ranked.txt, and
      answers/explain.txt for one of them, line by line.

      """
    guard contacts.after.count > 1 else { return }
    story += """
      Of five who were at one place with the case, by what their phones did:
        both heard each other close by        \(chance(contacts.after, .near))
        one heard, the other hears nobody     \(chance(contacts.after, .oneSided))
        heard others, and nothing of the case \(chance(contacts.after, .silent))
        was off                               \(chance(contacts.after, .off))
        heard under an identifier nobody knew \(chance(contacts.before, .late)), and \
      \(chance(contacts.after, .late)) once its key had come
      See the other files answers/explain-….txt.

      """
  }
}

extension SyntheticRadio.Part {
  /// The word in the name of a file.
  fileprivate var fileWord: String {
    switch self {
    case .near: "near"
    case .oneSided: "one-sided"
    case .silent: "silent"
    case .off: "off"
    case .late: "after-key"
    }
  }
}
