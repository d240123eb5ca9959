internal import FoundationEssentials
public import VenueRegistry

/// What all texts of a campaign share: the file `campaign/campaign.json` of a registry.
public struct CampaignSettings: Hashable, Sendable {
  /// What the app is called.
  public var app: String
  /// The page where the app is to be had, which the install code opens.
  public var installLink: String
  /// How fast announcements are read.
  public var rate: SpeechRate
  /// The longest that an announcement may take, in seconds.
  public var limitSeconds: Double
  /// Where documents are signed, such as the city's name in the dateline of a report.
  public var dateline: String
  /// The post of who signs reports.
  public var signer: String
  /// The body that the office belongs to or reports to, first line of the head of a report.
  public var superior: String
  /// The office that reports, second line of the head.
  public var office: String
  /// The letters after the number of a report, such as `BC-STTTT`.
  public var numberSuffix: String
  /// The directive that is reported on, in Vietnamese.
  public var directive: String
  /// Who the report goes to, one line each.
  public var recipients: [String]
  /// What differs in the report of one agency, by its id.
  public var agencyHeads: [String: AgencyHead]

  /// What differs in the report of one agency; nil is the usual.
  public struct AgencyHead: Hashable, Sendable, Decodable {
    /// The body that it belongs to or reports to.
    public var superior: String?
    /// The letters after the number of its reports.
    public var numberSuffix: String?
    /// The post of who signs them.
    public var signer: String?
    /// Who they go to, one line each.
    public var recipients: [String]?

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case superior, signer, recipients
      case numberSuffix = "number_suffix"
    }

    /// The keys that are taken.
    fileprivate static let keys = Set(CodingKeys.allCases.map(\.rawValue))
  }

  private struct File: Decodable {
    var app: String?
    var install_link: String?
    var syllables_per_second: Double?
    var comma_seconds: Double?
    var sentence_seconds: Double?
    var limit_seconds: Double?
    var report: Report?
  }

  private struct Report: Decodable {
    var dateline: String?
    var signer: String?
    var superior: String?
    var office: String?
    var number_suffix: String?
    var directive: String?
    var recipients: [String]?
    var agencies: [String: AgencyHead]?
  }

  private struct Keys: Decodable {
    struct Name: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init?(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    let names: Set<String>
    let report: Set<String>
    let agencies: [String: Set<String>]

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Name.self)
      names = Set(container.allKeys.map(\.stringValue))
      if let key = Name(stringValue: "report"),
        let nested = try? container.nestedContainer(keyedBy: Name.self, forKey: key)
      {
        report = Set(nested.allKeys.map(\.stringValue))
        var found: [String: Set<String>] = [:]
        if let key = Name(stringValue: "agencies"),
          let heads = try? nested.nestedContainer(keyedBy: Name.self, forKey: key)
        {
          for agency in heads.allKeys {
            let head = try? heads.nestedContainer(keyedBy: Name.self, forKey: agency)
            found[agency.stringValue] = Set((head?.allKeys ?? []).map(\.stringValue))
          }
        }
        agencies = found
      } else {
        report = []
        agencies = [:]
      }
    }
  }

  /// Reads the settings.
  ///
  /// Every key may be left out but `install_link`; no other key is taken, so that a misspelt one is
  /// not passed over.
  ///
  /// - Parameter json: The bytes of the file.
  /// - Throws: `CampaignError` with `.settings`.
  public init(json: some Sequence<UInt8>) throws(CampaignError) {
    let data = Data(json)
    let file: File
    let keys: Keys
    do {
      keys = try JSONDecoder().decode(Keys.self, from: data)
      file = try JSONDecoder().decode(File.self, from: data)
    } catch DecodingError.typeMismatch(_, let context) {
      throw .settings(
        key: context.codingPath.map(\.stringValue).joined(separator: "."),
        reason: "it is not of the kind it should be")
    } catch {
      throw .settings(key: "", reason: "this is not a JSON object")
    }
    let known: Set<String> = [
      "app", "install_link", "syllables_per_second", "comma_seconds", "sentence_seconds",
      "limit_seconds", "report",
    ]
    let knownOfReport: Set<String> = [
      "dateline", "signer", "superior", "office", "number_suffix", "directive", "recipients",
      "agencies",
    ]
    if let unknown = keys.names.subtracting(known).min() {
      throw .settings(key: unknown, reason: "there is no such setting")
    }
    if let unknown = keys.report.subtracting(knownOfReport).min() {
      throw .settings(key: "report.\(unknown)", reason: "there is no such setting")
    }
    for (agency, names) in keys.agencies.sorted(by: { $0.key < $1.key }) {
      if let unknown = names.subtracting(AgencyHead.keys).min() {
        throw .settings(
          key: "report.agencies.\(agency).\(unknown)", reason: "there is no such setting")
      }
    }
    guard let link = file.install_link else {
      throw .settings(key: "install_link", reason: "it is missing")
    }
    guard link.hasPrefix("https://"), link.utf8.count > 8, link.utf8.count <= 300,
      link.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { throw .settings(key: "install_link", reason: "it is no link: begin with https://") }
    installLink = link
    app = file.app ?? ""
    rate = SpeechRate()
    rate.syllablesPerSecond = try Self.number(
      file.syllables_per_second, in: 1...10, or: rate.syllablesPerSecond, "syllables_per_second")
    rate.commaSeconds = try Self.number(
      file.comma_seconds, in: 0...5, or: rate.commaSeconds, "comma_seconds")
    rate.sentenceSeconds = try Self.number(
      file.sentence_seconds, in: 0...5, or: rate.sentenceSeconds, "sentence_seconds")
    limitSeconds = try Self.number(file.limit_seconds, in: 5...600, or: 40, "limit_seconds")
    dateline = file.report?.dateline ?? ""
    signer = file.report?.signer ?? ""
    superior = file.report?.superior ?? ""
    office = file.report?.office ?? ""
    numberSuffix = file.report?.number_suffix ?? ""
    directive = file.report?.directive ?? ""
    recipients = file.report?.recipients ?? []
    agencyHeads = file.report?.agencies ?? [:]
  }

  private static func number(
    _ value: Double?, in range: ClosedRange<Double>, or usual: Double, _ key: String
  ) throws(CampaignError) -> Double {
    guard let value else { return usual }
    guard range.contains(value) else {
      throw .settings(key: key, reason: "give \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// Returns the settings with which an agency writes the report about its own venues.
  ///
  /// It is the agency that reports then, to the superior body and to the office that consolidates.
  /// The letters after the number are left to be filled in by hand unless the settings give them.
  public func written(by agency: Agency) -> CampaignSettings {
    let head = agencyHeads[agency.id] ?? AgencyHead()
    let name = agency.name.vietnamese
    var settings = self
    settings.superior = head.superior ?? superior
    guard name.lowercased() != office.lowercased() else { return settings }
    settings.office = name
    settings.numberSuffix = head.numberSuffix ?? "BC-………"
    settings.signer = head.signer ?? "Thủ trưởng cơ quan"
    let usual = [superior.isEmpty ? "" : "\(superior) (để báo cáo);", office + " (để tổng hợp);"]
    settings.recipients =
      head.recipients ?? usual.filter { !$0.hasPrefix(" ") && !$0.isEmpty } + ["Lưu: VT."]
    return settings
  }

  /// The host of the install page.
  public var installHost: String {
    String(installLink.dropFirst("https://".count).prefix { $0 != "/" && $0 != "?" && $0 != "#" })
  }
}
