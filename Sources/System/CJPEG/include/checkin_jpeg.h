#ifndef CHECKIN_JPEG_H
#define CHECKIN_JPEG_H

#include <stddef.h>
#include <stdint.h>

/* libjpeg reports errors by longjmp, which Swift must not be unwound by; so the one thing we do with
 * it is a whole function here. It prints nothing. */

enum checkin_jpeg_status {
  CHECKIN_JPEG_OK = 0,
  CHECKIN_JPEG_OUT_OF_MEMORY,
  CHECKIN_JPEG_NOT_A_JPEG,
  CHECKIN_JPEG_TOO_LARGE,
  CHECKIN_JPEG_DAMAGED, /* libjpeg's own words are in `message` */
};

/* What a call made; `pixels` is to be given back with checkin_jpeg_free, and is NULL on failure. */
struct checkin_jpeg_result {
  uint8_t *pixels;
  uint32_t width;
  uint32_t height;
  char message[96];
};

/* Reads a JPEG as 8-bit grey rows without padding; also a frame of a motion-JPEG camera, which leaves
 * the usual Huffman tables out. Pictures of more than `max_pixels` are refused before memory is taken
 * for them. How the picture is to be turned (EXIF) is not looked at: a code is read either way. */
int checkin_jpeg_read_grey(const uint8_t *bytes, size_t count, uint64_t max_pixels,
                           struct checkin_jpeg_result *result);

void checkin_jpeg_free(uint8_t *pixels);

#endif
