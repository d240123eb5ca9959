/// The code of a place of Vietnam's PC-Covid: an address and six letters, which still hang on walls.
///
/// There is no signature: anyone can make one.
public struct PCCovidPoster: Hashable, Sendable {
  /// The six letters, in lower case.
  public let letters: String

  static let origin = "https://qr.pccovid.gov.vn"

  /// Reads the text of a code.
  ///
  /// - Throws: `ForeignCodeError`.
  init(_ text: ArraySlice<UInt8>) throws(ForeignCodeError) {
    guard let letters = text.dropping(origin: Self.origin)?.dropping("/"), letters.count == 6,
      letters.allSatisfy(\.isLetter)
    else { throw ForeignCodeError(.pcCovid, .malformed) }
    self.letters = String(decoding: letters.map { $0 | 0x20 }, as: UTF8.self)
  }
}
