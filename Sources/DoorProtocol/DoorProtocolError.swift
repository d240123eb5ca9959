/// Why what came over the line between a door and its centre is not taken.
public enum DoorProtocolError: Error, Hashable, Sendable {
  /// A batch of columns does not begin as one does.
  case notABatch
  /// A batch is of a version this program does not know.
  case unknownVersion(UInt8)
  /// A batch ends too early, or has bytes behind its end.
  case wrongLength
  /// A batch has so many rows: none, or more than are taken at once.
  case rowCount(Int)
  /// A value of a row is none that its column can have.
  case badValue(row: Int, column: String)
  /// A line of a batch in NDJSON cannot be read.
  case badLine(Int, String)
  /// A message lacks a signature, or has one of another form.
  case notSigned
  /// The content is not that which was signed.
  case wrongDigest
  /// The signature is not the sender's.
  case badSignature
  /// An answer cannot be read.
  case badAnswer
  /// A one-time code is no such code.
  case badCode
  /// A scope of a door is none.
  case badScope
  /// What came down does not make what the centre signed.
  case wrongVersion
}

extension DoorProtocolError: CustomStringConvertible {
  /// The stable word for this failure.
  public var code: String {
    switch self {
    case .notABatch: "not-a-batch"
    case .unknownVersion: "batch-unknown-version"
    case .wrongLength: "batch-wrong-length"
    case .rowCount: "batch-row-count"
    case .badValue: "batch-bad-value"
    case .badLine: "batch-bad-line"
    case .notSigned: "not-signed"
    case .wrongDigest: "wrong-digest"
    case .badSignature: "bad-signature"
    case .badAnswer: "bad-answer"
    case .badCode: "bad-door-code"
    case .badScope: "bad-door-scope"
    case .wrongVersion: "wrong-version"
    }
  }

  /// A sentence for a person; it holds no subject.
  public var description: String {
    switch self {
    case .notABatch: "this is no batch of evidence in columns"
    case .unknownVersion(let version):
      "the batch is of version \(version), which this program does not know: update it"
    case .wrongLength: "the batch ends too early or has bytes behind its end"
    case .rowCount(let count):
      "the batch has \(count) rows: 1 to \(EvidenceBatch.mostRows) are taken at once"
    case .badValue(let row, let column): "row \(row): \(column) is none that there can be"
    case .badLine(let line, let reason): "line \(line): \(reason)"
    case .notSigned: "the message is not signed as messages between a door and its centre are"
    case .wrongDigest: "the content is not that which was signed"
    case .badSignature: "the signature is not the sender's"
    case .badAnswer: "the centre's answer cannot be read: is it a centre, and of this version?"
    case .badCode: "this is no one-time code: it has 16 letters and digits, in groups of four"
    case .badScope: "this is no scope of a door: give venues, a division or an agency"
    case .wrongVersion: "what came down does not make what the centre signed"
    }
  }
}
