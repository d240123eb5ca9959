/// What is done to a picture before it is searched once more.
extension GreyImage {
  /// The same picture with black and white exchanged.
  public var inverted: GreyImage {
    GreyImage(unchecked: (width, height), pixels.map { 255 - $0 })
  }

  /// The picture at twice its width and height, with weights between neighbours.
  ///
  /// A decoder that looks at whole pixels loses modules of two pixels; of four it does not.
  ///
  /// - Complexity: O(*n*) in the number of pixels.
  var doubled: GreyImage {
    let (width, height) = (self.width, self.height)
    var result = [UInt8](repeating: 0, count: 4 * width * height)
    pixels.withUnsafeBufferPointer { from in
      result.withUnsafeMutableBufferPointer { to in
        for y in 0..<2 * height {
          // A new pixel lies a quarter of the way from an old one to its neighbour.
          let near = y >> 1
          let far = min(height - 1, max(0, near + (y & 1 == 0 ? -1 : 1)))
          let (nearRow, farRow, row) = (near * width, far * width, y * 2 * width)
          for x in 0..<width {
            let left = max(0, x - 1)
            let right = min(width - 1, x + 1)
            let here = 9 * Int(from[nearRow + x]) + 3 * Int(from[farRow + x]) + 8
            let before = 3 * Int(from[nearRow + left]) + Int(from[farRow + left])
            let after = 3 * Int(from[nearRow + right]) + Int(from[farRow + right])
            to[row + 2 * x] = UInt8(truncatingIfNeeded: (here + before) >> 4)
            to[row + 2 * x + 1] = UInt8(truncatingIfNeeded: (here + after) >> 4)
          }
        }
      }
    }
    return GreyImage(unchecked: (2 * width, 2 * height), result)
  }

  /// Takes the mean of the square around each pixel; what is beyond the edge is as the edge.
  ///
  /// - Parameter radius: The pixels on each side, 1 to 64.
  /// - Returns: The smoother picture.
  /// - Complexity: O(*n*) in the number of pixels, whatever the radius.
  func averaged(radius: Int) -> GreyImage {
    let (width, height) = (self.width, self.height)
    let side = 2 * radius + 1
    var rows = [UInt16](repeating: 0, count: pixels.count)
    var result = [UInt8](repeating: 0, count: pixels.count)
    var columns = [Int](repeating: 0, count: width)
    pixels.withUnsafeBufferPointer { from in
      rows.withUnsafeMutableBufferPointer { sums in
        for y in 0..<height {
          let row = y * width
          var sum = 0
          for x in -radius...radius { sum += Int(from[row + min(width - 1, max(0, x))]) }
          for x in 0..<width {
            sums[row + x] = UInt16(truncatingIfNeeded: sum)
            sum += Int(from[row + min(width - 1, x + radius + 1)])
            sum -= Int(from[row + max(0, x - radius)])
          }
        }
      }
    }
    // A division by a multiplication: exact enough for sums of a few thousand bytes.
    let factor = (1 << 32 + side * side / 2) / (side * side)
    rows.withUnsafeBufferPointer { sums in
      columns.withUnsafeMutableBufferPointer { columns in
        result.withUnsafeMutableBufferPointer { to in
          for y in -radius...radius {
            let row = min(height - 1, max(0, y)) * width
            for x in 0..<width { columns[x] += Int(sums[row + x]) }
          }
          for y in 0..<height {
            let row = y * width
            let next = min(height - 1, y + radius + 1) * width
            let last = max(0, y - radius) * width
            for x in 0..<width {
              to[row + x] = UInt8(truncatingIfNeeded: (columns[x] * factor + 1 << 31) >> 32)
              columns[x] += Int(sums[next + x]) - Int(sums[last + x])
            }
          }
        }
      }
    }
    return GreyImage(unchecked: (width, height), result)
  }

  /// Takes what is coarser than a radius back and brings what is finer forward.
  ///
  /// - Parameters:
  ///   - radius: About half of a module that a lens has blurred.
  ///   - strength: How much of the difference to the mean is added.
  /// - Returns: The sharper picture.
  /// - Complexity: O(*n*) in the number of pixels.
  func sharpened(radius: Int, strength: Int) -> GreyImage {
    let mean = averaged(radius: radius)
    var result = [UInt8](repeating: 0, count: pixels.count)
    pixels.withUnsafeBufferPointer { from in
      mean.pixels.withUnsafeBufferPointer { mean in
        result.withUnsafeMutableBufferPointer { to in
          for place in 0..<from.count {
            let value = (1 + strength) * Int(from[place]) - strength * Int(mean[place])
            to[place] = UInt8(truncatingIfNeeded: max(0, min(255, value)))
          }
        }
      }
    }
    return GreyImage(unchecked: (width, height), result)
  }
}
