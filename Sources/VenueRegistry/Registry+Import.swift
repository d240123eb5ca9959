internal import DelimitedText

extension Registry {
  /// Plans the import of a venue manager's table.
  ///
  /// Columns may stand in any order under Vietnamese or English names (with or without marks). A
  /// row with an id changes that venue: columns that are not there leave it as it is, an empty cell
  /// clears what may be empty. A row without an id makes a venue, unless one of the same name,
  /// category and division is there already, so that importing a file twice makes nothing twice.
  /// Categories, agencies and divisions are given by code or by name.
  ///
  /// - Parameters:
  ///   - bytes: The file: CSV or NDJSON.
  ///   - file: The file's name, for warnings.
  ///   - defaults: For rows that make a venue and do not say.
  ///   - generator: Where the ids of new venues come from.
  /// - Returns: The plan; nothing is changed.
  /// - Throws: `ImportError` when the header is unusable.
  /// - Complexity: O(n log n) in venues and rows together.
  public func planImport(
    of bytes: [UInt8], file: String? = nil, defaults: ImportDefaults = ImportDefaults(),
    using generator: inout some RandomNumberGenerator
  ) throws(ImportError) -> ImportPlan {
    var planner = ImportPlanner(registry: self, defaults: defaults)
    var reader = RecordReader(fields: ImportField.tableFields, removesFormulaGuards: true)
    var failed: ImportError?
    do throws(TableError) {
      try reader.readAll(bytes) { record, fault in
        if let fault {
          planner.reject(fault, cells: record.cells)
        } else {
          planner.take(record, using: &generator)
        }
      }
    } catch {
      failed = ImportError(code: error.code, message: error.description)
    }
    if failed == nil, !reader.hasColumn(ImportField.name.rawValue),
      !reader.hasColumn(ImportField.id.rawValue)
    {
      failed = ImportError(
        code: "table-missing-column",
        message: "no column named name (tên) or id (mã): the first line must name the columns")
    }
    if let failed { throw failed }
    return planner.finish(
      columns: reader.columnNames, separator: reader.separator,
      unknown: reader.unknownColumns, file: file)
  }

  /// Carries a plan out.
  ///
  /// - Parameter plan: A plan made from this registry as it is now.
  /// - Throws: `RegistryError` when the registry has changed since in a way that forbids it; the
  ///   registry is then unchanged.
  public mutating func apply(_ plan: ImportPlan) throws(RegistryError) {
    var changed = self
    // In order of the file, because a row may name a parent that an earlier row makes.
    let changes = (plan.creations + plan.updates).sorted { $0.line < $1.line }
    for change in changes {
      if change.before == nil {
        try changed.add(change.after)
      } else {
        try changed.update(change.after)
      }
    }
    self = changed
  }
}

/// The columns of a manager's table.
enum ImportField: Int, CaseIterable {
  case id
  case name
  case shortName
  case category
  case agency
  case division
  case ward
  case district
  case address
  case parent
  case zones
  case openingHours
  case aliases
  case retiredOn

  var name: String {
    switch self {
    case .id: "id"
    case .name: "name"
    case .shortName: "short_name"
    case .category: "category"
    case .agency: "agency"
    case .division: "division"
    case .ward: "ward"
    case .district: "district"
    case .address: "address"
    case .parent: "parent"
    case .zones: "zones"
    case .openingHours: "opening_hours"
    case .aliases: "aliases"
    case .retiredOn: "retired_on"
    }
  }

  private var synonyms: [String] {
    switch self {
    case .id: ["venue id", "venue_id", "mã", "mã địa điểm", "mã điểm"]
    case .name:
      [
        "venue", "venue name", "tên", "tên địa điểm", "tên điểm", "tên cơ sở", "tên đơn vị",
        "địa điểm", "cơ sở",
      ]
    case .shortName: ["short name", "tên ngắn", "tên viết tắt"]
    case .category: ["type", "kind", "loại", "loại hình", "loại địa điểm", "phân loại"]
    case .agency:
      ["managing agency", "cơ quan", "cơ quan quản lý", "đơn vị quản lý", "đơn vị chủ quản"]
    case .division:
      [
        "division code", "division_code", "đơn vị hành chính", "mã đơn vị hành chính", "địa bàn",
      ]
    case .ward:
      ["commune", "phường", "xã", "phường/xã", "xã/phường", "phường, xã", "xã, phường"]
    case .district: ["quận", "huyện", "quận/huyện", "quận, huyện"]
    case .address: ["địa chỉ", "street address"]
    case .parent:
      ["parent id", "parent venue", "part of", "thuộc", "trực thuộc", "địa điểm cha"]
    case .zones: ["zone", "khu vực", "phân khu", "khu"]
    case .openingHours: ["opening hours", "hours", "giờ mở cửa", "giờ hoạt động"]
    case .aliases: ["alias", "other names", "tên khác"]
    case .retiredOn: ["retired on", "ngừng hoạt động từ", "ngưng hoạt động từ"]
    }
  }

  /// The fields with their synonyms, each also as it is typed without marks.
  static let tableFields: [TableField] = allCases.map { field in
    let plain = field.synonyms.map(VenueText.withoutMarks)
    return TableField(field.name, aliases: field.synonyms + plain)
  }
}
