public import ExposureRisk
public import Presence
internal import ProximityFormats
internal import VenueCodes

/// Makes evidence of exposure windows, which a phone with exposure notification tells of its days.
///
/// A window knows its UTC day and no moment, and nobody's name, so nothing can place it beside a
/// visit: it is kept, shown with that reason, and not counted.
public struct ExposureWindowReader: Sendable {
  private let context: IntakeContext
  private let owner: Pseudonym
  private var digest = ContentDigest(domain: "checkin/evidence/exposure-window/v1")

  /// Makes a reader.
  ///
  /// - Parameters:
  ///   - context: The venues, keys and clock.
  ///   - owner: Whose phone it was.
  public init(context: IntakeContext, owner: Pseudonym) {
    self.context = context
    self.owner = owner
  }

  /// Reads a window.
  ///
  /// - Parameters:
  ///   - window: The window; its attenuation is the mean of what is typical, by time.
  ///   - source: The name that evidence carries in place of a gateway's.
  /// - Returns: An encounter without a moment, from the beginning of the day.
  /// - Throws: `IntakeRejection` for a day that has not come, or a window without scans.
  public mutating func evidence(
    from window: ExposureWindow, source: String
  ) throws(IntakeRejection) -> Evidence {
    let (start, isTooLarge) = Int64(window.day).multipliedReportingOverflow(by: 86_400)
    guard !isTooLarge, start >= RadioClock.earliest else {
      throw IntakeRejection(
        .badDate, "date", "no phone had exposure windows before 2001: check the year or the age")
    }
    try context.checkNotFuture(start, column: "date")
    guard !window.scanInstances.isEmpty else {
      throw IntakeRejection(.missing, "scanInstances", "the window has no scans in it")
    }
    // Some phones report less than nothing.
    let seconds = window.scanInstances.map { max(Int64($0.secondsSinceLastScan), 0) }
    let total = seconds.reduce(0, +)
    guard total <= 86_400 else {
      throw IntakeRejection(
        .contradiction, "secondsSinceLastScan", "the window is longer than the day that it is of")
    }
    let weighted = zip(window.scanInstances, seconds)
      .reduce(Int64(0)) { $0 + Int64($1.0.typicalAttenuation) * $1.1 }
    let plain = window.scanInstances.reduce(Int64(0)) { $0 + Int64($1.typicalAttenuation) }
    let mean =
      total > 0
      ? Double(weighted) / Double(total) : Double(plain) / Double(window.scanInstances.count)

    let numbers =
      [
        window.day, window.reportType, window.infectiousness, window.calibrationConfidence,
        window.scanInstances.count,
      ]
      + window.scanInstances.flatMap {
        [$0.minimumAttenuation, $0.typicalAttenuation, $0.secondsSinceLastScan]
      }
    for number in numbers { digest.append(Int64(number)) }
    let (high, low) = digest.finish()
    let unnamed = EvidenceID(contentDigest: high, low)
    let peer = context.pseudonym(of: "gaen:unnamed:\(unnamed)".utf8.span)
    digest.append(owner)
    digest.append(peer)
    let (idHigh, idLow) = digest.finish()
    return Evidence(
      id: EvidenceID(contentDigest: idHigh, idLow), kind: .bleEncounter, subject: owner, peer: peer,
      start: start, end: start + total,
      attenuation: Int16(min(max(mean.rounded(.up), 0), 200)),
      attenuationUncertainty: context.models.uncertainty(
        isPowerKnown: true, sender: nil, receiver: nil),
      status: .undated, gateway: source, receivedAt: context.receivedAt)
  }
}
