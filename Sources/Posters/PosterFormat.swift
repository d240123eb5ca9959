/// The kinds of file a code is written to.
public enum PosterFormat: String, Hashable, Sendable, CaseIterable {
  /// The A4 poster.
  case pdf
  /// The bare symbol in pixels.
  case png
  /// The bare symbol in outlines.
  case svg

  /// What a file name of this kind ends in, without the dot.
  public var fileExtension: String { rawValue }
}
