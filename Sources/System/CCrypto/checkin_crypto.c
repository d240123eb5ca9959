#include "checkin_crypto.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

/* The types and prototypes of OpenSSL 3, as far as we use them. */
typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_md_st EVP_MD;
typedef struct evp_md_ctx_st EVP_MD_CTX;
typedef struct evp_cipher_st EVP_CIPHER;
typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;
enum { EVP_CTRL_AEAD_SET_IVLEN = 0x9, EVP_CTRL_AEAD_GET_TAG = 0x10, EVP_CTRL_AEAD_SET_TAG = 0x11 };

static struct {
  int is_loaded;
  EVP_PKEY *(*d2i_PUBKEY)(EVP_PKEY **key, const unsigned char **bytes, long count);
  void (*EVP_PKEY_free)(EVP_PKEY *key);
  EVP_MD_CTX *(*EVP_MD_CTX_new)(void);
  void (*EVP_MD_CTX_free)(EVP_MD_CTX *context);
  int (*EVP_DigestVerifyInit)(EVP_MD_CTX *context, void **key_context, const EVP_MD *digest,
                              void *engine, EVP_PKEY *key);
  int (*EVP_DigestVerify)(EVP_MD_CTX *context, const unsigned char *signature,
                          size_t signature_count, const unsigned char *bytes, size_t count);
  int (*EVP_Digest)(const void *bytes, size_t count, unsigned char *digest, unsigned int *size,
                    const EVP_MD *type, void *engine);
  const EVP_MD *(*EVP_sha256)(void);
  const EVP_MD *(*EVP_sha384)(void);
  EVP_CIPHER_CTX *(*EVP_CIPHER_CTX_new)(void);
  void (*EVP_CIPHER_CTX_free)(EVP_CIPHER_CTX *context);
  int (*EVP_CIPHER_CTX_ctrl)(EVP_CIPHER_CTX *context, int type, int number, void *bytes);
  int (*EVP_EncryptInit_ex)(EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher, void *engine,
                            const unsigned char *key, const unsigned char *iv);
  int (*EVP_EncryptUpdate)(EVP_CIPHER_CTX *context, unsigned char *output, int *written,
                           const unsigned char *input, int count);
  int (*EVP_EncryptFinal_ex)(EVP_CIPHER_CTX *context, unsigned char *output, int *written);
  int (*EVP_DecryptInit_ex)(EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher, void *engine,
                            const unsigned char *key, const unsigned char *iv);
  int (*EVP_DecryptUpdate)(EVP_CIPHER_CTX *context, unsigned char *output, int *written,
                           const unsigned char *input, int count);
  int (*EVP_DecryptFinal_ex)(EVP_CIPHER_CTX *context, unsigned char *output, int *written);
  const EVP_CIPHER *(*EVP_aes_128_ecb)(void);
  const EVP_CIPHER *(*EVP_aes_256_gcm)(void);
  void (*OPENSSL_cleanse)(void *bytes, size_t count);
  void (*ERR_clear_error)(void);
} crypto;

/* Sets a function pointer to a symbol; POSIX has dlsym return an object pointer, so it goes by way
 * of memory. */
static int find(void *library, const char *name, void *function) {
  void *symbol = dlsym(library, name);
  memcpy(function, &symbol, sizeof symbol);
  return symbol != NULL;
}

