/// The formats of other services and of Vietnam's cards that are told apart; raw values are stable.
public enum ForeignFormat: String, Sendable, CaseIterable {
  /// England's and Wales's NHS COVID-19 app.
  case nhs
  /// New Zealand's COVID Tracer.
  case newZealand = "nz"
  /// Germany's Corona-Warn-App.
  case coronaWarnApp = "cwa"
  /// The Swiss NotifyMe, the first to use CrowdNotifier.
  case crowdNotifier = "crowdnotifier"
  /// France's TousAntiCovid.
  case clea
  /// Hong Kong's LeaveHomeSafe.
  case leaveHomeSafe = "leavehomesafe"
  /// Vietnam's PC-Covid: the code of a place.
  case pcCovid = "pccovid"
  /// Vietnam's personal QR code, version 1.1.
  case personalCode = "personal-qr"
  /// Vietnam's citizen card with a chip.
  case citizenCard = "cccd"
  /// Vietnam's health insurance card.
  case insuranceCard = "bhyt"
  /// Some address, of which nothing is known and which is never opened.
  case address = "url"

  /// The name by which people know it.
  public var name: String {
    switch self {
    case .nhs: "NHS COVID-19"
    case .newZealand: "NZ COVID Tracer"
    case .coronaWarnApp: "Corona-Warn-App"
    case .crowdNotifier: "NotifyMe (CrowdNotifier)"
    case .clea: "TousAntiCovid (Cléa)"
    case .leaveHomeSafe: "LeaveHomeSafe"
    case .pcCovid: "PC-Covid"
    case .personalCode: "Vietnam's personal QR code"
    case .citizenCard: "Vietnam's citizen card (CCCD)"
    case .insuranceCard: "Vietnam's health insurance card (BHYT)"
    case .address: "a web address"
    }
  }

  /// Whether it is about a person, so that nothing of it may be shown or kept.
  public var isPersonal: Bool {
    switch self {
    case .personalCode, .citizenCard, .insuranceCard: true
    default: false
    }
  }
}
