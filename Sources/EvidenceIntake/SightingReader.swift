internal import Bluetooth
public import DelimitedText
public import Presence
public import ProximityFormats
internal import VenueCodes

/// Makes evidence of what phones, and boxes at doors, heard of phones.
///
/// A row never depends on what keys are known: an identifier is kept under a pseudonym of its own,
/// and a `CredentialAlias` says whose it was. An id follows from what was measured, so that the same
/// sighting is one however often, and in whichever format, it is imported.
public struct SightingReader: Sendable {
  /// The columns of a table of sightings.
  ///
  /// Whoever heard is `subject`, a person, or `gateway` and `venue`, a box that stands somewhere.
  public static let fields = [
    TableField("id"), TableField("subject"), TableField("gateway"), TableField("venue"),
    TableField("zone"), TableField("heard", isRequired: true),
    TableField("time", isRequired: true), TableField("rssi_dbm"), TableField("tx_power_dbm"),
    TableField("attenuation_db"), TableField("model"), TableField("heard_model"),
  ]

  /// A sighting as evidence.
  public struct Sighting: Hashable, Sendable {
    /// The evidence.
    public let evidence: Evidence
    /// The pseudonyms in it that are of identifiers, and of no person.
    public let identifiers: [Pseudonym]

    /// Makes a sighting of its parts.
    public init(evidence: Evidence, identifiers: [Pseudonym] = []) {
      self.evidence = evidence
      self.identifiers = identifiers
    }
  }

  private let context: IntakeContext
  private var digest = ContentDigest(domain: "checkin/evidence/sightings/v1")
  private var gateways = GatewayNames()

  /// Makes a reader.
  public init(context: IntakeContext) {
    self.context = context
  }

  // MARK: Our own table

  /// Reads a row.
  ///
  /// - Parameter record: A row read with `fields`.
  /// - Returns: The sighting.
  /// - Throws: The first thing that is wrong with the row.
  public mutating func sighting(from record: Record) throws(IntakeRejection) -> Sighting {
    let heard = try party(record.trimmed(5), column: "heard")
    let time = try record.trimmed(6).required("time").time(column: "time")
    try context.checkNotFuture(time, column: "time")
    let signal = try signal(of: record)
    let gateway = try gateways.name(record.trimmed(2), column: "gateway")
    let id = record.trimmed(0).isEmpty ? nil : try EvidenceID(row: record.trimmed(0))
    if record.trimmed(3).isEmpty {
      guard record.trimmed(4).isEmpty else {
        throw IntakeRejection(.missing, "venue", "a zone without a venue: give the venue too")
      }
      guard !record.trimmed(1).isEmpty else {
        throw IntakeRejection(
          .missing, "subject",
          "nobody heard this: give subject, or gateway and venue for a box at a door")
      }
      let hearer = try party(record.trimmed(1), column: "subject")
      guard hearer.pseudonym != heard.pseudonym else {
        throw IntakeRejection(.contradiction, "heard", "subject and heard are the same")
      }
      return sighting(
        id: id, of: heard, by: hearer, at: time, signal, fault: nil, gateway: gateway)
    }
    guard record.trimmed(1).isEmpty else {
      throw IntakeRejection(
        .contradiction, "subject",
        "a box that stands at a venue is nobody's phone: leave subject or venue empty")
    }
    let venue = try context.venue(record.trimmed(3), column: "venue")
    let zone = try record.trimmed(4).zone
    digest.append(venue, zone, heard.pseudonym)
    digest.append(gateway)
    let contentID = contentID(at: time, signal, fault: nil)
    // Whether the venue is in use says nothing against the box: it heard what it heard.
    let evidence = Evidence(
      id: id ?? contentID, kind: .bleSighting, subject: heard.pseudonym, venue: venue, zone: zone,
      start: time, attenuation: signal.estimate.decibels,
      attenuationUncertainty: signal.estimate.uncertainty,
      status: heard.isIdentifier ? .rotatingIdentifier : .accepted, gateway: gateway,
      receivedAt: context.receivedAt)
    return Sighting(
      evidence: evidence, identifiers: heard.isIdentifier ? [heard.pseudonym] : [])
  }

  /// Somebody in a sighting.
  private struct Party {
    var pseudonym: Pseudonym
    var isIdentifier: Bool
  }

  private func party(
    _ text: ArraySlice<UInt8>, column: String
  ) throws(IntakeRejection) -> Party {
    Party(
      pseudonym: try context.pseudonym(ofSlice: text, column: column),
      isIdentifier: RadioIdentifier.scheme(of: text) != nil)
  }

  /// What was measured, and what follows from it.
  private struct Signal {
    /// The strength that was measured; nil when the row states the attenuation itself.
    var strength: Int?
    var power: Int?
    var estimate: DeviceModels.Estimate
  }

  private func signal(of record: Record) throws(IntakeRejection) -> Signal {
    let (received, sent, stated) = (record.trimmed(7), record.trimmed(8), record.trimmed(9))
    if !stated.isEmpty {
      let lost = try stated.decibels(column: "attenuation_db", in: 0...200, rounded: .up)
      // Whoever stated it knew the power, and did not correct for the models.
      let uncertainty = context.models.uncertainty(
        isPowerKnown: true, sender: nil, receiver: nil)
      if !received.isEmpty { try checkStrength(received, sent, agreesWith: lost) }
      return Signal(
        estimate: DeviceModels.Estimate(decibels: Int16(lost), uncertainty: uncertainty))
    }
    let strength = try received.required("rssi_dbm").decibels(
      column: "rssi_dbm", in: -127...20, rounded: .down)
    let power =
      sent.isEmpty
      ? nil : try sent.decibels(column: "tx_power_dbm", in: -127...30, rounded: .up)
    return try signal(
      strength: strength, power: power, sender: String(decoding: record.trimmed(11), as: UTF8.self),
      receiver: String(decoding: record.trimmed(10), as: UTF8.self))
  }

