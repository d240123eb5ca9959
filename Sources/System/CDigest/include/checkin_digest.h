#ifndef CHECKIN_DIGEST_H
#define CHECKIN_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* SHA-256 (FIPS 180-4) with the instructions that processors have for it, five times as fast on
 * short inputs as libsodium's portable code: an import makes a pseudonym of each row, and a day key
 * 96 of them. Where the processor has none of these instructions, the caller uses libsodium. */

/* Returns 1 when the functions below may be called here, else 0. */
int checkin_digest_is_here(void);

/* Writes the digest of bytes; `digest` may be where the bytes are. */
void checkin_digest_sha256(const uint8_t *bytes, size_t count, uint8_t digest[32]);

/* A digest that has begun, laid out as libsodium's `crypto_hash_sha256_state`: the state after the
 * whole blocks of so many bits, with the rest of those bits in the buffer. */
typedef struct {
  uint32_t state[8];
  uint64_t bits;
  uint8_t buffer[64];
} checkin_digest_begun;

/* An HMAC that has begun, laid out as libsodium's `crypto_auth_hmacsha256_state`; the outer digest
 * has taken its one block. */
typedef struct {
  checkin_digest_begun inner;
  checkin_digest_begun outer;
} checkin_digest_hmac_begun;

/* Writes the HMAC (RFC 2104) of what it began with and a message. */
void checkin_digest_hmac(const checkin_digest_hmac_begun *begun, const uint8_t *message,
                         size_t count, uint8_t code[32]);

#endif
