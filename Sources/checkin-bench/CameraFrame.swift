internal import Foundation
internal import SyntheticCity

/// What stands between a code on a wall and the picture that a decoder gets.
struct CameraCondition: Hashable {
  let name: String
  /// The standard deviation of the lens's blur, in pixels.
  var blur = 0.8
  /// The standard deviation of the sensor's noise, of 255.
  var noise = 8.0
  /// The most that the code is turned in its plane, either way.
  var degrees = 15.0
  /// The most that the wall is tilted about either axis, either way, in degrees.
  var tilt = 12.0
  /// The most that the light falls off over the picture, of 1.
  var shade = 0.4
  /// The part of the symbol that a white sticker covers, of 1.
  var sticker = 0.0

  /// What is measured: a phone held still, moved, in the dark, and before a poster with a sticker.
  static let all = [
    CameraCondition(name: "steady"),
    CameraCondition(name: "blurred", blur: 1.4),
    CameraCondition(name: "noisy", noise: 20),
    CameraCondition(name: "sticker", sticker: 0.12),
  ]
}

/// A picture of a code as a camera would take it, made from a seed.
///
/// The paper fills the picture. Of two codes, one frame of one seed, width and condition differs in
/// the symbol alone: turn, tilt, light, noise and the sticker's place are the same.
struct CameraFrame {
  let width: Int
  let height: Int
  private(set) var pixels: [UInt8]

  /// Takes the picture.
  ///
  /// - Parameters:
  ///   - side: The modules along the symbol's side.
  ///   - symbolWidth: The pixels along the symbol's side, without quiet zone, seen straight on.
  ///   - condition: What is in the way.
  ///   - seed: What chance depends on.
  ///   - isDark: The symbol; places outside it are light.
  init(
    side: Int, symbolWidth: Int, condition: CameraCondition, seed: UInt64,
    isDark: (_ column: Int, _ row: Int) -> Bool
  ) {
    var generator = SeededGenerator(seed: seed)
    func between(_ most: Double) -> Double { (generator.unit() * 2 - 1) * most }
    let turn = between(condition.degrees) * .pi / 180
    let tilt = (x: between(condition.tilt) * .pi / 180, y: between(condition.tilt) * .pi / 180)
    let offset = (x: generator.unit(), y: generator.unit())
    let lightFrom = generator.unit() * 2 * .pi
    let shade = generator.unit() * condition.shade
    let stickerSide = condition.sticker.squareRoot()
    let sticker = (
      x: generator.unit() * (1 - stickerSide), y: generator.unit() * (1 - stickerSide)
    )
    // A quarter of the width on each side is room for the quiet zone of a turned symbol.
    let size = symbolWidth + symbolWidth / 2
    width = size
    height = size

    // The plane of the paper, of unit length along the symbol's side, is turned and tilted before a
    // camera that is four units away; the map from the picture back to the paper is its inverse.
    let (sinTurn, cosTurn) = (sin(turn), cos(turn))
    let axisX = Self.tilted((cosTurn, sinTurn, 0), tilt)
    let axisY = Self.tilted((-sinTurn, cosTurn, 0), tilt)
    let distance = 4.0
    let scale = Double(symbolWidth)
    let centre = (x: Double(size) / 2 + offset.x - 0.5, y: Double(size) / 2 + offset.y - 0.5)
    let inverse = Self.inverse([
      axisX.0 * distance, axisY.0 * distance, 0,
      axisX.1 * distance, axisY.1 * distance, 0,
      axisX.2, axisY.2, distance,
    ])
    let fromPicture = (
      inverse[0], inverse[1], inverse[2], inverse[3], inverse[4], inverse[5], inverse[6],
      inverse[7], inverse[8]
    )
    let (dark, light) = (30.0, 225.0)
    let samples = 4
    let light2D = (x: cos(lightFrom) / Double(size), y: sin(lightFrom) / Double(size))
    let isInk = (0..<side * side).map { isDark($0 % side, $0 / side) }
    var bright = [Double](repeating: 0, count: size * size)
    for y in 0..<size {
      for x in 0..<size {
        var inkCount = 0
        for part in 0..<samples * samples {
          let u =
            (Double(x) + (Double(part % samples) + 0.5) / Double(samples) - centre.x) / scale
          let v =
            (Double(y) + (Double(part / samples) + 0.5) / Double(samples) - centre.y) / scale
          let depth = fromPicture.6 * u + fromPicture.7 * v + fromPicture.8
          let column = (fromPicture.0 * u + fromPicture.1 * v + fromPicture.2) / depth + 0.5
          let row = (fromPicture.3 * u + fromPicture.4 * v + fromPicture.5) / depth + 0.5
          guard column >= 0, column < 1, row >= 0, row < 1 else { continue }
          let isCovered =
            column >= sticker.x && column < sticker.x + stickerSide && row >= sticker.y
            && row < sticker.y + stickerSide
          if isCovered { continue }
          let place = Int(row * Double(side)) * side + Int(column * Double(side))
          if isInk[place] { inkCount += 1 }
        }
        let along =
          light2D.x * (Double(x) - Double(size) / 2) + light2D.y * (Double(y) - Double(size) / 2)
        let ink = Double(inkCount) / Double(samples * samples)
        bright[y * size + x] = (light + (dark - light) * ink) * (1 - shade * (0.5 + along))
      }
    }
    bright = Self.blurred(bright, size, by: condition.blur)
    pixels = bright.map { value in
      UInt8(min(255, max(0, value + generator.normal() * condition.noise)).rounded())
    }
  }

  /// The frame as a PGM file, which every decoder's library opens.
  var portableGreyMap: [UInt8] { Array("P5 \(width) \(height) 255\n".utf8) + pixels }

  private static func tilted(
    _ point: (Double, Double, Double), _ tilt: (x: Double, y: Double)
  ) -> (Double, Double, Double) {
    let (y, z) = (
      point.1 * cos(tilt.x) - point.2 * sin(tilt.x), point.1 * sin(tilt.x) + point.2 * cos(tilt.x)
    )
    return (
      point.0 * cos(tilt.y) + z * sin(tilt.y), y, -point.0 * sin(tilt.y) + z * cos(tilt.y)
    )
  }

  /// The inverse of a 3 × 3 matrix, up to a factor, which a projection does not notice.
  private static func inverse(_ m: [Double]) -> [Double] {
    [
      m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
      m[5] * m[6] - m[3] * m[8], m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
      m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3],
    ]
  }

  /// Blurs rows and then columns; what is beyond the edge is as the edge.
  private static func blurred(_ picture: [Double], _ size: Int, by deviation: Double) -> [Double] {
    let radius = Int((3 * deviation).rounded(.up))
    var weights = (-radius...radius).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
    let sum = weights.reduce(0, +)
    for place in weights.indices { weights[place] /= sum }
    func pass(_ from: [Double], _ step: Int, _ line: Int) -> [Double] {
      var to = [Double](repeating: 0, count: from.count)
      from.withUnsafeBufferPointer { from in
        to.withUnsafeMutableBufferPointer { to in
          for start in 0..<size {
            for place in 0..<size {
              var value = 0.0
              for offset in -radius...radius {
                let near = min(size - 1, max(0, place + offset))
                value += weights[offset + radius] * from[start * line + near * step]
              }
              to[start * line + place * step] = value
            }
          }
        }
      }
      return to
    }
    return pass(pass(picture, 1, size), size, 1)
  }
}
