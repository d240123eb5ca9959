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

/// Binds bytes that stay where they are until the next binding. The C function is
/// `sqlite3_bind_blob`.
static inline int checkin_sqlite3_bind_static_blob(sqlite3_stmt *statement, int index,
                                                   const void *bytes, int length) {
  return sqlite3_bind_blob(statement, index, bytes, length, SQLITE_STATIC);
}

/// Switches off the counting of memory, which takes a lock and a look at the heap for every
/// allocation; to be called before anything else. The C function is `sqlite3_config`.
static inline int checkin_sqlite3_config_no_memory_status(void) {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

#endif
