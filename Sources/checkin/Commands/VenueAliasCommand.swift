internal import CommandKit
internal import ExposureStorage
internal import ForeignCodes
internal import JSONText
internal import VenueCodes
internal import VenueRegistry

/// `checkin venue alias`: makes another name or another service's code known for a venue.
struct VenueAliasCommand: Sendable {
  var venue = Required<VenueWord>()
  var code = Required<String>()
  var isRemoved = false

  static let command = Command(
    "alias", "Makes another name, or another service's code, known for a venue",
    VenueAliasCommand(),
    [
      .argument("VENUE", \.venue, help: "The venue's id"),
      .argument("CODE", \.code, help: "A name, the text of the other code, or its short form"),
      .flag("--remove", \.isRemoved, help: "Forget it instead"),
    ],
    shared: .dryRun,
    discussion: """
      A door then takes the code for the venue, with no more weight than an id typed by hand, for \
      anyone can copy or make it. Of another service's code only a short form is kept: nhs:ID, \
      nz:NUMBER, cwa:LOCATION, crowdnotifier:LOCATION, clea:ID, lhs:ID, pccovid:LETTERS, or the \
      address as it is. A person's card is never an alias, nor is a code of ours.
      """,
    examples: [
      Example(
        "checkin venue alias C4C6BHFZC https://qr.pccovid.gov.vn/ksvrbm",
        "Go on with the code on the wall")
    ],
    run: { options, context in try options.run(context) })

  private func run(_ context: Context) throws -> ExitStatus {
    let id = venue.wrappedValue.id
    let workspace = Workspace(context)
    let alias = try self.alias(carrier: workspace.carrierIfThere())
    func change(_ registry: inout Registry) throws -> Bool {
      var venue = try registry.known(id)
      let isThere = venue.aliases.contains { $0.lowercased() == alias.lowercased() }
      guard isThere == isRemoved else { return false }
      if isRemoved {
        venue.aliases.removeAll { $0.lowercased() == alias.lowercased() }
      } else {
        if let other = registry.venues(knownAs: alias).first {
          throw CommandError(
            "\(alias) is an alias of \(other.id), \(other.name)",
            hint: "checkin venue alias \(other.id) '\(alias)' --remove", code: "alias-taken")
        }
        venue.aliases.append(alias)
      }
      try registry.update(venue)
      return true
    }
    var registry = try workspace.registry()
    let isChanged: Bool
    if context.isDryRun {
      isChanged = try change(&registry)
    } else {
      (registry, isChanged) = try workspace.registryFolder.update { registry in
        let isChanged = try change(&registry)
        return (registry, isChanged)
      }
    }
    let venue = try registry.known(id)
    if context.json {
      try context.output.json { json in
        json.object { json in VenueText.write(venue, of: registry, to: &json) }
      }
    } else {
      try context.output.line(
        "\(id)  \(isRemoved ? "no longer" : "also") \(alias)  \(venue.name)")
    }
    if context.isDryRun || !isChanged { context.talk.note("nothing was changed") }
    return .done
  }

  /// The alias that is kept: a foreign code's short form, or the word as it is.
  ///
  /// What may be of a person is refused before the registry sees it, and not repeated.
  private func alias(carrier: Carrier) throws -> String {
    guard (try? carrier.bytes(decoding: code.wrappedValue)) == nil else {
      throw UsageError(
        "CODE: this is a code of ours, which needs no alias",
        hint: "a poster or screen names its venue itself, and a pass is a visitor's")
    }
    let foreign: ForeignCode?
    do {
      foreign = try ForeignCode(recognizing: code.wrappedValue)
    } catch {
      throw UsageError("CODE: \(error)")
    }
    guard let foreign else {
      guard !code.wrappedValue.utf8.contains(UInt8(ascii: "|")) else {
        throw UsageError(
          "CODE: a text with | is no alias", hint: "it may be of a person's card: scan the venue's")
      }
      return code.wrappedValue.precomposed
    }
    guard let alias = foreign.alias else {
      throw UsageError(
        "CODE: \(foreign.format.name) cannot be an alias",
        hint: foreign.format.isPersonal
          ? "it is about a person" : "an address may have 200 characters, without spaces")
    }
    return alias
  }
}
