internal import Campaign
internal import Spreadsheets
internal import VenueCodes
internal import VenueRegistry

/// A deployment report as a workbook: a sheet for each part, with charts.
struct DeploymentWorkbook {
  let report: DeploymentReport
  let languages: ReportLanguages

  /// More rows than this are written as they come, so that memory stays small.
  private static let mostRowsInMemory = 50_000

  /// Writes the workbook.
  ///
  /// - Parameters:
  ///   - path: Where to.
  ///   - now: The present, for the file's properties.
  /// - Throws: What `Workbook` throws; then no file is left.
  func write(to path: String, now: Int64) throws(SpreadsheetError) {
    var workbook = try Workbook(
      path: path, title: "\(text(.title)), \(report.asOf)", createdAt: now,
      isStreamed: report.notDeployed.count + report.silent.count > Self.mostRowsInMemory)
    try workbook.add(summarySheet, rows: summaryRows)
    try add(.agency, report.agencies, to: &workbook)
    try add(.district, report.divisions.filter { $0.depth == 1 }, to: &workbook)
    try addWards(to: &workbook)
    try add(.category, report.categories, to: &workbook)
    try add(.notDeployed, report.notDeployed, to: &workbook)
    try add(.silent, report.silent, to: &workbook)
    try addDays(to: &workbook)
    try workbook.finish()
  }

  private func text(_ word: ReportWord) -> String { languages.first(word.text) }

  private func column(_ word: ReportWord, _ width: Double) -> Sheet.Column {
    Sheet.Column(languages.lines(word.text), width: width)
  }

  private func cell(_ day: LocalDay?) -> Cell {
    guard let day else { return .empty }
    let parts = day.components
    // A spreadsheet has no day before 1900.
    guard (1_900...9_999).contains(parts.year) else { return .text(day.dayFirst) }
    return .date(year: parts.year, month: parts.month, day: parts.day)
  }

  // MARK: Consolidated

  private var summarySheet: Sheet {
    Sheet(
      text(.consolidated),
      columns: [
        Sheet.Column(languages.lines(report.subject), width: 44), column(.consolidated, 18),
      ])
  }

  private var summaryRows: [[Cell]] {
    let counts = report.total.counts
    func share(_ share: Double?) -> Cell {
      share.map { .share(DeploymentCounts.shown($0)) } ?? .empty
    }
    var rows: [(ReportWord, Cell)] = [
      (.day, cell(report.asOf)), (.listed, .count(counts.listed)),
      (.deployed, .count(counts.deployed)), (.deployedShare, share(counts.deployedShare)),
      (.activeOnDay, .count(counts.activeOnDay)), (.activeShare, share(counts.activeShare)),
      (.activeInWeek, .count(counts.activeInWeek)),
      (.weekActiveShare, share(counts.weekActiveShare)),
      (.scansOnDay, .count(counts.scansOnDay)), (.scansInWeek, .count(counts.scansInWeek)),
      (.meanScans, .decimal(counts.meanScansADay)), (.entered, .count(counts.enteredInWeek)),
      (.notDeployed, .count(report.notDeployed.count)), (.silent, .count(report.silent.count)),
    ]
    if let deadline = report.total.deadline {
      rows.append((.deadline, cell(deadline.day)))
      rows.append((.standing, .text(standing(deadline))))
    }
    return rows.map { word, cell in
      let name = word.text
      return [
        .text(
          languages.second(name).map { "\(languages.first(name)) / \($0)" } ?? languages.first(name)
        ),
        cell,
      ]
    }
  }

  private func standing(_ deadline: DeploymentDeadline) -> String {
    languages.first(deadline.standing.text { $0.dayFirst })
  }

  // MARK: Groups

