internal import ForeignCodes
internal import Presence
internal import VenueCodes

extension IntakeContext {
  /// Returns the venue that the registry knows by a code of another service.
  ///
  /// - Parameters:
  ///   - code: What was scanned and is no code of this system.
  ///   - cause: Why it is none.
  /// - Returns: The venue of which the code is an alias.
  /// - Throws: `IntakeRejection` that says what the code is.
  func venue(
    ofForeign code: ArraySlice<UInt8>, cause: VenueCodeError
  ) throws(IntakeRejection) -> VenueID {
    // A spreadsheet may have brought the whole text of a code as an alias.
    if isKnown(alias: code) { return try venue(code, column: "code") }
    let recognized: ForeignCode?
    do throws(ForeignCodeError) {
      recognized = try ForeignCode(recognizing: code.span)
    } catch {
      throw IntakeRejection(.foreignCode, "code", "\(error)")
    }
    guard let foreign = recognized else { throw IntakeRejection(.badCode, cause: cause) }
    if let alias = foreign.alias {
      let text = Array(alias.utf8)[...]
      if isKnown(alias: text) { return try venue(text, column: "code") }
    }
    guard foreign.format != .address else { throw IntakeRejection(.badCode, cause: cause) }
    throw IntakeRejection(.foreignCode, "code", foreign.refusal)
  }

  /// Returns whose document a line is, when it is nothing but one; nil for any other line.
  ///
  /// - Throws: `IntakeRejection` when it is a document but damaged.
  func holder(ofDocument line: ArraySlice<UInt8>) throws(IntakeRejection) -> Pseudonym? {
    let first = line.prefix { $0 != 0x20 && $0 != 0x09 }
    guard first.contains(UInt8(ascii: "|")),
      try documentIdentity(in: line, column: "code") != nil
    else { return nil }
    return try pseudonym(ofSlice: line, column: "code")
  }

  /// Refuses a line that begins with a person's document where a venue's code should stand.
  func checkIsNoDocument(_ line: ArraySlice<UInt8>) throws(IntakeRejection) {
    let first = line.prefix { $0 != 0x20 && $0 != 0x09 }
    guard first.contains(UInt8(ascii: "|")) else { return }
    let refusal: String
    do throws(ForeignCodeError) {
      if let code = try ForeignCode(recognizing: line.span) {
        guard code.format.isPersonal else { return }
        refusal = code.refusal
      } else {
        refusal = "this is part of a person's card, and no code of a venue: scan the venue's code"
      }
    } catch {
      guard error.format.isPersonal else { return }
      refusal = error.description
    }
    throw IntakeRejection(.foreignCode, "code", refusal)
  }

  /// Returns what stands for a person whose document was scanned; nil when it is no document.
  ///
  /// The number alone counts, so that two documents of one number are one person.
  ///
  /// - Throws: `IntakeRejection` when it has the bar that divides a document and is no whole one: a
  ///   cut one would make a second person of its holder, and nothing else has bars.
  func documentIdentity(
    in subject: ArraySlice<UInt8>, column: String
  ) throws(IntakeRejection) -> DocumentIdentity? {
    guard subject.contains(UInt8(ascii: "|")) else { return nil }
    do throws(ForeignCodeError) {
      if case .document(let document)? = try ForeignCode(recognizing: subject.span) {
        return document.identity
      }
    } catch {
      guard !error.format.isPersonal else {
        throw IntakeRejection(.badSubject, column, "\(column): \(error)")
      }
    }
    throw IntakeRejection(
      .badSubject, column,
      "\(column) has a | and is no whole card: scan the card again, or write its number")
  }

  /// Whether a text has the form of a person's document, whole or not.
  ///
  /// Whoever answers questions about people asks this first, as with `isPass`: a card that someone
  /// found must not be answered with its holder's history.
  public func isDocument(_ text: String) -> Bool {
    text.utf8.contains(UInt8(ascii: "|"))
  }
}
