/// Where everything on a poster stands, in millimetres from the page's top left corner.
public struct PosterLayout: Hashable, Sendable {
  /// A rectangle.
  public struct Box: Hashable, Sendable {
    /// The left edge.
    public var x: Double
    /// The top edge.
    public var y: Double
    /// The width.
    public var width: Double
    /// The height.
    public var height: Double

    /// The right edge.
    public var maxX: Double { x + width }
    /// The bottom edge.
    public var maxY: Double { y + height }

    /// Makes a rectangle.
    ///
    /// - Parameters:
    ///   - x: The left edge.
    ///   - y: The top edge.
    ///   - width: The width.
    ///   - height: The height.
    public init(x: Double, y: Double, width: Double, height: Double) {
      self.x = x
      self.y = y
      self.width = width
      self.height = height
    }

    /// Tells whether two rectangles share more than an edge.
    ///
    /// - Parameter other: Another rectangle.
    /// - Returns: True when they overlap by more than a thousandth of a millimetre.
    public func overlaps(_ other: Box) -> Bool {
      let slack = 0.001
      return x + slack < other.maxX && other.x + slack < maxX && y + slack < other.maxY
        && other.y + slack < maxY
    }

    /// Tells whether another rectangle lies inside this one.
    ///
    /// - Parameter other: Another rectangle.
    /// - Returns: True when no edge of it is outside by more than a thousandth of a millimetre.
    public func contains(_ other: Box) -> Bool {
      let slack = 0.001
      return other.x >= x - slack && other.maxX <= maxX + slack && other.y >= y - slack
        && other.maxY <= maxY + slack
    }

    func moved(_ x: Double, _ y: Double) -> Box {
      Box(x: self.x + x, y: self.y + y, width: width, height: height)
    }

    func inset(_ margin: Double) -> Box {
      Box(
        x: x + margin, y: y + margin, width: max(0, width - 2 * margin),
        height: max(0, height - 2 * margin))
    }
  }

  /// A paragraph in its place.
  public struct Block: Hashable, Sendable {
    /// What the paragraph is.
    public var part: PosterPart
    /// The text.
    public var text: String
    /// What its lines take up.
    public var frame: Box
    /// What its letters cover, accents and all.
    public var ink: Box
    /// The size of the letters in points.
    public var pointSize: Double
    /// The number of lines.
    public var lineCount: Int
  }

  /// A code in its place.
  public struct Symbol: Hashable, Sendable {
    /// The dark and light modules.
    public var modules: Box
    /// The modules with the light ones around them, where nothing else may stand.
    public var quietZone: Box
  }

  /// A poster, a sticker, half of a tent: what stands together and is read by itself.
  public struct Face: Hashable, Sendable {
    /// The part of the face where anything may stand.
    public var printable: Box
    /// The code, if there is one.
    public var symbol: Symbol?
    /// The paragraphs, from top to bottom.
    public var blocks: [Block]
    /// What is drawn besides: grounds, rules, arrows, marks, and of a frame each side by itself.
    public var shapes: [Box] = []
  }

  /// The page.
  public var page: Box

  /// What stands on it.
  public var faces: [Face]

  /// The codes on the page.
  public var symbols: [Symbol] { faces.compactMap(\.symbol) }

  /// The paragraphs on the page.
  public var blocks: [Block] { faces.flatMap(\.blocks) }
}
