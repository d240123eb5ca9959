#include "checkin_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HAS_FORMS 1
#else
#define HAS_FORMS 0
#endif

#define INLINE static inline __attribute__((always_inline))

int32_t checkin_kernels_best(void) {
#if HAS_FORMS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("bmi2")) {
    return CHECKIN_KERNELS_AVX512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2")) {
    return CHECKIN_KERNELS_AVX2;
  }
#endif
  return CHECKIN_KERNELS_PORTABLE;
}

// ---- Plain forms: branchless loops over blocks, which the compiler turns into vectors.

INLINE int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }
INLINE int32_t most(int32_t a, int32_t b) { return a > b ? a : b; }
INLINE uint32_t has(const uint32_t *members, uint32_t person) {
  return members[person >> 5] >> (person & 31) & 1;
}

// The seconds that a row shares with a span; negative when it ended too soon, as void rows may have
// at any distance.
INLINE int32_t shared(const checkin_kernels_rows *r, uint32_t row, int32_t start, int32_t last,
                      int32_t low) {
  int32_t leave = r->leave[row];
  uint32_t seconds = (uint32_t)least(leave, last) - (uint32_t)most(r->enter[row], start);
  return leave >= low ? (int32_t)seconds : -1;
}

// Runs `body` for each run of rows [row, stop) within one block that may hold some.
#define FOR_BLOCKS(body)                                                                         \
  if (q->first < q->end) {                                                                       \
    uint32_t last_block = (q->end - 1) >> 4;                                                     \
    for (uint32_t block = q->first >> 4; block <= last_block; block++) {                         \
      if (r->group_leave[block >> 4] < low) {                                                    \
        block |= 15;                                                                             \
        continue;                                                                                \
      }                                                                                          \
      if (r->block_leave[block] < low) continue;                                                 \
      uint32_t row = block << 4, stop = row + 16;                                                \
      if (row < q->first) row = q->first;                                                        \
      if (stop > q->end) stop = q->end;                                                          \
      if (r->enter[row] > high) break;                                                           \
      body                                                                                       \
    }                                                                                            \
  }

INLINE void plain_sum(const checkin_kernels_rows *r, const checkin_kernels_query *q,
                      int32_t minimum, checkin_kernels_sums *sums) {
  int32_t low = q->start + minimum, high = q->last - minimum;
  uint64_t count = 0, seconds = 0, subjects = 0;
  FOR_BLOCKS({
    uint32_t of_block = 0;
    for (; row < stop; row++) {
      int32_t w = shared(r, row, q->start, q->last, low);
      uint32_t person = r->subject[row];
      uint32_t is = (w >= minimum) & (person != q->subject);
      of_block += is;
      seconds += is ? (uint32_t)w : 0;
      subjects += is ? person : 0;
    }
    count += of_block;
  })
  sums->count += count;
  sums->seconds += seconds;
  sums->subjects += subjects;
}

INLINE void plain_join(const checkin_kernels_rows *r, const checkin_kernels_query *q,
                       int32_t minimum, checkin_kernels_pairs *pairs) {
  int32_t low = q->start + minimum, high = q->last - minimum;
  size_t used = pairs->used;
  FOR_BLOCKS({
    for (; row < stop; row++) {
      int32_t w = shared(r, row, q->start, q->last, low);
      uint32_t person = r->subject[row];
      pairs->other[used] = person;
      pairs->seconds[used] = (uint32_t)w;
      used += (w >= minimum) & (person != q->subject);
    }
  })
  for (size_t place = pairs->used; place < used; place++) {
    pairs->tag[place] = q->tag;
    pairs->venue[place] = q->venue;
  }
  pairs->used = used;
}

INLINE size_t plain_find(const checkin_kernels_rows *r, const checkin_kernels_query *q,
                         int32_t excludes, int32_t minimum, const uint32_t *members,
                         uint32_t *found) {
  int32_t low = q->start + minimum, high = q->last - minimum;
  size_t used = 0;
  FOR_BLOCKS({
    for (; row < stop; row++) {
      int32_t w = shared(r, row, q->start, q->last, low);
      uint32_t person = r->subject[row];
      found[used] = row;
      uint32_t is = (w >= minimum) & !(excludes && person == q->subject);
      used += members ? is & has(members, person) : is;
    }
  })
  return used;
}

