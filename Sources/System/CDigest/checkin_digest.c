#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#include "checkin_digest.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define FORM __attribute__((target("sha,sse4.1,ssse3")))

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static const uint32_t initial[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

int checkin_digest_is_here(void) {
  unsigned int a, b, c, d;
  /* SSSE3 and SSE4.1 are in leaf 1, SHA in leaf 7. */
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & (1u << 9)) || !(c & (1u << 19))) return 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29)) != 0;
}

/* Takes whole blocks of 64 bytes into a state. */
FORM static void compress(uint32_t state[8], const uint8_t *blocks, size_t count) {
  const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  /* The instructions keep the eight words as two vectors, A B E F and C D G H. */
  __m128i first = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
  __m128i second = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
  __m128i abef = _mm_alignr_epi8(first, second, 8);
  __m128i cdgh = _mm_blend_epi16(second, first, 0xF0);
  for (; count > 0; count--, blocks += 64) {
    __m128i words[4];
    const __m128i abef_before = abef, cdgh_before = cdgh;
    for (int place = 0; place < 4; place++) {
      words[place] =
          _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(blocks + 16 * place)), order);
    }
#pragma clang loop unroll(full)
    for (int group = 0; group < 16; group++) {
      __m128i now = words[group & 3];
      if (group >= 4) {
        /* Words of the schedule from those 16, 15, 7 and 2 before. */
        now = _mm_sha256msg1_epu32(now, words[(group + 1) & 3]);
        now = _mm_add_epi32(
            now, _mm_alignr_epi8(words[(group + 3) & 3], words[(group + 2) & 3], 4));
        now = _mm_sha256msg2_epu32(now, words[(group + 3) & 3]);
        words[group & 3] = now;
      }
      __m128i sum =
          _mm_add_epi32(now, _mm_loadu_si128((const __m128i *)(constants + 4 * group)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  first = _mm_shuffle_epi32(abef, 0x1B);
  second = _mm_shuffle_epi32(cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(first, second, 0xF0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(second, first, 8));
}

static void write_digest(const uint32_t state[8], uint8_t digest[32]) {
  for (int place = 0; place < 8; place++) {
    uint32_t word = __builtin_bswap32(state[place]);
    memcpy(digest + 4 * place, &word, 4);
  }
}

/* Ends a digest: `buffer` holds `held` bytes, fewer than a block, of `total` in all. */
static void finish(uint32_t state[8], uint8_t buffer[128], size_t held, uint64_t total) {
  size_t blocks = held < 56 ? 1 : 2;
  memset(buffer + held, 0, 64 * blocks - held);
  buffer[held] = 0x80;
  uint64_t bits = __builtin_bswap64(total * 8);
  memcpy(buffer + 64 * blocks - 8, &bits, 8);
  compress(state, buffer, blocks);
}

void checkin_digest_sha256(const uint8_t *bytes, size_t count, uint8_t digest[32]) {
  struct {
    uint32_t state[8];
    uint8_t buffer[128];
  } work;
  memcpy(work.state, initial, sizeof work.state);
  size_t whole = count / 64;
  compress(work.state, bytes, whole);
  size_t held = count % 64;
  if (held > 0) memcpy(work.buffer, bytes + 64 * whole, held);
  finish(work.state, work.buffer, held, count);
  write_digest(work.state, digest);
  /* What is digested may be a key, and the state is as good as the digest. */
  explicit_bzero(&work, sizeof work);
}

void checkin_digest_hmac(const checkin_digest_hmac_begun *begun, const uint8_t *message,
                         size_t count, uint8_t code[32]) {
  struct {
    uint32_t state[8];
    uint8_t buffer[128];
  } work;
  memcpy(work.state, begun->inner.state, sizeof work.state);
  uint64_t total = begun->inner.bits / 8 + count;
  size_t held = (size_t)(begun->inner.bits / 8 % 64);
  memcpy(work.buffer, begun->inner.buffer, held);
  if (held + count >= 64) {
    size_t rest = 64 - held;
    memcpy(work.buffer + held, message, rest);
    compress(work.state, work.buffer, 1);
    message += rest;
    count -= rest;
    compress(work.state, message, count / 64);
    message += count / 64 * 64;
    count %= 64;
    held = 0;
  }
  if (count > 0) memcpy(work.buffer + held, message, count);
  finish(work.state, work.buffer, held + count, total);
  write_digest(work.state, work.buffer);
  memcpy(work.state, begun->outer.state, sizeof work.state);
  finish(work.state, work.buffer, 32, 64 + 32);
  write_digest(work.state, code);
  /* The states stand for the key. */
  explicit_bzero(&work, sizeof work);
}

#else

int checkin_digest_is_here(void) { return 0; }

void checkin_digest_sha256(const uint8_t *bytes, size_t count, uint8_t digest[32]) {
  __builtin_trap();
}

void checkin_digest_hmac(const checkin_digest_hmac_begun *begun, const uint8_t *message,
                         size_t count, uint8_t code[32]) {
  __builtin_trap();
}

#endif
