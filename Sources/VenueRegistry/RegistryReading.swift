internal import DelimitedText
internal import VenueCodes

/// One reading of a registry's files: takes them table by table and gathers what is wrong.
struct RegistryReading {
  let files: RegistryFiles
  private(set) var diagnostics: [Diagnostic] = []

  init(files: RegistryFiles) {
    self.files = files
  }

  mutating func categories() -> [Entry<VenueCategory>] {
    rows(of: RegistryFiles.categories, CategoryColumn.self, optional: [.agency]) {
      row throws(Fault) in
      VenueCategory(
        code: try row.required(.code),
        wireNumber: try row.parsed(.wireNumber, as: "a number from 1 to 255") {
          UInt8($0).flatMap { $0 == 0 ? nil : $0 }
        },
        name: BilingualName(
          vietnamese: try row.required(.nameVI), english: try row.required(.nameEN)),
        space: try row.parsed(.space, as: "closed or open") {
          VenueCategory.Space(rawValue: $0)
        },
        defaultStayMinutes: try row.parsed(
          .defaultStayMinutes, as: "minutes in fives, from 0 to 1275"
        ) { text in
          Int(text).flatMap { (0...1275).contains($0) && $0 % 5 == 0 ? $0 : nil }
        },
        capSeconds: try row.parsed(.capHours, as: "hours from 1 to 336") { text in
          Int(text).flatMap { (1...336).contains($0) ? $0 * 3600 : nil }
        },
        openingHours: try row.parsed(.openingHours, as: "HH:MM-HH:MM or 24h") {
          OpeningHours(parsing: $0)
        },
        isTailAllowed: try row.parsed(.tail, as: "yes or no") {
          $0 == "yes" ? true : $0 == "no" ? false : nil
        },
        agency: row.optional(.agency))
    }
  }

  mutating func agencies() -> [Entry<Agency>] {
    rows(
      of: RegistryFiles.agencies, AgencyColumn.self, optional: [.division, .clause, .reportsBy]
    ) { row throws(Fault) in
      Agency(
        id: try row.required(.id),
        name: BilingualName(
          vietnamese: try row.required(.nameVI), english: try row.required(.nameEN)),
        kind: try row.parsed(
          .kind, as: "one of " + Agency.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        ) { Agency.Kind(rawValue: $0) },
        division: row.optional(.division), clause: row.optional(.clause),
        reportsBy: try row.optionallyParsed(.reportsBy, as: "a date YYYY-MM-DD") {
          LocalDay(iso8601: $0)
        })
    }
  }

  mutating func divisions() -> [Entry<Division>] {
    rows(of: RegistryFiles.divisions, DivisionColumn.self, optional: []) { row throws(Fault) in
      Division(
        code: try row.required(.code), parent: row.optional(.parent),
        kind: try row.required(.kind), name: try row.required(.name))
    }
  }

  mutating func abbreviations() -> [Abbreviation] {
    guard files.texts[RegistryFiles.abbreviations] != nil else { return [] }
    return rows(of: RegistryFiles.abbreviations, AbbreviationColumn.self, optional: []) {
      row throws(Fault) in
      Abbreviation(short: try row.required(.short), long: try row.required(.long))
    }.map(\.value)
  }

  mutating func venues() -> [Entry<Venue>] {
    var venues: [Entry<Venue>] = []
    for file in files.texts.keys.sorted() {
      guard let category = RegistryFiles.category(ofFile: file) else { continue }
      venues += rows(
        of: file, VenueField.self,
        optional: Set(VenueField.allCases).subtracting([.id, .name, .agency, .division])
      ) { row throws(Fault) in
        Venue(
          id: try RegistryReading.id(row, .id), name: try row.required(.name),
          shortName: row.optional(.shortName), category: category,
          agency: try row.required(.agency), division: try row.required(.division),
          address: row.optional(.address),
          parent: row.optional(.parent) == nil ? nil : try RegistryReading.id(row, .parent),
          zones: try row.optionallyParsed(.zones, as: "1=Name|2=Name", VenueCell.zones) ?? [],
          openingHours: try row.optionallyParsed(.openingHours, as: "HH:MM-HH:MM or 24h") {
            OpeningHours(parsing: $0)
          },
          aliases: VenueCell.aliases(row.optional(.aliases) ?? ""),
          retiredOn: try row.optionallyParsed(.retiredOn, as: "a date YYYY-MM-DD") {
            LocalDay(iso8601: $0)
          })
      }
    }
    return venues
  }

