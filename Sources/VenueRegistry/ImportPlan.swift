internal import DelimitedText
public import VenueCodes

/// What an import would do: nothing is changed until `Registry.apply(_:)` takes the plan.
public struct ImportPlan: Sendable {
  /// A venue that is made or changed.
  public struct Change: Hashable, Sendable {
    /// The line of the file.
    public let line: Int
    /// The venue as it is, or nil when it is new.
    public let before: Venue?
    /// The venue as it will be.
    public let after: Venue
  }

  /// A row that says nothing new about a venue.
  public struct Known: Hashable, Sendable {
    /// The line of the file.
    public let line: Int
    /// The venue, which is in the registry or is made by an earlier line.
    public let id: VenueID
  }

  /// A row that is refused.
  public struct Rejection: Hashable, Sendable {
    /// The first line of the row.
    public let line: Int
    /// The column at fault as the file's header names it, or nil when it is the whole row.
    public internal(set) var column: String?
    /// The stable word for scripts.
    public let code: String
    /// A sentence that says what is wrong and what to do.
    public let reason: String
    /// The cells as they were read.
    public let cells: [String]
  }

  /// The venues that are new, in order of the file.
  public internal(set) var creations: [Change] = []
  /// The venues that change, in order of the file.
  public internal(set) var updates: [Change] = []
  /// Rows with an id that change nothing.
  public internal(set) var unchanged: [Known] = []
  /// Rows without an id that are in the registry or earlier in the file already.
  public internal(set) var duplicates: [Known] = []
  /// Rows that are refused.
  public internal(set) var rejections: [Rejection] = []
  /// What a person should look at: names that look alike, columns that mean nothing.
  public internal(set) var warnings: [Diagnostic] = []
  /// The names of the file's columns as its header has them.
  public internal(set) var columns: [String] = []

  var separator = UInt8(ascii: ",")

  /// Whether the plan changes nothing.
  public var isEmpty: Bool { creations.isEmpty && updates.isEmpty }

  /// Returns the rejected-rows file: the refused rows with line, column and reason.
  public func rejectedFile() -> [UInt8] {
    var writer = RejectedRowWriter(columns: columns, separator: separator)
    for row in rejections {
      writer.write(
        RejectedRow(
          cells: row.cells, line: row.line, column: row.column, code: row.code, reason: row.reason))
    }
    return writer.takeBytes()
  }
}

/// What new venues get when the file has no such column or the cell is empty.
public struct ImportDefaults: Hashable, Sendable {
  /// The category's code.
  public var category: String?
  /// The agency's id.
  public var agency: String?
  /// The division's code.
  public var division: String?

  /// Makes defaults.
  public init(category: String? = nil, agency: String? = nil, division: String? = nil) {
    self.category = category
    self.agency = agency
    self.division = division
  }
}

/// Why a file cannot be imported at all.
public struct ImportError: Error, Hashable, Sendable {
  /// The stable word for scripts and logs.
  public let code: String
  /// A sentence that says what is wrong and what to do.
  public let message: String
}

extension ImportError: CustomStringConvertible {
  /// A sentence that says what is wrong and what to do.
  public var description: String { message }
}
