#include "checkin_png.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* What a call owns, in the caller's frame, outside the function that calls setjmp. */
struct writing {
  png_structp png;
  png_infop info;
  jmp_buf escape;
  int status;
  struct checkin_png_result *result;
  size_t capacity;
  uint8_t *row;
};

/* The colours of a picture, as long as a palette holds them. */
struct colours {
  uint32_t values[256];
  int count;                /* 257 when there are more */
  uint32_t keys[1024];      /* open addressing; 0xffffffff is empty, no colour has a high byte */
  uint8_t numbers[1024];
};

static void on_error(png_structp png, png_const_charp message) {
  struct writing *writing = png_get_error_ptr(png);
  if (writing->status == CHECKIN_PNG_OK) writing->status = CHECKIN_PNG_DAMAGED;
  if (message != NULL) {
    strncpy(writing->result->message, message, sizeof writing->result->message - 1);
  }
  longjmp(writing->escape, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void on_write(png_structp png, png_bytep data, size_t count) {
  struct writing *writing = png_get_io_ptr(png);
  struct checkin_png_result *result = writing->result;
  if (count > writing->capacity - result->count) {
    size_t capacity = writing->capacity;
    while (count > capacity - result->count) capacity *= 2;
    uint8_t *bytes = realloc(result->bytes, capacity);
    if (bytes == NULL) {
      writing->status = CHECKIN_PNG_OUT_OF_MEMORY;
      png_error(png, "out of memory");
    }
    result->bytes = bytes;
    writing->capacity = capacity;
  }
  memcpy(result->bytes + result->count, data, count);
  result->count += count;
}

static void on_flush(png_structp png) { (void)png; }

/* Returns the colour's number, or -1 when there is no room for it. */
static int number(struct colours *colours, uint32_t colour) {
  uint32_t place = (colour * 2654435761u) >> 22;
  while (colours->keys[place] != colour) {
    if (colours->keys[place] == 0xffffffffu) {
      if (colours->count >= 256) return -1;
      colours->keys[place] = colour;
      colours->numbers[place] = (uint8_t)colours->count;
      colours->values[colours->count++] = colour;
      break;
    }
    place = (place + 1) & 1023;
  }
  return colours->numbers[place];
}

static uint32_t colour_at(const uint8_t *line, uint32_t x) {
  uint32_t pixel;
  memcpy(&pixel, line + 4 * (size_t)x, sizeof pixel);
  return pixel & 0xffffffu;
}

static void count_colours(struct colours *colours, const uint8_t *pixels, uint32_t width,
                          uint32_t height, uint32_t stride) {
  memset(colours->keys, 0xff, sizeof colours->keys);
  colours->count = 0;
  for (uint32_t y = 0; y < height; y++) {
    const uint8_t *line = pixels + (size_t)y * stride;
    uint32_t last = 0xffffffffu;
    for (uint32_t x = 0; x < width; x++) {
      uint32_t colour = colour_at(line, x);
      if (colour == last) continue;
      last = colour;
      if (number(colours, colour) < 0) {
        colours->count = 257;
        return;
      }
    }
  }
}

static void write_picture(struct writing *writing, const uint8_t *pixels, uint32_t width,
                          uint32_t height, uint32_t stride, struct colours *colours) {
  if (setjmp(writing->escape) != 0) return;
  png_structp png = writing->png;
  int has_palette = colours->count <= 256;
  png_set_write_fn(png, writing, on_write, on_flush);
  png_set_IHDR(png, writing->info, width, height, 8,
               has_palette ? PNG_COLOR_TYPE_PALETTE : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (has_palette) {
    png_color palette[256];
    for (int i = 0; i < colours->count; i++) {
      uint32_t colour = colours->values[i];
      palette[i].red = (png_byte)(colour >> 16);
      palette[i].green = (png_byte)(colour >> 8);
      palette[i].blue = (png_byte)colour;
    }
    png_set_PLTE(png, writing->info, palette, colours->count);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
  }
  png_write_info(png, writing->info);
  for (uint32_t y = 0; y < height; y++) {
    const uint8_t *line = pixels + (size_t)y * stride;
    for (uint32_t x = 0; x < width; x++) {
      uint32_t colour = colour_at(line, x);
      if (has_palette) {
        writing->row[x] = (uint8_t)number(colours, colour);
      } else {
        writing->row[3 * (size_t)x] = (uint8_t)(colour >> 16);
        writing->row[3 * (size_t)x + 1] = (uint8_t)(colour >> 8);
        writing->row[3 * (size_t)x + 2] = (uint8_t)colour;
      }
    }
    png_write_row(png, writing->row);
  }
  png_write_end(png, NULL);
}

int checkin_png_write_picture(const uint8_t *pixels, uint32_t width, uint32_t height,
                              uint32_t stride, struct checkin_png_result *result) {
  struct writing writing = {.result = result, .status = CHECKIN_PNG_OK, .capacity = 65536};
  memset(result, 0, sizeof *result);
  if (width == 0 || height == 0 || width > 32767 || height > 32767 || stride / 4 < width) {
    return CHECKIN_PNG_TOO_LARGE;
  }
  result->width = width;
  result->height = height;
  struct colours *colours = malloc(sizeof *colours);
  result->bytes = malloc(writing.capacity);
  writing.row = malloc((size_t)width * 3);
  writing.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &writing, on_error, on_warning);
  if (writing.png != NULL) writing.info = png_create_info_struct(writing.png);
  if (colours == NULL || result->bytes == NULL || writing.row == NULL || writing.info == NULL) {
    writing.status = CHECKIN_PNG_OUT_OF_MEMORY;
  } else {
    count_colours(colours, pixels, width, height, stride);
    write_picture(&writing, pixels, width, height, stride, colours);
  }
  if (writing.png != NULL) png_destroy_write_struct(&writing.png, &writing.info);
  free(writing.row);
  free(colours);
  if (writing.status != CHECKIN_PNG_OK) {
    free(result->bytes);
    result->bytes = NULL;
    result->count = 0;
  }
  return writing.status;
}
