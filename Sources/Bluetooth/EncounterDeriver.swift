public import Presence

/// A stretch of an encounter with one attenuation: `[start, end)` in Unix seconds of true time.
public struct EncounterRun: Hashable, Sendable {
  /// The smaller of the two people.
  public var first: SubjectNumber
  /// The larger of the two people.
  public var second: SubjectNumber
  /// The first second.
  public var start: Int64
  /// The first second after; the next run of the same encounter begins there.
  public var end: Int64
  /// The attenuation in dB; small is near.
  public var attenuation: Int16
  /// How well it is known.
  public var quality: EncounterQuality
  /// The place of the whole encounter in `DerivedEncounters.evidence`.
  public var encounter: Int

  /// Makes a run of its parts.
  public init(
    first: SubjectNumber, second: SubjectNumber, start: Int64, end: Int64, attenuation: Int16,
    quality: EncounterQuality, encounter: Int
  ) {
    self.first = first
    self.second = second
    self.start = start
    self.end = end
    self.attenuation = attenuation
    self.quality = quality
    self.encounter = encounter
  }
}

/// What the sightings of one day say.
public struct DerivedEncounters: Hashable, Sendable {
  /// When a phone listened: `[start, end)` in Unix seconds of true time.
  public struct Listening: Hashable, Sendable {
    /// Whose phone.
    public var person: SubjectNumber
    /// The first second.
    public var start: Int64
    /// The first second after.
    public var end: Int64
  }

  /// The runs by pair and start; those of a pair do not overlap.
  public internal(set) var runs: [EncounterRun] = []
  /// For each encounter the rows of all its sightings, ascending.
  public internal(set) var evidence: [[UInt32]] = []
  /// When phones listened, by person and start; spans of a person do not overlap.
  public internal(set) var listening: [Listening] = []
  /// How many sightings were of an identifier that was heard outside its slot: replays, and clocks
  /// that are wrong beyond belief.
  public internal(set) var outsideSlot = 0
  /// How many sightings by gateways were of an identifier that was heard outside its slot.
  public internal(set) var anchorsOutsideSlot = 0
  /// How many sightings had no attenuation.
  public internal(set) var withoutStrength = 0
  /// How many sightings were of the phone's own owner: of another of their phones, or echoes.
  public internal(set) var ofOneself = 0
}

/// Turns sightings into encounters: who was near whom, from when to when, and how near.
///
/// Sightings are moments. Between two of one pair that are at most `longestGap` apart, whichever phone
/// heard, the two are believed to have stayed near each other, and each stands for the time that is
/// nearest to it: from half-way to the one before to half-way to the one after. A sighting that is
/// farther from the next stands for half a minute on that side. So an encounter begins half a minute
/// before its first sighting and ends half a minute after its last.
///
/// *How near.* Bodies, pockets and echoes only ever weaken a signal, so of what one phone heard in one
/// look around, a minute, the nearest counts, as in exposure notification, whose scans are judged by
/// their least attenuation. When both phones heard in that minute, the mean of the two counts: the way
/// is the same in both directions, and limits are made for one. Each look keeps its own attenuation for
/// the time that it stands for, as a scan of exposure notification does for the time since the scan
/// before: the weaker of two looks would make every contact look farther away than it was.
///
/// *Runs.* An encounter is cut where the attenuation passes an edge of the rule, or where it begins or
/// ceases to be mutual; a run has the mean attenuation of its seconds, which lies between the same
/// edges, and the largest uncertainty. It is mutual where each of its looks has one by the other phone
/// within `longestGap`, and what clocks are uncertain by.
///
/// *Clocks.* Every moment is first moved by the offset of the clock that it was read from, and the two
/// sides of a pair by what is known of their difference. An identifier that was then heard outside its
/// slot, by more than the tolerance and what the two clocks are uncertain by, but at most the usual
/// error, is not used. Where clocks
/// are so uncertain that the two sides cannot be laid over each other, only the side with more looks
/// counts.
///
/// The result depends on the set of sightings alone, not on their order or on repeated rows.
///
/// - Complexity: O(n log n) in the sightings.
public struct EncounterDeriver: Sendable {
  /// The version of what is done with sightings, which says more than the numbers of the rules.
  ///
  /// One more whenever the same sightings and rules may give other encounters: whoever keeps what an
  /// older one made derives it again.
  public static let algorithm: Int64 = 2

