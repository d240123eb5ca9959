internal import Presence
internal import VenueCodes

/// What a door remembers of visitors, in two generations.
///
/// When the young generation is full it becomes the old one, and the old one goes whole: so memory has
/// an end whoever comes, nobody is looked through, and who was seen lately is still known. A visitor
/// takes about a hundred bytes.
struct DoorMemory: Sendable {
  /// One visitor.
  struct Visitor: Sendable {
    /// The scan that last opened or ended a visit, with the way it was found to be; nil when no scan
    /// that says so came.
    var first: Scan?
    /// The scans since then; most visitors have none, and an empty array takes no memory.
    var later: [Scan] = []
    /// Where they were scanned last, whoever said so.
    var place: VenueID
    /// When, in Unix seconds.
    var time: Int64
  }

  /// One scan, without what is the same for all of a visitor.
  struct Scan: Sendable {
    let venue: VenueID
    let time: Int64
    /// The door's own number of the scan.
    let number: UInt64
    let defaultStaySeconds: Int32?
    let zone: UInt8
    let isEntry: Bool

    /// The event that visits are derived from.
    var event: PresenceEvent {
      PresenceEvent(
        isEntry ? .entry : .exit, subject: 0, venue: venue, zone: zone, time: time,
        defaultStaySeconds: defaultStaySeconds, evidence: EvidenceID(high: 0, low: number))
    }
  }

  private let generationSize: Int
  private var young: [Pseudonym: Visitor] = [:]
  private var old: [Pseudonym: Visitor] = [:]

  /// Makes a memory of so many people at most.
  init(capacity: Int) {
    generationSize = max(1, capacity / 2)
  }

  /// How many people are remembered, those that are in both generations twice.
  var count: Int { young.count + old.count }

  /// What is known of a visitor.
  subscript(_ visitor: Pseudonym) -> Visitor? {
    get { young[visitor] ?? old[visitor] }
    set {
      if young.count >= generationSize, young[visitor] == nil {
        old = young
        young = [:]
      }
      young[visitor] = newValue
    }
  }
}
