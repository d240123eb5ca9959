/// A code of another service, read for what it is and never trusted.
///
///     let code = try ForeignCode(recognizing: text)
///     code?.format.name  // NZ COVID Tracer
///     code?.alias        // nz:7000000243950
///
/// None of these says that somebody was somewhere: a venue's code counts only when an administrator
/// has made its `alias` one of a venue, and then no more than an id typed by hand. Nothing here
/// opens an address.
public enum ForeignCode: Hashable, Sendable {
  /// A poster of the NHS COVID-19 app.
  case nhs(NHSPoster)
  /// A poster of NZ COVID Tracer.
  case newZealand(NewZealandPoster)
  /// A poster of the Corona-Warn-App or of NotifyMe.
  case traceLocation(TraceLocationPoster)
  /// A code of TousAntiCovid.
  case clea(CleaPoster)
  /// A code of LeaveHomeSafe.
  case leaveHomeSafe(LeaveHomeSafePoster)
  /// A code of a place of PC-Covid.
  case pcCovid(PCCovidPoster)
  /// A personal document of Vietnam.
  case document(PersonalDocument)
  /// Any other address; nil when it is too long or too odd to be kept as an alias.
  case address(String?)

  /// The longest text that is looked at.
  public static let maximumLength: Int = 1 << 16

  /// Says which format a scanned text is of; nil when it is of none.
  ///
  /// - Parameter text: The bytes a scanner gave, of any length and content, without a line end.
  /// - Throws: `ForeignCodeError` when it plainly is of a format, but damaged or of an unknown version.
  /// - Complexity: O(n) in the text.
  public init?(recognizing text: Span<UInt8>) throws(ForeignCodeError) {
    guard text.count <= Self.maximumLength else { return nil }
    let bytes = text.withUnsafeBufferPointer { Array($0) }
    try self.init(bytes[...])
  }

  /// Says which format a scanned text is of; nil when it is of none.
  ///
  /// - Parameter text: The text a scanner gave.
  /// - Throws: `ForeignCodeError` when it plainly is of a format, but damaged or of an unknown version.
  public init?(recognizing text: String) throws(ForeignCodeError) {
    try self.init(recognizing: text.utf8.span)
  }

  private init?(_ text: ArraySlice<UInt8>) throws(ForeignCodeError) {
    if text.dropping(NHSPoster.prefix) != nil {
      self = .nhs(try NHSPoster(text))
    } else if text.dropping(NewZealandPoster.prefix) != nil
      || text.dropping(origin: NewZealandPoster.linkOrigin)?.dropping(NewZealandPoster.linkPath)
        != nil
    {
      self = .newZealand(try NewZealandPoster(text))
    } else if text.dropping(LeaveHomeSafePoster.prefix) != nil {
      self = .leaveHomeSafe(try LeaveHomeSafePoster(text))
    } else if Self.has(TraceLocationPoster.coronaWarnAppOrigin, text)
      || Self.has(TraceLocationPoster.notifyMeOrigin, text)
    {
      self = .traceLocation(try TraceLocationPoster(text))
    } else if Self.has(CleaPoster.origin, text) {
      self = .clea(try CleaPoster(text))
    } else if let poster = try? PCCovidPoster(text) {
      self = .pcCovid(poster)
    } else if let document = try PersonalDocument(text) {
      self = .document(document)
    } else if Self.isAddress(text) {
      let isKept = text.count <= 200 && text.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x7C }
      self = .address(isKept ? String(decoding: text, as: UTF8.self) : nil)
    } else {
      return nil
    }
  }

  /// Whether a text is an address of a host: no host's name goes on behind it.
  private static func has(_ origin: String, _ text: ArraySlice<UInt8>) -> Bool {
    guard let next = text.dropping(origin: origin)?.first else { return false }
    return "/?#".utf8.contains(next)
  }

  /// Whether a text begins like an address: a scheme and two slashes, or `www.`.
  private static func isAddress(_ text: ArraySlice<UInt8>) -> Bool {
    if text.dropping("www.", inAnyCase: 4) != nil { return true }
    let scheme = text.prefix(24).prefix {
      $0.isLetter || $0.isDigit || "+-.".utf8.contains($0)
    }
    return scheme.first?.isLetter == true && text[scheme.endIndex...].dropping("://") != nil
  }

  /// The format.
  public var format: ForeignFormat {
    switch self {
    case .nhs: .nhs
    case .newZealand: .newZealand
    case .traceLocation(let poster): poster.format
    case .clea: .clea
    case .leaveHomeSafe: .leaveHomeSafe
    case .pcCovid: .pcCovid
    case .document(let document): document.format
    case .address: .address
    }
  }

  /// What the code calls the place; nil when it does not, and for what is no place's.
  public var venueName: String? {
    switch self {
    case .nhs(let poster): poster.name
    case .newZealand(let poster): poster.name
    case .traceLocation(let poster): poster.name
    case .leaveHomeSafe(let poster): poster.name.isEmpty ? poster.chineseName : poster.name
    case .clea, .pcCovid, .document, .address: nil
    }
  }

  /// What the code says about where the place is; nil when it does not.
  public var venueAddress: String? {
    switch self {
    case .nhs(let poster): poster.address ?? poster.postcode
    case .newZealand(let poster): poster.address
    case .traceLocation(let poster): poster.address
    case .leaveHomeSafe, .clea, .pcCovid, .document, .address: nil
    }
  }
}
