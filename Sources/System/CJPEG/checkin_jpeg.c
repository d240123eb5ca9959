#include "checkin_jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

/* A progressive file goes over the whole picture once a scan: real ones have about ten, and one of
 * thousands keeps a machine busy for hours. */
#define MOST_SCANS 64

/* What libjpeg may hold of a progressive picture: 64 million pixels at full colour need 384 MiB. */
#define MOST_MEMORY (512L << 20)

/* Everything a call owns. It lives in the caller's frame, outside the function that calls setjmp, so
 * that no value is lost when libjpeg's error handler jumps back. */
struct session {
  struct jpeg_error_mgr errors; /* first, so that a pointer to it is a pointer to the session */
  struct jpeg_decompress_struct jpeg;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  int status;
  struct checkin_jpeg_result *result;
  uint8_t *pixels;
  uint8_t *row; /* of four inks, when there are that many */
};

static struct session *session_of(j_common_ptr jpeg) { return (struct session *)(void *)jpeg->err; }

static void fail(struct session *session, int status, const char *message) {
  session->status = status;
  strncpy(session->result->message, message, sizeof session->result->message - 1);
  longjmp(session->escape, 1);
}

static void on_error(j_common_ptr jpeg) {
  struct session *session = session_of(jpeg);
  char message[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, message);
  int code = jpeg->err->msg_code;
  int status = CHECKIN_JPEG_DAMAGED;
  if (code == JERR_OUT_OF_MEMORY || code == JERR_NO_BACKING_STORE) {
    status = CHECKIN_JPEG_OUT_OF_MEMORY;
  } else if (code == JERR_NO_SOI) {
    status = CHECKIN_JPEG_NOT_A_JPEG;
  } else if (code == JERR_IMAGE_TOO_BIG) {
    status = CHECKIN_JPEG_TOO_LARGE;
  }
  fail(session, status, message);
}

/* A warning is most often a camera's sloppiness. Where the file ends too early the rest would be an
 * invented grey. */
static void on_message(j_common_ptr jpeg, int level) {
  if (level < 0 && jpeg->err->msg_code == JWRN_JPEG_EOF) {
    fail(session_of(jpeg), CHECKIN_JPEG_DAMAGED, "the file ends too early");
  }
}

static void on_output(j_common_ptr jpeg) { (void)jpeg; }

static void on_progress(j_common_ptr jpeg) {
  struct session *session = session_of(jpeg);
  if (session->jpeg.input_scan_number > MOST_SCANS) {
    fail(session, CHECKIN_JPEG_DAMAGED, "it goes over the picture too often");
  }
}

/* Turns a row of four inks into grey; `inverted` is how Adobe's programs write them. */
static void mix_inks(const uint8_t *row, uint32_t width, int inverted, uint8_t *grey) {
  for (uint32_t x = 0; x < width; x++) {
    unsigned paper[4];
    for (int ink = 0; ink < 4; ink++) {
      paper[ink] = inverted ? row[4 * (size_t)x + ink] : 255u - row[4 * (size_t)x + ink];
    }
    unsigned bright = 77 * paper[0] + 150 * paper[1] + 29 * paper[2]; /* of 256 × 255 */
    grey[x] = (uint8_t)(bright * paper[3] / (256 * 255));
  }
}

static void read_grey(struct session *session, const uint8_t *bytes, size_t count,
                      uint64_t max_pixels) {
  if (setjmp(session->escape) != 0) return;
  struct jpeg_decompress_struct *jpeg = &session->jpeg;
  jpeg_create_decompress(jpeg);
  jpeg->mem->max_memory_to_use = MOST_MEMORY;
  session->progress.progress_monitor = on_progress;
  jpeg->progress = &session->progress;
  jpeg_mem_src(jpeg, bytes, (unsigned long)count);
  jpeg_read_header(jpeg, TRUE);

  uint32_t width = jpeg->image_width, height = jpeg->image_height;
  session->result->width = width;
  session->result->height = height;
  if ((uint64_t)width * height > max_pixels) {
    fail(session, CHECKIN_JPEG_TOO_LARGE, "too many pixels");
  }
  int has_inks = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
  jpeg->out_color_space = has_inks ? JCS_CMYK : JCS_GRAYSCALE;
  jpeg_start_decompress(jpeg);
  if (jpeg->output_width != width || jpeg->output_height != height ||
      jpeg->output_components != (has_inks ? 4 : 1)) {
    fail(session, CHECKIN_JPEG_DAMAGED, "unexpected pixel layout");
  }
  session->pixels = malloc((size_t)width * height);
  if (has_inks) session->row = malloc(4 * (size_t)width);
  if (session->pixels == NULL || (has_inks && session->row == NULL)) {
    fail(session, CHECKIN_JPEG_OUT_OF_MEMORY, "out of memory");
  }
  while (jpeg->output_scanline < height) {
    uint8_t *grey = session->pixels + (size_t)jpeg->output_scanline * width;
    JSAMPROW row = has_inks ? session->row : grey;
    jpeg_read_scanlines(jpeg, &row, 1);
    if (has_inks) mix_inks(row, width, jpeg->saw_Adobe_marker, grey);
  }
  jpeg_finish_decompress(jpeg);
}

int checkin_jpeg_read_grey(const uint8_t *bytes, size_t count, uint64_t max_pixels,
                           struct checkin_jpeg_result *result) {
  struct session session = {.status = CHECKIN_JPEG_OK, .result = result};
  memset(result, 0, sizeof *result);
  if (count < 3 || bytes[0] != 0xff || bytes[1] != 0xd8 || bytes[2] != 0xff) {
    return CHECKIN_JPEG_NOT_A_JPEG;
  }
  session.jpeg.err = jpeg_std_error(&session.errors);
  session.errors.error_exit = on_error;
  session.errors.emit_message = on_message;
  session.errors.output_message = on_output;
  read_grey(&session, bytes, count, max_pixels);
  /* Safe also for what was never made: its memory manager is then NULL. */
  jpeg_destroy_decompress(&session.jpeg);
  free(session.row);
  if (session.status == CHECKIN_JPEG_OK) {
    result->pixels = session.pixels;
  } else {
    free(session.pixels);
  }
  return session.status;
}

void checkin_jpeg_free(uint8_t *pixels) { free(pixels); }
