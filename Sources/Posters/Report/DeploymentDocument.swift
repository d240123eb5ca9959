public import Campaign
public import VenueCodes
internal import VenueRegistry

/// A deployment report as a document to sign and to file, in the form of Vietnam's administration.
///
/// It has the head, number, dateline and signature that Decree 30/2020/NĐ-CP asks of a report, figures
/// and charts, tables whose headings come again on every page, and as annexes the wards and the venues
/// to follow up. Texts are texts, so that it can be searched.
public struct DeploymentDocument: Sendable {
  /// What is written around the numbers.
  public struct Frame: Sendable {
    /// The body above the office, first line of the head; empty for none.
    public var superior = ""
    /// The office that reports.
    public var office = ""
    /// What follows the number of the document.
    public var numberSuffix = ""
    /// The place in the dateline.
    public var dateline = ""
    /// The post of who signs.
    public var signer = ""
    /// What the report is made by, a clause without its full stop; empty for none.
    public var directive = ""
    /// Who gets it, a line each.
    public var recipients: [String] = []

    /// Makes a frame that leaves everything to be filled in by hand.
    public init() {}
  }

  /// The most venues of a list; a longer one is no use on paper, and the workbook has all.
  public static let mostListed = 2_000

  private let report: DeploymentReport
  private let frame: Frame
  private let languages: ReportLanguages
  private let signedOn: LocalDay
  private let madeAtSecond: Int64

  /// Makes a document.
  ///
  /// - Parameters:
  ///   - report: The numbers.
  ///   - frame: What is written around them.
  ///   - languages: The languages; the head is Vietnamese whatever they are.
  ///   - signedOn: The day in the dateline.
  ///   - madeAtSecond: The present in Unix seconds, for the file's properties.
  public init(
    _ report: DeploymentReport, frame: Frame, languages: ReportLanguages, signedOn: LocalDay,
    madeAtSecond: Int64
  ) {
    self.report = report
    self.frame = frame
    self.languages = languages
    self.signedOn = signedOn
    self.madeAtSecond = madeAtSecond
  }

  /// Draws the document.
  ///
  /// The same report gives the same bytes with the same libraries and fonts.
  ///
  /// - Returns: The bytes of a PDF, fonts embedded.
  /// - Throws: `PosterError.fontMissing` or `.drawingFailed`.
  public func pdf() throws(PosterError) -> [UInt8] {
    try ReportPage.pdf(
      try pages(),
      title: "\(word(.title)), \(languages.first(report.subject)), \(date(report.asOf))",
      author: frame.office.isEmpty ? "checkin" : frame.office, madeAtSecond: madeAtSecond)
  }

  /// Where the letters of each text stand, page by page in millimetres, so that it can be proved that
  /// none stands in another or off the page.
  package func textBoxes() throws(PosterError) -> [[(text: String, box: PosterLayout.Box)]] {
    try pages().map(\.textBoxes)
  }

  private func pages() throws(PosterError) -> [ReportPage] {
    var flow = try ReportFlow.making()
    try addHead(to: &flow)
    try addSummary(to: &flow)
    try addAgencies(to: &flow)
    try addDistricts(to: &flow)
    try addCategories(to: &flow)
    try addSignature(to: &flow)
    try addWards(to: &flow)
    try addFollowUps(to: &flow)
    let foot = say(
      "Số liệu đến hết ngày \(date(report.asOf))", "Figures to the end of \(date(report.asOf))")
    try flow.addFeet(foot) { page, count in
      say("Trang \(page)/\(count)", "Page \(page) of \(count)")
    }
    return flow.pages
  }

  // MARK: Words

  private func word(_ word: ReportWord) -> String { languages.first(word.text) }

  private func second(_ word: ReportWord) -> String? { languages.second(word.text) }

  private func say(_ vietnamese: String, _ english: String) -> String {
    languages.hasVietnamese ? vietnamese : english
  }

