/// A value that a program looks for in a table, under one name and its synonyms.
///
/// Header cells are compared after trimming, without regard to case and by canonical equivalence,
/// so that `Địa chỉ ` typed on a Mac (decomposed letters) finds the field `địa chỉ`.
public struct TableField: Hashable, Sendable {
  /// The name that messages and written files use.
  public let name: String
  /// Other header names that mean the same.
  public let aliases: [String]
  /// Whether a table without this column is refused.
  public let isRequired: Bool

  /// Makes a field.
  public init(_ name: String, aliases: [String] = [], isRequired: Bool = false) {
    self.name = name
    self.aliases = aliases
    self.isRequired = isRequired
  }

  /// The form in which header names are compared.
  static func key(_ name: some StringProtocol) -> String {
    let isSpace: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace || $0 == "\u{FEFF}" }
    let scalars = name.unicodeScalars
    guard let first = scalars.firstIndex(where: { !isSpace($0) }),
      let last = scalars.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(name[first...last]).lowercased()
  }
}

/// How the rows of a file are written.
public enum TableFormat: Hashable, Sendable {
  /// JSON when the first character is `{`, delimited text otherwise.
  case automatic
  /// Rows of cells after a header row; a nil separator is found from the header.
  case delimited(separator: UInt8?)
  /// One JSON object a line.
  case jsonLines
}

/// The sizes at which a reader gives up on a row instead of using more memory.
public struct TableLimits: Hashable, Sendable {
  /// The most bytes in one row, line ends inside quotes included; 64 KiB by default.
  public var rowBytes: Int
  /// The most columns in the table; 256 by default.
  public var columns: Int

  /// Makes limits; each is at least 1.
  public init(rowBytes: Int = 65_536, columns: Int = 256) {
    self.rowBytes = max(1, min(rowBytes, 1 << 30))
    self.columns = max(1, min(columns, 65_536))
  }
}
