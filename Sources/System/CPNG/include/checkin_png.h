#ifndef CHECKIN_PNG_H
#define CHECKIN_PNG_H

#include <stddef.h>
#include <stdint.h>

/* libpng reports errors by longjmp, which Swift must not be unwound by; so reading with it is a
 * whole function here. It prints nothing. */

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

/* Reads any PNG as 8-bit grey rows without padding; what is transparent becomes white. Pictures of
 * more than `max_pixels` are refused before memory is taken for them. */
int checkin_png_read_grey(const uint8_t *bytes, size_t count, uint64_t max_pixels,
                          struct checkin_png_result *result);

void checkin_png_free(uint8_t *bytes);

#endif
