internal import CXLSXWriter
internal import Glibc

/// An Excel workbook (XLSX) while it is written.
///
///     var workbook = try Workbook(path: "report.xlsx", title: "Report", createdAt: now)
///     try workbook.add(sheet, rows: rows.lazy.map { [.text($0.name), .count($0.count)] })
///     try workbook.finish()
///
/// The file has its name only when `finish()` returns: a reader sees the old file or the new one. Each
/// sheet has a heading that stays in sight, with filters, and is set up to be printed on A4.
public struct Workbook: ~Copyable {
  /// The rows of a sheet that a spreadsheet can open, heading included.
  public static let mostRows = 1_048_576

  private let path: String
  private let draft: String
  private var book: UnsafeMutablePointer<lxw_workbook>?
  private let formats: Formats

  /// Begins a workbook.
  ///
  /// - Parameters:
  ///   - path: Where to; a file that is there is replaced.
  ///   - title: The title in its properties.
  ///   - author: Who made it.
  ///   - createdAt: When, in Unix seconds.
  ///   - isStreamed: Whether rows go to a temporary file at once. Memory then does not grow with them,
  ///     but a chart shows nothing until the program that opens the file has worked it out.
  /// - Throws: `SpreadsheetError` with `.notWritten`.
  public init(
    path: String, title: String, author: String = "checkin", createdAt: Int64,
    isStreamed: Bool = false
  ) throws(SpreadsheetError) {
    guard !path.isEmpty, !path.hasSuffix("/"), !path.utf8.contains(0) else {
      throw SpreadsheetError(.notWritten, subject: path, reason: "this is no file name")
    }
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    let draft = "\(folder).checkin-\(getpid()).xlsx.partial"
    // The library says only at the end that a file cannot be made, when all work is done.
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw SpreadsheetError(.notWritten, subject: path, reason: Workbook.message(errno))
    }
    close(descriptor)
    var options = lxw_workbook_options(
      constant_memory: isStreamed ? 1 : 0, tmpdir: nil, use_zip64: isStreamed ? 1 : 0)
    guard let book = workbook_new_opt(draft, &options) else {
      unlink(draft)
      throw SpreadsheetError(.notWritten, subject: path, reason: "no memory")
    }
    Workbook.setProperties(of: book, title: title, author: author, createdAt: createdAt)
    self.path = path
    self.draft = draft
    self.book = book
    formats = Formats(in: book)
  }

  deinit {
    if let book {
      lxw_workbook_free(book)
      unlink(draft)
    }
  }

  /// Adds a sheet.
  ///
  /// - Parameters:
  ///   - sheet: Its name, columns and charts.
  ///   - rows: A cell for every column of each row.
  ///   - boldRows: The rows that are set off, counted from 0 below the heading.
  /// - Throws: `SpreadsheetError` with `.refused` or `.tooManyRows`.
  /// - Complexity: O(n) in the cells.
  public mutating func add(
    _ sheet: Sheet, rows: some Sequence<[Cell]>, boldRows: Range<Int> = 0..<0
  ) throws(SpreadsheetError) {
    guard let book else { return }
    // Asked first, because the library would also complain on standard error.
    try check(workbook_validate_sheet_name(book, sheet.name), sheet.name)
    guard let page = workbook_add_worksheet(book, sheet.name) else {
      throw SpreadsheetError(.refused, subject: sheet.name, reason: "no memory")
    }
    for (column, setting) in sheet.columns.enumerated() {
      let column = UInt16(clamping: column)
      try check(
        worksheet_set_column(page, column, column, setting.width, nil), sheet.name)
    }
    worksheet_freeze_panes(page, 1, UInt16(clamping: sheet.frozenColumns))
    worksheet_set_landscape(page)
    worksheet_set_paper(page, 9)  // A4
    worksheet_fit_to_pages(page, 1, 0)
    worksheet_repeat_rows(page, 0, 0)
    _ = worksheet_set_footer(page, "&L&F&R&P / &N")

    let lines = sheet.columns.map { $0.heading.split(separator: "\n").count }.max() ?? 1
    try check(worksheet_set_row(page, 0, 16 * Double(max(1, lines)), nil), sheet.name)
    for (column, setting) in sheet.columns.enumerated() {
      try check(
        worksheet_write_string(page, 0, UInt16(clamping: column), setting.heading, formats.heading),
        sheet.name)
    }
    var count: UInt32 = 0
    for row in rows {
      guard Int(count) + 1 < Workbook.mostRows else {
        throw SpreadsheetError(
          .tooManyRows, subject: sheet.name, reason: "\(Workbook.mostRows) are the most")
      }
      let isBold = boldRows.contains(Int(count))
      count += 1
      for (column, cell) in row.enumerated() {
        try write(cell, page, count, UInt16(clamping: column), isBold, sheet.name)
      }
    }
    // What is set off at the end is a total, which a filter must not sort away.
    let hasTotal = !boldRows.isEmpty && boldRows.upperBound == Int(count)
    let filtered = hasTotal ? UInt32(boldRows.lowerBound) : count
    if filtered > 0, !sheet.columns.isEmpty {
      let last = UInt16(clamping: sheet.columns.count - 1)
      try check(worksheet_autofilter(page, 0, 0, filtered, last), sheet.name)
    }
    for chart in sheet.charts { try add(chart, of: sheet, to: page, in: book) }
  }

  /// Writes the file and gives it its name.
  ///
  /// - Throws: `SpreadsheetError` with `.notWritten`; then no file is left.
  public consuming func finish() throws(SpreadsheetError) {
    guard let open = book else { return }
    // Closing frees the book whether or not it could be written.
    book = nil
    let status = workbook_close(open)
    var failure = status == LXW_NO_ERROR ? nil : Workbook.message(status)
    if failure == nil, rename(draft, path) != 0 { failure = Workbook.message(errno) }
    if let failure {
      unlink(draft)
      throw SpreadsheetError(.notWritten, subject: path, reason: failure)
    }
  }

  // MARK: Cells

  private func write(
    _ cell: Cell, _ page: UnsafeMutablePointer<lxw_worksheet>, _ row: UInt32, _ column: UInt16,
    _ isBold: Bool, _ sheet: String
  ) throws(SpreadsheetError) {
    switch cell {
    case .empty:
      try check(worksheet_write_blank(page, row, column, formats[.text, isBold]), sheet)
    case .text(let text):
      // A NUL would end the text for the library.
      let whole = text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text
      try check(
        worksheet_write_string(page, row, column, whole, formats[.text, isBold]), sheet)
    case .count(let number):
      try check(
        worksheet_write_number(page, row, column, Double(number), formats[.count, isBold]), sheet)
    case .decimal(let number):
      try check(
        worksheet_write_number(page, row, column, number, formats[.decimal, isBold]), sheet)
    case .share(let number):
      try check(
        worksheet_write_number(page, row, column, number, formats[.share, isBold]), sheet)
    case .date(let year, let month, let day):
      guard (1900...9999).contains(year) else {
        throw SpreadsheetError(.refused, subject: sheet, reason: "there is no year \(year) in it")
      }
      var date = lxw_datetime()
      date.year = Int32(clamping: year)
      date.month = Int32(clamping: month)
      date.day = Int32(clamping: day)
      try check(
        worksheet_write_datetime(page, row, column, &date, formats[.date, isBold]), sheet)
    }
  }

  // MARK: Charts

  private func add(
    _ chart: Sheet.Chart, of sheet: Sheet, to page: UnsafeMutablePointer<lxw_worksheet>,
    in book: UnsafeMutablePointer<lxw_workbook>
  ) throws(SpreadsheetError) {
    guard !chart.rows.isEmpty else { return }
    let type: lxw_chart_type =
      switch chart.kind {
      case .bars: LXW_CHART_BAR
      case .columns: LXW_CHART_COLUMN
      case .line: LXW_CHART_LINE
      }
    guard let drawing = workbook_add_chart(book, UInt8(type.rawValue)) else {
      throw SpreadsheetError(.refused, subject: chart.title, reason: "no memory")
    }
    let first = UInt32(chart.rows.lowerBound + 1)
    let last = UInt32(chart.rows.upperBound)
    let labels = UInt16(clamping: chart.labels)
    for column in chart.values {
      guard let series = chart_add_series(drawing, nil, nil) else {
        throw SpreadsheetError(.refused, subject: chart.title, reason: "no memory")
      }
      let values = UInt16(clamping: column)
      chart_series_set_categories(series, sheet.name, first, labels, last, labels)
      chart_series_set_values(series, sheet.name, first, values, last, values)
      chart_series_set_name_range(series, sheet.name, 0, values)
    }
    chart_title_set_name(drawing, chart.title)
    chart_legend_set_position(drawing, UInt8(LXW_CHART_LEGEND_BOTTOM.rawValue))
    if chart.kind == .bars { chart_axis_set_reverse(drawing.pointee.x_axis) }
    var options = lxw_chart_options()
    let height = chart.kind == .bars ? 60 + 26 * chart.rows.count * chart.values.count / 2 : 320
    options.x_scale = 1.5
    options.y_scale = Double(max(288, height)) / 288
    try check(
      worksheet_insert_chart_opt(
        page, UInt32(chart.topRow), UInt16(clamping: sheet.columns.count + 1), drawing, &options),
      chart.title)
  }

  // MARK: Support

  private func check(_ status: lxw_error, _ subject: String) throws(SpreadsheetError) {
    guard status != LXW_NO_ERROR else { return }
    throw SpreadsheetError(.refused, subject: subject, reason: Workbook.message(status))
  }

  private static func setProperties(
    of book: UnsafeMutablePointer<lxw_workbook>, title: String, author: String, createdAt: Int64
  ) {
    // The library copies the texts; it takes them as mutable for no reason.
    let texts: [UnsafeMutablePointer<CChar>?] = [strdup(title), strdup(author)]
    defer { for text in texts { free(text) } }
    var properties = lxw_doc_properties()
    properties.title = texts[0]
    properties.author = texts[1]
    properties.created = Int(clamping: createdAt)
    _ = workbook_set_properties(book, &properties)
  }

  private static func message(_ status: lxw_error) -> String {
    guard let text = lxw_strerror(status) else { return "error \(status.rawValue)" }
    return String(cString: text)
  }

  private static func message(_ number: Int32) -> String { String(cString: strerror(number)) }
}

