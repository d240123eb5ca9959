internal import CommandKit
internal import EvidenceIntake
internal import ExposureStorage
internal import Presence
internal import Tracing
internal import VenueRegistry

extension Workspace {
  /// Finds the person that an option names: by the short form of a pseudonym, or by the string that
  /// files call them.
  func person(
    named text: String, by option: String, in history: ExposureHistory, store: ExposureStore,
    registry: Registry
  ) throws -> Pseudonym {
    if let known = history.person(shortForm: text) { return known }
    let intake = try intake(store: store, registry: registry)
    // Whoever shows or finds a pass must not be told where its holder was.
    guard !intake.isPass(text) else {
      throw UsageError(
        "\(option): a pass is not answered with its holder's history",
        hint: "a case is registered with it: `checkin case add ID --subject PASS`")
    }
    guard !intake.isDocument(text) else {
      throw UsageError(
        "\(option): a card is not answered with its holder's history",
        hint: "write the number that the case is about: cccd:NUMBER")
    }
    do {
      return try intake.pseudonym(of: text)
    } catch {
      throw UsageError("\(option): \(error)")
    }
  }
}
