internal import Presence

/// The settings and the calendar in `checkin.sqlite`.
enum SettingTable {
  static func value(
    of setting: StoreSetting, in catalog: borrowing Connection
  ) throws(StoreError) -> String? {
    try catalog.run("SELECT value FROM setting WHERE name = ?1") { row throws(StoreError) in
      row.bind(setting.rawValue, at: 1)
      return try row.step() ? row.text(0) : nil
    }
  }

  static func write(
    _ settings: [StoreSetting: String], to catalog: borrowing Connection
  ) throws(StoreError) {
    try catalog.run(
      """
      INSERT INTO setting (name, value) VALUES (?1, ?2)
      ON CONFLICT (name) DO UPDATE SET value = excluded.value
      """
    ) { row throws(StoreError) in
      for (setting, value) in settings {
        row.bind(setting.rawValue, at: 1)
        row.bind(value, at: 2)
        try row.execute()
      }
    }
  }

  static func write(
    _ calendar: LocalCalendar, to catalog: borrowing Connection
  ) throws(StoreError) {
    try catalog.execute("DELETE FROM zone_span")
    try catalog.run("INSERT INTO zone_span (start, utc_offset) VALUES (?1, ?2)") {
      row throws(StoreError) in
      for span in calendar.spans {
        row.bind(span.start, at: 1)
        row.bind(Int64(span.offset), at: 2)
        try row.execute()
      }
    }
  }

  static func calendar(in catalog: borrowing Connection) throws(StoreError) -> LocalCalendar {
    var spans: [LocalCalendar.Span] = []
    try catalog.run("SELECT start, utc_offset FROM zone_span ORDER BY start") {
      row throws(StoreError) in
      while try row.step() {
        guard let start = row.integer(0), let offset = row.integer(1),
          (-86_400...86_400).contains(offset)
        else { throw StoreError(.corrupt, subject: catalog.path) }
        spans.append(LocalCalendar.Span(start: start, offset: Int32(offset)))
      }
    }
    // The calendar takes ascending stretches for granted; a table's order gives them.
    guard let name = try value(of: .zoneName, in: catalog), !spans.isEmpty else {
      throw StoreError(.corrupt, subject: catalog.path)
    }
    return LocalCalendar(zoneName: name, spans: spans)
  }
}
