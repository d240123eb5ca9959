import CrossMatch

/// The exposure of one person to one case on one local day: every second once, in the strongest
/// class that covers it.
struct DayJudgement {
  /// Seconds of shared time of one kind; `near` becomes near_at_venue where a venue covers it too.
  struct Stretch {
    var start: Int32
    var end: Int32
    var kind: Kind
  }

  /// What evidence says of a stretch.
  enum Kind: UInt8 {
    case openVenue = 0
    case tail = 1
    case closedVenue = 2
    case near = 3

    /// The class of seconds that nothing else covers.
    var alone: ExposureClass {
      switch self {
      case .openVenue: .openVenue
      case .tail: .tail
      case .closedVenue: .closedVenue
      case .near: .near
      }
    }
  }

  /// Seconds by raw value of the class.
  private(set) var seconds = SIMD8<Int32>(repeating: 0)
  private(set) var first: Int32 = .max
  private(set) var last: Int32 = .min
  /// The first moment at which a class labelled F1 is reached, `Int32.max` if none is.
  private(set) var moment: Int32 = .max

  /// Seconds of each class and all stronger ones, by raw value.
  private var cumulative = SIMD8<Int32>(repeating: 0)
  private let criteria: Criteria

  /// The numbers of a rule set by raw value of the class.
  struct Criteria {
    var threshold = SIMD8<Int32>(repeating: .max)
    var isF1 = SIMD8<Int32>(repeating: 0)

    init(_ rules: RuleSet) {
      for exposureClass in ExposureClass.judged {
        guard let criterion = rules.criterion(of: exposureClass) else { continue }
        threshold[Int(exposureClass.rawValue)] = criterion.threshold
        isF1[Int(exposureClass.rawValue)] = criterion.label == .f1 ? 1 : 0
      }
    }

    /// Judges a stretch of one kind and the tail that follows it, either of which may be empty.
    ///
    /// - Parameters:
    ///   - seconds: The seconds of the stretch.
    ///   - kind: What evidence says of it.
    ///   - tail: The seconds of the tail after it.
    ///   - start: The first second.
    /// - Returns: The strongest class reached, and when one labelled F1 was, `Int32.max` if none.
    @inline(__always)
    func judge(
      _ seconds: Int32, of kind: Kind, tail: Int32, from start: Int32
    ) -> (reached: ExposureClass, moment: Int32) {
      // By raw value, without the array of classes: this is done for nearly every row.
      let strongest = Int(kind.alone.rawValue)
      let tailed = Int(ExposureClass.tail.rawValue)
      var reached = 0
      var moment = Int32.max
      for place in 1...5 {
        // A tail counts for itself and what is weaker, and comes after a closed venue only.
        let counted = (place <= strongest ? seconds : 0) + (place <= tailed ? tail : 0)
        guard counted > 0, counted >= threshold[place] else { continue }
        reached = place
        if isF1[place] != 0 { moment = min(moment, start + threshold[place]) }
      }
      return (ExposureClass(rawValue: UInt8(truncatingIfNeeded: reached)) ?? .brief, moment)
    }
  }

  /// Judges the stretches of one day.
  ///
  /// - Parameters:
  ///   - stretches: At least one, in any order, none empty.
  ///   - criteria: The numbers of the rule set.
  ///   - boundaries: Scratch space, kept between calls.
  init(_ stretches: [Stretch], _ criteria: Criteria, boundaries: inout [Boundary]) {
    self.criteria = criteria
    if Self.areApart(stretches) {
      for stretch in stretches {
        walk(from: stretch.start, to: stretch.end, in: stretch.kind.alone)
      }
      return
    }
    boundaries.removeAll(keepingCapacity: true)
    for stretch in stretches {
      boundaries.append(Boundary(time: stretch.start, kind: stretch.kind, change: 1))
      boundaries.append(Boundary(time: stretch.end, kind: stretch.kind, change: -1))
    }
    boundaries.sort { $0.time < $1.time }
    var covers = SIMD4<Int32>(repeating: 0)
    var time = Int32.min
    for boundary in boundaries {
      if boundary.time > time, let covering = Self.strongest(covers) {
        walk(from: time, to: boundary.time, in: covering)
      }
      covers[Int(boundary.kind.rawValue)] += boundary.change
      time = boundary.time
    }
  }

  /// A moment at which a stretch begins or ends.
  struct Boundary {
    var time: Int32
    var kind: Kind
    var change: Int32
  }

  /// The strongest class reached.
  var reached: ExposureClass {
    for exposureClass in ExposureClass.judged.reversed() {
      let place = Int(exposureClass.rawValue)
      if cumulative[place] >= criteria.threshold[place] { return exposureClass }
    }
    return .brief
  }

  /// Returns the seconds that belong to a class.
  func seconds(of exposureClass: ExposureClass) -> Int32 {
    seconds[Int(exposureClass.rawValue)]
  }

  /// Whether stretches follow each other without overlap, as a visit and the tail after it do.
  private static func areApart(_ stretches: [Stretch]) -> Bool {
    for place in stretches.indices.dropFirst()
    where stretches[place].start < stretches[place - 1].end { return false }
    return true
  }

  private static func strongest(_ covers: SIMD4<Int32>) -> ExposureClass? {
    let isAtVenue = covers[0] > 0 || covers[2] > 0
    if covers[3] > 0 { return isAtVenue ? .nearAtVenue : .near }
    if covers[2] > 0 { return .closedVenue }
    if covers[1] > 0 { return .tail }
    return covers[0] > 0 ? .openVenue : nil
  }

  /// Adds the next seconds of the day's union.
  private mutating func walk(from start: Int32, to end: Int32, in covering: ExposureClass) {
    first = min(first, start)
    last = end
    let length = end - start
    seconds[Int(covering.rawValue)] += length
    for place in 1...Int(covering.rawValue) {
      let missing = criteria.threshold[place] - cumulative[place]
      if criteria.isF1[place] != 0, missing > 0, missing <= length {
        moment = min(moment, start + missing)
      }
      cumulative[place] += length
    }
  }
}
