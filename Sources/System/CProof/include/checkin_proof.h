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
  CHECKIN_PROOF_NO_SIZE,    /* the page or drawing states none */
  CHECKIN_PROOF_OUT_OF_MEMORY,
};

/* A picture of grey rows without padding; `pixels` is to be given back with checkin_proof_free. */
struct checkin_proof_image {
  uint8_t *pixels;
  uint32_t width;
  uint32_t height;
  char message[192];
};

/* A PDF file that is open, to be given back with checkin_proof_close_pdf; NULL on failure. It is one
 * thread's at a time. */
struct checkin_proof_document {
  void *document;
  uint32_t pages;
  char message[192];
};

/* Opens a file in memory, of which it keeps a copy. */
int checkin_proof_open_pdf(const uint8_t *bytes, size_t count,
                           struct checkin_proof_document *result);

/* Opens a file on the disk; what is on its pages is read as they are rendered. */
int checkin_proof_open_pdf_file(const char *path, struct checkin_proof_document *result);

/* Renders a page, counted from 0, of an open document; at fewer pixels an inch where a side would have
 * more than 8,192. */
int checkin_proof_render_page(void *document, uint32_t index, double pixels_per_inch,
                              struct checkin_proof_image *image);

void checkin_proof_close_pdf(void *document);

/* Renders an SVG on white at so many pixels an inch of the size it states, or larger, so that its
 * width is at least `least_width` pixels; but never with more than 8,192 a side. */
int checkin_proof_render_svg(const uint8_t *bytes, size_t count, double pixels_per_inch,
                             uint32_t least_width, struct checkin_proof_image *image);

void checkin_proof_free(uint8_t *pixels);

#endif
