public import VenueCodes

/// The day by which venues were to have their posters, and how that stands.
///
/// A poster fulfils a deadline when it is in force on that day; before the deadline has come, when it
/// is in force on the day of the report. One that expired or was revoked before does not, and one that
/// is lost afterwards is another matter: the numbers of the day tell it, and the deadline stays met.
/// A venue that had none on the deadline is late from the day since which it has one.
public struct DeploymentDeadline: Hashable, Sendable {
  /// How a deadline stands on the day of a report.
  public enum Standing: Hashable, Sendable {
    /// No venue is listed, so there is nothing to do.
    case nothingToDo
    /// All venues had a poster in time, the last of them on this day.
    case met(on: LocalDay)
    /// Venues are missing and so many days are left; 0 is that this day is the last.
    case open(daysLeft: Int)
    /// All venues had a poster, the last of them on this day, so many days too late.
    case late(on: LocalDay, days: Int)
    /// Venues are missing and the deadline was so many days ago.
    case overdue(days: Int)

    /// The stable word for it in files.
    public var word: String {
      switch self {
      case .nothingToDo: "nothing-to-do"
      case .met: "met"
      case .open: "open"
      case .late: "late"
      case .overdue: "overdue"
      }
    }

    /// The days that are left, or by which it was or is missed as a negative number; nil when it
    /// was met or there is nothing to do.
    public var days: Int? {
      switch self {
      case .nothingToDo, .met: nil
      case .open(let days): days
      case .late(_, let days), .overdue(let days): -days
      }
    }
  }

  /// The last day in time.
  public let day: LocalDay
  /// How it stands.
  public let standing: Standing

  /// Finds out how a deadline stands.
  ///
  /// - Parameters:
  ///   - day: The last day in time.
  ///   - counts: The numbers of the venues that it is about.
  ///   - asOf: The day of the report.
  public init(_ day: LocalDay, for counts: DeploymentCounts, asOf: LocalDay) {
    self.day = day
    let lateness = Int(asOf.daysSince2020) - Int(day.daysSince2020)
    if counts.listed == 0 {
      standing = .nothingToDo
    } else if counts.fulfilled == counts.listed, let done = counts.lastFulfilled {
      standing =
        done <= day
        ? .met(on: done)
        : .late(on: done, days: Int(done.daysSince2020) - Int(day.daysSince2020))
    } else {
      standing = lateness > 0 ? .overdue(days: lateness) : .open(daysLeft: -lateness)
    }
  }
}