static void load(void) {
  void *library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
  crypto.is_loaded = library != NULL && find(library, "d2i_PUBKEY", &crypto.d2i_PUBKEY) &&
                     find(library, "EVP_PKEY_free", &crypto.EVP_PKEY_free) &&
                     find(library, "EVP_MD_CTX_new", &crypto.EVP_MD_CTX_new) &&
                     find(library, "EVP_MD_CTX_free", &crypto.EVP_MD_CTX_free) &&
                     find(library, "EVP_DigestVerifyInit", &crypto.EVP_DigestVerifyInit) &&
                     find(library, "EVP_DigestVerify", &crypto.EVP_DigestVerify) &&
                     find(library, "EVP_Digest", &crypto.EVP_Digest) &&
                     find(library, "EVP_sha256", &crypto.EVP_sha256) &&
                     find(library, "EVP_sha384", &crypto.EVP_sha384) &&
                     find(library, "EVP_CIPHER_CTX_new", &crypto.EVP_CIPHER_CTX_new) &&
                     find(library, "EVP_CIPHER_CTX_free", &crypto.EVP_CIPHER_CTX_free) &&
                     find(library, "EVP_CIPHER_CTX_ctrl", &crypto.EVP_CIPHER_CTX_ctrl) &&
                     find(library, "EVP_EncryptInit_ex", &crypto.EVP_EncryptInit_ex) &&
                     find(library, "EVP_EncryptUpdate", &crypto.EVP_EncryptUpdate) &&
                     find(library, "EVP_EncryptFinal_ex", &crypto.EVP_EncryptFinal_ex) &&
                     find(library, "EVP_DecryptInit_ex", &crypto.EVP_DecryptInit_ex) &&
                     find(library, "EVP_DecryptUpdate", &crypto.EVP_DecryptUpdate) &&
                     find(library, "EVP_DecryptFinal_ex", &crypto.EVP_DecryptFinal_ex) &&
                     find(library, "EVP_aes_128_ecb", &crypto.EVP_aes_128_ecb) &&
                     find(library, "EVP_aes_256_gcm", &crypto.EVP_aes_256_gcm) &&
                     find(library, "OPENSSL_cleanse", &crypto.OPENSSL_cleanse) &&
                     find(library, "ERR_clear_error", &crypto.ERR_clear_error);
}

static int is_loaded(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return crypto.is_loaded;
}

/* Writes an unsigned number of 32 bytes as a DER INTEGER; returns its size, 35 at most. */
static size_t write_integer(const uint8_t number[32], uint8_t *target) {
  size_t start = 0;
  while (start < 31 && number[start] == 0) start++;
  size_t pad = number[start] >> 7;
  size_t count = 32 - start + pad;
  target[0] = 0x02;
  target[1] = (uint8_t)count;
  target[2] = 0;
  memcpy(target + 2 + pad, number + start, 32 - start);
  return 2 + count;
}

int checkin_crypto_verify_p256(const uint8_t *key, size_t key_count, const uint8_t signature[64],
                               const uint8_t *message, size_t count) {
  if (key_count > 1024) return CHECKIN_CRYPTO_INVALID;
  if (!is_loaded()) return CHECKIN_CRYPTO_UNAVAILABLE;
  uint8_t sequence[2 + 2 * 35] = {0x30};
  size_t size = write_integer(signature, sequence + 2);
  size += write_integer(signature + 32, sequence + 2 + size);
  sequence[1] = (uint8_t)size;

  const unsigned char *next = key;
  EVP_PKEY *public_key = crypto.d2i_PUBKEY(NULL, &next, (long)key_count);
  if (public_key == NULL || next != key + key_count) {
    crypto.EVP_PKEY_free(public_key);
    crypto.ERR_clear_error();
    return CHECKIN_CRYPTO_INVALID;
  }
  int status = CHECKIN_CRYPTO_UNAVAILABLE;
  EVP_MD_CTX *context = crypto.EVP_MD_CTX_new();
  if (context != NULL &&
      crypto.EVP_DigestVerifyInit(context, NULL, crypto.EVP_sha256(), NULL, public_key) == 1) {
    status = crypto.EVP_DigestVerify(context, sequence, 2 + size, message, count) == 1
                 ? CHECKIN_CRYPTO_OK
                 : CHECKIN_CRYPTO_INVALID;
  }
  crypto.EVP_MD_CTX_free(context);
  crypto.EVP_PKEY_free(public_key);
  crypto.ERR_clear_error();
  return status;
}

int checkin_crypto_sha384(const uint8_t *bytes, size_t count, uint8_t digest[48]) {
  if (!is_loaded()) return CHECKIN_CRYPTO_UNAVAILABLE;
  unsigned int size = 0;
  int done = crypto.EVP_Digest(bytes, count, digest, &size, crypto.EVP_sha384(), NULL);
  return done == 1 && size == 48 ? CHECKIN_CRYPTO_OK : CHECKIN_CRYPTO_UNAVAILABLE;
}