  /// What stands beside a heading.
  private func beside(_ english: String) -> String? {
    languages.hasVietnamese && languages.hasEnglish ? english : nil
  }

  private func date(_ day: LocalDay) -> String { day.dayFirst }

  private func number(_ number: Int) -> String {
    var digits = ""
    for (place, digit) in String(number.magnitude).reversed().enumerated() {
      if place > 0, place % 3 == 0 { digits.append(say(".", ",")) }
      digits.append(digit)
    }
    return (number < 0 ? "-" : "") + String(digits.reversed())
  }

  private func venues(_ count: Int) -> String {
    "\(number(count)) \(count == 1 ? "venue" : "venues")"
  }

  private func decimal(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(number(tenths / 10))\(say(",", "."))\(abs(tenths % 10))"
  }

  private func share(_ share: Double?) -> String {
    share.map { "\(decimal(DeploymentCounts.shown($0) * 100)) %" } ?? "–"
  }

  private func standing(_ deadline: DeploymentDeadline?) -> String {
    guard let deadline else { return "–" }
    let text = languages.first(deadline.standing.text { date($0) })
    return "\(date(deadline.day)): \(text)"
  }

  // MARK: Head

  private func addHead(to flow: inout ReportFlow) throws(PosterError) {
    let top = flow.y
    let leftWidth = 72.0
    let right = ReportPage.left + leftWidth + 4
    let rightWidth = ReportPage.right - right
    var look = ReportFlow.Look(size: 10, isCentred: true)
    var left = top
    if !frame.superior.isEmpty {
      left += try flow.put(
        frame.superior.uppercased(), look, x: ReportPage.left - 5, y: left, width: leftWidth + 10)
    }
    look.isBold = true
    left += try flow.put(
      frame.office.isEmpty ? "…………………………" : frame.office.uppercased(), look, x: ReportPage.left,
      y: left,
      width: leftWidth)
    rule(under: left + 0.8, centre: ReportPage.left + leftWidth / 2, width: 24, in: &flow)
    look.isBold = false
    let suffix = frame.numberSuffix.isEmpty ? "BC" : frame.numberSuffix
    left += 2.4
    left += try flow.put(
      "Số: ……/\(suffix)", look, x: ReportPage.left, y: left, width: leftWidth)

    look.isBold = true
    var y = top
    y += try flow.put(
      "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", look, x: right, y: y, width: rightWidth)
    look.size = 11
    y += try flow.put("Độc lập - Tự do - Hạnh phúc", look, x: right, y: y, width: rightWidth)
    rule(under: y + 0.8, centre: right + rightWidth / 2, width: 52, in: &flow)
    look.isBold = false
    y += 3.4
    let (year, month, day) = signedOn.components
    // A day below ten and January and February have a zero, so that nothing can be put before them.
    let dayText = day < 10 ? "0\(day)" : "\(day)"
    let monthText = month < 3 ? "0\(month)" : "\(month)"
    y += try flow.put(
      "\(frame.dateline.isEmpty ? "……………" : frame.dateline), ngày \(dayText) tháng \(monthText) "
        + "năm \(year)", look, x: right, y: y, width: rightWidth)
    flow.y = max(left, y) + 8

    try flow.add(
      say("BÁO CÁO", "REPORT"), ReportFlow.Look(size: 14, isBold: true, isCentred: true), after: 1)
    try flow.add(
      "\(word(.title))\n\(languages.first(report.subject))".replacing("\n", with: ": "),
      ReportFlow.Look(size: 12, isBold: true, isCentred: true), after: 1)
    if let english = second(.title) {
      try flow.add(
        "Report: \(english)", ReportFlow.Look(size: 9, isCentred: true, colour: .grey), after: 1)
    }
    try flow.add(
      say(
        "(Số liệu tính đến hết ngày \(date(report.asOf)))",
        "(Figures to the end of \(date(report.asOf)))"),
      ReportFlow.Look(size: 10.5, isCentred: true), after: 5)
  }

