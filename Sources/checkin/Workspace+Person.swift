internal import CommandKit
internal import EvidenceIntake
internal import ExposureStorage
internal import Presence
internal import Tracing
internal import VenueRegistry

extension Workspace {
  /// Finds the person that an option names: by the short form of a pseudonym, or by the string that
  /// files call them.
  ///
  /// A short form that nobody has is refused, and not taken for somebody's name.
  func person(
    named text: String, by option: String, in history: ExposureHistory, store: ExposureStore,
    registry: Registry
  ) throws -> Pseudonym {
    if let known = history.person(shortForm: text) { return known }
    if let bits = Pseudonym.first60Bits(ofShortForm: text) {
      // A case of whom there is no evidence has a short form all the same.
      let cases = try store.caseRecords(openOnly: false)
      if let known = cases.first(where: { $0.subject.high >> 4 == bits }) { return known.subject }
      throw CommandError(
        "\(option): nobody in this store has the short form \(text)",
        hint: "copy it from an answer of this store, or give the string that files call the person",
        code: "unknown-person")
    }
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
