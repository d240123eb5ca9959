/// What a poster of a venue is for: the low four bits of a token's first byte.
///
/// 3 is missing on purpose: it is a minute of a pre-signed day, a `ScreenToken`, whose bytes mean
/// something else.
public enum PosterKind: UInt8, CaseIterable, Hashable, Sendable {
  /// Scanned on the way in and on the way out.
  case inAndOut = 0
  /// Scanned on the way in only.
  case entrance = 1
  /// Scanned on the way out only.
  case exit = 2
  /// In a bus, boat, train or taxi.
  case vehicle = 4
}