  private static func id(_ row: Row<VenueField>, _ field: VenueField) throws(Fault) -> VenueID {
    let text = try row.required(field)
    do {
      return try VenueID(parsing: text)
    } catch {
      throw Fault(code: "invalid-id", message: "\(field.rawValue) \"\(text)\": \(error)")
    }
  }

  // MARK: Rows

  struct Fault: Error {
    let code: String
    let message: String
  }

  /// One row with its fields under their names.
  struct Row<Column: CaseIterable & RawRepresentable & Hashable> where Column.RawValue == String {
    let record: Record
    let places: [Column: Int]

    func optional(_ column: Column) -> String? {
      guard let place = places[column] else { return nil }
      let text = record.text(place)
      return text.isEmpty ? nil : text
    }

    func required(_ column: Column) throws(Fault) -> String {
      guard let text = optional(column) else {
        throw Fault(code: "missing-value", message: "\(column.rawValue) is empty")
      }
      return text
    }

    func parsed<Value>(
      _ column: Column, as what: String, _ parse: (String) -> Value?
    ) throws(Fault) -> Value {
      let text = try required(column)
      guard let value = parse(text) else {
        throw Fault(
          code: "invalid-value", message: "\(column.rawValue) \"\(text)\" is not \(what)")
      }
      return value
    }

    func optionallyParsed<Value>(
      _ column: Column, as what: String, _ parse: (String) -> Value?
    ) throws(Fault) -> Value? {
      optional(column) == nil ? nil : try parsed(column, as: what, parse)
    }
  }

  private mutating func rows<Column: CaseIterable & RawRepresentable & Hashable, Value>(
    of file: String, _ type: Column.Type, optional: Set<Column>,
    _ make: (Row<Column>) throws(Fault) -> Value
  ) -> [Entry<Value>] where Column.RawValue == String, Value: Sendable {
    guard let text = files.texts[file] else {
      diagnostics.append(
        Diagnostic(.error, code: "missing-file", file: file, message: "the file is missing"))
      return []
    }
    let columns = Array(Column.allCases)
    let places = Dictionary(
      uniqueKeysWithValues: columns.enumerated().map { ($0.element, $0.offset) })
    var reader = RecordReader(
      fields: columns.map { TableField($0.rawValue, isRequired: !optional.contains($0)) },
      format: .delimited(separator: nil))
    var values: [Entry<Value>] = []
    var found: [Diagnostic] = []
    do throws(TableError) {
      try reader.readAll(Array(text.utf8)) { record, fault in
        if let fault {
          found.append(
            Diagnostic(
              .error, code: fault.code, file: file, line: fault.line,
              message: (fault.columnName.map { "\($0): " } ?? "") + "\(fault.reason)"))
          return
        }
        do throws(Fault) {
          let value = try make(Row(record: record, places: places))
          values.append(Entry(value: value, origin: Origin(file: file, line: record.line)))
        } catch {
          found.append(
            Diagnostic(
              .error, code: error.code, file: file, line: record.line, message: error.message))
        }
      }
    } catch {
      found.append(
        Diagnostic(.error, code: error.code, file: file, line: 1, message: "\(error)"))
    }
    diagnostics += found
    for column in reader.unknownColumns {
      diagnostics.append(
        Diagnostic(
          .warning, code: "unknown-column", file: file, line: 1,
          message: "column \(column) is unknown and is lost when the registry is written"))
    }
    return values
  }
}
