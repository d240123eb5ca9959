import CrossMatch
public import Presence
public import VenueCodes

/// One row of a trace in numbers, as many million of them are made: see `Exposure` for what each
/// means.
public struct ExposureRow: Hashable, Sendable, BitwiseCopyable {
  /// Who was exposed.
  public var contact: SubjectNumber
  /// The person of the previous degree; means nothing in rows of degree 1.
  public var via: SubjectNumber
  /// The local day as days since 2020-01-01.
  public var day: Int32
  /// The seconds in which the phones were near each other.
  public var nearSeconds: Int32
  /// The seconds at a shared venue in which the phones did not say they were near.
  public var venueSeconds: Int32
  /// The seconds in the air the case left behind, and nothing stronger.
  public var tailSeconds: Int32
  /// The first second, as `ColumnTime` counts.
  public var first: Int32
  /// The first second after, as `ColumnTime` counts.
  public var last: Int32
  /// The place of the row's first venue in the venues of its block.
  public var venueStart: UInt32
  /// How many venues the row has.
  public var venueCount: UInt32
  /// The place of the row's first evidence in the evidence of its block.
  public var evidenceStart: UInt32
  /// How many pieces of evidence the row has; 0 when the sink did not want them.
  public var evidenceCount: UInt32
  /// The strongest class reached.
  public var exposureClass: ExposureClass

  /// The seconds of the exposure, each counted once.
  public var seconds: Int32 { nearSeconds + venueSeconds + tailSeconds }
}

/// Rows of one degree and one case that follow each other in the order of a trace.
public struct ExposureBlock: Sendable {
  /// How many steps from the case; the same for all rows.
  public internal(set) var degree = 1
  /// The place of the case among the cases of the trace sorted by id, from 0.
  public internal(set) var placeOfCase = 0
  /// The case that the rows go back to.
  public internal(set) var caseID = ""
  /// The rows by contact and day.
  public internal(set) var rows: [ExposureRow] = []
  /// The venues of all rows, one row after the other, ascending and each once within a row.
  public internal(set) var venues: [VenueID] = []
  /// The evidence of all rows, as the venues are; empty when the sink does not want it.
  public internal(set) var evidence: [EvidenceID] = []

  /// Returns the venues of a row, ascending.
  public func venues(of row: ExposureRow) -> ArraySlice<VenueID> {
    venues[Int(row.venueStart)..<Int(row.venueStart + row.venueCount)]
  }

  /// Returns the evidence of a row, ascending.
  public func evidence(of row: ExposureRow) -> ArraySlice<EvidenceID> {
    evidence[Int(row.evidenceStart)..<Int(row.evidenceStart + row.evidenceCount)]
  }

  /// Empties the block for other rows and keeps its memory.
  mutating func begin(degree: Int, placeOfCase: Int, caseID: String) {
    self.degree = degree
    self.placeOfCase = placeOfCase
    self.caseID = caseID
    rows.removeAll(keepingCapacity: true)
    venues.removeAll(keepingCapacity: true)
    evidence.removeAll(keepingCapacity: true)
  }

  /// Sorts what was appended from a place on, and leaves out repeats.
  ///
  /// Rows have one or two venues and two to four pieces of evidence, for which this is the quickest.
  static func sortOnce<Element: Comparable>(_ elements: inout [Element], from first: Int) {
    guard elements.count - first > 1 else { return }
    if elements.count - first > 24 {
      elements[first...].sort()
    } else {
      for place in (first + 1)..<elements.count {
        var hole = place
        while hole > first, elements[hole] < elements[hole - 1] {
          elements.swapAt(hole, hole - 1)
          hole -= 1
        }
      }
    }
    var kept = first
    for place in (first + 1)..<elements.count where elements[place] != elements[kept] {
      kept += 1
      elements[kept] = elements[place]
    }
    elements.removeLast(elements.count - kept - 1)
  }
}

/// What takes the rows of a trace, in two steps so that the work can be done by many threads.
///
/// `prepare` is called for blocks in any order and by many threads at once; `take` gets what it
/// made in the order of the trace, on the thread that asked for the trace. Only a few blocks are
/// there at a time, whatever the number of rows.
public protocol ExposureSink {
  /// What a block becomes before it is taken.
  associatedtype Prepared

  /// Whether rows need their evidence, which costs a look-up for each piece of shared time.
  var wantsEvidence: Bool { get }

  /// Returns what makes prepared blocks; it is called once, before the first row.
  ///
  /// What it returns may be called by many threads at once.
  func preparation() -> @Sendable (ExposureBlock) throws -> Prepared

  /// Takes the next block.
  ///
  /// - Throws: What keeps it from being written; it ends the trace.
  mutating func take(_ prepared: Prepared) throws
}
