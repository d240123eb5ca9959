internal import Campaign
internal import CommandKit
internal import JSONText
internal import VenueRegistry

/// How a deployment report is printed for a terminal and as JSON.
struct DeploymentText {
  let report: DeploymentReport
  /// Whether wards are printed and lists are printed to their end.
  let isFull: Bool

  /// The most venues of a list that are printed unless all are asked for.
  private static let listed = 20

  // MARK: Text

  /// The line above all.
  var heading: String {
    "Deployment as of \(report.asOf): \(harmless(report.subject.vietnamese))"
  }

  /// Writes what stands below the heading.
  ///
  /// - Parameters:
  ///   - width: The columns of the terminal.
  ///   - colour: Whether headings are set off.
  /// - Returns: Lines without line feeds.
  func lines(width: Int? = nil, colour: Bool = false) -> [String] {
    let total = report.total.counts
    var lines = [""]
    var facts: [(title: String, value: String?)] = [
      ("Venues listed", grouped(total.listed)),
      ("Poster printed", "\(grouped(total.deployed))\(Self.share(total.deployedShare, " (", ")"))"),
      (
        "Active that day",
        "\(grouped(total.activeOnDay))\(Self.share(total.activeShare, " (", ")"))"
      ),
      (
        "Active in the 7 days to it",
        "\(grouped(total.activeInWeek))\(Self.share(total.weekActiveShare, " (", ")"))"
      ),
      ("Scans that day", grouped(total.scansOnDay)),
      ("Scans a day, mean of the 7", Self.decimal(total.meanScansADay)),
      ("Entered without a code, in the 7", grouped(total.enteredInWeek)),
    ]
    if let deadline = report.total.deadline {
      facts.append(
        ("Deadline", "\(deadline.day), \(deadline.standing.text { "\($0)" }.english)"))
    }
    if report.scansElsewhere > 0 {
      facts.append(("Scans at venues not listed", grouped(report.scansElsewhere)))
    }
    lines += Table(properties: facts).lines(width: width, colour: colour)
    let divisions = report.divisions.filter { isFull || $0.depth < 2 || !report.isConsolidated }
    for (title, rows) in [
      ("Agency", report.agencies), ("Division", divisions), ("Category", report.categories),
    ] where !rows.isEmpty {
      lines.append("")
      lines += groups(title, rows).lines(width: width, colour: colour)
    }
    lines += list("No poster", report.notDeployed, width, colour) { _ in "" }
    lines += list("Printed, no scan in 7 days", report.silent, width, colour) { venue in
      venue.printedOn.map { "\($0)" } ?? ""
    }
    return lines
  }

  private func groups(_ title: String, _ rows: [DeploymentReport.Row]) -> Table {
    var table = Table([
      .init(stringLiteral: title), .right("Listed"), .right("Poster"), .right("%"),
      .right("Day"), .right("%"), .right("Week"), .right("%"), .right("Scans"), .right("A day"),
      .whole("Deadline"), .whole("Standing"),
    ])
    func append(_ row: DeploymentReport.Row, _ name: String) {
      let counts = row.counts
      table.append(
        name, grouped(counts.listed), grouped(counts.deployed),
        Self.share(counts.deployedShare), grouped(counts.activeOnDay),
        Self.share(counts.activeShare), grouped(counts.activeInWeek),
        Self.share(counts.weekActiveShare), grouped(counts.scansOnDay),
        Self.decimal(counts.meanScansADay), row.deadline.map { "\($0.day)" } ?? "",
        row.deadline?.standing.text { "\($0)" }.english ?? "")
    }
    for row in rows {
      let indent = String(repeating: "  ", count: max(0, row.depth - 1))
      append(row, indent + row.name.vietnamese)
    }
    append(report.total, "All")
    return table
  }

