public import CodeReading

/// What a page must show when it is read back.
///
/// A reader finds one code surely, and of nine on one sheet it may miss some, as nobody holds a phone
/// over all of them. So where the places are known, each is read by itself; the whole picture is read
/// as well, and must show nothing else.
public struct SheetProof: Hashable, Sendable {
  /// What its codes must say, each as often as it is there.
  public let texts: [String]

  /// Where each is with its quiet zone, as parts of width and height; nil when unknown.
  private let places: [PosterLayout.Box]?

  /// Expects codes that may be anywhere.
  ///
  /// - Parameter texts: What they must say.
  public init(texts: [String]) {
    self.texts = texts
    places = nil
  }

  /// Expects the codes of a page where they are on it.
  ///
  /// - Parameter page: The page.
  public init(of page: PosterPage) {
    texts = page.texts
    let size = page.layout.page
    places = page.layout.symbols.map { symbol in
      let zone = symbol.quietZone
      return PosterLayout.Box(
        x: zone.x / size.width, y: zone.y / size.height, width: zone.width / size.width,
        height: zone.height / size.height)
    }
  }

  /// Expects the same code in all places of a page that was drawn before.
  ///
  /// - Parameters:
  ///   - text: What it must say.
  ///   - places: Where it is on the page.
  public init(_ text: String, at places: Places) {
    texts = Array(repeating: text, count: places.count)
    self.places = places.boxes
  }

  /// Where the codes are on a page: the part of a proof that cannot be had without setting it again.
  public struct Places: Hashable, Sendable {
    /// How many there are.
    public let count: Int

    /// Where each is; nil for a single code, which is looked for on the whole page.
    fileprivate let boxes: [PosterLayout.Box]?

    /// Takes them from a page.
    ///
    /// - Parameter page: The page.
    public init(of page: PosterPage) {
      count = page.layout.symbols.count
      boxes = count > 1 ? SheetProof(of: page).places : nil
    }
  }

  /// Compares what a picture shows with what it should.
  ///
  /// - Parameters:
  ///   - image: The picture of the whole page.
  ///   - subject: How to call the page in an error.
  /// - Throws: `PosterError.proofUnreadable` when there are too few codes, `.proofMismatch` when there
  ///   is another or one too many, or `.proofFailed`.
  public func check(_ image: GreyImage, as subject: String) throws(PosterError) {
    var missing: [[UInt8]: Int] = [:]
    for text in texts { missing[Array(text.utf8), default: 0] += 1 }
    for code in try SheetProof.codes(in: image) {
      guard let count = missing[code.bytes], count > 0 else {
        throw .proofMismatch(subject: subject)
      }
      missing[code.bytes] = count - 1
    }
    if missing.values.allSatisfy({ $0 == 0 }) { return }
    guard let places, places.count > 1 else { throw .proofUnreadable(subject: subject) }
    for (place, text) in zip(places, texts) {
      let codes = try SheetProof.codes(in: image.part(place))
      guard let code = codes.first else { throw .proofUnreadable(subject: subject) }
      guard codes.count == 1, code.bytes == Array(text.utf8) else {
        throw .proofMismatch(subject: subject)
      }
    }
  }

  /// Compares a page of a file on the disk with what it should show.
  ///
  /// - Parameters:
  ///   - pages: The file.
  ///   - number: The page, counted from 0.
  ///   - subject: How to call the page in an error.
  /// - Throws: As `check(_:as:)`.
  public func check(
    _ pages: borrowing PDFPages, page number: Int, as subject: String
  ) throws(PosterError) {
    let image: GreyImage
    do {
      image = try pages.image(ofPage: number)
    } catch {
      throw .proofFailed(error)
    }
    try check(image, as: subject)
  }

  private static func codes(in image: GreyImage) throws(PosterError) -> [FoundCode] {
    do {
      return try CodeReader.codes(in: image, taken: .rendering)
    } catch {
      throw .proofFailed(error)
    }
  }
}

extension GreyImage {
  /// A part of the picture.
  ///
  /// - Parameter part: Of width and height, from 0 to 1.
  /// - Returns: Its pixels, those that are cut included.
  fileprivate func part(_ part: PosterLayout.Box) -> GreyImage {
    let left = min(max(0, Int(part.x * Double(width))), width - 1)
    let top = min(max(0, Int(part.y * Double(height))), height - 1)
    let right = min(width, max(left + 1, Int((part.maxX * Double(width)).rounded(.up))))
    let bottom = min(height, max(top + 1, Int((part.maxY * Double(height)).rounded(.up))))
    var pixels: [UInt8] = []
    pixels.reserveCapacity((right - left) * (bottom - top))
    for row in top..<bottom { pixels += self.pixels[row * width + left..<row * width + right] }
    return GreyImage(width: right - left, height: bottom - top, pixels: pixels) ?? self
  }
}
