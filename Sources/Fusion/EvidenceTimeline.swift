/// The evidence of a pair cut into stretches in which nothing changes, each second once.
struct EvidenceTimeline {
  /// Seconds of one weight.
  struct Weighted {
    var seconds: Double
    var weight: Double
    var isMutual = true
  }

  /// A stretch in which nothing changes.
  private struct Stretch {
    var seconds: Double
    /// What hearing supports at most, and whether both heard; nil when nothing was heard.
    var hearing: (support: Double, isMutual: Bool)?
    /// The same when being apart is heeded.
    var doubtedHearing: (support: Double, isMutual: Bool)?
    /// The chance of being together by the number of others, by check-ins; 0 when none says so.
    var opportunity: Double
    var isApart: Bool
  }

  private var stretches: [Stretch] = []

  /// The seconds heard, near or not.
  private(set) var heardSeconds = 0.0
  /// The seconds both phones worked, hearing each other or not.
  private(set) var listeningSeconds = 0.0
  /// The seconds of which anything is known but that they were apart.
  private(set) var knownSeconds = 0.0
  /// The seconds apart.
  private(set) var apartSeconds = 0.0

  init(_ evidence: PairEvidence, _ model: ContactModel) {
    var radio = Active(evidence.radio) { $0.span }
    var together = Active(evidence.together) { $0.span }
    var apart = Active(evidence.apart) { $0 }
    var listening = Active(evidence.listening) { $0 }
    let bounds = Set(radio.bounds + together.bounds + apart.bounds + listening.bounds).sorted()
    stretches.reserveCapacity(bounds.count)
    for (start, end) in zip(bounds, bounds.dropFirst()) {
      radio.move(to: start)
      together.move(to: start)
      apart.move(to: start)
      listening.move(to: start)
      let isApart = !apart.items.isEmpty
      let stretch = Stretch(
        seconds: Double(end) - Double(start),
        hearing: Self.strongest(radio.items, model, extra: 0),
        doubtedHearing: Self.strongest(
          radio.items, model, extra: isApart ? model.apartUncertainty : 0),
        opportunity: together.items.reduce(0) { max($0, Self.opportunity($1, model)) },
        isApart: isApart)
      let isHeard = stretch.hearing != nil
      if isHeard { heardSeconds += stretch.seconds }
      if !listening.items.isEmpty { listeningSeconds += stretch.seconds }
      if isHeard || !listening.items.isEmpty || !together.items.isEmpty {
        knownSeconds += stretch.seconds
      }
      if isApart { apartSeconds += stretch.seconds }
      if isHeard || stretch.opportunity > 0 { stretches.append(stretch) }
    }
  }

  /// What was heard, each second by its strongest entry.
  func hearing(isApartHeeded: Bool) -> [Weighted] {
    stretches.compactMap { stretch in
      (isApartHeeded ? stretch.doubtedHearing : stretch.hearing).map {
        Weighted(seconds: stretch.seconds, weight: $0.support, isMutual: $0.isMutual)
      }
    }
  }

  /// When both were checked in, each second weighted by one over the number of people it could have
  /// been with.
  func opportunities(isApartHeeded: Bool) -> [Weighted] {
    stretches.compactMap { stretch in
      guard stretch.opportunity > 0, !(isApartHeeded && stretch.isApart) else { return nil }
      return Weighted(seconds: stretch.seconds, weight: stretch.opportunity)
    }
  }

  private static func strongest(
    _ radio: [PairEvidence.Radio], _ model: ContactModel, extra: Double
  ) -> (support: Double, isMutual: Bool)? {
    var best: (support: Double, isMutual: Bool)?
    for entry in radio {
      var entry = entry
      entry.uncertainty = (entry.uncertainty * entry.uncertainty + extra * extra).squareRoot()
      let support = model.radio.support(of: entry)
      if support > best?.support ?? -1 { best = (support, entry.isMutual) }
    }
    return best
  }

  private static func opportunity(
    _ stay: PairEvidence.Together, _ model: ContactModel
  ) -> Double {
    let confidence = stay.confidence.isNaN ? 0 : min(1, max(0, stay.confidence))
    let zone =
      switch stay.sharesZone {
      case true?: model.zoneFactor
      case false?: 1 / model.zoneFactor
      case nil: 1.0
      }
    return confidence * zone / Double(max(1, stay.crowd))
  }

  /// The items whose span holds a moment, for moments that ascend.
  private struct Active<Item> {
    private(set) var items: [Item] = []
    private let sorted: [(span: Range<Int64>, item: Item)]
    private var next = 0
    private var ends: [Int64] = []

    init(_ all: [Item], span: (Item) -> Range<Int64>) {
      sorted = all.map { (span($0), $0) }.filter { !$0.0.isEmpty }
        .sorted { $0.0.lowerBound < $1.0.lowerBound }
    }

    var bounds: [Int64] { sorted.flatMap { [$0.span.lowerBound, $0.span.upperBound] } }

    mutating func move(to moment: Int64) {
      if ends.contains(where: { $0 <= moment }) {
        let left = zip(items, ends).filter { $0.1 > moment }
        items = left.map(\.0)
        ends = left.map(\.1)
      }
      while next < sorted.count, sorted[next].span.lowerBound <= moment {
        if sorted[next].span.upperBound > moment {
          items.append(sorted[next].item)
          ends.append(sorted[next].span.upperBound)
        }
        next += 1
      }
    }
  }
}