INLINE size_t plain_members(const uint32_t *subject, uint32_t first, uint32_t end,
                            const uint32_t *members, uint32_t *found) {
  size_t used = 0;
  for (uint32_t row = first; row < end; row++) {
    found[used] = row;
    used += has(members, subject[row]);
  }
  return used;
}

INLINE int has_room(const checkin_kernels_query *q, const checkin_kernels_pairs *pairs) {
  return pairs->capacity - pairs->used >= (size_t)(q->end - q->first) + 16;
}

#define PLAIN_FORM(name, attribute)                                                              \
  attribute static void sum_##name(const checkin_kernels_rows *r,                                \
                                   const checkin_kernels_query *queries, size_t count,           \
                                   int32_t minimum, checkin_kernels_sums *sums) {                \
    for (size_t i = 0; i < count; i++) plain_sum(r, queries + i, minimum, sums);                 \
  }                                                                                              \
  attribute static size_t join_##name(const checkin_kernels_rows *r,                             \
                                      const checkin_kernels_query *queries, size_t count,        \
                                      int32_t minimum, checkin_kernels_pairs *pairs) {           \
    size_t i = 0;                                                                                \
    for (; i < count && has_room(queries + i, pairs); i++)                                       \
      plain_join(r, queries + i, minimum, pairs);                                                \
    return i;                                                                                    \
  }                                                                                              \
  attribute static size_t find_##name(const checkin_kernels_rows *r,                             \
                                      const checkin_kernels_query *q, int32_t excludes,          \
                                      int32_t minimum, const uint32_t *members,                  \
                                      uint32_t *found) {                                         \
    return plain_find(r, q, excludes, minimum, members, found);                                  \
  }                                                                                              \
  attribute static size_t members_##name(const uint32_t *subject, uint32_t first, uint32_t end,  \
                                         const uint32_t *members, uint32_t *found) {             \
    return plain_members(subject, first, end, members, found);                                   \
  }

