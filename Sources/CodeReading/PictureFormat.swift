/// The kinds of picture that are read.
public enum PictureFormat: String, Hashable, Sendable, CaseIterable {
  /// Pixels without loss, such as a screenshot.
  case png
  /// A page; its first one is read.
  case pdf
  /// A drawing in outlines.
  case svg

  /// What people call it.
  public var name: String { rawValue.uppercased() }
}