  private func rule(
    under y: Double, centre: Double, width: Double, in flow: inout ReportFlow
  ) {
    flow.mark(
      .line([(centre - width / 2, y), (centre + width / 2, y)], width: 0.25, .black))
  }

  // MARK: Summary

  private func addSummary(to flow: inout ReportFlow) throws(PosterError) {
    let counts = report.total.counts
    if languages.hasVietnamese {
      let office = frame.office.isEmpty ? "" : ", \(frame.office)"
      let opening =
        frame.directive.isEmpty
        ? "Kết quả triển khai như sau:" : "\(frame.directive)\(office) báo cáo kết quả như sau:"
      try flow.add(opening, .body, after: 3)
    }
    try flow.addHeading(say("I. KẾT QUẢ CHUNG", "I. OVERALL RESULT"), second: beside("Overall"))
    try addTiles(to: &flow)
    var lines: [String] = []
    if let deadline = report.total.deadline {
      let missing = counts.notDeployed
      let state = languages.first(deadline.standing.text { date($0) })
      lines.append(
        say(
          "Hạn \(report.isConsolidated ? "tổng hợp" : "báo cáo"): hết ngày "
            + "\(date(deadline.day)), \(state)"
            + (missing > 0 ? "; \(number(missing)) địa điểm chưa in áp phích." : "."),
          "Deadline: \(date(deadline.day)), \(state)"
            + (missing > 0 ? "; \(venues(missing)) without a poster." : ".")))
    }
    lines.append(
      say(
        "Lượt quét: \(number(counts.scansOnDay)) trong ngày; bình quân "
          + "\(decimal(counts.meanScansADay)) lượt một ngày trong 7 ngày.",
        "Scans: \(number(counts.scansOnDay)) that day; \(decimal(counts.meanScansADay)) a day in "
          + "the 7 days."))
    if counts.enteredInWeek > 0 {
      lines.append(
        say(
          "Lượt nhập không có mã (sổ giấy, nhập tay) trong 7 ngày: "
            + "\(number(counts.enteredInWeek)).",
          "Entered without a code in the 7 days: \(number(counts.enteredInWeek))."))
    }
    lines.append(
      say(
        "Đã in áp phích nhưng không có lượt quét nào trong 7 ngày: "
          + "\(number(report.silent.count)) địa điểm.",
        "Printed but not scanned in the 7 days: \(venues(report.silent.count))."))
    if report.scansElsewhere > 0 {
      lines.append(
        say(
          "Ngoài danh mục: \(number(report.scansElsewhere)) lượt quét trong 7 ngày tại địa điểm "
            + "không còn sử dụng hoặc không có trong danh mục.",
          "\(number(report.scansElsewhere)) scans in the 7 days were at venues that are not listed."
        ))
    }
    for line in lines { try flow.add("- \(line)", .body, after: 1) }
    flow.y += 3
    let labels = report.trend.map { String(date($0.day).prefix(5)) }
    try flow.addDays(
      say("Lượt quét mỗi ngày", "Scans a day") + (beside(" / Scans a day") ?? ""),
      [.init(values: report.trend.map(\.scans), colour: .middle, isColumns: true)], keys: [],
      labels: labels, height: 34, number: number)
    try flow.addDays(
      say("Địa điểm đã in áp phích và có lượt quét", "Venues with a poster and with scans")
        + (beside(" / Venues with a poster, and with scans") ?? ""),
      [
        .init(values: report.trend.map(\.deployed), colour: .middle, isColumns: false),
        .init(values: report.trend.map(\.active), colour: .accent, isColumns: false),
      ], keys: [(.middle, word(.deployed)), (.accent, word(.active))], labels: labels,
      height: 34, number: number)
    try flow.add(
      say(
        "Cách tính: \"đã in áp phích\" là có áp phích (A3, A4, A5 hoặc để bàn) còn hạn và chưa bị thu "
          + "hồi đến hết ngày báo cáo; \"có quét\" là có ít nhất một lượt quét mã hợp lệ; lượt ghi sổ "
          + "giấy hoặc nhập không có mã không tính là lượt quét; hạn được coi là hoàn thành khi mọi "
          + "địa điểm đều có áp phích còn hiệu lực vào ngày hạn (hoặc vào ngày báo cáo, nếu chưa đến "
          + "hạn).",
        "How it is counted: a poster (A3, A4, A5 or table tent) counts when it is valid and not "
          + "revoked at the end of the day; a venue is active with one accepted scan of a code or "
          + "pass; what is entered without a code is no scan; a deadline is met when every venue has "
          + "a poster in force on that day (before it has come: on the day of the report)."),
      .small, after: 3)
  }

