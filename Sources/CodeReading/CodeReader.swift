internal import CZXing

/// A QR symbol found in a picture.
public struct FoundCode: Hashable, Sendable {
  /// What it says, as text.
  public let text: String

  /// The payload as it stands in the symbol, before any guess at its character set.
  public let bytes: [UInt8]
}

/// Finds QR symbols in pictures.
///
/// A picture is searched in stages, each a pass of libzxing over another form of it; the first that
/// finds anything is the last. What each stage earns is measured in docs/reading.md.
public enum CodeReader {
  /// How hard a picture is to read.
  public enum Picture: Sendable {
    /// A rendering, upright and sharp: one pass.
    case rendering
    /// A frame of a camera, after which another comes: what finds most for its time.
    case frame
    /// A photograph or a screenshot, the only one there is: every stage.
    case photograph
  }

  /// One pass over a form of the picture.
  package enum Stage: String, Sendable, CaseIterable {
    /// As it is, and scaled down for symbols that are large.
    case plain
    /// Twice as large, for symbols of few pixels.
    case doubled
    /// Twice as large, smoothed and sharpened, for few pixels with noise.
    case sharpened
    /// Sharpened more widely, for pixels that a lens has blurred.
    case deblurred
    /// Black and white exchanged, for screens in dark mode.
    case inverted
    /// The same, sharpened.
    case invertedAndSharpened
  }

  /// Finds the symbols of a picture.
  ///
  /// - Parameters:
  ///   - image: The picture.
  ///   - picture: What kind it is.
  /// - Returns: What was found, in no particular order; empty when there is nothing.
  /// - Throws: `CodeReadingError.decoderFailed`.
  public static func codes(
    in image: GreyImage, taken picture: Picture = .photograph
  ) throws(CodeReadingError) -> [FoundCode] {
    let stages: [Stage] =
      switch picture {
      case .rendering: [.plain]
      case .frame: [.plain, .sharpened]
      case .photograph: Stage.allCases
      }
    return try codes(in: image, stages: stages).codes
  }

  /// Finds the symbols of a picture and tells which stage did.
  package static func codes(
    in image: GreyImage, stages: [Stage]
  ) throws(CodeReadingError) -> (codes: [FoundCode], stage: Stage?) {
    var forms = Forms(image)
    for stage in stages {
      guard let form = forms.form(for: stage) else { continue }
      let effort =
        stage == .plain || stage == .inverted ? CHECKIN_ZXING_SCALED : CHECKIN_ZXING_CLEAN
      let found = try search(form, effort)
      if !found.isEmpty { return (found, stage) }
    }
    return ([], nil)
  }

  /// The forms of a picture, each made when it is first wanted.
  private struct Forms {
    private let plain: GreyImage
    private var smoothed: GreyImage?
    private var sharpened: GreyImage?

    /// Pictures of more pixels are not doubled: their symbols are hardly ever small, and memory is
    /// not for the asking.
    private static let mostDoubledPixels = 5_000_000

    init(_ image: GreyImage) { plain = image }

    mutating func form(for stage: Stage) -> GreyImage? {
      switch stage {
      case .plain: return plain
      case .inverted: return plain.inverted
      case .doubled: return isDoubled ? plain.doubled : nil
      case .sharpened:
        return smooth().map { smooth in
          let sharp = smooth.sharpened(radius: 3, strength: 3)
          sharpened = sharp
          return sharp
        }
      case .deblurred: return smooth()?.sharpened(radius: 5, strength: 4)
      case .invertedAndSharpened: return (sharpened ?? form(for: .sharpened))?.inverted
      }
    }

    private var isDoubled: Bool { plain.pixels.count <= Forms.mostDoubledPixels }

    private mutating func smooth() -> GreyImage? {
      if smoothed == nil, isDoubled { smoothed = plain.doubled.averaged(radius: 1) }
      return smoothed
    }
  }

  private static func search(
    _ image: GreyImage, _ effort: checkin_zxing_effort
  ) throws(CodeReadingError) -> [FoundCode] {
    var symbols: UnsafeMutablePointer<checkin_zxing_symbol>?
    var count = 0
    let status = image.pixels.withUnsafeBufferPointer {
      checkin_zxing_read(
        $0.baseAddress, Int32(image.width), Int32(image.height), Int32(effort.rawValue), &symbols,
        &count)
    }
    defer { checkin_zxing_free(symbols, count) }
    guard status == CHECKIN_ZXING_OK.rawValue else { throw .decoderFailed }
    return UnsafeBufferPointer(start: symbols, count: count).map { symbol in
      FoundCode(
        text: String(
          decoding: UnsafeBufferPointer(start: symbol.text, count: symbol.text_count),
          as: UTF8.self),
        bytes: Array(UnsafeBufferPointer(start: symbol.bytes, count: symbol.bytes_count)))
    }
  }
}
