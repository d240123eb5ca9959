/* Signed codes as PNG files the way one would first write it: libsodium, base64 in byte mode, libqrencode
 * with its own choice of mask, libpng with its default level and filters, stdio. Prints one JSON line.
 *
 * Usage: codes_naive COUNT FOLDER */
#include <png.h>
#include <qrencode.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SCALE = 8, QUIET = 4 };

static double seconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int write_png(const QRcode *code, const char *path) {
  FILE *file = fopen(path, "wb");
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
  if (file == NULL || info == NULL || setjmp(png_jmpbuf(png)) != 0) return 1;
  int pixels = (code->width + 2 * QUIET) * SCALE;
  png_init_io(png, file);
  png_set_compression_level(png, 6);
  png_set_IHDR(png, info, (png_uint_32)pixels, (png_uint_32)pixels, 1, PNG_COLOR_TYPE_GRAY,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  unsigned char row[4096];
  for (int y = 0; y < pixels; y++) {
    memset(row, 0xff, sizeof row);
    int line = y / SCALE - QUIET;
    for (int x = 0; line >= 0 && line < code->width && x < code->width; x++) {
      if ((code->data[line * code->width + x] & 1) == 0) continue;
      for (int bit = (x + QUIET) * SCALE; bit < (x + QUIET + 1) * SCALE; bit++) {
        row[bit / 8] &= (unsigned char)~(0x80 >> bit % 8);
      }
    }
    png_write_row(png, row);
  }
  png_write_end(png, NULL);
  png_destroy_write_struct(&png, &info);
  return fclose(file);
}

int main(int count_of_words, char **words) {
  if (count_of_words != 3 || sodium_init() < 0) return 2;
  int count = atoi(words[1]);
  unsigned char public_key[crypto_sign_PUBLICKEYBYTES], secret_key[crypto_sign_SECRETKEYBYTES];
  crypto_sign_keypair(public_key, secret_key);
  double wall = seconds(CLOCK_MONOTONIC), processor = seconds(CLOCK_PROCESS_CPUTIME_ID);
  for (int number = 0; number < count; number++) {
    unsigned char token[14 + crypto_sign_BYTES] = {0x10, 1};
    memcpy(token + 2, &number, sizeof number);
    crypto_sign_detached(token + 14, NULL, token, 14, secret_key);
    char text[200] = "https://qr.haiphong.gov.vn/#";
    size_t prefix = strlen(text);
    sodium_bin2base64(text + prefix, sizeof text - prefix, token, sizeof token,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_Q);
    char path[4096];
    snprintf(path, sizeof path, "%s/%d.png", words[2], number);
    if (code == NULL || write_png(code, path) != 0) return 1;
    QRcode_free(code);
  }
  printf("{\"peer\":\"libsodium, libqrencode, libpng in C\",\"version\":\"%s\",\"count\":%d,"
         "\"cpu_s\":%.6f,\"wall_s\":%.6f}\n",
         QRcode_APIVersionString(), count, seconds(CLOCK_PROCESS_CPUTIME_ID) - processor,
         seconds(CLOCK_MONOTONIC) - wall);
  return 0;
}
