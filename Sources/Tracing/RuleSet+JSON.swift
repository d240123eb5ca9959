import FoundationEssentials
import VenueCodes

extension RuleSet {
  /// Reads a rule set from the JSON of `Venues/rules/`.
  ///
  /// Every key of the format is needed but `kind`, `name`, `notes` and `valid_to`, and no other key
  /// is taken: a misspelt threshold must not silently become a default.
  ///
  /// - Parameter json: The bytes of the file.
  /// - Throws: `RuleSetError` that names the key and what it should be.
  public init(json: some Sequence<UInt8>) throws(RuleSetError) {
    let tree: JSONValue
    do {
      tree = try JSONDecoder().decode(JSONValue.self, from: Data(json))
    } catch {
      throw RuleSetError(.notJSON, path: "", detail: "it is not a JSON document")
    }
    var root = try RuleSetReader(tree, path: "")
    if root.has("kind") {
      let kind = try root.text("kind")
      guard kind == RuleKind.contactDefinition.rawValue else {
        throw RuleSetError(
          .otherKind, path: "kind",
          detail:
            "“\(kind.prefix(40))” is another sort of rule set: it does not say who is a contact")
      }
    }
    id = try root.text("id")
    source = try root.text("source")
    notes = root.has("notes") ? try root.text("notes", mayBeEmpty: true) : ""
    names = [:]
    if root.has("name") {
      var name = try root.object("name")
      for language in name.keys.sorted() { names[language] = try name.text(language) }
      try name.finish()
    }
    validFrom = try root.day("valid_from")
    validTo = root.hasValue("valid_to") ? try root.day("valid_to") : nil
    root.skip("valid_to")
    if let validTo, validTo < validFrom {
      throw RuleSetError(
        .outOfRange, path: "valid_to", detail: "\(validTo) is before valid_from, \(validFrom)")
    }

    var window = try root.object("infectious_window")
    infectiousWindow = InfectiousWindow(
      daysBeforeOnset: try window.integer("days_before_onset", in: 0...60),
      daysBeforeSpecimen: try window.integer("days_before_specimen", in: 0...60),
      daysAfter: try window.integer("days_after", in: 0...120))
    try window.finish()

    var thresholds = try root.object("threshold_seconds")
    var labels = try root.object("label")
    // A threshold of 0 would be reached by those who never met.
    func criterion(_ exposureClass: ExposureClass) throws(RuleSetError) -> Criterion {
      Criterion(
        threshold: Int32(try thresholds.integer(exposureClass.name, in: 1...604_800)),
        label: try labels.label(exposureClass.name))
    }
    openVenue = try criterion(.openVenue)
    tailed = try criterion(.tail)
    closedVenue = try criterion(.closedVenue)
    near = try criterion(.near)
    nearAtVenue = try criterion(.nearAtVenue)
    try thresholds.finish()
    try labels.finish()

    var tail = try root.object("tail")
    self.tail = Tail(
      slope: try tail.number("slope", in: 0...100),
      maximum: Int32(try tail.integer("max_seconds", in: 0...86_400)))
    try tail.finish()
    sameZone = try root.boolean("same_zone")
    maximumAttenuation = Int16(try root.integer("max_attenuation_db", in: 0...200))
    var degree = try root.object("degree")
    self.degree = Degree(
      threshold: Int32(try degree.integer("threshold_seconds", in: 1...604_800)),
      latent: Int64(try degree.integer("latent_seconds", in: 0...2_592_000)))
    try degree.finish()
    try root.finish()
  }
}

/// The sorts of rule sets that a folder may hold; the raw value is the `kind` in the file.
public enum RuleKind: String, Sendable, CaseIterable {
  /// Who is a contact: a `RuleSet`. A file without a kind is of this sort.
  case contactDefinition = "contact-definition"
  /// How risky an exposure was, as an app would have told its user.
  case riskCalculation = "risk-calculation"

  /// Reads the sort of a rule set, and nothing else of it.
  ///
  /// A document of no known sort is taken for the first: the reader of that says what is wrong.
  ///
  /// - Parameter json: The bytes of the file.
  public init(json: some Sequence<UInt8>) {
    let head = try? JSONDecoder().decode(Head.self, from: Data(json))
    self = head?.kind.flatMap { RuleKind(rawValue: $0) } ?? .contactDefinition
  }

  private struct Head: Decodable {
    var kind: String?
  }
}

/// What is wrong with a rule set or a choice among rule sets.
public struct RuleSetError: Error, Hashable, Sendable {
  /// The kinds of mistake; the raw value is stable.
  public enum Code: String, Sendable, CaseIterable {
    /// The bytes are no JSON document.
    case notJSON = "rules-not-json"
    /// A key is missing.
    case missingKey = "rules-missing-key"
    /// A key is not part of the format.
    case unknownKey = "rules-unknown-key"
    /// A value is of the wrong type.
    case wrongType = "rules-wrong-type"
    /// A value is of the right type but not allowed.
    case outOfRange = "rules-out-of-range"
    /// The document is another sort of rule set.
    case otherKind = "rules-other-kind"
    /// Two rule sets have the same id.
    case repeatedID = "rules-repeated-id"
    /// No rule set has this id.
    case unknownID = "rules-unknown-id"
    /// There are no rule sets at all.
    case noRules = "rules-none"
  }

