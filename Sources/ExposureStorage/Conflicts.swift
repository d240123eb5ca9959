public import Presence
internal import VenueCodes

extension ExposureStore {
  /// Returns the evidence that was refused because its id stands for something else, by id.
  public func conflicts() throws(StoreError) -> [Evidence] {
    try withCatalog { catalog throws(StoreError) in
      try catalog.run(
        """
        SELECT id, kind, subject, venue, zone, peer, start, finish, attenuation, grade, status,
          gateway, received_at, stay
        FROM conflict ORDER BY id, digest
        """
      ) { row throws(StoreError) in
        var found: [Evidence] = []
        while try row.step() {
          guard let id = row.halves(0),
            let kind = row.integer(1).flatMap({ UInt8(exactly: $0) })
              .flatMap(Evidence.Kind.init),
            let subject = row.halves(2),
            let zone = row.integer(4).flatMap({ UInt8(exactly: $0) }),
            let start = row.integer(6),
            let grade = row.integer(9).flatMap({ Int8(exactly: $0) }),
            let status = row.integer(10).flatMap({ UInt8(exactly: $0) })
              .flatMap(Evidence.Status.init),
            let gateway = row.text(11), let receivedAt = row.integer(12)
          else { throw StoreError(.corrupt, subject: catalog.path) }
          let detail = row.integer(13).flatMap { UInt8(exactly: $0) }
          found.append(
            Evidence(
              id: EvidenceID(high: id.high, low: id.low), kind: kind,
              subject: Pseudonym(high: subject.high, low: subject.low),
              venue: row.integer(3).flatMap { UInt64(exactly: $0) }
                .flatMap(VenueID.init(rawValue:)),
              zone: zone, peer: row.halves(5).map { Pseudonym(high: $0.high, low: $0.low) },
              start: start, end: row.integer(7),
              attenuation: row.integer(8).flatMap { Int16(exactly: $0) },
              attenuationUncertainty: detail, statedStay: detail, grade: grade,
              status: status, gateway: gateway, receivedAt: receivedAt))
        }
        return found
      }
    }
  }
}