int checkin_crypto_aes128(const uint8_t key[16], const uint8_t *blocks, size_t count,
                          uint8_t *output) {
  if (count > 1 << 20) return CHECKIN_CRYPTO_INVALID;
  if (!is_loaded()) return CHECKIN_CRYPTO_UNAVAILABLE;
  int status = CHECKIN_CRYPTO_UNAVAILABLE;
  int written = 0;
  EVP_CIPHER_CTX *context = crypto.EVP_CIPHER_CTX_new();
  /* Only the update: what follows it would be padding. */
  if (context != NULL &&
      crypto.EVP_EncryptInit_ex(context, crypto.EVP_aes_128_ecb(), NULL, key, NULL) == 1 &&
      crypto.EVP_EncryptUpdate(context, output, &written, blocks, (int)(16 * count)) == 1 &&
      written == (int)(16 * count)) {
    status = CHECKIN_CRYPTO_OK;
  }
  crypto.EVP_CIPHER_CTX_free(context);
  crypto.ERR_clear_error();
  return status;
}

/* Whether lengths are ones that we take: libcrypto counts in ints. */
static int is_taken(size_t iv_count, size_t additional_count, size_t count) {
  return iv_count > 0 && iv_count <= 64 && additional_count <= 1 << 20 && count <= 1 << 20;
}

int checkin_crypto_open_aes256_gcm(const uint8_t key[32], const uint8_t *iv, size_t iv_count,
                                   const uint8_t *additional, size_t additional_count,
                                   const uint8_t *sealed, size_t count, const uint8_t tag[16],
                                   uint8_t *output) {
  if (!is_taken(iv_count, additional_count, count)) return CHECKIN_CRYPTO_INVALID;
  if (!is_loaded()) return CHECKIN_CRYPTO_UNAVAILABLE;
  int status = CHECKIN_CRYPTO_UNAVAILABLE;
  int written = 0;
  uint8_t expected[16];
  memcpy(expected, tag, sizeof expected);
  EVP_CIPHER_CTX *context = crypto.EVP_CIPHER_CTX_new();
  if (context != NULL &&
      crypto.EVP_DecryptInit_ex(context, crypto.EVP_aes_256_gcm(), NULL, NULL, NULL) == 1 &&
      crypto.EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, (int)iv_count, NULL) == 1 &&
      crypto.EVP_DecryptInit_ex(context, NULL, NULL, key, iv) == 1 &&
      (additional_count == 0 ||
       crypto.EVP_DecryptUpdate(context, NULL, &written, additional, (int)additional_count) == 1) &&
      crypto.EVP_DecryptUpdate(context, output, &written, sealed, (int)count) == 1 &&
      written == (int)count &&
      crypto.EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, expected) == 1) {
    status = crypto.EVP_DecryptFinal_ex(context, output + count, &written) == 1
                 ? CHECKIN_CRYPTO_OK
                 : CHECKIN_CRYPTO_INVALID;
  }
  /* What a forger chose must not be mistaken for a message. */
  if (status != CHECKIN_CRYPTO_OK) crypto.OPENSSL_cleanse(output, count);
  crypto.EVP_CIPHER_CTX_free(context);
  crypto.ERR_clear_error();
  return status;
}

int checkin_crypto_seal_aes256_gcm(const uint8_t key[32], const uint8_t *iv, size_t iv_count,
                                   const uint8_t *additional, size_t additional_count,
                                   const uint8_t *message, size_t count, uint8_t *output,
                                   uint8_t tag[16]) {
  if (!is_taken(iv_count, additional_count, count)) return CHECKIN_CRYPTO_INVALID;
  if (!is_loaded()) return CHECKIN_CRYPTO_UNAVAILABLE;
  int status = CHECKIN_CRYPTO_UNAVAILABLE;
  int written = 0;
  EVP_CIPHER_CTX *context = crypto.EVP_CIPHER_CTX_new();
  if (context != NULL &&
      crypto.EVP_EncryptInit_ex(context, crypto.EVP_aes_256_gcm(), NULL, NULL, NULL) == 1 &&
      crypto.EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, (int)iv_count, NULL) == 1 &&
      crypto.EVP_EncryptInit_ex(context, NULL, NULL, key, iv) == 1 &&
      (additional_count == 0 ||
       crypto.EVP_EncryptUpdate(context, NULL, &written, additional, (int)additional_count) == 1) &&
      crypto.EVP_EncryptUpdate(context, output, &written, message, (int)count) == 1 &&
      written == (int)count &&
      crypto.EVP_EncryptFinal_ex(context, output + count, &written) == 1 &&
      crypto.EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1) {
    status = CHECKIN_CRYPTO_OK;
  }
  crypto.EVP_CIPHER_CTX_free(context);
  crypto.ERR_clear_error();
  return status;
}
