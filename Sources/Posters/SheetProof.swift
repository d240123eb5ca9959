/// The proof of a page: what it shows, read back out of a rendering of it.
enum SheetProof {
  /// Compares the codes of a picture with those that should be there.
  ///
  /// A reader finds one code surely, and of nine on one sheet it may miss some, as nobody holds a phone
  /// over all of them. So where the places are known, each is read by itself; the whole picture is read
  /// as well, and must show nothing else.
  ///
  /// - Parameters:
  ///   - image: The picture.
  ///   - texts: What its codes must say.
  ///   - places: Where each is with its quiet zone, as parts of width and height; nil when unknown.
  ///   - subject: How to call the page in an error.
  /// - Throws: `PosterError.proofUnreadable` when there are fewer, `.proofMismatch` when there is
  ///   another or one too many, or `.decoderFailed`.
  static func prove(
    _ image: GreyImage, shows texts: [String], in places: [PosterLayout.Box]?, as subject: String
  ) throws(PosterError) {
    var missing: [[UInt8]: Int] = [:]
    for text in texts { missing[Array(text.utf8), default: 0] += 1 }
    for code in try CodeReader.codes(in: image, taken: .rendering) {
      guard let count = missing[code.bytes], count > 0 else {
        throw .proofMismatch(subject: subject)
      }
      missing[code.bytes] = count - 1
    }
    if missing.values.allSatisfy({ $0 == 0 }) { return }
    guard let places, places.count == texts.count, places.count > 1 else {
      throw .proofUnreadable(subject: subject)
    }
    for (place, text) in zip(places, texts) {
      let codes = try CodeReader.codes(in: image.part(place), taken: .rendering)
      guard let code = codes.first else { throw .proofUnreadable(subject: subject) }
      guard codes.count == 1, code.bytes == Array(text.utf8) else {
        throw .proofMismatch(subject: subject)
      }
    }
  }
}

extension GreyImage {
  /// A part of the picture.
  ///
  /// - Parameter part: Of width and height, from 0 to 1.
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
