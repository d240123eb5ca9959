/// A page that is set and measured, ready to be drawn.
///
/// All texts are set before anything is drawn, and the code gets its size first: a long name is
/// broken into lines, then set smaller, and at last everything around it is, but nothing ever covers
/// anything else. What cannot be had that way is an error.
///
/// A page is made of faces in places: a poster is one face, a table tent one face twice and the second
/// time upside down, a sheet of stickers one face many times. A face is set once and can be drawn
/// once, however often it stands on the page.
public struct PosterPage {
  /// Where everything stands.
  public let layout: PosterLayout

  /// What the file's properties call the page.
  public let title: String

  /// Who issues it.
  package let author: String

  /// The time of making, in seconds since 1970.
  package let madeAtSecond: Int64

  /// The faces in the order in which they are drawn.
  let placements: [PosterPlacement]

  /// The part of the page that is left when it has been cut, where it is larger than that.
  let trim: PosterLayout.Box?

  /// On a screen, the pixels of a millimetre.
  let pixelsPerMillimetre: Double?

  /// The tag of the main language; nil is not known.
  private(set) var language: String?

  /// What the codes on the page say, each as often as it is there.
  public var texts: [String] { placements.compactMap(\.face.symbol?.text) }

  /// Sets a sheet.
  ///
  /// - Parameters:
  ///   - sheet: What it says.
  ///   - symbol: The code it shows, as often as the sheet has faces.
  ///   - kind: Which sheet.
  ///   - style: How it is made.
  /// - Throws: `PosterError.fontMissing`, `.glyphMissing`, `.characterNotPrintable`, `.empty`,
  ///   `.belowMinimum` or `.noRoom`.
  public init(
    _ sheet: PosterSheet, _ symbol: QRSymbol, as kind: SheetKind = .a4,
    style: SheetStyle = SheetStyle()
  ) throws(PosterError) {
    try self.init(sheet, symbol, as: kind, style: style, family: "Noto Sans")
  }

  /// Sets a sheet in another typeface.
  package init(
    _ sheet: PosterSheet, _ symbol: QRSymbol, as kind: SheetKind = .a4,
    style: SheetStyle = SheetStyle(), family: String
  ) throws(PosterError) {
    let composer = try PosterComposer(
      sheet: sheet, symbol: symbol, kind: kind, style: style, family: family)
    let face = try composer.face()
    let geometry = composer.geometry
    // Room for bleed and marks on every side of what the print shop cuts.
    let slug = style.hasMarks && geometry.pixelsPerMillimetre == nil ? PosterPage.slug : 0
    let width = geometry.page.width + 2 * slug
    let height = geometry.page.height + 2 * slug
    var placements = geometry.places.map {
      PosterPlacement(face: face, x: slug + $0.x, y: slug + $0.y, turn: $0.turn)
    }
    if style.isPreview { placements += try composer.previewBorders(around: placements) }
    let trim = PosterLayout.Box(
      x: slug, y: slug, width: geometry.page.width, height: geometry.page.height)
    let marks = geometry.marks(around: trim, hasCropMarks: slug > 0)
    if !marks.isEmpty {
      let page = PosterLayout.Box(x: 0, y: 0, width: width, height: height)
      placements.append(
        PosterPlacement(
          face: PosterFace(
            width: width, height: height, elements: marks, symbol: nil,
            layout: PosterLayout.Face(
              printable: page, symbol: nil, blocks: [], shapes: marks.flatMap(\.shapes))),
          x: 0, y: 0))
    }
    self.title = composer.title
    self.author = composer.sheet.authority ?? "checkin"
    self.madeAtSecond = sheet.madeAtSecond
    self.language = sheet.languages.first?.tag
    self.placements = placements
    self.trim = slug > 0 ? trim : nil
    self.pixelsPerMillimetre = geometry.pixelsPerMillimetre
    self.layout = PosterLayout(
      page: PosterLayout.Box(x: 0, y: 0, width: width, height: height),
      faces: placements.map(\.layout))
  }

