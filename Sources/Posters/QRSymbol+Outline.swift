extension QRSymbol {
  /// A corner of a module, in modules from the symbol's top left.
  struct Corner: Hashable {
    var column: Int
    var row: Int
  }

  /// The closed outlines of the dark regions, corner by corner, without their closing corner.
  ///
  /// Drawing each module, or each run of a row, leaves hairlines between them wherever a renderer
  /// smooths edges. Outlines have no inner edges. Each runs with the dark side at its right hand, so
  /// holes turn the other way and both fill rules agree. Where two modules touch at a corner the
  /// outline turns right, which keeps every outline from crossing itself.
  ///
  /// - Complexity: O(side²).
  func outlines() -> [[Corner]] {
    var outlines: [[Corner]] = []
    forEachOutline { outlines.append($0) }
    return outlines
  }

  /// Calls a closure with each of the closed outlines; an array for each of two hundred would cost more
  /// than finding them.
  ///
  /// - Complexity: O(side²).
  func forEachOutline(_ body: ([Corner]) -> Void) {
    // For every corner, the edges that leave it: one bit for each of the four directions.
    let pitch = side + 1
    var edges = [UInt8](repeating: 0, count: pitch * pitch)
    for row in 0..<side {
      for column in 0..<side where modules[row * side + column] != 0 {
        let corner = row * pitch + column
        if !isDark(column: column, row: row - 1) { edges[corner] |= 1 << 0 }
        if !isDark(column: column + 1, row: row) { edges[corner + 1] |= 1 << 1 }
        if !isDark(column: column, row: row + 1) { edges[corner + pitch + 1] |= 1 << 2 }
        if !isDark(column: column - 1, row: row) { edges[corner + pitch] |= 1 << 3 }
      }
    }
    let steps = [1, pitch, -1, -pitch]  // east, south, west, north
    var outline: [Corner] = []
    for start in edges.indices {
      while edges[start] != 0 {
        outline.removeAll(keepingCapacity: true)
        var place = start
        var direction = edges[start].trailingZeroBitCount
        let first = direction
        repeat {
          outline.append(Corner(column: place % pitch, row: place / pitch))
          while true {
            edges[place] &= ~(1 << UInt8(direction))
            place += steps[direction]
            guard edges[place] & 1 << UInt8(direction) != 0,
              edges[place] & 1 << UInt8((direction + 1) % 4) == 0
            else { break }
          }
          let right = (direction + 1) % 4
          let left = (direction + 3) % 4
          if edges[place] & 1 << UInt8(right) != 0 {
            direction = right
          } else if edges[place] & 1 << UInt8(left) != 0 {
            direction = left
          } else {
            break  // back where the outline began
          }
        } while place != start || direction != first
        body(outline)
      }
    }
  }
}
