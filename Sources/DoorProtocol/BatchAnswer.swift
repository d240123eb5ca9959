internal import FoundationEssentials

/// What became of each row of a batch, told compactly: rows that are in no list were stored.
///
///     {"rows":1000,"received_at":1596672000,"repeated":[[0,10]],"conflicts":[12],
///      "refused":[{"row":500,"code":"unknown-venue"}]}
///
/// Rows are counted from 0; `repeated` are ranges, the end not included. Every row that is not refused
/// is durable at the centre, a conflict too: the centre keeps it aside. `epoch` names the centre's store as
/// it is since it was made or restored: another one means that rows may be gone.
public struct BatchAnswer: Hashable, Sendable {
  /// A row that was refused.
  public struct Refused: Hashable, Sendable, Codable {
    /// Its place in the batch.
    public var row: Int
    /// Why: a `RowRefusal`, or a word of a later version.
    public var code: String

    /// Makes an entry.
    public init(row: Int, code: String) {
      self.row = row
      self.code = code
    }
  }

  /// How many rows the batch had.
  public var rows: Int
  /// When the centre received it, in Unix seconds.
  public var receivedAt: Int64
  /// Since when the centre's store is as it is; nil when it did not say.
  public var epoch: String?
  /// The rows that were there before.
  public var repeated: [Range<Int>]
  /// The rows whose id has another statement at the centre.
  public var conflicts: [Int]
  /// The rows that were refused.
  public var refused: [Refused]

  /// Makes an answer.
  public init(
    rows: Int, receivedAt: Int64, epoch: String? = nil, repeated: [Range<Int>] = [],
    conflicts: [Int] = [], refused: [Refused] = []
  ) {
    self.rows = rows
    self.receivedAt = receivedAt
    self.epoch = epoch
    self.repeated = repeated
    self.conflicts = conflicts
    self.refused = refused
  }

  /// How many rows are new at the centre.
  public var storedCount: Int {
    rows - repeated.reduce(0) { $0 + $1.count } - conflicts.count - refused.count
  }

  /// Notes that a row was there before; rows come in order.
  public mutating func noteRepeated(_ row: Int) {
    if let last = repeated.last, last.upperBound == row {
      repeated[repeated.count - 1] = last.lowerBound..<(row + 1)
    } else {
      repeated.append(row..<(row + 1))
    }
  }

  private struct Form: Codable {
    var rows: Int
    var received_at: Int64
    var epoch: String?
    var repeated: [[Int]]?
    var conflicts: [Int]?
    var refused: [Refused]?
  }

  /// The JSON of it.
  public var json: [UInt8] {
    let form = Form(
      rows: rows, received_at: receivedAt, epoch: epoch,
      repeated: repeated.isEmpty ? nil : repeated.map { [$0.lowerBound, $0.upperBound] },
      conflicts: conflicts.isEmpty ? nil : conflicts, refused: refused.isEmpty ? nil : refused)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return (try? encoder.encode(form)).map { Array($0) } ?? []
  }

  /// Reads the JSON of it.
  ///
  /// - Parameters:
  ///   - json: Of whatever content.
  ///   - count: How many rows were sent.
  /// - Throws: `badAnswer` when it cannot be read, or does not speak of so many rows.
  public init(json: [UInt8], ofRows count: Int) throws(DoorProtocolError) {
    guard let form = try? JSONDecoder().decode(Form.self, from: Data(json)), form.rows == count
    else { throw .badAnswer }
    var repeated: [Range<Int>] = []
    for pair in form.repeated ?? [] {
      guard pair.count == 2, pair[0] >= 0, pair[0] < pair[1], pair[1] <= count else {
        throw .badAnswer
      }
      repeated.append(pair[0]..<pair[1])
    }
    let named = (form.conflicts ?? []) + (form.refused ?? []).map(\.row)
    guard named.allSatisfy({ (0..<count).contains($0) }), Set(named).count == named.count,
      (form.refused ?? []).allSatisfy({ $0.code.utf8.count <= 64 }),
      form.epoch.map({ $0.utf8.count <= 64 }) ?? true
    else { throw .badAnswer }
    self.init(
      rows: count, receivedAt: form.received_at, epoch: form.epoch, repeated: repeated,
      conflicts: form.conflicts ?? [], refused: form.refused ?? [])
  }
}
