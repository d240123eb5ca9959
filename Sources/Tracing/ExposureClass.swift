/// How strong the evidence of a shared second is; a greater class is stronger.
///
/// The raw value is the number of the class in the checksum of rows, see `TraceSummary`.
public enum ExposureClass: UInt8, Comparable, Sendable, CaseIterable, BitwiseCopyable {
  /// No class reached its threshold.
  case brief = 0
  /// Both were at one venue in the open.
  case openVenue = 1
  /// The contact was in a closed venue soon after the case left.
  case tail = 2
  /// Both were in one closed venue.
  case closedVenue = 3
  /// Their phones were near each other.
  case near = 4
  /// Their phones were near each other while both were at one venue.
  case nearAtVenue = 5

  /// The classes that evidence can have, weakest first.
  public static let judged: [ExposureClass] = [
    .openVenue, .tail, .closedVenue, .near, .nearAtVenue,
  ]

  /// The name in rule sets and output.
  public var name: String {
    switch self {
    case .brief: "brief"
    case .openVenue: "open_venue"
    case .tail: "tail"
    case .closedVenue: "closed_venue"
    case .near: "near"
    case .nearAtVenue: "near_at_venue"
    }
  }

  /// Orders classes by strength.
  public static func < (left: ExposureClass, right: ExposureClass) -> Bool {
    left.rawValue < right.rawValue
  }
}