  /// Which mistake.
  public let code: Code
  /// The key, with dots between levels; empty for the document itself.
  public let path: String
  /// What was found and what is wanted.
  public let detail: String

  init(_ code: Code, path: String, detail: String) {
    self.code = code
    self.path = path
    self.detail = detail
  }
}

extension RuleSetError: CustomStringConvertible {
  /// A sentence for the person who wrote the file.
  public var description: String {
    path.isEmpty ? "rule set: \(detail)" : "rule set: \(path): \(detail)"
  }
}

/// A JSON document as a tree, so that mistakes can be named by key.
private indirect enum JSONValue: Decodable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// The value in a few words, for a message.
  var summary: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .text(let value): "“\(value.prefix(40))”"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

/// Reads one object of the document and remembers which keys nobody asked for.
private struct RuleSetReader {
  private let path: String
  private let members: [String: JSONValue]
  private var unread: Set<String>

  init(_ value: JSONValue, path: String) throws(RuleSetError) {
    guard case .object(let members) = value else {
      throw RuleSetError(.wrongType, path: path, detail: "\(value.summary) is not an object")
    }
    self.path = path
    self.members = members
    self.unread = Set(members.keys)
  }

  var keys: some Collection<String> { members.keys }

  func has(_ key: String) -> Bool {
    members[key] != nil
  }

  func hasValue(_ key: String) -> Bool {
    switch members[key] {
    case nil, .null?: false
    default: true
    }
  }

  mutating func skip(_ key: String) {
    unread.remove(key)
  }

  mutating func finish() throws(RuleSetError) {
    if let key = unread.min() {
      throw RuleSetError(.unknownKey, path: full(key), detail: "there is no such key")
    }
  }

  mutating func object(_ key: String) throws(RuleSetError) -> RuleSetReader {
    try RuleSetReader(value(key), path: full(key))
  }

  mutating func text(_ key: String, mayBeEmpty: Bool = false) throws(RuleSetError) -> String {
    let found = try value(key)
    guard case .text(let text) = found else { throw wrongType(key, found, "a text") }
    guard mayBeEmpty || !text.isEmpty else {
      throw RuleSetError(.outOfRange, path: full(key), detail: "the text is empty")
    }
    return text
  }

  mutating func integer(_ key: String, in range: ClosedRange<Int>) throws(RuleSetError) -> Int {
    let found = try value(key)
    guard case .integer(let number) = found else { throw wrongType(key, found, "a whole number") }
    guard range.contains(number) else { throw outOfRange(key, found, "\(range)") }
    return number
  }

  mutating func number(
    _ key: String, in range: ClosedRange<Double>
  ) throws(RuleSetError) -> Double {
    let found = try value(key)
    let number: Double
    switch found {
    case .integer(let whole): number = Double(whole)
    case .number(let real): number = real
    default: throw wrongType(key, found, "a number")
    }
    guard range.contains(number) else { throw outOfRange(key, found, "\(range)") }
    return number
  }

  mutating func boolean(_ key: String) throws(RuleSetError) -> Bool {
    let found = try value(key)
    guard case .boolean(let flag) = found else { throw wrongType(key, found, "true or false") }
    return flag
  }

  mutating func day(_ key: String) throws(RuleSetError) -> LocalDay {
    let found = try value(key)
    guard case .text(let text) = found else { throw wrongType(key, found, "a date") }
    guard let day = LocalDay(iso8601: text) else {
      throw outOfRange(key, found, "a date as 2021-07-30")
    }
    return day
  }

  mutating func label(_ key: String) throws(RuleSetError) -> RuleSet.Label {
    let found = try value(key)
    let wanted = RuleSet.Label.allCases.map(\.rawValue).joined(separator: " or ")
    guard case .text(let text) = found else { throw wrongType(key, found, wanted) }
    guard let label = RuleSet.Label(rawValue: text) else { throw outOfRange(key, found, wanted) }
    return label
  }

  private mutating func value(_ key: String) throws(RuleSetError) -> JSONValue {
    unread.remove(key)
    guard let value = members[key] else {
      throw RuleSetError(.missingKey, path: full(key), detail: "the key is missing")
    }
    return value
  }

  private func full(_ key: String) -> String {
    path.isEmpty ? key : "\(path).\(key)"
  }

  private func wrongType(_ key: String, _ found: JSONValue, _ wanted: String) -> RuleSetError {
    RuleSetError(.wrongType, path: full(key), detail: "\(found.summary) is not \(wanted)")
  }

  private func outOfRange(_ key: String, _ found: JSONValue, _ wanted: String) -> RuleSetError {
    RuleSetError(
      .outOfRange, path: full(key), detail: "\(found.summary) is not allowed: give \(wanted)")
  }
}
