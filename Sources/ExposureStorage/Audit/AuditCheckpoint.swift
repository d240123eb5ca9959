public import VenueCodes

/// What the audit log was at a moment, signed: how many lines were ever written, and the last hash.
///
/// A chain of hashes shows what was changed inside it, and neither that its end was cut off nor that
/// all of it was written anew. A checkpoint that is kept elsewhere shows both: the log must still have
/// the line, with the same hash. It is one line of text, so that it can be mailed, printed and put
/// under another:
///
///     checkin-checkpoint-1 STORE COUNT TIME HEAD PUBLIC-KEY SIGNATURE
public struct AuditCheckpoint: Hashable, Sendable {
  /// The id of the store.
  public let storeID: String
  /// How many lines had ever been written.
  public let count: Int64
  /// When, in Unix seconds.
  public let time: Int64
  /// The hash of the last line: 32 bytes.
  public let head: [UInt8]
  /// Who signed it.
  public let publicKey: Ed25519.PublicKey
  private let signature: [UInt8]

  private static let start = "checkin-checkpoint-1"
  /// The most bytes of a line.
  package static let longest: Int = 1_024

  /// Signs what the log is now.
  package init(
    storeID: String, count: Int64, time: Int64, head: [UInt8], key: Ed25519.SigningKey
  ) {
    self.storeID = storeID
    self.count = count
    self.time = time
    self.head = head
    publicKey = key.publicKey
    let message = AuditCheckpoint.message(storeID: storeID, count: count, time: time, head: head)
    signature = key.signature(for: message.span)
  }

  /// Reads a line and checks its signature; nil when it is none, or was changed.
  ///
  /// Anybody can sign a line with a key of their own: whose key it is has to be compared too.
  public init?(line: some StringProtocol) {
    let text = String(line)
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard text.utf8.count <= AuditCheckpoint.longest, words.count == 7,
      words[0] == AuditCheckpoint.start, words[1].utf8.count == 32,
      StoreDigest.bytes(hexadecimal: words[1]) != nil, let count = Int64(words[2]), count >= 0,
      String(count) == words[2], let time = Int64(words[3]), String(time) == words[3],
      let head = StoreDigest.bytes(hexadecimal: words[4]), head.count == 32,
      let keyBytes = StoreDigest.bytes(hexadecimal: words[5]),
      let key = try? Ed25519.PublicKey(rawRepresentation: keyBytes),
      let signature = StoreDigest.bytes(hexadecimal: words[6])
    else { return nil }
    let message = AuditCheckpoint.message(
      storeID: String(words[1]), count: count, time: time, head: head)
    guard key.isValid(signature: signature.span, for: message.span) else { return nil }
    self.storeID = String(words[1])
    self.count = count
    self.time = time
    self.head = head
    self.publicKey = key
    self.signature = signature
  }

  /// The checkpoint as one line of text, without its end.
  public var line: String {
    [
      AuditCheckpoint.start, storeID, String(count), String(time),
      StoreDigest.hexadecimal(head), StoreDigest.hexadecimal(publicKey.rawRepresentation),
      StoreDigest.hexadecimal(signature),
    ]
    .joined(separator: " ")
  }

  private static func message(
    storeID: String, count: Int64, time: Int64, head: [UInt8]
  ) -> [UInt8] {
    var message = Array("checkin/audit-checkpoint/v1\0".utf8)
    StoreDigest.append(storeID, to: &message)
    StoreDigest.append(UInt64(bitPattern: count), to: &message)
    StoreDigest.append(UInt64(bitPattern: time), to: &message)
    return message + head
  }
}

/// What a comparison of the audit log with a checkpoint found.
public enum CheckpointVerdict: Hashable, Sendable {
  /// The log has the line, with the same hash.
  case agrees
  /// The log ends before the line: it was cut off, or an older copy was put in its place.
  case cutOff(lines: Int64)
  /// The log has another line there: it was written anew.
  case rewritten
  /// The line is gone, and is old enough that retention may have deleted it: it cannot be compared.
  case pastRetention
  /// The line is gone, and is younger than what retention deletes: somebody else deleted it.
  case deletedEarly
  /// The checkpoint is of another store.
  case otherStore
  /// The checkpoint is signed with another key than the store's.
  case otherKey
}

extension ExposureStore {
  /// Signs what the audit log is now, and keeps it in `audit.checkpoints`; durable when it returns.
  ///
  /// A log that is broken is not signed.
  ///
  /// - Parameters:
  ///   - key: The vault's key for it.
  ///   - now: The present, in Unix seconds.
  /// - Returns: The checkpoint, for keeping elsewhere.
  /// - Throws: `corrupt` for a broken log, and what the disk reports.
  /// - Complexity: O(n) in the lines since the last checkpoint.
  @discardableResult
  public func makeCheckpoint(
    key: Ed25519.SigningKey, at now: Int64
  ) throws(StoreError) -> AuditCheckpoint {
    guard let storeID = try value(of: .storeID) else {
      throw StoreError(.corrupt, subject: layout.catalog)
    }
    // What was signed last must still be in the log: else a cut-off log would be signed anew. What was
    // signed before it follows from it.
    var signed: AuditCheckpoint?
    if let last = try lastCheckpoint(), last.publicKey == key.publicKey {
      switch try compare(last, key: key.publicKey, at: now) {
      case .agrees: signed = last
      case .pastRetention: break
      case .cutOff, .rewritten, .deletedEarly, .otherStore, .otherKey:
        throw StoreError(.corrupt, subject: layout.catalog + " (audit log)")
      }
    }
    guard case .intact(let count, let head) = try verifyAudit(after: signed) else {
      throw StoreError(.corrupt, subject: layout.catalog + " (audit log)")
    }
    let checkpoint = AuditCheckpoint(
      storeID: storeID, count: count, time: now, head: head, key: key)
    try FileOperation.appendLine(checkpoint.line, to: layout.checkpoints)
    return checkpoint
  }

