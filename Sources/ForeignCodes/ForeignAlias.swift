/// The short form of a foreign code under which a registry knows a venue by it.
///
/// An alias is all of a foreign code that is ever kept: it is stable, short, and of few characters.
enum ForeignAlias {
  /// Whether a text may be a venue's id: 1 to 64 ASCII letters, digits, hyphens, dots, underscores.
  static func isIdentifier(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { $0.isDigit || $0.isLetter || "-._".utf8.contains($0) }
  }

  /// How much of a location id of 32 bytes is kept: 16 bytes tell any two places apart.
  static let locationIDLength = 16
}

extension ForeignCode {
  /// The form in which a registry keeps this code as an alias of a venue; nil for what is no venue's.
  ///
  /// | format | alias |
  /// | --- | --- |
  /// | NHS COVID-19 | `nhs:` and the id |
  /// | NZ COVID Tracer | `nz:` and the global location number |
  /// | Corona-Warn-App | `cwa:` and the first 32 hexadecimal digits of the location id |
  /// | NotifyMe | `crowdnotifier:` and the same of its message |
  /// | Cléa | `clea:` and the temporary id as a UUID |
  /// | LeaveHomeSafe | `lhs:` and the id |
  /// | PC-Covid | `pccovid:` and the six letters |
  /// | any other address | the address, when it has at most 200 characters of ASCII |
  ///
  /// Aliases are compared without regard to case.
  public var alias: String? {
    switch self {
    case .nhs(let poster): "nhs:\(poster.id)"
    case .newZealand(let poster): "nz:\(poster.locationNumber)"
    case .traceLocation(let poster):
      "\(poster.format.rawValue):"
        + HexText.text(of: poster.locationID.prefix(ForeignAlias.locationIDLength))
    case .clea(let poster): "clea:\(poster.temporaryIDText)"
    case .leaveHomeSafe(let poster): "lhs:\(poster.id)"
    case .pcCovid(let poster): "pccovid:\(poster.letters)"
    case .address(let text): text
    case .document: nil
    }
  }
}
