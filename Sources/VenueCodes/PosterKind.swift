/// What a poster or screen of a venue is for: the low four bits of a token's first byte.
public enum PosterKind: UInt8, CaseIterable, Hashable, Sendable {
  /// Scanned on the way in and on the way out.
  case inAndOut = 0
  /// Scanned on the way in only.
  case entrance = 1
  /// Scanned on the way out only.
  case exit = 2
  /// One minute of a pre-signed day, shown by a screen that is offline.
  case screenBatch = 3
  /// In a bus, boat, train or taxi.
  case vehicle = 4
}
