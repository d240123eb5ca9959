/// What a text of the campaign can be about; the raw value stands between braces in it.
public enum CampaignFact: String, Hashable, Sendable, CaseIterable {
  /// The venue, the ward, the district or the agency.
  case place
  /// The district and what is around it.
  case district
  /// The city.
  case city
  /// The agency that is charged with the place.
  case agency
  /// The app.
  case app
  /// The page where the app is to be had.
  case link
  /// The host that opens when a venue's code is scanned.
  case host
  /// The telephone number for questions.
  case hotline
  /// The present day.
  case date
  /// The last day in time for the place, while it has not passed.
  case deadline
  /// The last day in time for the whole city, while it has not passed.
  case consolidated
  /// The number of venues that the text is about.
  case venues
  /// The last day on which the code is valid.
  case expires
}

/// A text with gaps for facts, kept as data so that a city writes its own.
///
/// `{place}` is filled with a fact. A part in `[ ]` is left out when a fact in it is not known, such
/// as a hotline that nobody has set:
///
///     let text = try CampaignText("Welcome to {place}. [Questions: {hotline}.]")
///     try text.filled([.place: "the market"])  // "Welcome to the market."
///
/// Lines that begin with `#` are remarks.
public struct CampaignText: Hashable, Sendable {
  private enum Piece: Hashable {
    case words(String)
    case fact(CampaignFact)
  }

  /// Pieces that stay or go together.
  private struct Segment: Hashable {
    var pieces: [Piece] = []
    var isOptional = false
  }

  private var segments: [Segment] = []

  /// Reads a text.
  ///
  /// - Throws: `CampaignError` with `.unknownFact` or `.unevenBrackets`.
  public init(_ text: String) throws(CampaignError) {
    var segment = Segment()
    var words = ""
    var fact: String?
    var line = 0
    func flushed(_ segment: Segment, _ words: inout String) -> Segment {
      var segment = segment
      if !words.isEmpty { segment.pieces.append(.words(words)) }
      words = ""
      return segment
    }
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (index, content) in lines.enumerated() {
      line = index + 1
      if content.hasPrefix("#") { continue }
      for character in content {
        switch character {
        case "{":
          guard fact == nil else { throw .unevenBrackets(line: line) }
          segment = flushed(segment, &words)
          fact = ""
        case "}":
          guard let name = fact else { throw .unevenBrackets(line: line) }
          guard let known = CampaignFact(rawValue: name) else { throw .unknownFact(name: name) }
          segment.pieces.append(.fact(known))
          fact = nil
        case "[":
          guard fact == nil, !segment.isOptional else { throw .unevenBrackets(line: line) }
          segments.append(flushed(segment, &words))
          segment = Segment(isOptional: true)
        case "]":
          guard fact == nil, segment.isOptional else { throw .unevenBrackets(line: line) }
          segments.append(flushed(segment, &words))
          segment = Segment()
        default:
          if fact != nil { fact?.append(character) } else { words.append(character) }
        }
      }
      guard fact == nil else { throw .unevenBrackets(line: line) }
      words.append("\n")
    }
    guard !segment.isOptional else { throw .unevenBrackets(line: line) }
    segments.append(flushed(segment, &words))
  }

  /// The facts that the text names.
  public var facts: Set<CampaignFact> {
    var facts: Set<CampaignFact> = []
    for segment in segments {
      for case .fact(let fact) in segment.pieces { facts.insert(fact) }
    }
    return facts
  }

  /// Fills the gaps.
  ///
  /// - Parameter facts: The facts that are known.
  /// - Returns: The text; single spaces, no space at the ends of lines, no two empty lines together.
  /// - Throws: `CampaignError` with `.missingFact` or `.empty`.
  public func filled(_ facts: [CampaignFact: String]) throws(CampaignError) -> String {
    var result = ""
    for segment in segments {
      var part = ""
      var isWhole = true
      for piece in segment.pieces {
        switch piece {
        case .words(let words): part += words
        case .fact(let fact):
          if let value = facts[fact] {
            part += value
          } else if segment.isOptional {
            isWhole = false
          } else {
            throw .missingFact(name: fact.rawValue)
          }
        }
      }
      if isWhole { result += part }
    }
    let lines = result.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.split(separator: " ").joined(separator: " ")
    }
    var kept: [String] = []
    for line in lines where !(line.isEmpty && kept.last?.isEmpty ?? true) { kept.append(line) }
    if kept.last?.isEmpty == true { kept.removeLast() }
    guard !kept.isEmpty else { throw .empty }
    return kept.joined(separator: "\n")
  }
}
