/// Scored items in falling order of score, to read precision at a recall off.
///
/// Items of one score are in no order: of a group of them, as many are taken as are needed, and of
/// those the share is true that is true of the group. So a score that says little is not helped by
/// the order that items happen to be in.
struct Ranking {
  /// Items by falling score.
  private let order: [Int32]
  /// The ends of groups of one score in `order`.
  private let groupEnds: [Int32]
  private let truth: [Bool]

  /// What a list that is long enough for a recall looks like.
  struct Point {
    var precision: Double
    /// The weight of the items on the list.
    var listed: Double
  }

  /// - Complexity: O(n log n).
  init(scores: [Double], truth: [Bool]) {
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    var ends: [Int32] = []
    for place in order.indices
    where place + 1 == order.count || scores[order[place + 1]] != scores[order[place]] {
      ends.append(Int32(place + 1))
    }
    self.order = order.map(Int32.init)
    groupEnds = ends
    self.truth = truth
  }

  /// Returns the list at each of ascending recalls; nil where nothing is true.
  ///
  /// - Parameters:
  ///   - recalls: From more than 0 to 1, ascending.
  ///   - weights: How often each item counts.
  /// - Returns: The points, one for each recall.
  /// - Complexity: O(n).
  func points(at recalls: [Double], weights: [Double]) -> [Point]? {
    var all = 0.0
    for place in truth.indices where truth[place] { all += weights[place] }
    guard all > 0 else { return nil }
    var points: [Point] = []
    var (found, listed) = (0.0, 0.0)
    var place = 0
    for end in groupEnds {
      var (groupFound, groupListed) = (0.0, 0.0)
      while place < Int(end) {
        let item = Int(order[place])
        groupListed += weights[item]
        if truth[item] { groupFound += weights[item] }
        place += 1
      }
      while points.count < recalls.count, groupFound > 0,
        found + groupFound >= recalls[points.count] * all - 1e-9
      {
        let needed = recalls[points.count] * all
        let part = max(0, needed - found) / groupFound
        let length = listed + part * groupListed
        points.append(Point(precision: length > 0 ? needed / length : 0, listed: length))
      }
      if points.count == recalls.count { return points }
      found += groupFound
      listed += groupListed
    }
    return points
  }
}