  private func add(
    _ word: ReportWord, _ rows: [DeploymentReport.Row], to workbook: inout Workbook
  ) throws(SpreadsheetError) {
    let isBilingual = rows.contains { languages.second($0.name) != nil }
    let first = isBilingual ? 2 : 1
    var names = [column(word, 44)]
    if isBilingual { names.append(Sheet.Column("English", width: 36)) }
    let chart = Sheet.Chart(
      .bars, title: text(word), labels: 0, values: [first, first + 1, first + 2],
      rows: 0..<rows.count)
    let sheet = Sheet(text(word), columns: names + numberColumns, charts: [chart])
    let lines = rows + [report.total]
    try workbook.add(
      sheet,
      rows: lines.enumerated().map { place, row in
        let name = place == rows.count ? ReportWord.consolidated.text : row.name
        var cells: [Cell] = [.text(languages.first(name))]
        if isBilingual { cells.append(.text(name.english)) }
        return cells + numbers(of: row)
      }, boldRows: rows.count..<lines.count)
  }

  /// The divisions in districts, each with the district it lies in, so that a filter can tell them
  /// apart.
  private func addWards(to workbook: inout Workbook) throws(SpreadsheetError) {
    var district = ""
    var rows: [[Cell]] = []
    for row in report.divisions {
      if row.depth == 1 { district = languages.first(row.name) }
      guard row.depth > 1 else { continue }
      rows.append([.text(district), .text(languages.first(row.name))] + numbers(of: row))
    }
    guard !rows.isEmpty else { return }
    let sheet = Sheet(
      text(.ward), columns: [column(.district, 24), column(.ward, 28)] + numberColumns,
      frozenColumns: 2)
    try workbook.add(sheet, rows: rows)
  }

  private var numberColumns: [Sheet.Column] {
    [
      column(.listed, 11), column(.deployed, 11), column(.activeInWeek, 12),
      column(.activeOnDay, 11), column(.deployedShare, 11), column(.weekActiveShare, 12),
      column(.activeShare, 12), column(.scansOnDay, 11), column(.meanScans, 12),
      column(.deadline, 12), column(.standing, 30), column(.daysLeft, 10),
    ]
  }

  private func numbers(of row: DeploymentReport.Row) -> [Cell] {
    let counts = row.counts
    func share(_ share: Double?) -> Cell {
      share.map { .share(DeploymentCounts.shown($0)) } ?? .empty
    }
    return [
      .count(counts.listed), .count(counts.deployed), .count(counts.activeInWeek),
      .count(counts.activeOnDay), share(counts.deployedShare), share(counts.weekActiveShare),
      share(counts.activeShare), .count(counts.scansOnDay), .decimal(counts.meanScansADay),
      cell(row.deadline?.day), row.deadline.map { .text(standing($0)) } ?? .empty,
      row.deadline?.standing.days.map { .count($0) } ?? .empty,
    ]
  }

  // MARK: Lists

  private func add(
    _ word: ReportWord, _ venues: [DeploymentReport.FollowUp], to workbook: inout Workbook
  ) throws(SpreadsheetError) {
    let sheet = Sheet(
      text(word),
      columns: [
        column(.venueCode, 13), column(.venueName, 44), column(.agency, 40), column(.ward, 22),
        column(.district, 22), column(.address, 34), column(.category, 18), column(.printedOn, 12),
        column(.entered, 14),
      ], frozenColumns: 2)
    try workbook.add(
      sheet,
      rows: venues.lazy.map { venue in
        [
          .text("\(venue.venue.id)"), .text(venue.venue.name),
          .text(languages.first(venue.agency)), .text(venue.ward), .text(venue.district),
          .text(venue.venue.address ?? ""), .text(venue.venue.category), cell(venue.printedOn),
          .count(venue.enteredInWeek),
        ]
      })
  }

  private func addDays(to workbook: inout Workbook) throws(SpreadsheetError) {
    let days = 0..<report.trend.count
    let sheet = Sheet(
      text(.days),
      columns: [
        column(.day, 12), column(.deployed, 12), column(.active, 12), column(.scans, 12),
      ],
      charts: [
        .init(.columns, title: text(.scans), labels: 0, values: [3], rows: days),
        .init(
          .line, title: "\(text(.deployed)), \(text(.active))", labels: 0, values: [1, 2],
          rows: days, topRow: 26),
      ])
    try workbook.add(
      sheet,
      rows: report.trend.map { day in
        [cell(day.day), .count(day.deployed), .count(day.active), .count(day.scans)]
      })
  }
}
