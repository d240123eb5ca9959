package import Presence
internal import VenueCodes

/// Rows of evidence by column, in plain numbers: people and gateways are numbers of the catalog.
///
/// What writers fill and readers get, a frame at a time; the memory is kept from one use to the
/// next. What may be missing is an impossible value. Only the first `count` places of each column
/// mean something.
package struct EvidenceColumns: Sendable {
  /// The number of rows.
  package var count = 0
  /// The first halves of the ids.
  package var high: [UInt64] = []
  /// The second halves of the ids.
  package var low: [UInt64] = []
  /// Beginnings, in Unix seconds.
  package var start: [Int64] = []
  /// Ends (half-open), in Unix seconds; `Int64.min` when unknown.
  package var finish: [Int64] = []
  /// Arrivals, in Unix seconds.
  package var receivedAt: [Int64] = []
  /// The 40-bit numbers of venues; `UInt64.max` for none.
  package var venue: [UInt64] = []
  /// The numbers of the people whom rows are about.
  package var subject: [UInt32] = []
  /// The numbers of the people whom they were near; `UInt32.max` for nobody.
  package var peer: [UInt32] = []
  /// The numbers of gateways; 0 is unknown.
  package var gateway: [UInt32] = []
  /// Attenuations in dB; `Int32.min` for none.
  package var attenuation: [Int32] = []
  /// Stated stays in units of 5 minutes, and for Bluetooth uncertainties of attenuations in dB; −1
  /// for none.
  package var stay: [Int16] = []
  /// Zones of venues.
  package var zone: [UInt8] = []
  /// Raw values of `Evidence.Kind`, of which each is one.
  package var kind: [UInt8] = []
  /// Raw values of `Evidence.Status`, of which each is one.
  package var status: [UInt8] = []
  /// Grades.
  package var grade: [Int8] = []

  /// Groups of columns, for readers that do not need all.
  package struct Parts: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The ids.
    package static let identities = Parts(rawValue: 1)
    /// Gateways and times of arrival.
    package static let origins = Parts(rawValue: 2)
    /// All else: what a row states.
    package static let statements = Parts(rawValue: 4)
    /// Every column.
    package static let all: Parts = [.identities, .origins, .statements]
  }

  /// Makes columns without rows.
  package init() {}

  /// Forgets the rows and keeps the memory.
  package mutating func removeAll() { count = 0 }

  /// The id of a row.
  package func id(at place: Int) -> EvidenceID {
    EvidenceID(high: high[place], low: low[place])
  }

  /// Makes room for rows beyond the present ones.
  mutating func reserve(_ more: Int) {
    guard high.count < count + more else { return }
    let size = max(count + more, 2 * high.count, EvidenceFrame.mostRows)
    func grow<Number: FixedWidthInteger>(_ column: inout [Number]) {
      column.reserveCapacity(size)
      column.append(contentsOf: repeatElement(0, count: size - column.count))
    }
    grow(&high)
    grow(&low)
    grow(&start)
    grow(&finish)
    grow(&receivedAt)
    grow(&venue)
    grow(&subject)
    grow(&peer)
    grow(&gateway)
    grow(&attenuation)
    grow(&stay)
    grow(&zone)
    grow(&kind)
    grow(&status)
    grow(&grade)
  }

  /// Appends a piece of evidence whose names have these numbers; 0 is no peer.
  ///
  /// - Precondition: `end` is not `Int64.min`, which means here that there is none.
  package mutating func append(
    _ evidence: borrowing Evidence, subject who: UInt32, peer other: UInt32, gateway door: UInt32
  ) {
    reserve(1)
    let place = count
    count += 1
    high[place] = evidence.id.high
    low[place] = evidence.id.low
    start[place] = evidence.start
    finish[place] = evidence.end ?? .min
    receivedAt[place] = evidence.receivedAt
    venue[place] = evidence.venue?.rawValue ?? .max
    subject[place] = who
    peer[place] = other == 0 ? .max : other
    gateway[place] = door
    attenuation[place] = evidence.attenuation.map(Int32.init) ?? .min
    stay[place] = (evidence.statedStay ?? evidence.attenuationUncertainty).map(Int16.init) ?? -1
    zone[place] = evidence.zone
    kind[place] = evidence.kind.rawValue
    status[place] = evidence.status.rawValue
    grade[place] = evidence.grade
  }
}