PLAIN_FORM(portable, )
#if HAS_FORMS
PLAIN_FORM(avx2, __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt"))))

// ---- AVX-512: one block is one register.

#define FORM512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,bmi,bmi2,popcnt,lzcnt")))
#define INLINE512 FORM512 static inline __attribute__((always_inline))

// The bits of 16 maxima, from a place that is a multiple of 16, that reach `low` and are of
// [first, last].
INLINE512 uint32_t reaching(const int32_t *maxima, uint32_t place, uint32_t first, uint32_t last,
                            __m512i low) {
  uint32_t mask = _mm512_cmpge_epi32_mask(_mm512_loadu_si512(maxima + place), low);
  if (place < first) mask &= ~0u << (first - place);
  if (last - place < 15) mask &= (2u << (last - place)) - 1;
  return mask;
}

// Runs `body` for each block that may hold rows, from the row `row`, with the mask `is` of rows of
// the venue. The walk ends at the first block that begins too late.
#define FOR_BLOCKS512(body)                                                                      \
  if (q->first < q->end) {                                                                       \
    const uint32_t first_block = q->first >> 4, last_block = (q->end - 1) >> 4;                  \
    const uint32_t first_group = first_block >> 4, last_group = last_block >> 4;                 \
    for (uint32_t groups = first_group & ~15u; groups <= last_group; groups += 16) {             \
      uint32_t group_mask = reaching(r->group_leave, groups, first_group, last_group, vlow);     \
      for (; group_mask; group_mask &= group_mask - 1) {                                         \
        uint32_t blocks = (groups + (uint32_t)__builtin_ctz(group_mask)) << 4;                   \
        uint32_t block_mask = reaching(r->block_leave, blocks, first_block, last_block, vlow);   \
        for (; block_mask; block_mask &= block_mask - 1) {                                       \
          uint32_t row = (blocks + (uint32_t)__builtin_ctz(block_mask)) << 4;                    \
          __mmask16 is = 0xffff;                                                                 \
          uint32_t head = row;                                                                   \
          if (row < q->first) {                                                                  \
            head = q->first;                                                                     \
            is = (__mmask16)(0xffffu << (head - row));                                           \
          }                                                                                      \
          if (r->enter[head] > high) goto done;                                                  \
          if (q->end - row < 16) is &= (__mmask16)((1u << (q->end - row)) - 1);                  \
          body                                                                                   \
        }                                                                                        \
      }                                                                                          \
    }                                                                                            \
  }                                                                                              \
  done:;

#define PREPARE512                                                                               \
  const int32_t high = q->last - minimum;                                                        \
  const __m512i vlow = _mm512_set1_epi32(q->start + minimum);                                    \
  const __m512i vstart = _mm512_set1_epi32(q->start), vlast = _mm512_set1_epi32(q->last);        \
  const __m512i vself = _mm512_set1_epi32((int32_t)q->subject);                                  \
  const __m512i vminimum = _mm512_set1_epi32(minimum);

#define SHARED512                                                                                \
  const __m512i leave = _mm512_loadu_si512(r->leave + row);                                      \
  const __m512i w = _mm512_sub_epi32(                                                            \
      _mm512_min_epi32(leave, vlast),                                                            \
      _mm512_max_epi32(_mm512_loadu_si512(r->enter + row), vstart));                             \
  const __m512i person = _mm512_loadu_si512(r->subject + row);                                   \
  is = _mm512_mask_cmpge_epi32_mask(is, leave, vlow);                                            \
  is = _mm512_mask_cmpge_epi32_mask(is, w, vminimum);

FORM512 static void sum_avx512(const checkin_kernels_rows *r, const checkin_kernels_query *queries,
                               size_t count, int32_t minimum, checkin_kernels_sums *sums) {
  const __m512i half = _mm512_set1_epi64(0xffffffff);
  __m512i subjects = _mm512_setzero_si512(), seconds = subjects;
  uint64_t pairs = 0;
  for (size_t i = 0; i < count; i++) {
    const checkin_kernels_query *q = queries + i;
    // A sum of one lane stays below 2^32, or is made the plain way.
    uint64_t blocks = ((q->end - q->first) >> 4) + 2;
    if (blocks * (uint64_t)(uint32_t)(q->last - q->start) > UINT32_MAX) {
      plain_sum(r, q, minimum, sums);
      continue;
    }
    if (i + 2 < count) {
      __builtin_prefetch(r->block_leave + (queries[i + 2].first >> 4));
      __builtin_prefetch(r->group_leave + (queries[i + 2].first >> 8));
    }
    PREPARE512
    __m512i of_query = _mm512_setzero_si512();
    FOR_BLOCKS512({
      SHARED512
      is = _mm512_mask_cmpneq_epi32_mask(is, person, vself);
      pairs += (uint64_t)__builtin_popcount(is);
      of_query = _mm512_mask_add_epi32(of_query, is, of_query, w);
      const __m512i others = _mm512_maskz_mov_epi32(is, person);
      subjects = _mm512_add_epi64(
          subjects, _mm512_add_epi64(_mm512_and_si512(others, half), _mm512_srli_epi64(others, 32)));
    })
    seconds = _mm512_add_epi64(
        seconds,
        _mm512_add_epi64(_mm512_and_si512(of_query, half), _mm512_srli_epi64(of_query, 32)));
  }
  sums->count += pairs;
  sums->seconds += (uint64_t)_mm512_reduce_add_epi64(seconds);
  sums->subjects += (uint64_t)_mm512_reduce_add_epi64(subjects);
}

FORM512 static size_t join_avx512(const checkin_kernels_rows *r,
                                  const checkin_kernels_query *queries, size_t count,
                                  int32_t minimum, checkin_kernels_pairs *pairs) {
  size_t i = 0;
  for (; i < count && has_room(queries + i, pairs); i++) {
    const checkin_kernels_query *q = queries + i;
    PREPARE512
    size_t used = pairs->used;
    FOR_BLOCKS512({
      SHARED512
      is = _mm512_mask_cmpneq_epi32_mask(is, person, vself);
      // Compressing into a register and storing all of it is many times faster than a store that
      // compresses, on some processors.
      _mm512_storeu_si512(pairs->other + used, _mm512_maskz_compress_epi32(is, person));
      _mm512_storeu_si512(pairs->seconds + used, _mm512_maskz_compress_epi32(is, w));
      used += (size_t)__builtin_popcount(is);
    })
    const __m512i tag = _mm512_set1_epi32((int32_t)q->tag);
    const __m512i venue = _mm512_set1_epi32((int32_t)q->venue);
    for (size_t place = pairs->used; place < used; place += 16) {
      _mm512_storeu_si512(pairs->tag + place, tag);
      _mm512_storeu_si512(pairs->venue + place, venue);
    }
    pairs->used = used;
  }
  return i;
}

INLINE512 __mmask16 among(__mmask16 is, __m512i person, const uint32_t *members) {
  const __m512i word = _mm512_mask_i32gather_epi32(
      _mm512_setzero_si512(), is, _mm512_srli_epi32(person, 5), members, 4);
  const __m512i bit = _mm512_sllv_epi32(
      _mm512_set1_epi32(1), _mm512_and_si512(person, _mm512_set1_epi32(31)));
  return _mm512_mask_test_epi32_mask(is, word, bit);
}

INLINE512 __m512i numbers(uint32_t row) {
  return _mm512_add_epi32(
      _mm512_set1_epi32((int32_t)row),
      _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
}

FORM512 static size_t find_avx512(const checkin_kernels_rows *r, const checkin_kernels_query *q,
                                  int32_t excludes, int32_t minimum, const uint32_t *members,
                                  uint32_t *found) {
  PREPARE512
  size_t used = 0;
  FOR_BLOCKS512({
    SHARED512
    if (excludes) is = _mm512_mask_cmpneq_epi32_mask(is, person, vself);
    if (members) is = among(is, person, members);
    _mm512_storeu_si512(found + used, _mm512_maskz_compress_epi32(is, numbers(row)));
    used += (size_t)__builtin_popcount(is);
  })
  return used;
}

FORM512 static size_t members_avx512(const uint32_t *subject, uint32_t first, uint32_t end,
                                     const uint32_t *members, uint32_t *found) {
  size_t used = 0;
  for (uint32_t row = first; row < end; row += 16) {
    __mmask16 is = end - row >= 16 ? 0xffff : (__mmask16)((1u << (end - row)) - 1);
    is = among(is, _mm512_loadu_si512(subject + row), members);
    _mm512_storeu_si512(found + used, _mm512_maskz_compress_epi32(is, numbers(row)));
    used += (size_t)__builtin_popcount(is);
  }
  return used;
}

FORM512 static size_t stays_avx512(const checkin_kernels_rows *r, uint32_t first, uint32_t limit,
                                   const uint32_t *members, const checkin_kernels_rule *rule,
                                   int32_t *start, int32_t *end) {
  const __m512i minimum = _mm512_set1_epi32(rule->minimum), none = _mm512_setzero_si512();
  size_t used = 0;
  for (uint32_t row = first; row < limit; row += 16) {
    __mmask16 is = limit - row >= 16 ? 0xffff : (__mmask16)((1u << (limit - row)) - 1);
    const __m512i person = _mm512_loadu_si512(r->subject + row);
    is = among(is, person, members);
    const __m512i enter = _mm512_loadu_si512(r->enter + row);
    const __m512i from = _mm512_mask_i32gather_epi32(none, is, person, rule->from, 4);
    if (rule->whole) is = _mm512_mask_cmpge_epi32_mask(is, enter, from);
    __m512i last = _mm512_loadu_si512(r->leave + row);
    if (rule->until) {
      last = _mm512_min_epi32(last, _mm512_mask_i32gather_epi32(none, is, person, rule->until, 4));
    }
    const __m512i begin = _mm512_max_epi32(enter, from);
    is = _mm512_mask_cmpgt_epi32_mask(is, last, begin);
    is = _mm512_mask_cmpge_epu32_mask(is, _mm512_sub_epi32(last, begin), minimum);
    _mm512_storeu_si512(start + used, _mm512_maskz_compress_epi32(is, begin));
    _mm512_storeu_si512(end + used, _mm512_maskz_compress_epi32(is, last));
    used += (size_t)__builtin_popcount(is);
  }
  return used;
}
#endif

// ---- The sweep: looks at one person after another, which no vector does faster.

size_t checkin_kernels_stays(const checkin_kernels_rows *rows, const uint32_t *found, size_t count,
                             const checkin_kernels_rule *rule, int32_t *start, int32_t *end) {
  size_t used = 0;
  for (size_t place = 0; place < count; place++) {
    uint32_t row = found[place], person = rows->subject[row];
    int32_t from = rule->from[person], enter = rows->enter[row];
    start[used] = most(enter, from);
    end[used] = rule->until ? least(rows->leave[row], rule->until[person]) : rows->leave[row];
    int64_t seconds = (int64_t)end[used] - start[used];
    // Without branches, so that the look at the next person does not wait for this one.
    used += (seconds >= rule->minimum) & !(rule->whole & (enter < from));
  }
  return used;
}

void checkin_kernels_answer(const checkin_kernels_rows *rows, const uint32_t *found, size_t count,
                            const checkin_kernels_rule *rule, const int32_t *start,
                            const int32_t *reach, size_t stays, int32_t *moments, uint32_t *asks) {
  if (count == 0) return;
  size_t next = 0, high = stays;
  while (next < high) {
    size_t middle = (next + high) / 2;
    if (start[middle] <= rows->enter[found[0]]) {
      next = middle + 1;
    } else {
      high = middle;
    }
  }
  for (size_t place = 0; place < count; place++) {
    uint32_t row = found[place], person = rows->subject[row];
    // Found by an earlier row of these, perhaps.
    if (!moments && !has(asks, person)) continue;
    int32_t enter = rows->enter[row], leave = rows->leave[row], moment;
    while (next < stays && start[next] <= enter) next++;
    if ((int64_t)leave - enter < rule->minimum) continue;
    if (next > 0 && (int64_t)reach[next - 1] >= (int64_t)enter + rule->minimum) {
      moment = enter;
    } else if (next < stays && start[next] <= (int64_t)leave - rule->minimum) {
      moment = start[next];
    } else {
      continue;
    }
    if (moments) {
      // No sum overflows: the visit lasts that long.
      checkin_kernels_lower(moments + person, moment + rule->added);
    } else {
      asks[person >> 5] &= ~(1u << (person & 31));
    }
  }
}

// ---- The choice.

#if HAS_FORMS
#define CHOOSE(call)                                                                             \
  switch (form) {                                                                                \
    case CHECKIN_KERNELS_AVX512: return call(avx512);                                            \
    case CHECKIN_KERNELS_AVX2: return call(avx2);                                                \
    default: return call(portable);                                                              \
  }
#else
#define CHOOSE(call)                                                                             \
  (void)form;                                                                                    \
  return call(portable);
#endif

void checkin_kernels_sum(int32_t form, const checkin_kernels_rows *rows,
                         const checkin_kernels_query *queries, size_t count, int32_t minimum,
                         checkin_kernels_sums *sums) {
#define SUM(name) sum_##name(rows, queries, count, minimum, sums)
  CHOOSE(SUM)
}

size_t checkin_kernels_join(int32_t form, const checkin_kernels_rows *rows,
                            const checkin_kernels_query *queries, size_t count, int32_t minimum,
                            checkin_kernels_pairs *pairs) {
#define JOIN(name) join_##name(rows, queries, count, minimum, pairs)
  CHOOSE(JOIN)
}

size_t checkin_kernels_find(int32_t form, const checkin_kernels_rows *rows,
                            const checkin_kernels_query *query, int32_t excludes, int32_t minimum,
                            const uint32_t *members, uint32_t *found) {
#define FIND(name) find_##name(rows, query, excludes, minimum, members, found)
  CHOOSE(FIND)
}

size_t checkin_kernels_members(int32_t form, const uint32_t *subject, uint32_t first, uint32_t end,
                               const uint32_t *members, uint32_t *found) {
#define MEMBERS(name) members_##name(subject, first, end, members, found)
  CHOOSE(MEMBERS)
}

size_t checkin_kernels_stays_among(int32_t form, const checkin_kernels_rows *rows, uint32_t first,
                                   uint32_t limit, const uint32_t *members,
                                   const checkin_kernels_rule *rule, uint32_t *found,
                                   int32_t *start, int32_t *end) {
#if HAS_FORMS
  if (form == CHECKIN_KERNELS_AVX512)
    return stays_avx512(rows, first, limit, members, rule, start, end);
#endif
  size_t count = checkin_kernels_members(form, rows->subject, first, limit, members, found);
  return checkin_kernels_stays(rows, found, count, rule, start, end);
}
