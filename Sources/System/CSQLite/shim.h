#ifndef CHECKIN_CSQLITE_SHIM_H
#define CHECKIN_CSQLITE_SHIM_H

#include <sqlite3.h>

/* SQLITE_TRANSIENT is a cast macro, which Swift does not import. */

/// Binds text that SQLite copies. The C function is `sqlite3_bind_text`.
static inline int checkin_sqlite3_bind_text(sqlite3_stmt *statement, int index, const char *text,
                                            int length) {
  return sqlite3_bind_text(statement, index, text, length, SQLITE_TRANSIENT);
}

/// Binds bytes that SQLite copies. The C function is `sqlite3_bind_blob`.
static inline int checkin_sqlite3_bind_blob(sqlite3_stmt *statement, int index, const void *bytes,
                                            int length) {
  return sqlite3_bind_blob(statement, index, bytes, length, SQLITE_TRANSIENT);
}

#endif
