#ifndef CHECKIN_CRYPTO_H
#define CHECKIN_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

/* The arithmetic of OpenSSL's libcrypto that libsodium has not: ECDSA on P-256, SHA-384, AES-128,
 * and AES-256-GCM with an IV of any length on any processor.
 *
 * libcrypto.so.3 is opened with dlopen at first use and not linked: only foreign codes and foreign
 * identifiers need it, and every command would pay for its start-up. The handful of its functions that we
 * call is declared by hand; they are stable for the soname. */

enum checkin_crypto_status {
  CHECKIN_CRYPTO_INVALID = 0,     /* the signature does not fit, or cannot be one */
  CHECKIN_CRYPTO_OK = 1,
  CHECKIN_CRYPTO_UNAVAILABLE = 2, /* libcrypto.so.3 cannot be loaded, or is out of memory */
};

/* Checks an ECDSA signature with SHA-256 under a key on P-256.
 *
 * `key` is a SubjectPublicKeyInfo in DER; that it is of P-256 is the caller's to check. `signature`
 * is r and s, 32 bytes each, as JSON Web Signatures have them. */
int checkin_crypto_verify_p256(const uint8_t *key, size_t key_count, const uint8_t signature[64],
                               const uint8_t *message, size_t count);

/* Writes the SHA-384 digest of bytes: OK or UNAVAILABLE. */
int checkin_crypto_sha384(const uint8_t *bytes, size_t count, uint8_t digest[48]);

/* Encrypts whole blocks of 16 bytes, each by itself, with AES-128: OK or UNAVAILABLE. */
int checkin_crypto_aes128(const uint8_t key[16], const uint8_t *blocks, size_t count,
                          uint8_t *output);

/* Opens what AES-256-GCM sealed with additional data, of which there may be none; `output` has room
 * for `count` bytes and 16 more, and is wiped when the tag does not fit. */
int checkin_crypto_open_aes256_gcm(const uint8_t key[32], const uint8_t *iv, size_t iv_count,
                                   const uint8_t *additional, size_t additional_count,
                                   const uint8_t *sealed, size_t count, const uint8_t tag[16],
                                   uint8_t *output);

/* Seals a message with AES-256-GCM and additional data, of which there may be none; `output` has room
 * for `count` bytes and 16 more, and gets the ciphertext, `tag` the tag. */
int checkin_crypto_seal_aes256_gcm(const uint8_t key[32], const uint8_t *iv, size_t iv_count,
                                   const uint8_t *additional, size_t additional_count,
                                   const uint8_t *message, size_t count, uint8_t *output,
                                   uint8_t tag[16]);

#endif
