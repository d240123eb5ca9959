internal import Presence

// The table of frames of a day file, as writers and readers use it.
extension Connection {
  /// Opens a file for reading, or returns nil when it was deleted.
  static func reading(ifThere path: String) throws(StoreError) -> Connection? {
    do throws(StoreError) {
      return try Connection(opening: path, for: .read)
    } catch {
      if !FileOperation.exists(path) { return nil }
      throw error
    }
  }

  /// The number of the newest row of a day file; 0 when there is none.
  borrowing func newestRow() throws(StoreError) -> Int64 {
    try number("SELECT first + count - 1 FROM frame ORDER BY first DESC LIMIT 1") ?? 0
  }

  /// Writes rows as frames, over those that begin at the same numbers; called in a transaction.
  ///
  /// - Parameters:
  ///   - columns: The rows.
  ///   - number: The number of the first.
  ///   - packer: Packs them; its memory is kept.
  /// - Throws: What SQLite reports.
  borrowing func writeFrames(
    of columns: borrowing EvidenceColumns, numberedFrom number: Int64,
    _ packer: inout EvidenceFramePacker
  ) throws(StoreError) {
    var place = 0
    while place < columns.count {
      let count = packer.pack(columns, from: place)
      try run("INSERT OR REPLACE INTO frame (first, count, data) VALUES (?1, ?2, ?3)") {
        row throws(StoreError) in
        row.bind(number + Int64(place), at: 1)
        row.bind(Int64(count), at: 2)
        row.bind(packer.frame, at: 3)
        try row.execute()
      }
      place += count
    }
  }

  /// Calls `body` with the frames that hold the rows of a range of numbers, in order, until it
  /// returns false; the first and the last may hold rows outside of it.
  borrowing func forEachFrame(
    holding rows: ClosedRange<Int64>,
    _ body: (_ first: Int64, EvidenceFrame) throws(StoreError) -> Bool
  ) throws(StoreError) {
    try run(
      """
      SELECT first, count, data FROM frame
      WHERE first >= coalesce ((SELECT max (first) FROM frame WHERE first <= ?1), 0)
        AND first <= ?2
      ORDER BY first
      """
    ) { row throws(StoreError) in
      row.bind(rows.lowerBound, at: 1)
      row.bind(rows.upperBound, at: 2)
      while try row.step() {
        let goesOn = try row.withFrame(path: path) { first, frame throws(StoreError) -> Bool in
          if first + Int64(frame.count) <= rows.lowerBound { return true }
          return try body(first, frame)
        }
        guard goesOn else { return }
      }
    }
  }

  /// Calls `body` with each of some rows: the frame that holds it and its place there, or nil when
  /// there is no such row.
  ///
  /// - Parameters:
  ///   - rows: Row numbers in ascending order.
  ///   - body: Gets the place of the number in `rows`, and what was found.
  /// - Throws: `corrupt`, what SQLite reports, and what `body` throws.
  /// - Complexity: One search for each frame that holds any of them.
  borrowing func forEachRow(
    _ rows: some RandomAccessCollection<Int64>,
    _ body: (_ index: Int, (frame: EvidenceFrame, place: Int)?) throws(StoreError) -> Void
  ) throws(StoreError) {
    try reading { () throws(StoreError) in
      try run("SELECT first, count, data FROM frame WHERE first <= ?1 ORDER BY first DESC LIMIT 1")
      { row throws(StoreError) in
        var index = 0
        while index < rows.count {
          let number = rows[rows.index(rows.startIndex, offsetBy: index)]
          row.bind(number, at: 1)
          if try row.step() {
            try row.withFrame(path: path) { first, frame throws(StoreError) in
              while index < rows.count {
                let place = rows[rows.index(rows.startIndex, offsetBy: index)] - first
                guard place < frame.count else { return }
                try body(index, (frame, Int(place)))
                index += 1
              }
            }
            let next = index < rows.count ? rows[rows.index(rows.startIndex, offsetBy: index)] : nil
            if next == number {
              try body(index, nil)
              index += 1
            }
          } else {
            try body(index, nil)
            index += 1
          }
          row.reset()
        }
      }
    }
  }
}

extension Statement {
  /// Lends the frame of a row `first, count, data`.
  fileprivate borrowing func withFrame<Result>(
    path: String, _ body: (_ first: Int64, EvidenceFrame) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    try withBytes(2) { bytes throws(StoreError) in
      guard let first = integer(0), first > 0, first < 1 << 60, let frame = EvidenceFrame(bytes),
        integer(1) == Int64(frame.count)
      else { throw StoreError(.corrupt, subject: path) }
      return try body(first, frame)
    }
  }
}
