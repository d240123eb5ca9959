public import VenueCodes
public import VenueRegistry

/// The languages that reports are written in, the first above the second where both have room.
public struct ReportLanguages: Hashable, Sendable {
  /// Whether Vietnamese is among them.
  public let hasVietnamese: Bool
  /// Whether English is among them.
  public let hasEnglish: Bool

  /// Makes a choice; Vietnamese when neither is asked for.
  public init(hasVietnamese: Bool, hasEnglish: Bool) {
    self.hasVietnamese = hasVietnamese || !hasEnglish
    self.hasEnglish = hasEnglish
  }

  /// The text that leads.
  public func first(_ name: BilingualName) -> String {
    hasVietnamese ? name.vietnamese : name.english
  }

  /// The text beside it, or nil when one language is asked for or both texts are the same.
  public func second(_ name: BilingualName) -> String? {
    hasVietnamese && hasEnglish && name.english != name.vietnamese ? name.english : nil
  }

  /// Both texts, a line each.
  public func lines(_ name: BilingualName) -> String {
    second(name).map { "\(first(name))\n\($0)" } ?? first(name)
  }
}

/// The words of a deployment report, in both languages.
public enum ReportWord: Sendable, CaseIterable {
  /// The report.
  case title
  /// A group of venues: an agency, a division, a category.
  case consolidated, agency, division, category
  /// The numbers.
  case listed, deployed, deployedShare, activeOnDay, activeShare, activeInWeek, weekActiveShare
  case scansOnDay, scansInWeek, meanScans, deadline, standing, daysLeft
  /// The lists.
  case notDeployed, silent, venueCode, venueName, ward, district, address, printedOn, entered
  /// The days.
  case days, day, scans, active

  /// The word.
  public var text: BilingualName {
    let (vietnamese, english) = words
    return BilingualName(vietnamese: vietnamese, english: english)
  }

  private var words: (String, String) {
    switch self {
    case .title:
      ("Kết quả triển khai mã QR khai báo điểm đến", "Deployment of the check-in QR codes")
    case .consolidated: ("Tổng hợp", "Consolidated")
    case .agency: ("Cơ quan", "Agency")
    case .division: ("Địa bàn", "Division")
    case .category: ("Loại địa điểm", "Category")
    case .listed: ("Địa điểm đăng ký", "Venues listed")
    case .deployed: ("Đã in áp phích", "Poster printed")
    case .deployedShare: ("Tỷ lệ đã in", "Share printed")
    case .activeOnDay: ("Có quét trong ngày", "Active that day")
    case .activeShare: ("Tỷ lệ có quét (ngày)", "Share active (day)")
    case .activeInWeek: ("Có quét trong 7 ngày", "Active in 7 days")
    case .weekActiveShare: ("Tỷ lệ có quét (7 ngày)", "Share active (7 days)")
    case .scansOnDay: ("Lượt quét trong ngày", "Scans that day")
    case .scansInWeek: ("Lượt quét trong 7 ngày", "Scans in 7 days")
    case .meanScans: ("Lượt quét/ngày (7 ngày)", "Scans a day (7 days)")
    case .deadline: ("Hạn", "Deadline")
    case .standing: ("Tiến độ", "Standing")
    case .daysLeft: ("Số ngày còn lại", "Days left")
    case .notDeployed: ("Chưa in áp phích", "No poster")
    case .silent: ("Đã in, chưa có lượt quét", "Printed but silent")
    case .venueCode: ("Mã địa điểm", "Venue code")
    case .venueName: ("Tên địa điểm", "Venue")
    case .ward: ("Phường, xã", "Ward")
    case .district: ("Quận, huyện", "District")
    case .address: ("Địa chỉ", "Address")
    case .printedOn: ("Ngày in", "Printed on")
    case .entered: ("Lượt nhập không có mã (7 ngày)", "Entered without a code, 7 days")
    case .days: ("Theo ngày", "By day")
    case .day: ("Ngày", "Day")
    case .scans: ("Lượt quét", "Scans")
    case .active: ("Có lượt quét", "Active")
    }
  }
}

extension DeploymentDeadline.Standing {
  /// The standing in a few words.
  ///
  /// - Parameter date: How a day is written.
  /// - Returns: The words in both languages.
  public func text(date: (LocalDay) -> String) -> BilingualName {
    func days(_ count: Int) -> String { count == 1 ? "1 day" : "\(count) days" }
    return switch self {
    case .nothingToDo:
      BilingualName(vietnamese: "không có địa điểm", english: "no venue")
    case .met(let day):
      BilingualName(
        vietnamese: "hoàn thành \(date(day))", english: "met on \(date(day))")
    case .open(0):
      BilingualName(
        vietnamese: "ngày báo cáo là hạn cuối", english: "due on the day of the report")
    case .open(let left):
      BilingualName(vietnamese: "còn \(left) ngày", english: "\(days(left)) left")
    case .late(let day, let late):
      BilingualName(
        vietnamese: "hoàn thành \(date(day)), trễ \(late) ngày",
        english: "met on \(date(day)), \(days(late)) late")
    case .overdue(let late):
      BilingualName(vietnamese: "quá hạn \(late) ngày", english: "\(days(late)) overdue")
    }
  }
}