  /// How sightings become encounters.
  public let rule: EncounterRule
  /// What is believed of clocks.
  public let clockRule: ClockRule

  /// Makes a deriver of rules.
  public init(rule: EncounterRule = EncounterRule(), clockRule: ClockRule = ClockRule()) {
    self.rule = rule
    self.clockRule = clockRule
  }

  /// Returns what the sightings of one day say.
  ///
  /// - Parameters:
  ///   - sightings: In any order.
  ///   - anchors: What gateways heard.
  ///   - moments: When phones heard what nobody can name.
  ///   - day: The seconds of the local day; what lies outside is cut off.
  /// - Returns: Encounters, listening, and how many sightings were of no use.
  public func encounters(
    from sightings: [Sighting], anchors: [ClockAnchor] = [], moments: [HearingMoment] = [],
    within day: Range<Int64>
  ) -> DerivedEncounters {
    let clocks = ClockOffsets(sightings, anchors: anchors, rule: clockRule)
    var result = DerivedEncounters()
    var heard: [Heard] = []
    heard.reserveCapacity(sightings.count)
    var aligned: [ClockOffsets.Pair: (Int64, Int64)] = [:]
    for one in sightings {
      guard one.hearer != one.heard else {
        result.ofOneself += 1
        continue
      }
      guard isInSlot(one, clocks) else {
        result.outsideSlot += 1
        continue
      }
      guard let attenuation = one.attenuation else {
        result.withoutStrength += 1
        continue
      }
      let pair = ClockOffsets.Pair(one.hearer, one.heard)
      let offsets = aligned[pair] ?? clocks.offsets(pair.first, pair.second)
      aligned[pair] = offsets
      let offset = one.hearer == pair.first ? offsets.0 : offsets.1
      heard.append(Heard(one, time: one.time - offset, attenuation: attenuation))
    }
    result.anchorsOutsideSlot = anchors.count { anchor in
      !isInSlot(anchor.time, anchor.slot, clocks.offset(of: anchor.heard), isHearers: false)
    }
    heard.sort { $0.key < $1.key }
    var place = 0
    while place < heard.count {
      let start = place
      while place < heard.count, heard[place].pair == heard[start].pair { place += 1 }
      append(heard[start..<place], clocks, within: day, to: &result)
    }
    appendListening(
      sightings.map { HearingMoment(hearer: $0.hearer, time: $0.time) } + moments, clocks,
      within: day, to: &result)
    return result
  }

  private func isInSlot(_ one: Sighting, _ clocks: ClockOffsets) -> Bool {
    guard let slot = one.slot else { return true }
    return isInSlot(one.time, slot, clocks.difference(one.hearer, one.heard), isHearers: true)
  }

  // Whether an identifier was heard when it was said; `isHearers` tells whether the lead is the
  // hearer's, and not that of who said it.
  private func isInSlot(
    _ time: Int64, _ slot: Range<Int64>, _ lead: ClockOffset, isHearers: Bool
  ) -> Bool {
    // Bounds may be wide because little was heard: that must not let replays in.
    let tolerance = rule.slotTolerance + min(lead.uncertainty, clockRule.usualError)
    let said = isHearers ? time - lead.seconds : time + lead.seconds
    return slot.lowerBound - tolerance <= said && said < slot.upperBound + tolerance
  }

  // MARK: One pair

  /// A sighting at its true time.
  private struct Heard {
    var pair: UInt64
    var isBySecond: Bool
    var time: Int64
    var attenuation: Int16
    var uncertainty: UInt8?
    var row: UInt32

    init(_ one: Sighting, time: Int64, attenuation: Int16) {
      pair = UInt64(min(one.hearer, one.heard)) << 32 | UInt64(max(one.hearer, one.heard))
      isBySecond = one.hearer > one.heard
      self.time = time
      self.attenuation = attenuation
      uncertainty = one.uncertainty
      row = one.row
    }

    // What is nearest comes first, then what is least sure.
    var key: (UInt64, Int64, UInt8, Int16, Int16, UInt32) {
      (
        pair, time, isBySecond ? 1 : 0, attenuation, uncertainty.map { 255 - Int16($0) } ?? -1, row
      )
    }
  }

  /// What one phone heard of the other in a few seconds.
  private struct Look {
    var time: Int64
    var isBySecond: Bool
    var attenuation: Int16
    var uncertainty: UInt8?
    var rows: [UInt32]
  }

