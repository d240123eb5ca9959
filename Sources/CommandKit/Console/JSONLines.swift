public import JSONText

/// A long list of objects, one a line, written in large pieces.
///
/// ```swift
/// var rows = JSONLines(to: context.output)
/// for exposure in exposures {
///   try rows.object { $0.field("case", exposure.caseID) }
/// }
/// try rows.finish()
/// ```
public struct JSONLines {
  private let output: Output
  private var json = JSONWriter()
  private static let capacity = 1 << 15

  /// Makes an empty list that goes to an output.
  public init(to output: Output) {
    self.output = output
  }

  /// Writes one object and ends the line.
  public mutating func object(_ body: (inout JSONWriter) -> Void) throws(OutputError) {
    json.object(body)
    json.endLine()
    if json.bytes.count >= JSONLines.capacity { try finish() }
  }

  /// Hands over what is still held back.
  public mutating func finish() throws(OutputError) {
    try output.write(bytes: json.bytes)
    json.removeAll()
  }
}
