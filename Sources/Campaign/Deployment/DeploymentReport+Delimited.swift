internal import DelimitedText
internal import VenueRegistry

extension DeploymentReport {
  /// The parts of a report that make a table of their own.
  public enum Part: String, Sendable, CaseIterable {
    /// The lines with numbers: all venues, agencies, divisions, categories.
    case groups
    /// The venues to follow up, one a row.
    case followUp = "follow-up"
    /// The days of the trend.
    case days
  }

  /// Returns a part as RFC 4180 text that a spreadsheet takes for UTF-8 and for no formula.
  ///
  /// Headings are stable words; a number is bare, so that it is a number everywhere. What is not
  /// there is empty.
  ///
  /// - Parameter part: The part.
  /// - Returns: The bytes, with a byte order mark and CR LF, as spreadsheets want them.
  /// - Complexity: O(n) in the rows.
  public func delimited(_ part: Part) -> [UInt8] {
    var writer = DelimitedWriter(
      lineEnding: .carriageReturnLineFeed, guardsFormulas: true, byteOrderMark: true)
    switch part {
    case .groups: writeGroups(to: &writer)
    case .followUp: writeFollowUps(to: &writer)
    case .days: writeDays(to: &writer)
    }
    return writer.takeBytes()
  }

  private func writeGroups(to writer: inout DelimitedWriter) {
    writer.write([
      "as_of", "group", "key", "depth", "name_vi", "name_en", "listed", "deployed",
      "deployed_share", "active_day", "active_day_share", "active_week", "active_week_share",
      "scans_day", "scans_week", "mean_scans_a_day", "entered_week", "deadline",
      "deadline_standing", "days_left",
    ])
    func write(_ group: String, _ row: Row) {
      let counts = row.counts
      writer.write([
        "\(asOf)", group, row.key, "\(row.depth)", row.name.vietnamese, row.name.english,
        "\(counts.listed)", "\(counts.deployed)", Self.share(counts.deployedShare),
        "\(counts.activeOnDay)", Self.share(counts.activeShare),
        "\(counts.activeInWeek)", Self.share(counts.weekActiveShare),
        "\(counts.scansOnDay)", "\(counts.scansInWeek)",
        Self.decimal(counts.meanScansADay, places: 1), "\(counts.enteredInWeek)",
        row.deadline.map { "\($0.day)" } ?? "",
        row.deadline?.standing.word ?? "", row.deadline?.standing.days.map { "\($0)" } ?? "",
      ])
    }
    write("all", total)
    for row in agencies { write("agency", row) }
    for row in divisions { write("division", row) }
    for row in categories { write("category", row) }
  }

  private func writeFollowUps(to writer: inout DelimitedWriter) {
    writer.write([
      "as_of", "reason", "venue", "name", "category", "agency", "agency_name", "division",
      "ward", "district", "address", "printed_on", "entered_week",
    ])
    func write(_ reason: String, _ row: FollowUp) {
      writer.write([
        "\(asOf)", reason, "\(row.venue.id)", row.venue.name, row.venue.category,
        row.venue.agency, row.agency.vietnamese, row.venue.division, row.ward, row.district,
        row.venue.address ?? "", row.printedOn.map { "\($0)" } ?? "",
        "\(row.enteredInWeek)",
      ])
    }
    for row in notDeployed { write("not-deployed", row) }
    for row in silent { write("silent", row) }
  }

  private func writeDays(to writer: inout DelimitedWriter) {
    writer.write(["day", "deployed", "active", "scans"])
    for day in trend {
      writer.write(["\(day.day)", "\(day.deployed)", "\(day.active)", "\(day.scans)"])
    }
  }

  private static func share(_ share: Double?) -> String {
    share.map { decimal($0 < 1 ? min($0, 0.9999) : $0, places: 4) } ?? ""
  }

  /// A decimal with a point, rounded half away from zero, for files that machines read.
  static func decimal(_ number: Double, places: Int) -> String {
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = Int((number * Double(scale)).rounded())
    let (whole, rest) = scaled.quotientAndRemainder(dividingBy: scale)
    let digits = "\(abs(rest))"
    let padding = String(repeating: "0", count: places - digits.utf8.count)
    return "\(scaled < 0 ? "-" : "")\(abs(whole)).\(padding)\(digits)"
  }
}

extension DeploymentReport.FollowUp {
  /// The division that the venue lies in, or an empty text when it lies in a district itself.
  public var ward: String { divisions.count > 1 ? divisions[0] : "" }

  /// The division below the topmost that the venue lies in.
  public var district: String { divisions.last ?? "" }
}
