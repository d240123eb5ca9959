internal import VenueCodes

/// The fixed texts of a poster in one language.
///
/// A new language is a new value in `all`; nothing else has to know. `{host}` stands for the host
/// that opens when the code is scanned.
public struct PosterLanguage: Hashable, Sendable {
  /// The texts that depend on which way the code counts.
  public struct Direction: Hashable, Sendable {
    /// The call to scan, in a few words.
    public var heading: String
    /// The word for the door.
    public var tag: String
    /// The last step, once the link is open.
    public var lastStep: String

    /// Makes the texts of one direction.
    ///
    /// - Parameters:
    ///   - heading: The call to scan.
    ///   - tag: The word for the door.
    ///   - lastStep: The last step.
    public init(heading: String, tag: String, lastStep: String) {
      self.heading = heading
      self.tag = tag
      self.lastStep = lastStep
    }
  }

  /// The language's tag of BCP 47, by which it is asked for.
  public var tag: String

  /// The texts of a code that serves both ways.
  public var inAndOut: Direction

  /// The texts of a code at the way in.
  public var entrance: Direction

  /// The texts of a code at the way out.
  public var exit: Direction

  /// The first step: point the camera.
  public var pointCamera: String

  /// The second step when the host is known.
  public var openLinkAtHost: String

  /// The second step when it is not.
  public var openLink: String

  /// What the typed code is for, when the host is known.
  public var typeCodeAtHost: String

  /// What the typed code is for, when it is not.
  public var typeCode: String

  /// The label before the zone.
  public var zone: String

  /// The label of the first valid day.
  public var issued: String

  /// The label of the last valid day.
  public var expires: String

  /// The label of the print's number.
  public var printSerial: String

  /// The label of the telephone number.
  public var hotline: String

  /// The texts of a direction.
  ///
  /// - Parameter direction: Which way the code counts.
  /// - Returns: The heading, the word for the door and the last step.
  public func texts(for direction: PosterDirection) -> Direction {
    switch direction {
    case .inAndOut: inAndOut
    case .entrance: entrance
    case .exit: exit
    }
  }

  /// A day as people in Vietnam write it, day first.
  static func date(_ day: LocalDay) -> String {
    let (year, month, day) = day.components
    func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(padded(day))/\(padded(month))/\(year)"
  }

  /// The second step and the hint at the typed code, with the host put in.
  func linkTexts(host: String?) -> (step: String, hint: String) {
    guard let host else { return (openLink, typeCode) }
    return (
      openLinkAtHost.replacing("{host}", with: host), typeCodeAtHost.replacing("{host}", with: host)
    )
  }
}

extension PosterLanguage {
  /// Vietnamese.
  public static let vietnamese = PosterLanguage(
    tag: "vi",
    inAndOut: Direction(
      heading: "Quét mã khai báo điểm đến", tag: "Vào và ra",
      lastStep: "Bấm xác nhận. Khi ra về, vui lòng quét lại mã này."),
    entrance: Direction(
      heading: "Quét mã trước khi vào", tag: "Lối vào",
      lastStep: "Bấm xác nhận rồi vào. Khi ra về, vui lòng quét mã ở lối ra."),
    exit: Direction(
      heading: "Quét mã trước khi ra về", tag: "Lối ra",
      lastStep: "Bấm xác nhận để ghi nhận giờ ra về. Xin cảm ơn!"),
    pointCamera: "Mở máy ảnh của điện thoại và hướng vào mã QR ở trên.",
    openLinkAtHost: "Mở đường dẫn {host} và kiểm tra đúng tên địa điểm này.",
    openLink: "Mở đường dẫn hiện ra và kiểm tra đúng tên địa điểm này.",
    typeCodeAtHost: "Không quét được mã? Vào {host} và nhập mã địa điểm:",
    typeCode: "Không quét được mã? Nhập mã địa điểm:",
    zone: "Khu vực", issued: "Ngày cấp", expires: "Có giá trị đến hết ngày",
    printSerial: "Bản in số", hotline: "Đường dây nóng")

  /// English.
  public static let english = PosterLanguage(
    tag: "en",
    inAndOut: Direction(
      heading: "Scan to check in and out", tag: "In and out",
      lastStep: "Confirm. Please scan this code again when you leave."),
    entrance: Direction(
      heading: "Scan before you enter", tag: "Entrance",
      lastStep: "Confirm and go in. Please scan the code at the exit when you leave."),
    exit: Direction(
      heading: "Scan before you leave", tag: "Exit",
      lastStep: "Confirm to record the time you left. Thank you!"),
    pointCamera: "Open your phone’s camera and point it at the QR code above.",
    openLinkAtHost: "Open the link {host} and check that it shows the name of this place.",
    openLink: "Open the link and check that it shows the name of this place.",
    typeCodeAtHost: "Cannot scan? Go to {host} and type the venue code:",
    typeCode: "Cannot scan? Type the venue code:",
    zone: "Zone", issued: "Issued", expires: "Valid through",
    printSerial: "Print no.", hotline: "Hotline")

  /// Every language there is.
  public static let all: [PosterLanguage] = [.vietnamese, .english]

  /// Finds a language by its tag, in any case.
  ///
  /// - Parameter tag: A tag such as `vi`.
  public init?(tag: String) {
    guard let language = PosterLanguage.all.first(where: { $0.tag == tag.lowercased() }) else {
      return nil
    }
    self = language
  }
}
