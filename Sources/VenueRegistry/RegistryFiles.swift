internal import DelimitedText
internal import VenueCodes

/// The texts of a registry's folder, by path: `categories.csv`, `venues/hotel.csv` and so on.
public struct RegistryFiles: Hashable, Sendable {
  /// The text of each file.
  public var texts: [String: String]

  /// Makes a set of files.
  public init(texts: [String: String] = [:]) {
    self.texts = texts
  }

  /// The file of the categories.
  public static let categories = "categories.csv"
  /// The file of the agencies.
  public static let agencies = "agencies.csv"
  /// The file of the divisions.
  public static let divisions = "divisions.csv"
  /// The file of the abbreviations.
  public static let abbreviations = "abbreviations.csv"
  /// The folder of the venue files.
  public static let venuesFolder = "venues"

  /// Returns the file of a category's venues.
  public static func venues(category: String) -> String {
    "\(venuesFolder)/\(category).csv"
  }

  /// Returns the category whose venues a file holds, or nil when it is no such file.
  public static func category(ofFile path: String) -> String? {
    guard path.hasPrefix("\(venuesFolder)/"), path.hasSuffix(".csv") else { return nil }
    let name = path.dropFirst(venuesFolder.count + 1).dropLast(4)
    return name.isEmpty || name.contains("/") ? nil : String(name)
  }
}

extension Registry {
  /// Reads a registry from its files.
  ///
  /// Rows that cannot be read are left out and told; a registry with such errors must not be
  /// written back, because the rows would be lost. What is readable but wrong is for `check()`.
  ///
  /// - Parameter files: The files; those of other names are passed over.
  /// - Returns: The registry, and what could not be read.
  public static func read(
    _ files: RegistryFiles
  ) -> (registry: Registry, diagnostics: [Diagnostic]) {
    var reading = RegistryReading(files: files)
    let registry = Registry(
      categories: reading.categories(), agencies: reading.agencies(),
      divisions: reading.divisions(), venues: reading.venues(),
      abbreviations: reading.abbreviations())
    return (registry, reading.diagnostics)
  }

  /// Returns the registry as files.
  ///
  /// Columns and rows have a fixed order (divisions by place and code, venues by division, name and
  /// id), so that reading and writing again gives the same bytes and a change is a small
  /// difference. Every category has a file of venues, be it only a header.
  public func files() -> RegistryFiles {
    var texts: [String: String] = [:]
    texts[RegistryFiles.categories] = Registry.table(
      CategoryColumn.self, categories.sorted { ($0.wireNumber, $0.code) < ($1.wireNumber, $1.code) }
    ) { category in
      [
        category.code, "\(category.wireNumber)", category.name.vietnamese, category.name.english,
        category.space.rawValue, "\(category.defaultStayMinutes)",
        "\(category.capSeconds / 3600)", category.openingHours.description,
        category.isTailAllowed ? "yes" : "no", category.agency ?? "",
      ]
    }
    texts[RegistryFiles.agencies] = Registry.table(
      AgencyColumn.self, agencies.sorted { $0.id < $1.id }
    ) { agency in
      [
        agency.id, agency.name.vietnamese, agency.name.english, agency.kind.rawValue,
        agency.division ?? "", agency.clause ?? "", agency.reportsBy?.description ?? "",
      ]
    }
    texts[RegistryFiles.divisions] = Registry.table(
      DivisionColumn.self, divisionsInOrder()
    ) { division in
      [division.code, division.parent ?? "", division.kind, division.name]
    }
    texts[RegistryFiles.abbreviations] = Registry.table(
      AbbreviationColumn.self, abbreviations.sorted { ($0.short, $0.long) < ($1.short, $1.long) }
    ) { abbreviation in
      [abbreviation.short, abbreviation.long]
    }
    let byCategory = Dictionary(grouping: venues, by: \.category)
    for category in Set(categories.map(\.code)).union(byCategory.keys) {
      let sorted = (byCategory[category] ?? []).sorted(by: Registry.isWrittenBefore)
      texts[RegistryFiles.venues(category: category)] = Registry.table(
        VenueField.self, columns: VenueField.columns.map(\.rawValue), sorted, Registry.cells(of:))
    }
    return RegistryFiles(texts: texts)
  }

  /// Returns the cells of a venue in the order of its file.
  static func cells(of venue: Venue) -> [String] {
    VenueField.columns.map { VenueCell.text(of: $0, in: venue) }
  }

  private static func isWrittenBefore(_ left: Venue, _ right: Venue) -> Bool {
    if left.division != right.division { return isCodeBefore(left.division, right.division) }
    if left.name != right.name { return left.name.utf8.lexicographicallyPrecedes(right.name.utf8) }
    return left.id < right.id
  }

  /// Shorter codes first: 303 before 11296.
  private static func isCodeBefore(_ left: String, _ right: String) -> Bool {
    (left.utf8.count, left) < (right.utf8.count, right)
  }

  private func divisionsInOrder() -> [Division] {
    let byParent = Dictionary(grouping: divisions, by: { $0.parent ?? "" })
    let codes = Set(divisions.map(\.code))
    var ordered: [Division] = []
    var written: Set<Division> = []
    func write(_ division: Division) {
      guard written.insert(division).inserted else { return }
      ordered.append(division)
      for child in (byParent[division.code] ?? []).sorted(by: {
        Registry.isCodeBefore($0.code, $1.code)
      }) {
        write(child)
      }
    }
    let sorted = divisions.sorted { Registry.isCodeBefore($0.code, $1.code) }
    for division in sorted where division.parent.map({ !codes.contains($0) }) ?? true {
      write(division)
    }
    // What is left hangs in a cycle; it is kept, for a person to mend.
    for division in sorted { write(division) }
    return ordered
  }

  private static func table<Column: CaseIterable & RawRepresentable, Value>(
    _ type: Column.Type, columns: [String]? = nil, _ values: [Value],
    _ cells: (Value) -> [String]
  ) -> String where Column.RawValue == String {
    var writer = DelimitedWriter()
    writer.write(columns ?? Column.allCases.map(\.rawValue))
    for value in values { writer.write(cells(value)) }
    return writer.text
  }
}

enum CategoryColumn: String, CaseIterable {
  case code
  case wireNumber = "wire_number"
  case nameVI = "name_vi"
  case nameEN = "name_en"
  case space
  case defaultStayMinutes = "default_stay_minutes"
  case capHours = "cap_hours"
  case openingHours = "opening_hours"
  case tail
  case agency
}

enum AgencyColumn: String, CaseIterable {
  case id
  case nameVI = "name_vi"
  case nameEN = "name_en"
  case kind
  case division
  case clause
  case reportsBy = "reports_by"
}

enum DivisionColumn: String, CaseIterable {
  case code
  case parent
  case kind
  case name
}

enum AbbreviationColumn: String, CaseIterable {
  case short
  case long
}