/// How the cells of a workbook look.
private struct Formats {
  enum Kind: Int, CaseIterable {
    case text, count, decimal, share, date

    /// The number format in Excel's language.
    var pattern: String? {
      switch self {
      case .text: nil
      case .count: "#,##0"
      case .decimal: "#,##0.0"
      case .share: "0.0%"
      case .date: "dd/mm/yyyy"
      }
    }
  }

  let heading: UnsafeMutablePointer<lxw_format>?
  private let plain: [UnsafeMutablePointer<lxw_format>?]
  private let bold: [UnsafeMutablePointer<lxw_format>?]

  init(in book: UnsafeMutablePointer<lxw_workbook>) {
    heading = workbook_add_format(book)
    format_set_bold(heading)
    format_set_text_wrap(heading)
    format_set_align(heading, UInt8(LXW_ALIGN_VERTICAL_TOP.rawValue))
    format_set_bg_color(heading, 0xDCE6F0)
    format_set_bottom(heading, UInt8(LXW_BORDER_THIN.rawValue))
    func formats(isBold: Bool) -> [UnsafeMutablePointer<lxw_format>?] {
      Kind.allCases.map { kind in
        let format = workbook_add_format(book)
        if isBold { format_set_bold(format) }
        if let pattern = kind.pattern { format_set_num_format(format, pattern) }
        return format
      }
    }
    plain = formats(isBold: false)
    bold = formats(isBold: true)
  }

  subscript(kind: Kind, isBold: Bool) -> UnsafeMutablePointer<lxw_format>? {
    isBold ? bold[kind.rawValue] : plain[kind.rawValue]
  }
}
