internal import Foundation

extension String {
  /// The text in normalisation form C, as names are kept.
  var precomposed: String { precomposedStringWithCanonicalMapping }
}