  private func addTiles(to flow: inout ReportFlow) throws(PosterError) {
    let counts = report.total.counts
    let tiles: [(ReportWord, String, String)] = [
      (.listed, number(counts.listed), ""),
      (.deployed, number(counts.deployed), share(counts.deployedShare)),
      (.activeInWeek, number(counts.activeInWeek), share(counts.weekActiveShare)),
      (.activeOnDay, number(counts.activeOnDay), share(counts.activeShare)),
    ]
    let gap = 4.0
    let width = (ReportPage.measure - 3 * gap) / 4
    let height = 23.0
    flow.reserve(height)
    for (place, tile) in tiles.enumerated() {
      let x = ReportPage.left + Double(place) * (width + gap)
      flow.mark(
        .fill(PosterLayout.Box(x: x, y: flow.y, width: width, height: height), .pale))
      flow.mark(
        .fill(PosterLayout.Box(x: x, y: flow.y, width: 1, height: height), .middle))
      let figure = try flow.paragraph(
        tile.1, ReportFlow.Look(size: 18, isBold: true, isPlain: true), width: nil)
      flow.mark(.text(figure, x: x + 3, y: flow.y + 1, .accent))
      if !tile.2.isEmpty {
        try flow.putRight(
          tile.2, ReportFlow.Look(size: 9, isPlain: true), right: x + width - 2, y: flow.y + 4)
      }
      let name = try flow.put(
        word(tile.0), ReportFlow.Look(size: 8, isBold: true, isPlain: true), x: x + 3,
        y: flow.y + 11, width: width - 4)
      if let english = second(tile.0) {
        try flow.put(
          english, ReportFlow.Look(size: 7, colour: .grey, isPlain: true), x: x + 3,
          y: flow.y + 11 + name, width: width - 4)
      }
    }
    flow.y += height + 3
  }

  // MARK: Groups

  private func bars(_ rows: [DeploymentReport.Row]) -> [ReportFlow.Bar] {
    rows.filter { $0.counts.listed > 0 }.map { row in
      ReportFlow.Bar(
        name: languages.first(row.name), whole: row.counts.listed, part: row.counts.deployed,
        inner: row.counts.activeInWeek,
        text: "\(number(row.counts.listed)) · \(number(row.counts.deployed)) · "
          + number(row.counts.activeInWeek))
    }
  }

  private var barKeys: [ReportFlow.Key] {
    [(.light, word(.listed)), (.middle, word(.deployed)), (.accent, word(.activeInWeek))]
  }

  private func columns(
    _ name: ReportWord, hasDeadline: Bool = true
  ) -> [ReportFlow.Column] {
    func column(_ word: ReportWord, _ width: Double, isNumber: Bool = true) -> ReportFlow.Column {
      ReportFlow.Column(
        heading: self.word(word), second: second(word), width: width, isNumber: isNumber)
    }
    var columns = [
      column(name, hasDeadline ? 42 : 66, isNumber: false), column(.listed, 15),
      column(.deployed, 14), column(.deployedShare, 15), column(.activeInWeek, 15),
      column(.weekActiveShare, 16), column(.activeOnDay, 14), column(.meanScans, 15),
    ]
    if hasDeadline {
      columns.append(
        ReportFlow.Column(
          heading: "\(word(.deadline)), \(word(.standing).lowercased())",
          second: beside("Deadline, standing"), width: 24))
    }
    return columns
  }

