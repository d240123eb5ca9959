// The innermost loops of the cross-match, in forms for several processors.
//
// Swift 6.3 has no way to compile one function for AVX-512 and call it only where that is; C has.
// Each loop has a twin in Swift (KernelForm.swift) that gives the same bytes, and runs wherever
// `checkin_kernels_best` knows no form.
#ifndef CHECKIN_KERNELS_H
#define CHECKIN_KERNELS_H
#include <stddef.h>
#include <stdint.h>

// The forms; a larger number needs a newer processor.
enum { CHECKIN_KERNELS_PORTABLE = 1, CHECKIN_KERNELS_AVX2 = 2, CHECKIN_KERNELS_AVX512 = 3 };

// Returns the largest form that this processor can run.
int32_t checkin_kernels_best(void);

// The columns of one segment. 64 bytes after each column are readable.
typedef struct {
  const int32_t *enter;
  const int32_t *leave;
  const uint32_t *subject;
  const int32_t *block_leave;  // the latest leave of each 16 rows
  const int32_t *group_leave;  // the latest leave of each 256 rows
} checkin_kernels_rows;

// A span at a venue, clipped to the extent of the segment, at least the minimum long, in a segment
// whose extent is below 2^31 seconds: then no difference of times overflows.
typedef struct {
  uint32_t first;    // rows of one venue: all, or those of a part
  uint32_t end;
  int32_t start;     // the span
  int32_t last;      // the first second after it
  uint32_t subject;  // whose span it is: never found
  uint32_t tag;      // copied to the rows that are found
  uint32_t venue;    // likewise
} checkin_kernels_query;

typedef struct {
  uint64_t count;
  uint64_t seconds;
  uint64_t subjects;
} checkin_kernels_sums;

// Columns that found pairs are written to.
typedef struct {
  uint32_t *tag;
  uint32_t *other;
  uint32_t *venue;
  uint32_t *seconds;
  size_t capacity;
  size_t used;
} checkin_kernels_pairs;

// Adds up all pairs of the queries.
void checkin_kernels_sum(
    int32_t form, const checkin_kernels_rows *rows, const checkin_kernels_query *queries,
    size_t count, int32_t minimum, checkin_kernels_sums *sums);

// Writes all pairs of the queries, as long as there is room for every row of the next query and 16
// more. Returns how many queries were done.
size_t checkin_kernels_join(
    int32_t form, const checkin_kernels_rows *rows, const checkin_kernels_query *queries,
    size_t count, int32_t minimum, checkin_kernels_pairs *pairs);

// Writes the rows that share the minimum with a span, ascending, to room for all rows of the query
// and 16 more. Rows of its subject are left out when `excludes`; where `members` is not null, rows
// whose subject's bit is not set are left out too. Returns how many there are.
size_t checkin_kernels_find(
    int32_t form, const checkin_kernels_rows *rows, const checkin_kernels_query *query,
    int32_t excludes, int32_t minimum, const uint32_t *members, uint32_t *found);

// Writes the rows of [first, end) whose subject's bit is set, ascending, to room for so many and 16
// more. Returns how many there are.
size_t checkin_kernels_members(
    int32_t form, const uint32_t *subject, uint32_t first, uint32_t end, const uint32_t *members,
    uint32_t *found);

// When people are infectious, and what of their visits counts.
typedef struct {
  const int32_t *from;   // by person; INT32_MAX for never
  const int32_t *until;  // by person; null when nobody's time ends
  int32_t minimum;       // the seconds to share
  int32_t whole;         // whether visits count whole, or not at all when they begin before `from`
  int32_t added;         // what a moment is after the first second shared
} checkin_kernels_rule;

// Writes start and end of those of some rows that count, to room for all of them. Returns how many.
size_t checkin_kernels_stays(
    const checkin_kernels_rows *rows, const uint32_t *found, size_t count,
    const checkin_kernels_rule *rule, int32_t *start, int32_t *end);

// Does the same for the rows of [first, limit) whose subject's bit is set, with room for all rows and
// 16 more, and with `found` as room where the form needs it.
size_t checkin_kernels_stays_among(
    int32_t form, const checkin_kernels_rows *rows, uint32_t first, uint32_t limit,
    const uint32_t *members, const checkin_kernels_rule *rule, uint32_t *found, int32_t *start,
    int32_t *end);

// Finds the moments of some rows, ascending, of one venue, given stays by start and the latest end of
// each and those before it. Lowers `moments` where it is not null, also while other threads do; else
// takes the people who have one out of `asks`.
void checkin_kernels_answer(
    const checkin_kernels_rows *rows, const uint32_t *found, size_t count,
    const checkin_kernels_rule *rule, const int32_t *start, const int32_t *reach, size_t stays,
    int32_t *moments, uint32_t *asks);

// Lowers a value to another that is less, also while other threads do. Here, so that Swift takes it
// into its loops.
static inline void checkin_kernels_lower(int32_t *value, int32_t other) {
  int32_t old = __atomic_load_n(value, __ATOMIC_RELAXED);
  while (other < old &&
         !__atomic_compare_exchange_n(value, &old, other, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
}

#endif