  /// Returns the number of lines of the audit log that no checkpoint covers yet.
  public func auditLinesSinceCheckpoint() throws(StoreError) -> Int64 {
    let newest = try withCatalog { catalog throws(StoreError) -> Int64 in
      if let newest = try catalog.number("SELECT max (sequence) FROM audit") { return newest }
      return try AuditTable.base(in: catalog).sequence
    }
    return newest - (try lastCheckpoint()?.count ?? 0)
  }

  /// Returns the newest checkpoint beside the store, or nil when there is none.
  ///
  /// - Throws: `corrupt` when the file ends with something else, and what the disk reports.
  /// - Complexity: O(1).
  public func lastCheckpoint() throws(StoreError) -> AuditCheckpoint? {
    guard FileOperation.exists(layout.checkpoints) else { return nil }
    let bytes = try FileOperation.tail(
      of: layout.checkpoints, count: 2 * AuditCheckpoint.longest)
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    // The very last may be one that a power cut cut off.
    for line in lines.suffix(2).reversed() {
      if let found = AuditCheckpoint(line: String(decoding: line, as: UTF8.self)) { return found }
    }
    if bytes.isEmpty { return nil }
    throw StoreError(.corrupt, subject: layout.checkpoints)
  }

  /// Returns the checkpoints beside the store, oldest first.
  ///
  /// - Throws: `corrupt` when the file holds something else, and what the disk reports.
  public func checkpoints() throws(StoreError) -> [AuditCheckpoint] {
    guard FileOperation.exists(layout.checkpoints) else { return [] }
    let bytes = try FileOperation.read(layout.checkpoints, limit: 1 << 26)
    guard let checkpoints = ExposureStore.checkpoints(in: bytes) else {
      throw StoreError(.corrupt, subject: layout.checkpoints)
    }
    return checkpoints
  }

  /// Reads a file of checkpoints, one a line; nil when a line is none or none are there.
  ///
  /// A last line without its end was being written when the machine stopped, and is passed over when
  /// whole ones are before it.
  public static func checkpoints(in bytes: [UInt8]) -> [AuditCheckpoint]? {
    // Bytes and not characters: the end of a line of Windows is one character of its own.
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard let rest = lines.popLast() else { return nil }
    var checkpoints: [AuditCheckpoint] = []
    for line in lines {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      guard let checkpoint = AuditCheckpoint(line: String(decoding: line, as: UTF8.self)) else {
        return nil
      }
      checkpoints.append(checkpoint)
    }
    if let last = AuditCheckpoint(line: String(decoding: rest, as: UTF8.self)) {
      checkpoints.append(last)
    }
    return checkpoints.isEmpty ? nil : checkpoints
  }

  /// Compares the audit log with a checkpoint.
  ///
  /// Says nothing of lines after it, nor of what is inside the chain: `verifyAudit` does. That lines
  /// at the front are gone is the log's own word, which whoever can write the catalog can give: it
  /// holds only for a checkpoint that is older than lines are kept.
  ///
  /// - Parameters:
  ///   - checkpoint: One that was kept elsewhere.
  ///   - key: The store's own key; nil takes the checkpoint's word for it, which is right for one that
  ///     nobody could exchange.
  ///   - now: The present, in Unix seconds.
  /// - Returns: What was found.
  /// - Throws: `closed`, `busy`, `corrupt`.
  public func compare(
    _ checkpoint: AuditCheckpoint, key: Ed25519.PublicKey?, at now: Int64
  ) throws(StoreError) -> CheckpointVerdict {
    let mayBeGone = checkpoint.time < now - Int64(try retentionPolicy().audit) * 86_400
    guard try value(of: .storeID) == checkpoint.storeID else { return .otherStore }
    if let key, key != checkpoint.publicKey { return .otherKey }
    return try withCatalog { catalog throws(StoreError) in
      let base = try AuditTable.base(in: catalog)
      let newest = try catalog.number("SELECT max (sequence) FROM audit") ?? base.sequence
      guard checkpoint.count <= newest else {
        return .cutOff(lines: checkpoint.count - newest)
      }
      if checkpoint.count < base.sequence { return mayBeGone ? .pastRetention : .deletedEarly }
      if checkpoint.count == base.sequence {
        guard base.hash == checkpoint.head else { return .rewritten }
        // The hash alone is left of the line; of an empty log nothing is missing.
        return checkpoint.count == 0 || mayBeGone ? .agrees : .deletedEarly
      }
      let hash = try catalog.run("SELECT hash FROM audit WHERE sequence = ?1") {
        row throws(StoreError) in
        row.bind(checkpoint.count, at: 1)
        return try row.step() ? row.bytes(0) : nil
      }
      return hash == checkpoint.head ? .agrees : .rewritten
    }
  }
}