  private func list(
    _ title: String, _ venues: [DeploymentReport.FollowUp], _ width: Int?, _ colour: Bool,
    _ printed: (DeploymentReport.FollowUp) -> String
  ) -> [String] {
    guard !venues.isEmpty else { return ["", "\(title): none"] }
    let shown = isFull ? venues[...] : venues.prefix(Self.listed)
    var table = Table([.whole("ID"), "Venue", "Agency", "Ward", "District", "Address"])
    for venue in shown {
      let since = printed(venue)
      table.append(
        "\(venue.venue.id)", venue.venue.name + (since.isEmpty ? "" : " (printed \(since))"),
        venue.agency.vietnamese, venue.ward, venue.district, venue.venue.address ?? "")
    }
    var lines = ["", "\(title): \(counted(venues.count, "venue"))"]
    lines += table.lines(width: width, colour: colour)
    if shown.count < venues.count {
      lines.append("… and \(grouped(venues.count - shown.count)) more: give --full")
    }
    return lines
  }

  private static func share(_ share: Double?, _ before: String = "", _ after: String = "") -> String
  {
    share.map { "\(before)\(decimal(DeploymentCounts.shown($0) * 100))%\(after)" } ?? ""
  }

  /// A number with one decimal.
  static func decimal(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(grouped(tenths / 10)).\(abs(tenths % 10))"
  }

  // MARK: JSON

  /// Writes the report as one object.
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("as_of", "\(report.asOf)")
      json.field("consolidated", report.isConsolidated)
      json.field("subject", report.subject.vietnamese)
      json.key("total")
      Self.write(report.total, to: &json)
      json.field("scans_elsewhere_week", report.scansElsewhere)
      json.key("agencies")
      json.array(report.agencies) { Self.write($1, to: &$0) }
      json.key("divisions")
      json.array(report.divisions) { Self.write($1, to: &$0) }
      json.key("categories")
      json.array(report.categories) { Self.write($1, to: &$0) }
      json.key("not_deployed")
      json.array(report.notDeployed) { Self.write($1, to: &$0) }
      json.key("silent")
      json.array(report.silent) { Self.write($1, to: &$0) }
      json.key("days")
      json.array(report.trend) { json, day in
        json.object { json in
          json.field("day", "\(day.day)")
          json.field("deployed", day.deployed)
          json.field("active", day.active)
          json.field("scans", day.scans)
        }
      }
    }
  }

  private static func write(_ row: DeploymentReport.Row, to json: inout JSONWriter) {
    let counts = row.counts
    json.object { json in
      json.field("key", row.key)
      json.field("name", row.name.vietnamese)
      json.field("name_en", row.name.english)
      json.field("depth", row.depth)
      json.field("listed", counts.listed)
      json.field("deployed", counts.deployed)
      json.field("deployed_share", counts.deployedShare)
      json.field("active_day", counts.activeOnDay)
      json.field("active_day_share", counts.activeShare)
      json.field("active_week", counts.activeInWeek)
      json.field("active_week_share", counts.weekActiveShare)
      json.field("scans_day", counts.scansOnDay)
      json.field("scans_week", counts.scansInWeek)
      json.field("mean_scans_a_day", counts.meanScansADay)
      json.field("entered_week", counts.enteredInWeek)
      json.field("deadline", row.deadline.map { "\($0.day)" })
      json.field("deadline_standing", row.deadline?.standing.word)
      json.field("days_left", row.deadline?.standing.days)
    }
  }

  private static func write(_ venue: DeploymentReport.FollowUp, to json: inout JSONWriter) {
    json.object { json in
      json.field("venue", "\(venue.venue.id)")
      json.field("name", venue.venue.name)
      json.field("category", venue.venue.category)
      json.field("agency", venue.venue.agency)
      json.field("division", venue.venue.division)
      json.field("ward", venue.ward)
      json.field("district", venue.district)
      json.field("address", venue.venue.address)
      json.field("printed_on", venue.printedOn.map { "\($0)" })
      json.field("entered_week", venue.enteredInWeek)
    }
  }
}
