internal import EvidenceIntake
package import Presence
package import VenueCodes

/// What is found of the check-ins of an upload, one by one.
///
/// An upload is the word of a phone: what counts is what the store saw at the time. A check-in is taken
/// only when the phone knows the secret that its pseudonym follows from, and the store has it at the
/// venue and about the time that the phone says.
package struct UploadJudge: Sendable {
  /// What was found of a check-in.
  package enum Finding: String, CaseIterable, Sendable {
    /// It is the person's from now on.
    case taken
    /// It is in the future.
    case future
    /// It is older than scans are kept.
    case tooOld = "too-old"
    /// The secret is not that of the pseudonym.
    case wrongSecret = "wrong-secret"
    /// The store has no check-in of this pseudonym.
    case unknown
    /// The store has it at another venue, or at another time.
    case elsewhere
    /// There were so many on the day already.
    case tooMany = "too-many"
    /// The same check-in is in the upload before.
    case repeated
    /// It came as another person's before.
    case otherPerson = "other-person"
  }

  /// What was found of one check-in.
  package struct Judgement: Sendable {
    /// Whether it is taken, or why not.
    package var finding: Finding
    /// Whether its phone was at another venue at the same time, by other check-ins of the upload.
    package var overlaps = false
    /// The store's name of it.
    package let pseudonym: Pseudonym
    /// The rows of receipts that the secret proves, as they count from now on.
    package var proved: [Evidence] = []
  }

  /// The most check-ins of a local day that are looked at.
  package static let mostPerDay = 50
  /// How far the time that the phone says may be from a scan of the store, in seconds.
  package static let toleranceSeconds: Int64 = 900
  /// How far ahead a phone's clock may be, in seconds.
  package static let aheadSeconds: Int64 = 300

  private let now: Int64
  private let firstDay: LocalDay
  private let calendar: LocalCalendar
  private let hash: PseudonymHash

  /// Makes a judge.
  ///
  /// - Parameters:
  ///   - now: The present, in Unix seconds.
  ///   - firstDay: The first local day whose scans are kept.
  ///   - calendar: The local days of the store.
  ///   - hash: The store's key of pseudonyms.
  package init(now: Int64, firstDay: LocalDay, calendar: LocalCalendar, hash: PseudonymHash) {
    self.now = now
    self.firstDay = firstDay
    self.calendar = calendar
    self.hash = hash
  }

  /// The store's name of a check-in.
  package func pseudonym(of checkIn: UploadedCheckIn) -> Pseudonym {
    let (high, low) = checkIn.pseudonym.storedPseudonym(with: hash)
    return Pseudonym(high: high, low: low)
  }

  /// Why a check-in is not even looked for, or nil.
  private func refusal(of checkIn: UploadedCheckIn) -> Finding? {
    if !checkIn.fits { return .wrongSecret }
    if checkIn.at > now + Self.aheadSeconds { return .future }
    return calendar.day(of: checkIn.at) < firstDay ? .tooOld : nil
  }

  /// The local days on which the scans of check-ins may be; nil when none is worth looking for.
  package func days(of checkIns: [UploadedCheckIn]) -> ClosedRange<LocalDay>? {
    let days = checkIns.filter { refusal(of: $0) == nil }.map { calendar.day(of: $0.at) }
    guard let first = days.min(), let last = days.max() else { return nil }
    // A stay may go on past midnight.
    return first.advanced(by: -1)...last.advanced(by: 1)
  }

  /// Judges check-ins in the order in which they were sent.
  ///
  /// - Parameters:
  ///   - checkIns: What was sent.
  ///   - scans: The scans that the store has of their pseudonyms.
  /// - Returns: One judgement for each.
  /// - Complexity: O(n²) in the check-ins of an upload, of which there are few.
  package func judge(
    _ checkIns: [UploadedCheckIn], scans: [Pseudonym: [Evidence]]
  ) -> [Judgement] {
    var perDay: [LocalDay: Int] = [:]
    var seen: Set<Pseudonym> = []
    var stays: [(place: Int, venue: VenueID, from: Int64, to: Int64)] = []
    var judgements: [Judgement] = []
    for checkIn in checkIns {
      let pseudonym = pseudonym(of: checkIn)
      var judgement = Judgement(finding: .taken, pseudonym: pseudonym)
      let day = calendar.day(of: checkIn.at)
      perDay[day, default: 0] += 1
      let rows = scans[pseudonym] ?? []
      if let refusal = refusal(of: checkIn) {
        judgement.finding = refusal
      } else if perDay[day, default: 0] > Self.mostPerDay {
        judgement.finding = .tooMany
      } else if !seen.insert(pseudonym).inserted {
        judgement.finding = .repeated
      } else {
        judgement.proved = rows.compactMap { proved($0, by: checkIn.secret) }
        let known = rows.filter { $0.status == .accepted } + judgement.proved
        let there = known.filter { $0.venue == checkIn.venue }
        if known.isEmpty {
          judgement.finding = .unknown
        } else if let first = there.map(\.start).min(), let last = there.map(\.start).max(),
          there.contains(where: { abs($0.start - checkIn.at) <= Self.toleranceSeconds })
        {
          stays.append((judgements.count, checkIn.venue, first, max(last, first + 1)))
        } else {
          judgement.finding = .elsewhere
        }
        if judgement.finding != .taken { judgement.proved = [] }
      }
      judgements.append(judgement)
    }
    for one in stays {
      for other in stays
      where one.venue != other.venue && one.from < other.to && other.from < one.to {
        judgements[one.place].overlaps = true
      }
    }
    return judgements
  }

  /// The row that takes the place of an unproved receipt, when the secret made it.
  ///
  /// It keeps the way that the scanner stated. Of its own a receipt has none: then it says that the
  /// person is there, since one that is shown while inside must not be read as going out.
  private func proved(_ row: Evidence, by secret: CheckInSecret) -> Evidence? {
    guard row.status == .unproved, let venue = row.venue, let step = ScreenStep(at: row.start)
    else { return nil }
    let genuine = CheckInReceipt(venue: venue, zone: row.zone, step: step, secret: secret)
    guard EvidenceID(ofReceipt: genuine, kind: row.kind) == row.id else { return nil }
    var digest = ContentDigest(domain: "checkin/evidence/proved/v1")
    digest.append(Int64(bitPattern: row.id.high))
    digest.append(Int64(bitPattern: row.id.low))
    let (high, low) = digest.finish()
    return Evidence(
      id: EvidenceID(contentDigest: high, low), kind: row.kind == .scanOut ? .scanOut : .scanIn,
      subject: row.subject, venue: venue,
      zone: row.zone, start: row.start, grade: 2, gateway: row.gateway, receivedAt: now)
  }
}