  /// What both phones heard around one look.
  private struct Value {
    var attenuation: Int16
    /// Nil when nobody said.
    var uncertainty: UInt8?
    /// Whether the other phone heard too, about then.
    var isAnswered: Bool
  }

  private struct Stretch {
    var span: Range<Int64>
    var attenuation: Int16
    var uncertainty: UInt8?
    var isMutual: Bool
  }

  private func append(
    _ heard: ArraySlice<Heard>, _ clocks: ClockOffsets, within day: Range<Int64>,
    to result: inout DerivedEncounters
  ) {
    guard let pair = heard.first?.pair else { return }
    let people = (SubjectNumber(pair >> 32), SubjectNumber(truncatingIfNeeded: pair))
    let apart = clocks.difference(people.0, people.1).uncertainty
    let looks = self.looks(heard, areComparable: apart <= rule.longestGap)
    let values = self.values(looks, reach: rule.longestGap + apart)
    var first = 0
    while first < looks.count {
      var end = first + 1
      while end < looks.count, looks[end].time - looks[end - 1].time <= rule.longestGap { end += 1 }
      let runs = self.runs(looks, values, first..<end, within: day)
      if !runs.isEmpty {
        for run in runs {
          result.runs.append(
            EncounterRun(
              first: people.0, second: people.1, start: run.span.lowerBound,
              end: run.span.upperBound, attenuation: run.attenuation,
              quality: EncounterQuality(isOneSided: !run.isMutual, uncertainty: run.uncertainty),
              encounter: result.evidence.count))
        }
        result.evidence.append(looks[first..<end].flatMap(\.rows).sorted())
      }
      first = end
    }
  }

  /// Takes what one phone heard within a few seconds for one.
  private func looks(_ heard: ArraySlice<Heard>, areComparable: Bool) -> [Look] {
    var looks: [Look] = []
    // The place of the newest look of each side.
    var newest: (Int?, Int?) = (nil, nil)
    for one in heard {
      if let place = one.isBySecond ? newest.1 : newest.0,
        one.time - looks[place].time <= rule.echoSeconds
      {
        if one.attenuation < looks[place].attenuation {
          looks[place].attenuation = one.attenuation
          looks[place].uncertainty = one.uncertainty
        } else if one.attenuation == looks[place].attenuation {
          looks[place].uncertainty = Self.larger(looks[place].uncertainty, one.uncertainty)
        }
        looks[place].rows.append(one.row)
        continue
      }
      if one.isBySecond { newest.1 = looks.count } else { newest.0 = looks.count }
      looks.append(
        Look(
          time: one.time, isBySecond: one.isBySecond, attenuation: one.attenuation,
          uncertainty: one.uncertainty, rows: [one.row]))
    }
    guard !areComparable else { return looks }
    let bySecond = looks.count { $0.isBySecond }
    let keepsSecond = bySecond > looks.count - bySecond
    return looks.filter { $0.isBySecond == keepsSecond }
  }