  private func row(_ row: DeploymentReport.Row, isTotal: Bool = false) -> ReportFlow.Row {
    let counts = row.counts
    return ReportFlow.Row(
      cells: [
        isTotal ? say("Tổng số", "All") : languages.first(row.name), number(counts.listed),
        number(counts.deployed), share(counts.deployedShare), number(counts.activeInWeek),
        share(counts.weekActiveShare), number(counts.activeOnDay),
        decimal(counts.meanScansADay), standing(row.deadline),
      ], isBold: isTotal, indent: Double(max(0, row.depth - 1)) * 3)
  }

  private func addTable(
    _ name: ReportWord, _ rows: [DeploymentReport.Row], to flow: inout ReportFlow
  ) throws(PosterError) {
    try flow.add(columns(name), rows: rows.map { row($0) } + [row(report.total, isTotal: true)])
  }

  private func addAgencies(to flow: inout ReportFlow) throws(PosterError) {
    guard !report.agencies.isEmpty else { return }
    try flow.addHeading(
      say("II. THEO CƠ QUAN, ĐƠN VỊ", "II. BY AGENCY"), second: beside("By agency"), room: 60)
    try flow.addBars(bars(report.agencies), keys: barKeys)
    try addTable(.agency, report.agencies, to: &flow)
  }

  private func addDistricts(to flow: inout ReportFlow) throws(PosterError) {
    let districts = report.divisions.filter { $0.depth == 1 }
    guard !districts.isEmpty else { return }
    try flow.addHeading(
      say("III. THEO ĐỊA BÀN", "III. BY DISTRICT"), second: beside("By district"), room: 60)
    try flow.addBars(bars(districts), keys: barKeys)
    try addTable(.district, districts, to: &flow)
  }

  private func addCategories(to flow: inout ReportFlow) throws(PosterError) {
    let rows = report.categories.filter { $0.counts.listed > 0 }
    guard !rows.isEmpty else { return }
    try flow.addHeading(
      say("IV. THEO LOẠI ĐỊA ĐIỂM", "IV. BY CATEGORY"), second: beside("By category"), room: 50)
    try addTable(.category, rows, to: &flow)
  }

  // MARK: Signature

  private func addSignature(to flow: inout ReportFlow) throws(PosterError) {
    // Room for a seal and a name, and for all recipients together where a page has that.
    let seal = 52.0
    let headLook = ReportFlow.Look(size: 10, isBold: true)
    let look = ReportFlow.Look(size: 9)
    let head = try flow.paragraph("Nơi nhận:", headLook, width: 80).extent.height
    var heights: [Double] = []
    for recipient in frame.recipients {
      heights.append(try flow.paragraph("- \(recipient)", look, width: 80).extent.height)
    }
    let height = max(seal, 4 + head + heights.reduce(0, +))
    flow.reserve(min(height, ReportPage.bottom - ReportPage.top))
    let top = flow.y + 4
    let right = ReportPage.left + 90
    let width = ReportPage.right - right
    let signer =
      frame.signer.isEmpty ? say("NGƯỜI LẬP BÁO CÁO", "SIGNED") : frame.signer.uppercased()
    let below = try flow.put(
      signer, ReportFlow.Look(size: 11, isBold: true, isCentred: true), x: right, y: top,
      width: width)
    try flow.put(
      say("(Ký tên, đóng dấu)", "(Signature, seal)"),
      ReportFlow.Look(size: 9, isCentred: true, colour: .grey), x: right, y: top + below,
      width: width)
    let signatureEnd = top + seal - 6
    flow.y = top
    flow.y += try flow.put("Nơi nhận:", headLook, x: ReportPage.left, y: flow.y, width: 80)
    let page = flow.pages.count
    for (recipient, height) in zip(frame.recipients, heights) {
      flow.reserve(height)
      flow.y += try flow.put("- \(recipient)", look, x: ReportPage.left, y: flow.y, width: 80)
    }
    if flow.pages.count == page { flow.y = max(flow.y, signatureEnd) }
  }

