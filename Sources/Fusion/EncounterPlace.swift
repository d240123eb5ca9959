import CrossMatch
public import Presence
public import Tracing
public import VenueCodes

/// Where two phones heard each other, by the visits of their owners.
///
/// Bluetooth knows no place; this answers a health worker's question, "where was this contact?"
public struct EncounterPlace: Hashable, Sendable {
  /// How the place is known.
  public enum Basis: Hashable, Sendable {
    /// Both were checked in there.
    case both
    /// Only one was checked in there, and nothing certain says that the other was elsewhere.
    case one(Pseudonym)
  }

  /// Where.
  public let venue: VenueID
  /// The zone of whoever said one, 0 when nobody did or they differ.
  public let zone: UInt8
  /// How it is known.
  public let basis: Basis
}

/// An encounter whose place is asked for.
public struct PlaceQuestion: Hashable, Sendable {
  /// One of the two.
  public var person: Pseudonym
  /// The other.
  public var peer: Pseudonym
  /// When, in Unix seconds; of a moment its second is meant.
  public var span: Range<Int64>

  /// Makes a question of its parts.
  public init(person: Pseudonym, peer: Pseudonym, span: Range<Int64>) {
    self.person = person
    self.peer = peer
    self.span = span.isEmpty ? span.lowerBound..<(span.lowerBound + 1) : span
  }
}

extension ExposureHistory {
  /// Returns where encounters were, in the order of the questions; nil where nobody can tell.
  ///
  /// A venue where both were checked in at one moment of the encounter is the place. Of several it is
  /// the one where both were likeliest for the longest, by `StayConfidence`; then the one with the
  /// smallest id. Without one, a visit of either is the place unless the other was certainly
  /// elsewhere meanwhile.
  ///
  /// - Throws: What keeps people or visits from being looked up.
  public func places(of questions: [PlaceQuestion]) throws -> [EncounterPlace?] {
    var positions: [VisitPosition] = []
    var ends: [(person: Int, peer: Int)] = []
    for question in questions {
      if let number = try people.number(of: question.person) {
        positions += visits.touching(question.span, of: number)
      }
      let middle = positions.count
      if let number = try people.number(of: question.peer) {
        positions += visits.touching(question.span, of: number)
      }
      ends.append((middle, positions.count))
    }
    let found = try evidence.visits(at: positions)
    var first = 0
    return zip(questions, ends).map { question, end in
      defer { first = end.peer }
      return place(
        of: question, found[first..<end.person], found[end.person..<end.peer])
    }
  }

  private func place(
    of question: PlaceQuestion, _ mine: ArraySlice<Visit>, _ theirs: ArraySlice<Visit>
  ) -> EncounterPlace? {
    var best: (seconds: Double, place: EncounterPlace)?
    func consider(_ seconds: Double, _ place: EncounterPlace) {
      if let held = best,
        (-held.seconds, held.place.venue, held.place.zone)
          <= (-seconds, place.venue, place.zone)
      {
        return
      }
      best = (seconds, place)
    }
    for one in mine {
      for other in theirs where other.venue == one.venue {
        let span = one.span.clamped(to: other.span).clamped(to: question.span)
        guard !span.isEmpty else { continue }
        let zone = one.zone == 0 || one.zone == other.zone ? other.zone : 0
        consider(
          Self.seconds(StayConfidence.parts(of: span, StayConfidence(one), StayConfidence(other))),
          EncounterPlace(
            venue: one.venue, zone: other.zone == 0 ? one.zone : zone, basis: .both))
      }
    }
    if let best { return best.place }
    // Whoever asks, the answer is the same: of equals the one with the smaller pseudonym.
    let sides = [(mine, theirs, question.person), (theirs, mine, question.peer)]
    for (own, others, person) in sides.sorted(by: { $0.2 < $1.2 }) {
      for visit in own {
        let span = visit.span.clamped(to: question.span)
        let isRefuted = others.contains { other in
          !areOnePlace(other.venue, visit.venue) && StayConfidence(other).certain.overlaps(span)
        }
        guard !span.isEmpty, !isRefuted else { continue }
        let chance = StayConfidence(visit)
        consider(
          Self.seconds(StayConfidence.parts(of: span, chance, .certain(span))),
          EncounterPlace(venue: visit.venue, zone: visit.zone, basis: .one(person)))
      }
    }
    return best?.place
  }

  private static func seconds(_ parts: [(span: Range<Int64>, confidence: Double)]) -> Double {
    parts.reduce(0) { $0 + Double($1.span.count) * $1.confidence }
  }
}
