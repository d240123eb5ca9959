internal import VenueCodes

/// The day files that are open for appending; the one unused for longest is closed first.
final class DayPool {
  private static let capacity = 32
  /// After how many uses of other files one is closed: its write-ahead log, megabytes, then goes.
  private static let patience = 1_024
  private let layout: StoreLayout
  private let tuning: StoreTuning
  private var files: [LocalDay: DayFile] = [:]
  private var uses = 0

  init(layout: StoreLayout, tuning: StoreTuning) {
    self.layout = layout
    self.tuning = tuning
  }

  /// Returns the file of a day, opened or made.
  func file(of day: LocalDay) throws(StoreError) -> DayFile {
    uses += 1
    if uses.isMultiple(of: DayPool.patience) {
      files = files.filter { $0.value.lastUse > uses - DayPool.patience }
    }
    if let open = files[day] {
      if open.isCurrent {
        open.lastUse = uses
        return open
      }
      // Another process deleted the day: rows written to this file would be lost with it.
      files[day] = nil
    }
    if files.count >= DayPool.capacity,
      let oldest = files.values.min(by: { $0.lastUse < $1.lastUse })
    {
      files[oldest.day] = nil
    }
    let file = try DayFile(of: day, in: layout, tuning: tuning)
    file.lastUse = uses
    files[day] = file
    return file
  }

  /// Closes the file of a day, when it is open.
  func close(_ day: LocalDay) { files[day] = nil }
}
