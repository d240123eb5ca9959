public import VenueCodes

/// Which way a poster's code counts.
public enum PosterDirection: String, Hashable, Sendable, CaseIterable {
  /// One code at a door that serves both ways.
  case inAndOut
  /// A code at the way in.
  case entrance
  /// A code at the way out.
  case exit
}

/// Everything that a sheet says besides its code.
///
/// All of it is data: nothing here is looked up, and nothing is drawn that is not given.
///
///     var sheet = PosterSheet(
///       name: "Ga Hải Phòng", direction: .inAndOut, typedCode: id.grouped,
///       issued: today, expires: lastDay, printSerial: 1, languages: [vietnamese, english])
///     sheet.address = "75 Lương Khánh Thiện"
public struct PosterSheet: Hashable, Sendable {
  /// The venue's name, as its people know it.
  public var name: String

  /// Street and number.
  public var address: String?

  /// The entrance, room, table or carriage this print is for.
  public var zone: String?

  /// Where the venue lies, such as "Quận Ngô Quyền, thành phố Hải Phòng".
  public var district: String?

  /// The agency that answers for the venue.
  public var agency: String?

  /// Which way the code counts.
  public var direction: PosterDirection

  /// The code a person can type, in the groups to be shown.
  public var typedCode: String

  /// The first day the code is valid.
  public var issued: LocalDay

  /// The last day the code is valid.
  public var expires: LocalDay

  /// The number of this print, by which it is revoked alone.
  public var printSerial: Int

  /// Who issues the poster; stands at the very top.
  public var authority: String?

  /// A telephone number for questions.
  public var hotline: String?

  /// A last line in small type, such as what the data may be used for.
  public var notice: String?

  /// The host that opens when the code is scanned; people are told to look for it.
  public var host: String?

  /// The languages, the main one first.
  public var languages: [PosterLanguage]

  /// The time of making, in seconds since 1970; it goes into the file's properties.
  public var madeAtSecond: Int64

  /// Makes a sheet with what every poster must say; the rest is set afterwards.
  ///
  /// - Parameters:
  ///   - name: The venue's name.
  ///   - direction: Which way the code counts.
  ///   - typedCode: The code a person can type, in groups.
  ///   - issued: The first day the code is valid.
  ///   - expires: The last day the code is valid.
  ///   - printSerial: The number of this print.
  ///   - languages: The languages, the main one first.
  ///   - madeAtSecond: The time of making; without it, the first second of the day of issue in UTC.
  public init(
    name: String, direction: PosterDirection, typedCode: String, issued: LocalDay,
    expires: LocalDay, printSerial: Int,
    languages: [PosterLanguage], madeAtSecond: Int64? = nil
  ) {
    self.name = name
    self.direction = direction
    self.typedCode = typedCode
    self.issued = issued
    self.expires = expires
    self.printSerial = printSerial
    self.languages = languages
    self.madeAtSecond =
      madeAtSecond ?? Int64(LocalDay.epochOffset + Int(issued.daysSince2020)) * 86_400
  }
}

/// A part of the poster, as errors and layouts name it.
public enum PosterPart: String, Hashable, Sendable, CaseIterable {
  /// Who issues the poster.
  case authority
  /// The call to scan.
  case heading
  /// Entrance, exit or both.
  case direction
  /// The venue's name.
  case name
  /// The entrance, room or table.
  case zone
  /// Street and number.
  case address
  /// District and agency.
  case district
  /// The code itself, without its quiet zone.
  case symbol
  /// The code people type, and what it is for.
  case typedCode
  /// What to do.
  case steps
  /// Dates, print number, hotline.
  case record
  /// The last line.
  case notice
  /// Any text of a document, which is no poster.
  case document
  /// The border that tells a preview from a print.
  case preview
}

extension PosterPart: CustomStringConvertible {
  /// The part in words.
  public var description: String {
    switch self {
    case .authority: "issuing authority"
    case .heading: "heading"
    case .direction: "direction"
    case .name: "venue name"
    case .zone: "zone"
    case .address: "address"
    case .district: "district and agency"
    case .symbol: "code"
    case .typedCode: "typed code"
    case .steps: "steps"
    case .record: "dates and hotline"
    case .notice: "notice"
    case .document: "document"
    case .preview: "preview's border"
    }
  }
}
