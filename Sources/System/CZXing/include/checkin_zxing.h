#ifndef CHECKIN_ZXING_H
#define CHECKIN_ZXING_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum checkin_zxing_status {
  CHECKIN_ZXING_OK = 0,
  CHECKIN_ZXING_OUT_OF_MEMORY,
  CHECKIN_ZXING_FAILED,
};

enum checkin_zxing_effort {
  /* one pass over the picture as it is */
  CHECKIN_ZXING_CLEAN = 0,
  /* also scaled down, for codes that fill a large picture */
  CHECKIN_ZXING_SCALED,
};

/* One symbol that was found. The bytes are the payload as it stands in the symbol, the text is the
 * same as UTF-8; neither ends in NUL. */
struct checkin_zxing_symbol {
  uint8_t *text;
  size_t text_count;
  uint8_t *bytes;
  size_t bytes_count;
};

/* Finds the QR symbols of a grey picture whose rows have no padding. `symbols` is to be given back
 * with checkin_zxing_free, whatever the status. No C++ exception leaves this function. */
int checkin_zxing_read(const uint8_t *grey, int width, int height, int effort,
                       struct checkin_zxing_symbol **symbols, size_t *count);

void checkin_zxing_free(struct checkin_zxing_symbol *symbols, size_t count);

#ifdef __cplusplus
}
#endif
#endif