  /// Makes a page of paper that is one face.
  init(face: PosterFace, title: String, author: String, madeAtSecond: Int64) {
    let placements = [PosterPlacement(face: face, x: 0, y: 0)]
    self.title = title
    self.author = author
    self.madeAtSecond = madeAtSecond
    self.placements = placements
    trim = nil
    pixelsPerMillimetre = nil
    layout = PosterLayout(
      page: PosterLayout.Box(x: 0, y: 0, width: face.width, height: face.height),
      faces: placements.map(\.layout))
  }

  /// What a print shop's page is larger than the sheet, on each side, in millimetres.
  static let slug = 10.0

  /// What of that is bleed: ink that would reach the edge goes on for so long beyond it.
  static let bleed = 3.0
}

/// Something that is set once and stands in one place or more: a poster, a sticker, half a tent.
///
/// A class, so that whoever draws can tell that two places show the same face; it never changes.
final class PosterFace {
  /// The width in millimetres.
  let width: Double
  /// The height in millimetres.
  let height: Double
  /// What is drawn, in this order, in millimetres from the face's top left corner.
  let elements: [PosterElement]
  /// The code, which is drawn over nothing.
  let symbol: QRSymbol?
  /// Where everything stands on the face.
  let layout: PosterLayout.Face

  init(
    width: Double, height: Double, elements: [PosterElement], symbol: QRSymbol?,
    layout: PosterLayout.Face
  ) {
    self.width = width
    self.height = height
    self.elements = elements
    self.symbol = symbol
    self.layout = layout
  }
}

/// A face in its place.
struct PosterPlacement {
  /// How far a face is turned, clockwise.
  enum Turn {
    case none, quarter, half, threeQuarters
  }

  let face: PosterFace
  /// The left edge on the page, of the face as it is turned, in millimetres.
  let x: Double
  /// The top edge on the page, of the face as it is turned, in millimetres.
  let y: Double
  var turn = Turn.none

  /// Where the face's own origin and axes come to lie: a point (x, y) of the face is at
  /// (xx · x + xy · y + x0, yx · x + yy · y + y0) on the page.
  var matrix: (xx: Double, yx: Double, xy: Double, yy: Double, x0: Double, y0: Double) {
    switch turn {
    case .none: (1, 0, 0, 1, x, y)
    case .quarter: (0, 1, -1, 0, x + face.height, y)
    case .half: (-1, 0, 0, -1, x + face.width, y + face.height)
    case .threeQuarters: (0, -1, 1, 0, x, y + face.width)
    }
  }

  /// The face's layout, on the page.
  var layout: PosterLayout.Face {
    let face = self.face.layout
    return PosterLayout.Face(
      printable: moved(face.printable),
      symbol: face.symbol.map {
        PosterLayout.Symbol(modules: moved($0.modules), quietZone: moved($0.quietZone))
      },
      blocks: face.blocks.map { block in
        var block = block
        block.frame = moved(block.frame)
        block.ink = moved(block.ink)
        return block
      }, shapes: face.shapes.map(moved))
  }

  private func moved(_ box: PosterLayout.Box) -> PosterLayout.Box {
    let matrix = self.matrix
    let xs = [box.x, box.maxX]
    let ys = [box.y, box.maxY]
    let corners = xs.flatMap { x in
      ys.map { y in
        (
          x: matrix.xx * x + matrix.xy * y + matrix.x0, y: matrix.yx * x + matrix.yy * y + matrix.y0
        )
      }
    }
    let left = corners.reduce(Double.infinity) { min($0, $1.x) }
    let top = corners.reduce(Double.infinity) { min($0, $1.y) }
    let isTurnedAside = turn == .quarter || turn == .threeQuarters
    return PosterLayout.Box(
      x: left, y: top, width: isTurnedAside ? box.height : box.width,
      height: isTurnedAside ? box.width : box.height)
  }
}
