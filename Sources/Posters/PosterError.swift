public import CodeReading

/// A failure to make, prove or write a code.
///
/// `code` is the stable part that scripts and logs compare; the description is a sentence for a
/// person and may change.
public enum PosterError: Error, Hashable, Sendable {
  /// There is nothing to encode, or a segment holds what its mode cannot carry.
  case notEncodable(reason: String)
  /// The text does not fit into a QR symbol of that level.
  case textTooLong(bytes: Int, level: QRSymbol.Level)
  /// A size that cannot be drawn was asked for.
  case sizeOutOfRange(what: String)
  /// The typeface is not installed; what would have been used instead is named.
  case fontMissing(family: String, instead: String)
  /// The typeface has no picture for a character.
  case glyphMissing(Unicode.Scalar, part: PosterPart, family: String)
  /// A character that is not meant to be printed, such as a line break or a direction mark.
  case characterNotPrintable(Unicode.Scalar, part: PosterPart)
  /// The texts leave no room for the code, even in small type; the longest part is named.
  case noRoom(PosterPart)
  /// The code would be smaller than the authority allows on such a sheet, or its modules too small to
  /// be read; the sizes are in millimetres.
  case belowMinimum(sheet: SheetKind, size: Double, module: Double, minimum: Double)
  /// A file of a language is not what it should be.
  case languageInvalid(reason: String)
  /// A part of the sheet that must be there is empty.
  case empty(PosterPart)
  /// A drawing library reported a failure.
  case drawingFailed(reason: String)
  /// A produced file could not be turned into a picture to be read back.
  case proofFailed(CodeReadingError)
  /// A produced file, read back, shows no code.
  case proofUnreadable(subject: String)
  /// A produced file, read back, shows another text than was meant, or more than one.
  case proofMismatch(subject: String)
  /// A file could not be written; nothing was left behind.
  case notWritten(path: String, reason: String)
}

extension PosterError {
  /// The stable name of the failure.
  public var code: String {
    switch self {
    case .notEncodable: "poster-not-encodable"
    case .textTooLong: "poster-text-too-long"
    case .sizeOutOfRange: "poster-size"
    case .fontMissing: "poster-font-missing"
    case .glyphMissing: "poster-glyph-missing"
    case .characterNotPrintable: "poster-character"
    case .noRoom: "poster-no-room"
    case .belowMinimum: "poster-below-minimum"
    case .languageInvalid: "poster-language"
    case .empty: "poster-empty"
    case .drawingFailed: "poster-drawing"
    case .proofFailed(let error): error.code
    case .proofUnreadable: "proof-unreadable"
    case .proofMismatch: "proof-mismatch"
    case .notWritten: "poster-not-written"
    }
  }
}

extension PosterError {
  /// Whether it is about what one sheet says, so that another sheet may well be made.
  public var isOfTexts: Bool {
    switch self {
    case .textTooLong, .glyphMissing, .characterNotPrintable, .noRoom, .belowMinimum, .empty: true
    case .notEncodable, .sizeOutOfRange, .fontMissing, .languageInvalid, .drawingFailed,
      .proofFailed,
      .proofUnreadable, .proofMismatch, .notWritten:
      false
    }
  }
}

extension PosterError: CustomStringConvertible {
  /// A sentence that says what is wrong and what to do about it.
  public var description: String {
    switch self {
    case .notEncodable(let reason):
      "this text cannot go into a QR code: \(reason)"
    case .textTooLong(let bytes, let level):
      "\(bytes) bytes do not fit into a QR code of level \(level.letter): shorten the text"
    case .sizeOutOfRange(let what):
      "\(what) cannot be drawn: choose another size"
    case .fontMissing(let family, let instead):
      "the typeface \(family) is not installed (\(instead) would be used): "
        + PosterError.remedy(missing: family)
    case .glyphMissing(let scalar, let part, let family):
      "the typeface \(family) has no \(PosterError.name(of: scalar)), used in the \(part): "
        + "write the text without it"
    case .characterNotPrintable(let scalar, let part):
      "the \(part) holds \(PosterError.name(of: scalar)), which cannot be printed: remove it"
    case .noRoom(let part):
      "the texts leave no room for the code: shorten the \(part)"
    case .belowMinimum(let sheet, let size, let module, let minimum):
      module < SheetKind.leastModule
        ? "the \(sheet) has room for modules of \(PosterError.decimal(module)) mm, and below "
          + "\(PosterError.decimal(SheetKind.leastModule)) mm a code is not read reliably: "
          + "leave the venue's name out of the code, or choose a larger sheet"
        : "the \(sheet) has room for a code of \(PosterError.decimal(size)) mm, and the authority "
          + "asks for \(PosterError.decimal(minimum)) mm: choose a larger sheet"
    case .languageInvalid(let reason):
      "this is no language of the sheets: \(reason)"
    case .empty(let part):
      "the \(part) is empty: a poster cannot do without it"
    case .drawingFailed(let reason):
      "the poster could not be drawn: \(reason)"
    case .proofFailed(let error):
      error.description
    case .proofUnreadable(let subject):
      "\(subject) was made but cannot be read back, so it was not kept"
    case .proofMismatch(let subject):
      "\(subject) was made but says something else than was meant, so it was not kept"
    case .notWritten(let path, let reason):
      "\(path) could not be written: \(reason)"
    }
  }

  /// Where a typeface comes from.
  private static func remedy(missing family: String) -> String {
    if family.contains(" CJK ") {
      return "the Debian package fonts-noto-cjk has it, but with outlines that cannot be embedded; "
        + "name a TrueType typeface in the language's file"
    }
    let isInCore = family.hasPrefix("Noto Sans") || family.hasPrefix("Noto Serif")
    return isInCore
      ? "install the Debian package fonts-noto-core"
      : "install it, or name another in the language's file"
  }

  /// A length with two decimals at most.
  private static func decimal(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded(.down))
    let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
    if rest == 0 { return "\(whole)" }
    return rest % 10 == 0 ? "\(whole).\(rest / 10)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }

  private static func name(of scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    let code = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    guard let name = scalar.properties.name else { return code }
    return "\(code) \(name)"
  }
}
