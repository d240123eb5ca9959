public import Presence
public import VenueCodes

/// A confirmed case: who, and when they could infect others.
///
/// A case holds what is needed to make an infectious window by any rule set, and no more: a date of
/// onset or of the positive specimen, or the window itself. `from` and `to` override what a rule
/// set would say.
public struct Case: Hashable, Sendable {
  /// The name of the case, unique in a store; ordered as UTF-8 bytes.
  public let id: String
  /// Who; several cases may be about one person.
  public let subject: Pseudonym
  /// The local day of the first symptoms.
  public let onset: LocalDay?
  /// The local day of the positive specimen; used when there is no onset.
  public let specimen: LocalDay?
  /// When the person was isolated, in Unix seconds.
  public let isolation: Int64?
  /// When the window begins, in Unix seconds, whatever the rule set says.
  public let from: Int64?
  /// When the window ends (half-open), in Unix seconds, whatever rule set and isolation say.
  public let to: Int64?
  /// When the case was closed, in Unix seconds; the trace does not look at it.
  public let closedAt: Int64?

  /// Makes a case that has a window under every rule set, though the window may be empty: someone
  /// isolated before they were infectious exposed nobody.
  ///
  /// - Parameters:
  ///   - id: The name of the case.
  ///   - subject: Who.
  ///   - onset: The local day of the first symptoms.
  ///   - specimen: The local day of the positive specimen.
  ///   - isolation: When the person was isolated, in Unix seconds.
  ///   - from: When the window begins, in Unix seconds.
  ///   - to: When the window ends, in Unix seconds.
  ///   - closedAt: When the case was closed, in Unix seconds.
  /// - Throws: `CaseError` that says what is missing or contradicts itself.
  public init(
    id: String, subject: Pseudonym, onset: LocalDay? = nil, specimen: LocalDay? = nil,
    isolation: Int64? = nil, from: Int64? = nil, to: Int64? = nil, closedAt: Int64? = nil
  ) throws(CaseError) {
    guard !id.isEmpty else { throw CaseError(.noID) }
    guard !id.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
      throw CaseError(.controlCharacter)
    }
    let hasDay = onset != nil || specimen != nil
    guard hasDay || from != nil else { throw CaseError(.noStart) }
    guard hasDay || to != nil || isolation != nil else { throw CaseError(.noEnd) }
    if let from, let to, from >= to { throw CaseError(.endsBeforeItStarts) }
    self.id = id
    self.subject = subject
    self.onset = onset
    self.specimen = specimen
    self.isolation = isolation
    self.from = from
    self.to = to
    self.closedAt = closedAt
  }
}

/// What is wrong with a case.
public struct CaseError: Error, Hashable, Sendable {
  /// The kinds of mistake; the raw value is stable.
  public enum Code: String, Sendable, CaseIterable {
    /// The id is empty.
    case noID = "case-no-id"
    /// The id has a control character.
    case controlCharacter = "case-control-character"
    /// There is neither a day nor `from`.
    case noStart = "case-no-start"
    /// There is neither a day nor `to` nor an isolation.
    case noEnd = "case-no-end"
    /// `to` is not after `from`.
    case endsBeforeItStarts = "case-ends-before-it-starts"
  }

  /// Which mistake.
  public let code: Code

  init(_ code: Code) {
    self.code = code
  }
}

extension CaseError: CustomStringConvertible {
  /// A sentence for the person who entered the case.
  public var description: String {
    switch code {
    case .noID: "a case needs an id"
    case .controlCharacter: "the case id has a control character: use letters, digits and signs"
    case .noStart: "the case has no onset and no specimen day: give one of them, or from and to"
    case .noEnd: "the case has from but no end: give to, isolation, or an onset or specimen day"
    case .endsBeforeItStarts: "the case's to is not after its from"
    }
  }
}
