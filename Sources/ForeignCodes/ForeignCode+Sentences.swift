extension ForeignCode {
  /// Why the code does not check anybody in, for the person at the door.
  ///
  /// It says what the code is and repeats nothing of it.
  public var refusal: String {
    let what = "this is a code of \(format.name), not a code of this system"
    let help = "an administrator can make it an alias of a venue with checkin venue alias"
    return switch self {
    case .nhs, .newZealand, .traceLocation, .pcCovid: "\(what): \(help)"
    case .leaveHomeSafe: "\(what), and anyone can make one, for its hash has no key: \(help)"
    case .clea: "\(what), and what it holds is encrypted for another authority: \(help)"
    case .document:
      "this is \(format.name), which says who and not where: scan the venue's code first"
    case .address:
      "this is no check-in code but an address or a code of another service: do not open it"
    }
  }
}
