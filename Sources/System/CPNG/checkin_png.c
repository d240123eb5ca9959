#include "checkin_png.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* Everything a call owns. It lives in the caller's frame, outside the function that calls setjmp,
 * so that no value is lost when libpng jumps back. */
struct session {
  png_structp png;
  png_infop info;
  jmp_buf escape;
  int status;
  struct checkin_png_result *result;
  const uint8_t *input;
  size_t remaining;
  uint8_t *pixels;
  png_bytep *rows;
};

static void on_error(png_structp png, png_const_charp message) {
  struct session *session = png_get_error_ptr(png);
  if (session->status == CHECKIN_PNG_OK) session->status = CHECKIN_PNG_DAMAGED;
  if (message != NULL) {
    strncpy(session->result->message, message, sizeof session->result->message - 1);
  }
  longjmp(session->escape, 1);
}

/* A warning changes nothing about the pixels, and standard error is not ours to write to. */
static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void fail(struct session *session, int status, const char *message) {
  session->status = status;
  png_error(session->png, message);
}

static void on_read(png_structp png, png_bytep data, size_t count) {
  struct session *session = png_get_io_ptr(png);
  if (count > session->remaining) png_error(png, "the file ends too early");
  memcpy(data, session->input, count);
  session->input += count;
  session->remaining -= count;
}

static void read_grey(struct session *session, uint64_t max_pixels) {
  if (setjmp(session->escape) != 0) return;
  png_structp png = session->png;
  png_infop info = session->info;
  struct checkin_png_result *result = session->result;

  png_set_read_fn(png, session, on_read);
  png_set_user_limits(png, 65535, 65535);
  png_set_chunk_cache_max(png, 64);
  png_set_chunk_malloc_max(png, 1 << 20);
  png_read_info(png, info);

  uint32_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
  result->width = width;
  result->height = height;
  if ((uint64_t)width * height > max_pixels) fail(session, CHECKIN_PNG_TOO_LARGE, "too large");

  png_set_scale_16(png);
  png_set_expand(png);
  if ((png_get_color_type(png, info) & PNG_COLOR_MASK_COLOR) != 0) {
    png_set_rgb_to_gray_fixed(png, 1, -1, -1);
  }
  png_set_interlace_handling(png);
  png_read_update_info(png, info);

  uint32_t channels = png_get_channels(png, info);
  if (png_get_bit_depth(png, info) != 8 || channels < 1 || channels > 2 ||
      png_get_rowbytes(png, info) != (size_t)width * channels) {
    png_error(png, "unexpected pixel layout");
  }
  session->pixels = malloc((size_t)width * height * channels);
  session->rows = malloc((size_t)height * sizeof *session->rows);
  if (session->pixels == NULL || session->rows == NULL) {
    fail(session, CHECKIN_PNG_OUT_OF_MEMORY, "out of memory");
  }
  for (uint32_t y = 0; y < height; y++) {
    session->rows[y] = session->pixels + (size_t)y * width * channels;
  }
  png_read_image(png, session->rows);
  png_read_end(png, NULL);

  size_t count = (size_t)width * height;
  if (channels == 2) {
    /* Laid over white, in place: the byte written is never behind the bytes read. */
    for (size_t i = 0; i < count; i++) {
      unsigned grey = session->pixels[2 * i], alpha = session->pixels[2 * i + 1];
      session->pixels[i] = (uint8_t)((grey * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
  result->count = count;
}

int checkin_png_read_grey(const uint8_t *bytes, size_t count, uint64_t max_pixels,
                          struct checkin_png_result *result) {
  struct session session = {
      .result = result, .status = CHECKIN_PNG_OK, .input = bytes, .remaining = count};
  memset(result, 0, sizeof *result);
  if (count < 8 || png_sig_cmp(bytes, 0, 8) != 0) return CHECKIN_PNG_NOT_A_PNG;
  session.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &session, on_error, on_warning);
  if (session.png != NULL) session.info = png_create_info_struct(session.png);
  if (session.info == NULL) {
    session.status = CHECKIN_PNG_OUT_OF_MEMORY;
  } else {
    read_grey(&session, max_pixels);
  }
  if (session.png != NULL) png_destroy_read_struct(&session.png, &session.info, NULL);
  free(session.rows);
  if (session.status == CHECKIN_PNG_OK) {
    result->bytes = session.pixels;
  } else {
    free(session.pixels);
    result->count = 0;
  }
  return session.status;
}

void checkin_png_free(uint8_t *bytes) { free(bytes); }
