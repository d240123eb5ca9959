#ifndef CHECKIN_PNG_H
#define CHECKIN_PNG_H

#include <stddef.h>
#include <stdint.h>

/* libpng reports errors by longjmp, which Swift must not be unwound by; so the things we do with it
 * are whole functions here. Neither prints anything. */

enum checkin_png_status {
  CHECKIN_PNG_OK = 0,
  CHECKIN_PNG_OUT_OF_MEMORY,
  CHECKIN_PNG_NOT_A_PNG,
  CHECKIN_PNG_TOO_LARGE,
  CHECKIN_PNG_DAMAGED, /* libpng's own words are in `message` */
};

/* What a call made; `bytes` is to be given back with checkin_png_free, and is NULL on failure. */
struct checkin_png_result {
  uint8_t *bytes;
  size_t count;
  uint32_t width;
  uint32_t height;
  char message[96];
};

/* Writes a square matrix of modules (one byte each, not 0 = dark) as a 1-bit grey PNG of
 * (side + 2 * quiet) * scale pixels a side. */
int checkin_png_write_symbol(const uint8_t *modules, uint32_t side, uint32_t quiet, uint32_t scale,
                             uint32_t pixels_per_metre, struct checkin_png_result *result);

/* Writes a picture of 32-bit pixels 0xXXRRGGBB in the machine's own order, rows `stride` bytes apart:
 * with a palette when 256 colours are enough, which is smaller, else in 8-bit colour. */
int checkin_png_write_picture(const uint8_t *pixels, uint32_t width, uint32_t height,
                              uint32_t stride, struct checkin_png_result *result);

/* Reads any PNG as 8-bit grey rows without padding; what is transparent becomes white. Pictures of
 * more than `max_pixels` are refused before memory is taken for them. */
int checkin_png_read_grey(const uint8_t *bytes, size_t count, uint64_t max_pixels,
                          struct checkin_png_result *result);

void checkin_png_free(uint8_t *bytes);

#endif
