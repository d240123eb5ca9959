public import Presence
public import VenueCodes

/// Why a centre does not take a row of a door; the raw value is stable.
public enum RowRefusal: String, Error, Hashable, Sendable, CaseIterable {
  /// The registry of the centre has no such venue.
  case unknownVenue = "unknown-venue"
  /// The venue is not one that the door is enrolled for.
  case notThisDoors = "not-this-doors-venue"
  /// It is further ahead of the centre's clock than is believed.
  case future
  /// It is older than the centre keeps such evidence.
  case tooOld = "older-than-retention"
  /// The grade is more than a door can know.
  case grade = "grade-beyond-door"
  /// It is of a kind that does not come from doors.
  case kind = "kind-not-of-doors"
  /// Its values contradict each other.
  case contradiction

  /// What a door notes of a row whose id has another statement at the centre, which keeps both.
  public static let conflict: String = "conflict"

  /// Whether the centre may take the row later: when its venues, the door's or the clocks are set right.
  public var mayPass: Bool { self == .unknownVenue || self == .notThisDoors || self == .future }

  /// Returns a sentence for a person on a code, that of `conflict` or a later version's too.
  public static func sentence(of code: String) -> String {
    code == conflict
      ? "the centre has another statement under its id, and keeps this one aside"
      : RowRefusal(rawValue: code)?.sentence ?? code
  }

  /// A sentence for a person.
  public var sentence: String {
    switch self {
    case .unknownVenue: "the centre's registry has no such venue"
    case .notThisDoors: "the door is not enrolled for this venue"
    case .future: "the time is further ahead than is believed: set the clock of the door"
    case .tooOld: "it is older than the centre keeps such evidence"
    case .grade: "the grade is more than a door can know"
    case .kind: "evidence of this kind does not come from doors"
    case .contradiction: "its values contradict each other"
    }
  }
}

/// Looks at each row that a door sends before the centre stores it: a door may be stolen or mad.
public struct DoorJudge: Sendable {
  /// How far ahead of the centre's clock a row may be, in seconds: a day, as for files.
  ///
  /// A door whose clock is an hour fast has let people in all the same.
  public static let futureToleranceSeconds: Int64 = 86_400

  private let venues: Set<VenueID>
  private let isKnown: @Sendable (VenueID) -> Bool
  private let mayCheckPasses: Bool
  private let scanDays: Int
  private let bluetoothDays: Int
  private let calendar: LocalCalendar

  /// Prepares the look-ups.
  ///
  /// - Parameters:
  ///   - venues: Those the door is enrolled for.
  ///   - isKnown: Whether the registry has a venue.
  ///   - mayCheckPasses: Whether the door was given the secret of passes.
  ///   - scanDays: How many days scans are kept.
  ///   - bluetoothDays: How many days sightings are kept.
  ///   - calendar: The centre's local days.
  public init(
    venues: Set<VenueID>, isKnown: @escaping @Sendable (VenueID) -> Bool, mayCheckPasses: Bool,
    scanDays: Int, bluetoothDays: Int, calendar: LocalCalendar
  ) {
    self.venues = venues
    self.isKnown = isKnown
    self.mayCheckPasses = mayCheckPasses
    self.scanDays = scanDays
    self.bluetoothDays = bluetoothDays
    self.calendar = calendar
  }

  /// Looks at a row.
  ///
  /// - Parameters:
  ///   - row: As the door sent it.
  ///   - now: The centre's time, in Unix seconds.
  /// - Returns: Why it is refused; nil when it is taken.
  public func refusal(of row: Evidence, at now: Int64) -> RowRefusal? {
    switch row.kind {
    case .scanIn, .scanOut, .scan, .visit, .gatewayScan, .bleSighting: break
    case .bleEncounter, .staffNote, .correction: return .kind
    }
    // What has no venue cannot be one of the door's: encounters of two phones come from phones.
    guard let venue = row.venue, row.peer == nil else { return .kind }
    // A door's venues are of the registry: only the others are looked for there.
    guard venues.contains(venue) else { return isKnown(venue) ? .notThisDoors : .unknownVenue }
    guard row.start <= now + Self.futureToleranceSeconds,
      (row.end ?? row.start) <= now + Self.futureToleranceSeconds
    else { return .future }
    guard row.start >= 0, (row.end ?? row.start) >= row.start else { return .contradiction }
    let days = row.kind == .bleSighting ? bluetoothDays : scanDays
    guard calendar.day(of: row.start) >= calendar.day(of: now).advanced(by: -days) else {
      return .tooOld
    }
    // 3 is what several sources together say, and a pass is known only by its secret.
    let isPass = row.kind == .gatewayScan && row.grade == 2
    guard (-1...2).contains(row.grade), row.kind != .visit || row.grade <= 0,
      !isPass || mayCheckPasses
    else { return .grade }
    return nil
  }
}
