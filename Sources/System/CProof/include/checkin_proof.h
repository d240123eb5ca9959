#ifndef CHECKIN_PROOF_H
#define CHECKIN_PROOF_H

#include <stddef.h>
#include <stdint.h>

/* Turns a PDF page or an SVG into grey pixels, as a printer would see it.
 *
 * The two renderers are opened with dlopen at first use and not linked: together they load some
 * thirty shared objects and cost every command eight milliseconds of start-up, while only the
 * making of posters needs them. The handful of their functions that we call is declared by hand;
 * it is the stable C interface of the sonames named in the source. */

enum checkin_proof_status {
  CHECKIN_PROOF_OK = 0,
  CHECKIN_PROOF_NO_POPPLER, /* libpoppler-glib.so.8 cannot be loaded; the reason is in `message` */
  CHECKIN_PROOF_NO_RSVG,    /* librsvg-2.so.2 cannot be loaded */
  CHECKIN_PROOF_DAMAGED,    /* the renderer cannot read the file */
  CHECKIN_PROOF_TOO_LARGE,
  CHECKIN_PROOF_OUT_OF_MEMORY,
};

/* A picture of grey rows without padding; `pixels` is to be given back with checkin_proof_free. */
struct checkin_proof_image {
  uint8_t *pixels;
  uint32_t width;
  uint32_t height;
  char message[192];
};

/* Renders a page of a PDF, counted from 0, on white at so many pixels an inch. */
int checkin_proof_render_pdf(const uint8_t *bytes, size_t count, uint32_t page,
                             double pixels_per_inch, struct checkin_proof_image *image);

/* Counts the pages of a PDF; what is wrong with it is told in `image`, which gets no pixels. */
int checkin_proof_count_pages(const uint8_t *bytes, size_t count, uint32_t *pages,
                              struct checkin_proof_image *image);

/* Renders an SVG on white at so many pixels an inch of the size it states, or larger, so that its
 * width is at least `least_width` pixels. */
int checkin_proof_render_svg(const uint8_t *bytes, size_t count, double pixels_per_inch,
                             uint32_t least_width, struct checkin_proof_image *image);

void checkin_proof_free(uint8_t *pixels);

#endif
