extension VisitSegment {
  /// Merges segments into one, in one pass over each venue.
  ///
  /// The result has the bytes of a segment that is built of the rows that are kept. Void rows are
  /// dropped.
  ///
  /// - Parameters:
  ///   - segments: What is merged.
  ///   - records: What is added.
  ///   - memory: Where the columns are kept.
  ///   - keeps: Whether a row is kept, by the place of its segment and its row.
  /// - Returns: The segment of what is kept.
  /// - Complexity: O(n · k) for n rows of k segments that share venues, and 16 bytes a row meanwhile.
  public static func merging(
    _ segments: [VisitSegment], adding records: [VisitRecord] = [],
    memory: ColumnMemorySource = .heap,
    keeping keeps: (_ segment: Int, _ row: Int) -> Bool = {
      _, _ in true
    }
  ) -> VisitSegment {
    var sources = segments
    if !records.isEmpty { sources.append(VisitSegment(records)) }
    let count = sources.reduce(0) { $0 + $1.count }
    precondition(count <= VisitSegment.countLimit, "32-bit rows")
    // A zone that is dropped with its row leaves no column of zones behind.
    let hasZones = sources.enumerated().contains { number, source in
      !source.zone.isEmpty
        && (0..<source.count).contains { row in
          source.zone.base[row] != 0 && source.leave.base[row] >= source.enter.base[row]
            && (number >= segments.count || keeps(number, row))
        }
    }
    var rows = RowColumns(capacity: count, hasZones: hasZones, memory)
    let index = VenueIndex(sources)
    var nextVenue = [Int](repeating: 0, count: sources.count)
    /// The rows of the venue that are left of each source that has any.
    var runs: [(source: Int, next: Int, end: Int, record: VisitRecord)] = []
    for venue in index.venues {
      rows.beginVenue(venue)
      runs.removeAll(keepingCapacity: true)
      for number in sources.indices {
        let storage = sources[number].storage
        let place = nextVenue[number]
        guard place < storage.venues.count, storage.venues.base[place] == venue else { continue }
        nextVenue[number] += 1
        var run = (
          source: number, next: Int(storage.venueStart.base[place]),
          end: Int(storage.venueStart.base[place + 1]),
          record: VisitRecord(venue: venue, enter: 0, leave: 0, subject: 0, source: 0)
        )
        if advance(&run, sources, segments.count, keeps) { runs.append(run) }
      }
      while !runs.isEmpty {
        var first = 0
        for other in runs.indices.dropFirst()
        where runs[other].record.isBefore(runs[first].record) {
          first = other
        }
        rows.append(runs[first].record)
        if !advance(&runs[first], sources, segments.count, keeps) { runs.remove(at: first) }
      }
    }
    var keys = [UInt64](repeating: 0, count: rows.count)
    var spare = [UInt64](repeating: 0, count: rows.count)
    return rows.segment(memory, &keys, &spare)
  }

  /// Reads the next row of a run that is kept, or returns false at its end.
  @inline(__always)
  private static func advance(
    _ run: inout (source: Int, next: Int, end: Int, record: VisitRecord),
    _ sources: [VisitSegment], _ segmentCount: Int, _ keeps: (Int, Int) -> Bool
  ) -> Bool {
    let storage = sources[run.source].storage
    while run.next < run.end {
      let row = run.next
      run.next += 1
      guard storage.leave.base[row] >= storage.enter.base[row],
        run.source >= segmentCount || keeps(run.source, row)
      else { continue }
      run.record.enter = storage.enter.base[row]
      run.record.leave = storage.leave.base[row]
      run.record.subject = storage.subject.base[row]
      run.record.source = storage.source.base[row]
      run.record.zone = storage.zone.isEmpty ? 0 : storage.zone.base[row]
      return true
    }
    return false
  }
}
