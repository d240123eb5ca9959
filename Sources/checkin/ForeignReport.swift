internal import CommandKit
internal import ForeignCodes
internal import JSONText
internal import VenueRegistry

/// What `checkin verify` says of a code that is not of this system.
struct ForeignReport {
  private enum Finding {
    case code(ForeignCode)
    case damaged(ForeignCodeError)
  }

  private let finding: Finding
  /// The venues that have the code for an alias, by its short form or its whole text: one, unless
  /// the registry has a fault.
  private let venues: [Venue]

  /// Looks at a text that is no code of this system; nil when it is of no known format either, or an
  /// address, for which there is a sentence already.
  init?(_ text: [UInt8], registry: Registry) {
    do throws(ForeignCodeError) {
      guard let code = try ForeignCode(recognizing: text.span) else { return nil }
      let names = [
        code.alias, code.format.isPersonal ? nil : String(decoding: text, as: UTF8.self),
      ]
      venues = names.compactMap { $0 }.flatMap { registry.venues(knownAs: $0) }
      // An address is told only when somebody made it an alias.
      guard code.format != .address || !venues.isEmpty else { return nil }
      finding = .code(code)
    } catch {
      finding = .damaged(error)
      venues = []
    }
  }

  private var code: ForeignCode? {
    if case .code(let code) = finding { code } else { nil }
  }

  private var format: ForeignFormat {
    switch finding {
    case .code(let code): code.format
    case .damaged(let error): error.format
    }
  }

  private var message: String {
    switch finding {
    case .damaged(let error): return "\(error)"
    case .code(let code):
      guard let venue = venues.first else { return code.refusal }
      return "this is a code of \(format.name), not a code of this system; it is an alias of "
        + "\(venue.id) and counts as a typed id"
    }
  }

  private var maskedNumber: String? {
    if case .document(let document)? = code { document.identity.maskedNumber } else { nil }
  }

  private var signature: String? {
    if case .nhs(let poster)? = code { poster.signatureStatus().rawValue } else { nil }
  }

  /// Writes the report: for a person's document nothing but the format and the masked number.
  ///
  /// - Throws: What writing throws.
  func write(_ source: String?, to context: Context) throws {
    if context.json {
      var lines = JSONLines(to: context.output)
      try lines.object {
        $0.field("valid", false)
        $0.field("reason", "foreign-code")
        $0.field("message", message)
        $0.field("format", format.rawValue)
        $0.field("name", code?.venueName)
        $0.field("address", code?.venueAddress)
        $0.field("number", maskedNumber)
        $0.field("signature", signature)
        $0.field("alias", code?.alias)
        $0.field("venue", venues.first.map { "\($0.id)" })
        $0.field("source", source)
      }
      try lines.finish()
      return
    }
    let output = context.output
    if let source { try output.line(source) }
    try output.line(output.styled("not valid: \(message)", .red))
    try output.table(
      Table(properties: [
        ("Format", format.name),
        ("Says", code?.venueName),
        ("Address", code?.venueAddress?.split(whereSeparator: \.isNewline).joined(separator: ", ")),
        ("Number", maskedNumber),
        ("Signature", signature),
        ("Alias", code?.alias),
        ("Venue", venues.first.map { "\($0.name) (\($0.id))" }),
      ]))
  }
}