  private func values(_ looks: [Look], reach: Int64) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(looks.count)
    var low = 0
    for (place, look) in looks.enumerated() {
      while looks[low].time < look.time - rule.lookHalfWidth { low += 1 }
      var nearest: (Look?, Look?) = (nil, nil)
      var other = low
      while other < looks.count, looks[other].time <= look.time + rule.lookHalfWidth {
        let found = looks[other]
        let best = found.isBySecond ? nearest.1 : nearest.0
        let isBetter =
          best.map {
            found.attenuation < $0.attenuation
              || found.attenuation == $0.attenuation
                && Self.larger(found.uncertainty, $0.uncertainty) != $0.uncertainty
          } ?? true
        if isBetter {
          if found.isBySecond { nearest.1 = found } else { nearest.0 = found }
        }
        other += 1
      }
      let isAnswered = self.isAnswered(looks, place, reach)
      switch nearest {
      case (let one?, let two?):
        values.append(
          Value(
            attenuation: Self.mean(one.attenuation, two.attenuation),
            uncertainty: Self.together(one.uncertainty, two.uncertainty), isAnswered: isAnswered))
      case (let one?, nil), (nil, let one?):
        values.append(
          Value(
            attenuation: one.attenuation, uncertainty: one.uncertainty, isAnswered: isAnswered))
      case (nil, nil):
        preconditionFailure("a look is within its own window")
      }
    }
    return values
  }

  /// Whether the other phone heard within reach of a look.
  private func isAnswered(_ looks: [Look], _ place: Int, _ reach: Int64) -> Bool {
    let look = looks[place]
    var other = place - 1
    while other >= 0, look.time - looks[other].time <= reach {
      if looks[other].isBySecond != look.isBySecond { return true }
      other -= 1
    }
    other = place + 1
    while other < looks.count, looks[other].time - look.time <= reach {
      if looks[other].isBySecond != look.isBySecond { return true }
      other += 1
    }
    return false
  }

  private func runs(
    _ looks: [Look], _ values: [Value], _ encounter: Range<Int>, within day: Range<Int64>
  ) -> [Stretch] {
    var runs: [Stretch] = []
    // The sum of attenuation × seconds of the newest run.
    var sum: Int64 = 0
    func add(_ start: Int64, _ end: Int64, _ value: Value) {
      let first = max(start, day.lowerBound)
      let span = first..<max(first, min(end, day.upperBound))
      guard !span.isEmpty else { return }
      let stretch = Stretch(
        span: span, attenuation: value.attenuation, uncertainty: value.uncertainty,
        isMutual: value.isAnswered)
      let weight = Int64(stretch.attenuation) * Int64(span.count)
      if let last = runs.last, last.isMutual == stretch.isMutual,
        rule.bin(of: last.attenuation) == rule.bin(of: stretch.attenuation)
      {
        sum += weight
        let whole = last.span.lowerBound..<span.upperBound
        runs[runs.count - 1] = Stretch(
          span: whole, attenuation: Self.rounded(sum, Int64(whole.count)),
          uncertainty: Self.larger(last.uncertainty, stretch.uncertainty),
          isMutual: stretch.isMutual)
      } else {
        sum = weight
        runs.append(stretch)
      }
    }
    var start = looks[encounter.lowerBound].time - rule.halfWidth
    for place in encounter {
      let time = looks[place].time
      let isLast = place == encounter.upperBound - 1
      let end = time + (isLast ? rule.halfWidth : (looks[place + 1].time - time) / 2)
      add(start, end, values[place])
      start = end
    }
    return runs
  }

  // MARK: Numbers

  /// The larger uncertainty; one that nobody knows is the largest.
  private static func larger(_ one: UInt8?, _ other: UInt8?) -> UInt8? {
    guard let one, let other else { return nil }
    return max(one, other)
  }

  /// The uncertainty of a mean of two directions: not less than that of one, since the same two phones
  /// err in both.
  private static func together(_ one: UInt8?, _ other: UInt8?) -> UInt8? {
    guard let one, let other else { return nil }
    let squares = Double(one) * Double(one) + Double(other) * Double(other)
    return UInt8(clamping: Int((squares / 2).squareRoot().rounded(.up)))
  }

  /// The mean of two, halves up.
  private static func mean(_ one: Int16, _ other: Int16) -> Int16 {
    rounded(Int64(one) + Int64(other), 2)
  }

  /// A quotient rounded to the nearest, halves up.
  private static func rounded(_ sum: Int64, _ count: Int64) -> Int16 {
    let doubled = 2 * sum + count
    let quotient = doubled / (2 * count)
    let isBelow = doubled % (2 * count) < 0
    return Int16(clamping: isBelow ? quotient - 1 : quotient)
  }

  // MARK: Listening

  private func appendListening(
    _ moments: [HearingMoment], _ clocks: ClockOffsets, within day: Range<Int64>,
    to result: inout DerivedEncounters
  ) {
    var times = moments.map { (person: $0.hearer, time: $0.time) }
    times.sort { ($0.person, $0.time) < ($1.person, $1.time) }
    var person: SubjectNumber?
    var offset: Int64 = 0
    for moment in times {
      if moment.person != person {
        person = moment.person
        offset = clocks.offset(of: moment.person).seconds
      }
      let time = moment.time - offset
      let start = max(time - rule.listeningHalfWidth, day.lowerBound)
      let end = min(time + rule.listeningHalfWidth, day.upperBound)
      guard start < end else { continue }
      if let last = result.listening.last, last.person == moment.person, start <= last.end {
        result.listening[result.listening.count - 1].end = max(last.end, end)
      } else {
        result.listening.append(
          DerivedEncounters.Listening(person: moment.person, start: start, end: end))
      }
    }
  }
}
