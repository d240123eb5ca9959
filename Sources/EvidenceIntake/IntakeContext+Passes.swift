internal import Presence
internal import VenueCodes

extension IntakeContext {
  /// Whether a text has the form of a visitor's pass, genuine or not.
  ///
  /// Whoever answers questions about people asks this first: a code that someone shows must never
  /// be answered with its holder's history.
  public func isPass(_ text: String) -> Bool {
    let bytes = TypedLine.withoutWrapping(Array(text.utf8)[...])
    do {
      return try verifier.pass(in: bytes.span) != nil
    } catch {
      return true
    }
  }

  /// Returns the pseudonym of the visitor whose pass a text is, or nil when it is no pass.
  ///
  /// - Throws: `IntakeRejection` for a pass that is not genuine: it is nobody's name either.
  func passHolder(
    _ text: ArraySlice<UInt8>, column: String
  ) throws(IntakeRejection) -> Pseudonym? {
    do {
      return try verifier.pass(in: text.span).map { pseudonym(of: $0) }
    } catch {
      throw IntakeRejection(.badCode, column, "\(error)", cause: error)
    }
  }

  /// Returns what the store calls the holder of a pass.
  func pseudonym(of pass: VisitorPass) -> Pseudonym {
    let (high, low) = pass.pseudonym(with: subjectHash)
    return Pseudonym(high: high, low: low)
  }

  /// Returns what the store calls the one who shows a receipt.
  func pseudonym(of receipt: CheckInReceipt) -> Pseudonym {
    let (high, low) = receipt.storedPseudonym(with: subjectHash)
    return Pseudonym(high: high, low: low)
  }

  /// Refuses a code of another venue than the scanner's own: a poster was moved or a sticker put
  /// over it.
  func check(
    _ venue: VenueID, isThatOf place: ScanPlace, at time: Int64
  ) throws(IntakeRejection) {
    guard venue != place.venue else { return }
    let day = calendar.day(of: time)
    func named(_ venue: VenueID) -> String {
      verifier.directory.status(venue, day).name.map { "\($0) (\(venue))" } ?? "\(venue)"
    }
    throw IntakeRejection(
      .otherVenue, "code",
      "the code is that of \(named(venue)), and this door is at \(named(place.venue)): look whether "
        + "a poster was moved or stuck over")
  }
}
