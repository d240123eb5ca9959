/// A fault in the texts and settings of a campaign.
///
/// `code` is the stable part that scripts and logs compare; the description is a sentence for a
/// person and may change.
public enum CampaignError: Error, Hashable, Sendable {
  /// The settings are not what they should be; the key is named, empty for the whole file.
  case settings(key: String, reason: String)
  /// A table of spoken forms has a row that cannot be used.
  case spokenWords(line: Int, reason: String)
  /// A text names a fact that no text has.
  case unknownFact(name: String)
  /// A text needs a fact that is not known here.
  case missingFact(name: String)
  /// A text has a bracket or brace without its other half, or one inside another.
  case unevenBrackets(line: Int)
  /// A text takes longer to read aloud than is allowed; all in tenths of a second.
  case tooLong(tenths: Int, limitTenths: Int, syllables: Int)
  /// A text has nothing to say.
  case empty
}

extension CampaignError: CustomStringConvertible {
  /// The stable name of the failure.
  public var code: String {
    switch self {
    case .settings: "campaign-settings"
    case .spokenWords: "campaign-spoken-words"
    case .unknownFact: "campaign-unknown-fact"
    case .missingFact: "campaign-missing-fact"
    case .unevenBrackets: "campaign-brackets"
    case .tooLong: "campaign-too-long"
    case .empty: "campaign-empty"
    }
  }

  /// A sentence that says what is wrong and what to do about it.
  public var description: String {
    switch self {
    case .settings(let key, let reason):
      key.isEmpty ? "these settings cannot be used: \(reason)" : "'\(key)': \(reason)"
    case .spokenWords(_, let reason):
      "this row cannot be used: \(reason)"
    case .unknownFact(let name):
      "{\(name)} is no fact that a text can have: "
        + "choose of \(CampaignFact.allCases.map(\.rawValue).joined(separator: ", "))"
    case .missingFact(let name):
      "{\(name)} is not known here: put the sentence in [ ], which leaves it out then"
    case .unevenBrackets:
      "a bracket or brace has no other half: write [ ] around a sentence and { } around a fact"
    case .tooLong(let tenths, let limit, let syllables):
      "this takes \(Self.seconds(tenths)) s to read aloud (\(syllables) syllables and the pauses), "
        + "\(Self.seconds(tenths - limit)) s more than the \(Self.seconds(limit)) s there are: "
        + "shorten it"
    case .empty:
      "this text says nothing"
    }
  }

  private static func seconds(_ tenths: Int) -> String { "\(tenths / 10).\(tenths % 10)" }
}