  // MARK: Annexes

  private func addAnnex(
    _ number: String, _ title: String, _ english: String, to flow: inout ReportFlow
  ) throws(PosterError) {
    flow.breakPage()
    try flow.addHeading(
      say("PHỤ LỤC \(number). \(title)", "ANNEX \(number). \(english.uppercased())"),
      second: beside(english))
  }

  private func addWards(to flow: inout ReportFlow) throws(PosterError) {
    guard report.divisions.contains(where: { $0.depth > 1 && $0.counts.listed > 0 }) else {
      return
    }
    try addAnnex("I", "KẾT QUẢ THEO PHƯỜNG, XÃ, THỊ TRẤN", "By ward", to: &flow)
    try flow.add(
      columns(.division, hasDeadline: false),
      rows: report.divisions.map { division in
        var line = row(division)
        line.cells.removeLast()
        line.isBold = division.depth == 1
        return line
      })
  }

  private func addFollowUps(to flow: inout ReportFlow) throws(PosterError) {
    try addList(
      "II", "ĐỊA ĐIỂM CHƯA IN ÁP PHÍCH", "Venues without a poster", report.notDeployed,
      hasPrint: false, to: &flow)
    try addList(
      "III", "ĐỊA ĐIỂM ĐÃ IN ÁP PHÍCH NHƯNG CHƯA CÓ LƯỢT QUÉT TRONG 7 NGÀY",
      "Printed, no scan in 7 days", report.silent, hasPrint: true, to: &flow)
  }

  private func addList(
    _ number: String, _ title: String, _ english: String, _ venues: [DeploymentReport.FollowUp],
    hasPrint: Bool, to flow: inout ReportFlow
  ) throws(PosterError) {
    guard !venues.isEmpty else { return }
    try addAnnex(number, title, english, to: &flow)
    var columns = [
      ReportFlow.Column(heading: say("TT", "No."), width: 10, isNumber: true),
      ReportFlow.Column(
        heading: word(.venueCode), second: second(.venueCode), width: 22),
      ReportFlow.Column(
        heading: word(.venueName), second: second(.venueName), width: hasPrint ? 54 : 62),
      ReportFlow.Column(
        heading: "\(word(.ward)); \(word(.district).lowercased())",
        second: beside("Ward, district"), width: 44),
      ReportFlow.Column(
        heading: word(.address), second: second(.address), width: hasPrint ? 22 : 32),
    ]
    if hasPrint {
      columns.append(
        ReportFlow.Column(heading: word(.printedOn), second: second(.printedOn), width: 18))
    }
    let shown = venues.prefix(Self.mostListed)
    let counts = Dictionary(grouping: venues, by: \.venue.agency).mapValues(\.count)
    var rows: [ReportFlow.Row] = []
    var agency: String?
    for (place, venue) in shown.enumerated() {
      if venue.venue.agency != agency {
        agency = venue.venue.agency
        let count = counts[venue.venue.agency] ?? 0
        rows.append(
          ReportFlow.Row(
            cells: ["\(languages.first(venue.agency)) (\(self.number(count)))"], isHeading: true))
      }
      var cells = [
        self.number(place + 1), "\(venue.venue.id)", venue.venue.name,
        venue.divisions.joined(separator: ", "), venue.venue.address ?? "",
      ]
      if hasPrint { cells.append(venue.printedOn.map { date($0) } ?? "") }
      rows.append(ReportFlow.Row(cells: cells))
    }
    try flow.add(columns, rows: rows)
    if shown.count < venues.count {
      let rest = self.number(venues.count - shown.count)
      try flow.add(
        say(
          "… và \(rest) địa điểm khác, xem bảng tính kèm theo.",
          "… and \(rest) more, see the workbook."), .body)
    }
  }
}
