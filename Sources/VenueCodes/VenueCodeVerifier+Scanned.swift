extension VenueCodeVerifier {
  /// Checks a scanned text of any kind, and says what a check-in with it is worth.
  ///
  /// Rules of time, for what is live: within a step (a minute for a pre-signed day) of the present
  /// it is grade 2. A screen's clock may be off by five minutes; such a code is grade 1, like a
  /// poster. Beyond that a rotating code of the same day is refused for its clock, and one of
  /// another day for its day. A code of a pre-signed day counts as a poster of that day: grade 1,
  /// with the time of the scan as its own.
  ///
  /// - Parameters:
  ///   - text: The bytes a scanner gave, of any length and content, without a line end.
  ///   - now: Unix seconds at which the code was scanned.
  ///   - today: The same moment's local day.
  ///   - startOfDay: Returns the first Unix second of a local day.
  ///   - cache: Posters found genuine before; a newly found one is added.
  /// - Returns: The first check that failed, or that none did.
  /// - Complexity: One signature check, or a few blocks of HMAC.
  public func judge(
    text: Span<UInt8>, now: Int64, today: LocalDay, startOfDay: (LocalDay) -> Int64,
    cache: inout GenuineCodeCache
  ) -> CodeVerdict {
    do {
      let bytes = try carrier.bytes(decoding: text)
      switch try ScannedCode(bytes: bytes.span) {
      case .poster(let code):
        return CodeVerdict(
          verify(code, now: now, today: today) { code, key in
            cache.isGenuine(code, bytes: bytes, key: key)
          })
      case .screenBatch(let code):
        return judge(code, now: now, today: today, startOfDay: startOfDay)
      case .rotating(let code):
        return judge(code, now: now, today: today, startOfDay: startOfDay)
      case .pass(let pass): return judge(pass)
      case .receipt(let receipt): return judge(receipt, now: now, today: today)
      }
    } catch {
      return CodeVerdict(notGenuine: error)
    }
  }

  /// Checks a scanned text of any kind, without a cache.
  ///
  /// - Parameters:
  ///   - text: The text a scanner gave, of any length and content, without a line end.
  ///   - now: Unix seconds at which the code was scanned.
  ///   - today: The same moment's local day.
  ///   - startOfDay: Returns the first Unix second of a local day.
  /// - Returns: The first check that failed, or that none did.
  public func judge(
    text: String, now: Int64, today: LocalDay, startOfDay: (LocalDay) -> Int64
  ) -> CodeVerdict {
    var cache = GenuineCodeCache(capacity: 1)
    return judge(
      text: text.utf8.span, now: now, today: today, startOfDay: startOfDay, cache: &cache)
  }

  /// Returns the same verifier with other secrets.
  public func with(_ secrets: CodeSecrets) -> VenueCodeVerifier {
    VenueCodeVerifier(keys: keys, directory: directory, carrier: carrier, secrets: secrets)
  }

  /// Reads a text as a pass and checks it; nil when the text is something else.
  ///
  /// - Parameter text: The bytes a scanner gave, of any length and content, without a line end.
  /// - Returns: The pass when it is genuine; nil for any text that is no pass of this version.
  /// - Throws: `.unknownPassKey` or `.badSignature` for what has the form of a pass and is none.
  public func pass(in text: Span<UInt8>) throws(VenueCodeError) -> VisitorPass? {
    // Nearly every subject is shorter than that, and an import asks for each.
    guard text.count >= Carrier.digitCount(ofBytes: VisitorPass.length),
      let bytes = try? carrier.bytes(decoding: text), bytes.count == VisitorPass.length,
      let pass = try? VisitorPass(bytes: bytes.span)
    else { return nil }
    if let failure = failure(of: pass) { throw failure }
    return pass
  }

  private func failure(of pass: VisitorPass) -> VenueCodeError? {
    guard let key = secrets.passes.first(where: { $0.id == pass.keyID }) else {
      return .unknownPassKey(pass.keyID)
    }
    return key.isGenuine(pass) ? nil : .badSignature
  }

  private func judge(_ pass: VisitorPass) -> CodeVerdict {
    if let failure = failure(of: pass) { return CodeVerdict(notGenuine: failure) }
    return CodeVerdict(.pass(pass), status: nil, grade: 2)
  }

  private func judge(_ receipt: CheckInReceipt, now: Int64, today: LocalDay) -> CodeVerdict {
    let (status, failure) = venue(receipt.venue, on: today)
    return CodeVerdict(
      .receipt(receipt), status: status, failure: receipt.staleness(at: now) ?? failure, grade: 0,
      seenAt: receipt.step.start)
  }

  private func judge(
    _ code: RotatingCode, now: Int64, today: LocalDay, startOfDay: (LocalDay) -> Int64
  ) -> CodeVerdict {
    guard let isGenuine = secrets.isGenuine(code) else {
      return CodeVerdict(notGenuine: .unknownScreenKey(code.keyID))
    }
    guard isGenuine else { return CodeVerdict(notGenuine: .badSignature) }
    let shown = code.step.start
    let distance = abs(code.step.distance(to: now))
    let (status, venueFailure) = venue(code.venue, on: today)
    func verdict(grade: Int8 = 2, _ failure: VenueCodeError? = nil) -> CodeVerdict {
      CodeVerdict(
        .rotating(code), status: status, failure: failure ?? venueFailure, grade: grade,
        seenAt: shown)
    }
    if distance <= ScreenStep.liveDistance { return verdict() }
    if distance <= ScreenStep.toleratedDistance { return verdict(grade: 1) }
    guard shown >= startOfDay(today), shown < startOfDay(today.advanced(by: 1)) else {
      return verdict(.screenOfAnotherDay(shownAt: shown))
    }
    return verdict(.clockSkew(seconds: shown - now))
  }

  private func judge(
    _ code: ScreenBatchCode, now: Int64, today: LocalDay, startOfDay: (LocalDay) -> Int64
  ) -> CodeVerdict {
    let token = code.token
    guard let key = keys[token.keyID] else {
      return CodeVerdict(notGenuine: .unknownKey(token.keyID))
    }
    if let failure = key.failure(at: now) { return CodeVerdict(notGenuine: failure) }
    guard code.isSigned(by: key.publicKey) else { return CodeVerdict(notGenuine: .badSignature) }
    let shown = startOfDay(token.day) + Int64(token.minute.rawValue) * 60
    // Whole minutes between the minute shown and the present one, as days begin on whole minutes.
    let distance = abs(now - shown - ((now - shown) % 60 + 60) % 60) / 60
    let isTolerated = distance <= 5
    let (status, venueFailure) = venue(token.venue, on: today)
    var failure: VenueCodeError?
    // A minute before midnight is still live just after it.
    if !isTolerated, token.day != today {
      failure = token.day > today ? .notYetValid(from: token.day) : .expired(after: token.day)
    }
    failure = failure ?? venueFailure
    if failure == nil, directory.isRevoked(PrintMark(token), now) {
      failure = .revokedPrint(serial: token.serial)
    }
    return CodeVerdict(
      .screenBatch(token), status: status, failure: failure, grade: distance <= 1 ? 2 : 1,
      seenAt: isTolerated ? shown : nil)
  }

  /// Asks the registry for a venue.
  private func venue(
    _ venue: VenueID, on day: LocalDay
  ) -> (status: VenueStatus, failure: VenueCodeError?) {
    let status = directory.status(venue, day)
    switch status {
    case .unknown: return (status, .unknownVenue(venue))
    case .retired: return (status, .retiredVenue(venue))
    case .active: return (status, nil)
    }
  }
}