  /// The powers that phones and boxes send with, in dBm: Bluetooth Low Energy allows -20 to 20, and
  /// antennas, cases and what was corrected for may make it 20 more or less.
  private static let sentPowers = -40...40

  /// By how many dB a stated attenuation may differ from what the strengths give: models differ so
  /// much, and a row may have been corrected for them.
  private static let correctionLimit = 25

  /// Refuses a row whose attenuation cannot be of its own strengths.
  private func checkStrength(
    _ received: ArraySlice<UInt8>, _ sent: ArraySlice<UInt8>, agreesWith lost: Int
  ) throws(IntakeRejection) {
    let strength = try received.decibels(column: "rssi_dbm", in: -127...20, rounded: .down)
    guard !sent.isEmpty else {
      guard Self.sentPowers.contains(lost + strength) else {
        throw IntakeRejection(
          .contradiction, "attenuation_db",
          "attenuation_db and rssi_dbm contradict: a phone would have sent with "
            + "\(lost + strength) dBm")
      }
      return
    }
    let power = try sent.decibels(column: "tx_power_dbm", in: -127...30, rounded: .up)
    guard abs(power - strength - lost) <= Self.correctionLimit else {
      throw IntakeRejection(
        .contradiction, "attenuation_db",
        "attenuation_db is \(lost), and \(power - strength) dB lie between tx_power_dbm and rssi_dbm"
      )
    }
  }

  private func signal(
    strength: Int, power: Int?, sender: String?, receiver: String?
  ) throws(IntakeRejection) -> Signal {
    guard
      let estimate = context.models.attenuation(
        ofStrength: strength, power: power, sender: sender, receiver: receiver)
    else {
      throw IntakeRejection(
        .contradiction, "rssi_dbm",
        "more was received than sent: rssi_dbm and tx_power_dbm may have changed places")
    }
    return Signal(strength: strength, power: power, estimate: estimate)
  }

  // MARK: Other apps' files

  /// Makes evidence of what another app wrote down.
  ///
  /// - Parameters:
  ///   - sighting: What it wrote.
  ///   - owner: Whose phone it was; nil when that is only known by what the phone said of itself.
  ///   - source: The name that evidence carries in place of a gateway's.
  /// - Returns: The sighting.
  /// - Throws: The first thing that is wrong with it.
  public mutating func sighting(
    from sighting: RadioSighting, owner: Pseudonym?, source: String
  ) throws(IntakeRejection) -> Sighting {
    let hearer: Party
    if let owner {
      hearer = Party(pseudonym: owner, isIdentifier: false)
    } else if let identifier = sighting.hearer {
      hearer = Party(pseudonym: context.pseudonym(of: identifier), isIdentifier: true)
    } else {
      throw IntakeRejection(.missing, "subject", "the file does not say whose phone it is of")
    }
    try context.checkNotFuture(sighting.second, column: "time")
    let signal = try signal(
      strength: sighting.receivedStrength, power: sighting.transmitPower,
      sender: sighting.sendingModel, receiver: sighting.receivingModel)
    // What has no identifier was heard of nobody: all such are one, and none of them counts.
    let heard = Party(
      pseudonym: sighting.heard.map { context.pseudonym(of: $0) }
        ?? context.pseudonym(of: "radio:unnamed".utf8.span),
      isIdentifier: true)
    return self.sighting(
      id: nil, of: heard, by: hearer, at: sighting.second, signal, fault: sighting.fault,
      gateway: source)
  }

  private mutating func sighting(
    id: EvidenceID?, of heard: Party, by hearer: Party, at second: Int64, _ signal: Signal,
    fault: RadioSighting.Fault?, gateway: String
  ) -> Sighting {
    digest.append(hearer.pseudonym)
    digest.append(heard.pseudonym)
    let contentID = contentID(at: second, signal, fault: fault)
    let identifiers = [hearer, heard].filter(\.isIdentifier).map(\.pseudonym)
    let status: Evidence.Status =
      switch fault {
      case .expired?: .expiredIdentifier
      case .noIdentifier?, .unreadable?: .unreadableIdentifier
      case nil:
        Evidence.Status(hearerRotates: hearer.isIdentifier, heardRotates: heard.isIdentifier)
      }
    let evidence = Evidence(
      id: id ?? contentID, kind: .bleSighting, subject: hearer.pseudonym,
      peer: heard.pseudonym, start: second, attenuation: signal.estimate.decibels,
      attenuationUncertainty: signal.estimate.uncertainty, status: status, gateway: gateway,
      receivedAt: context.receivedAt)
    return Sighting(evidence: evidence, identifiers: identifiers)
  }

  /// Ends a digest with what was measured.
  ///
  /// Of the attenuation the id takes only what the row states: what follows from a table of models
  /// may follow otherwise next year.
  private mutating func contentID(
    at second: Int64, _ signal: Signal, fault: RadioSighting.Fault?
  ) -> EvidenceID {
    digest.append(second)
    digest.append(signal.strength.map { Int64($0) } ?? 1_000 + Int64(signal.estimate.decibels))
    digest.append(signal.power.map { Int64($0) } ?? .max)
    digest.append(fault?.rawValue ?? "")
    let (high, low) = digest.finish()
    return EvidenceID(contentDigest: high, low)
  }
}

extension IntakeContext {
  /// Returns the pseudonym of an identifier, which is of no person.
  public func pseudonym(of identifier: RadioIdentifier) -> Pseudonym {
    pseudonym(of: identifier.text.utf8.span)
  }
}
