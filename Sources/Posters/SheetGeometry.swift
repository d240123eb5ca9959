/// The measures of a sheet: everything in which one kind differs from another.
///
/// Lengths are millimetres. A screen has them too, at 96 pixels an inch, so that one composer sets
/// all sheets.
struct SheetGeometry {
  typealias Box = PosterLayout.Box

  /// How the parts of a face are arranged.
  enum Arrangement {
    /// One above the other, the code between what calls and what explains.
    case stacked
    /// The code at the left, all else in a column beside it.
    case sideBySide
    /// One above the other, the few things that a label has room for.
    case label
  }

  /// The page.
  var page: (width: Double, height: Double)
  /// The face.
  var width: Double
  var height: Double
  /// Where the face stands on the page.
  var places: [(x: Double, y: Double, turn: PosterPlacement.Turn)]
  var arrangement: Arrangement
  /// Where nothing stands: at the sides, the top and the bottom of the face.
  var side: Double
  var top: Double
  var bottom: Double
  /// The size of type and distances against those of the A4 poster.
  var scale: Double
  /// The best size of the name in points.
  var nameSize: Double
  /// The smallest size of any text in points.
  var leastText: Double
  /// The best side of the code; on a screen, of the code with its quiet zone.
  var symbol: Double
  /// Whether only the most needed is said.
  var isBrief = false
  /// Whether the page is cut along the faces' edges.
  var isCut = false
  /// Whether the page is folded between its faces.
  var isFolded = false
  /// On a screen, the pixels of a millimetre.
  var pixelsPerMillimetre: Double?

  /// The part of a face where anything may stand.
  var printable: Box {
    Box(x: side, y: top, width: width - 2 * side, height: height - top - bottom)
  }
}

// MARK: - The kinds

extension SheetGeometry {
  init(_ kind: SheetKind) {
    switch kind {
    case .a4: self = .poster(width: 210, height: 297, scale: 1, symbol: 150)
    case .a3: self = .poster(width: 297, height: 420, scale: 1.414, symbol: 212)
    case .a5: self = .poster(width: 148, height: 210, scale: 0.72, symbol: 104)
    case .tableTent:
      self = .poster(width: 210, height: 148.5, scale: 0.72, symbol: 96)
      page = (210, 297)
      places = [(0, 0, .half), (0, 148.5, .none)]
      arrangement = .sideBySide
      (side, top, bottom) = (10, 10, 9)
      nameSize = 24
      isFolded = true
    case .stickers:
      self = .label(width: 66, height: 95, columns: 3, rows: 3)
    case .card:
      self = .label(width: 95, height: 66, columns: 2, rows: 4)
      arrangement = .sideBySide
    case .screenLandscape: self = .screen(width: 1_920, height: 1_080)
    case .screenPortrait: self = .screen(width: 1_080, height: 1_920)
    }
  }

  private static func poster(
    width: Double, height: Double, scale: Double, symbol: Double
  ) -> SheetGeometry {
    SheetGeometry(
      page: (width, height), width: width, height: height, places: [(0, 0, .none)],
      arrangement: .stacked, side: 12 * scale, top: 9 * scale, bottom: 8 * scale, scale: scale,
      nameSize: 34 * scale, leastText: 5, symbol: symbol)
  }

  /// A4 full of labels, in the middle of the page.
  private static func label(
    width: Double, height: Double, columns: Int, rows: Int
  ) -> SheetGeometry {
    let left = (210 - width * Double(columns)) / 2
    let top = (297 - height * Double(rows)) / 2
    let places = (0..<rows).flatMap { row in
      (0..<columns).map { column in
        (
          x: left + Double(column) * width, y: top + Double(row) * height,
          turn: PosterPlacement.Turn.none
        )
      }
    }
    return SheetGeometry(
      page: (210, 297), width: width, height: height, places: places, arrangement: .label, side: 3,
      top: 3, bottom: 3, scale: 0.42, nameSize: 12, leastText: 4, symbol: 50, isBrief: true,
      isCut: true)
  }

  private static func screen(width: Double, height: Double) -> SheetGeometry {
    let pixels = 96 / 25.4
    let isLandscape = width > height
    return SheetGeometry(
      page: (width / pixels, height / pixels), width: width / pixels, height: height / pixels,
      places: [(0, 0, .none)], arrangement: isLandscape ? .sideBySide : .stacked,
      side: 56 / pixels, top: 48 / pixels, bottom: 48 / pixels, scale: isLandscape ? 1.48 : 1.6,
      nameSize: 58, leastText: 12, symbol: (isLandscape ? 984 : 1_000) / pixels,
      pixelsPerMillimetre: pixels)
  }
}

extension SheetGeometry {
  /// The side of a symbol's code without its quiet zone.
  ///
  /// - Parameters:
  ///   - symbol: The code.
  ///   - shrink: A part of the best size, for texts that leave no room otherwise.
  /// - Returns: The side. On a screen a module is a whole number of pixels.
  func side(of symbol: QRSymbol, shrink: Double) -> Double {
    let modules = Double(symbol.side)
    guard let pixelsPerMillimetre else { return self.symbol * shrink }
    let total = modules + 2 * Double(QRSymbol.quietZone)
    let module = max(1, (self.symbol * shrink * pixelsPerMillimetre / total).rounded(.down))
    return module * modules / pixelsPerMillimetre
  }

  /// The widest that a code without its quiet zone may be on the face.
  func room(for symbol: QRSymbol) -> Double {
    let modules = Double(symbol.side)
    // A poster's quiet zone may reach into the margin, which is as white as it.
    let room =
      arrangement == .stacked ? width : min(printable.width, printable.height)
    return room * modules / (modules + 2 * Double(QRSymbol.quietZone))
  }

  /// A length brought to whole pixels on a screen, and left alone on paper.
  func snapped(_ length: Double) -> Double {
    guard let pixelsPerMillimetre else { return length }
    return (length * pixelsPerMillimetre).rounded() / pixelsPerMillimetre
  }
}
