/// A failure of the exposure store.
///
/// `code` is the stable part: callers compare it, and logs and replies carry it. The description is
/// a sentence for people, says what to do, and may change. Bound values never appear in either, so
/// that no log names a person.
public struct StoreError: Error, Hashable, Sendable {
  /// The kinds of failure a caller can tell apart; the raw value is stable.
  public enum Code: String, Sendable, CaseIterable {
    /// Another process held the store for longer than the time allowed.
    case busy = "store-busy"
    /// A file of the store is damaged or is no file of a store.
    case corrupt = "store-corrupt"
    /// No room is left on the disk.
    case diskFull = "store-disk-full"
    /// The store was opened for reading only, or its folder cannot be written.
    case readOnly = "store-read-only"
    /// A newer version of the program made the store.
    case schemaTooNew = "store-schema-too-new"
    /// An older version of the program made the file, and it may only be read.
    case schemaTooOld = "store-schema-too-old"
    /// There is no store in the folder.
    case noStore = "store-not-found"
    /// There is a store in the folder already.
    case alreadyExists = "store-already-exists"
    /// There is evidence in the folder, and not the catalog that says whose it is.
    case evidenceWithoutCatalog = "store-evidence-without-catalog"
    /// A file or folder could not be opened or made.
    case cannotOpen = "store-cannot-open"
    /// The disk or the file system reported an error.
    case inputOutput = "store-input-output"
    /// A day has as many rows, or the store as many days, as it can hold.
    case full = "store-full"
    /// A rule of a table was broken.
    case constraint = "store-constraint"
    /// Memory ran out.
    case outOfMemory = "store-out-of-memory"
    /// The store was closed before.
    case closed = "store-closed"
    /// A time is outside the years that a store can hold.
    case timeOutOfRange = "store-time-out-of-range"
    /// A case of this id is there with other content.
    case caseConflict = "store-case-conflict"
    /// There is no case of this id.
    case unknownCase = "store-unknown-case"
    /// All 256 serials of a place are taken by prints that are still valid.
    case serialsExhausted = "store-serials-exhausted"
    /// There is no such print.
    case unknownPrint = "store-unknown-print"
    /// A reservation of a serial was not confirmed in time.
    case reservationLost = "store-reservation-lost"
    /// A day was replaced while it was read: ask again.
    case changedMeanwhile = "store-changed-meanwhile"
    /// There is no backup in the folder.
    case noBackup = "store-no-backup"
    /// A file of a backup is not what was written, or is missing.
    case damagedBackup = "store-damaged-backup"
    /// The folder for a backup holds something else, or the backup of another store.
    case foreignBackup = "store-foreign-backup"
    /// Anything else that SQLite reports.
    case other = "store-other"

    /// Whether the whole store suffers from it, so that other evidence would fare no better.
    ///
    /// Else it is of a day or of a row, and what was appended together may still be stored apart.
    public var isOfWholeStore: Bool {
      switch self {
      case .busy, .diskFull, .readOnly, .inputOutput, .closed: true
      default: false
      }
    }
  }

  /// What sort of failure this is.
  public let code: Code
  /// The extended result code of SQLite, or the `errno` of a file operation; 0 when neither.
  public let sqliteCode: Int32
  /// The file, folder or thing it is about, as the store was told its path.
  public let subject: String
  /// The statement that failed, without its values.
  public let statement: String?

  /// Makes a failure; see the properties.
  public init(
    _ code: Code, subject: String, sqliteCode: Int32 = 0, statement: String? = nil
  ) {
    self.code = code
    self.subject = subject
    self.sqliteCode = sqliteCode
    self.statement = statement
  }
}

extension StoreError: CustomStringConvertible {
  /// A sentence for a person: what is wrong, and what to do.
  public var description: String {
    switch code {
    case .busy:
      "\(subject) is in use by another process: wait until it is done, then try again"
    case .corrupt:
      "\(subject) is damaged or is no file of a store: restore it from a backup"
        + (subject.hasSuffix("ids.table")
          ? ", or delete it: it is rebuilt from the day files" : "")
    case .diskFull:
      "no room is left on the disk of \(subject): free some and try again; what was acknowledged "
        + "is safe"
    case .readOnly:
      "\(subject) cannot be written: check who owns the folder and that the disk is not read-only"
    case .schemaTooNew:
      "\(subject) was made by a newer version of checkin: update this program"
    case .schemaTooOld:
      "\(subject) was made by an older version of checkin and may only be read here: let somebody who "
        + "may write run `checkin exposure` once, which brings it up to date"
    case .noStore:
      "there is no store in \(subject): make one with `checkin init`, or name another with --store"
    case .alreadyExists:
      "there is a store in \(subject) already: use it, or name another folder with --store"
    case .evidenceWithoutCatalog:
      "\(subject) has evidence but no checkin.sqlite, which says whose it is: restore that file from "
        + "a backup, or name another folder with --store"
    case .cannotOpen:
      "\(subject) cannot be opened: check that the folder is there and that you may write in it, which "
        + "reading needs too"
    case .inputOutput:
      "reading or writing \(subject) failed (code \(sqliteCode)): check the disk"
    case .full:
      "\(subject) is full: a store holds 2,048 days, and a day 134 million rows; delete days that are "
        + "past their retention"
    case .constraint:
      "a row was refused by the rules of \(subject): please report this"
    case .outOfMemory:
      "memory ran out while using \(subject): stop other programs or use smaller batches"
    case .closed:
      "\(subject) was closed: open it again"
    case .timeOutOfRange:
      "\(subject) begins or ends outside the years 1970 to 2087: check its times"
    case .caseConflict:
      "case \(subject) is there with other content: give the new case another id"
    case .unknownCase:
      "there is no case \(subject): see `checkin case list`"
    case .serialsExhausted:
      "all 256 print serials of \(subject) are in use: wait until older prints expire, or print "
        + "for another zone"
    case .unknownPrint:
      "there is no print \(subject): `checkin venue show` lists the prints of a venue"
    case .reservationLost:
      "the print serial of \(subject) was not confirmed in time: print again"
    case .changedMeanwhile:
      "\(subject) was replaced by retention while it was read: try again"
    case .noBackup:
      "there is no backup in \(subject): name the folder that `checkin store backup` wrote"
    case .damagedBackup:
      "the backup is damaged (\(subject)): use another copy of it"
    case .foreignBackup:
      "\(subject) holds something else than a backup of this store: name an empty folder"
    case .other:
      "\(subject) failed (SQLite code \(sqliteCode)): please report this"
    }
  }
}
