#include "checkin_proof.h"

#include <cairo.h>
#include <dlfcn.h>
#include <glib-object.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A side of a rendering never needs more; an A4 page at 300 dpi has 3,510. */
#define MOST_PIXELS_A_SIDE 8192

/* The type names and prototypes of poppler-glib 22.12 and librsvg 2.54, as far as we use them. */
struct rectangle {
  double x, y, width, height;
};
struct length {
  double length;
  int unit;
};

static struct {
  void *library;
  char problem[192];
  void *(*document_new_from_bytes)(GBytes *bytes, const char *password, GError **error);
  void *(*document_new_from_file)(const char *uri, const char *password, GError **error);
  int (*document_get_n_pages)(void *document);
  void *(*document_get_page)(void *document, int index);
  void (*page_get_size)(void *page, double *width, double *height);
  void (*page_render)(void *page, cairo_t *cairo);
} poppler;

static struct {
  void *library;
  char problem[192];
  void *(*handle_new_from_data)(const guint8 *data, gsize count, GError **error);
  void (*handle_set_dpi)(void *handle, double pixels_per_inch);
  gboolean (*handle_get_intrinsic_size_in_pixels)(void *handle, double *width, double *height);
  void (*handle_get_intrinsic_dimensions)(void *handle, gboolean *has_width, struct length *width,
                                          gboolean *has_height, struct length *height,
                                          gboolean *has_view_box, struct rectangle *view_box);
  gboolean (*handle_render_document)(void *handle, cairo_t *cairo,
                                     const struct rectangle *viewport, GError **error);
} rsvg;

static void note(char *target, size_t size, const char *text) {
  target[0] = 0;
  if (text != NULL) strncat(target, text, size - 1);
}

/* Sets a function pointer to a symbol; POSIX has dlsym return an object pointer, so it goes by way
 * of memory. */
static int find(void *library, const char *name, void *function) {
  void *symbol = dlsym(library, name);
  memcpy(function, &symbol, sizeof symbol);
  return symbol != NULL;
}

/* What poppler thinks of a file is returned as a status; standard error is not ours to write to. */
static void discard(const char *domain, GLogLevelFlags level, const char *message, void *data) {
  (void)domain;
  (void)level;
  (void)message;
  (void)data;
}

static void load_poppler(void) {
  void *library = dlopen("libpoppler-glib.so.8", RTLD_NOW | RTLD_LOCAL);
  if (library != NULL &&
      find(library, "poppler_document_new_from_bytes", &poppler.document_new_from_bytes) &&
      find(library, "poppler_document_new_from_file", &poppler.document_new_from_file) &&
      find(library, "poppler_document_get_n_pages", &poppler.document_get_n_pages) &&
      find(library, "poppler_document_get_page", &poppler.document_get_page) &&
      find(library, "poppler_page_get_size", &poppler.page_get_size) &&
      find(library, "poppler_page_render", &poppler.page_render)) {
    g_log_set_handler("Poppler", G_LOG_LEVEL_MASK, discard, NULL);
    poppler.library = library;
  } else {
    note(poppler.problem, sizeof poppler.problem, dlerror());
  }
}

static void load_rsvg(void) {
  void *library = dlopen("librsvg-2.so.2", RTLD_NOW | RTLD_LOCAL);
  if (library != NULL &&
      find(library, "rsvg_handle_new_from_data", &rsvg.handle_new_from_data) &&
      find(library, "rsvg_handle_set_dpi", &rsvg.handle_set_dpi) &&
      find(library, "rsvg_handle_get_intrinsic_size_in_pixels",
           &rsvg.handle_get_intrinsic_size_in_pixels) &&
      find(library, "rsvg_handle_get_intrinsic_dimensions",
           &rsvg.handle_get_intrinsic_dimensions) &&
      find(library, "rsvg_handle_render_document", &rsvg.handle_render_document)) {
    rsvg.library = library;
  } else {
    note(rsvg.problem, sizeof rsvg.problem, dlerror());
  }
}

/* The scale at which no side is longer than a rendering's may be: the one wanted, or a smaller. */
static double fitting(double scale, double width, double height) {
  return fmin(scale, MOST_PIXELS_A_SIDE / fmax(width, height));
}

/* Makes a white surface of sides that fit, or returns NULL with the status set. */
static cairo_surface_t *white_surface(double width, double height, int *status) {
  if (!(width > 0 && width < INT_MAX) || !(height > 0 && height < INT_MAX)) {
    *status = CHECKIN_PROOF_NO_SIZE;
    return NULL;
  }
  cairo_surface_t *surface =
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(width), (int)ceil(height));
  if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
    cairo_surface_destroy(surface);
    *status = CHECKIN_PROOF_OUT_OF_MEMORY;
    return NULL;
  }
  cairo_t *cairo = cairo_create(surface);
  cairo_set_source_rgb(cairo, 1, 1, 1);
  cairo_paint(cairo);
  cairo_destroy(cairo);
  return surface;
}

static int take_grey(cairo_surface_t *surface, struct checkin_proof_image *image) {
  cairo_surface_flush(surface);
  if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) return CHECKIN_PROOF_DAMAGED;
  int width = cairo_image_surface_get_width(surface);
  int height = cairo_image_surface_get_height(surface);
  int stride = cairo_image_surface_get_stride(surface);
  const uint8_t *data = cairo_image_surface_get_data(surface);
  uint8_t *pixels = malloc((size_t)width * (size_t)height);
  if (pixels == NULL || data == NULL) {
    free(pixels);
    return CHECKIN_PROOF_OUT_OF_MEMORY;
  }
  for (int y = 0; y < height; y++) {
    const uint8_t *line = data + (size_t)y * (size_t)stride;
    uint8_t *target = pixels + (size_t)y * (size_t)width;
    for (int x = 0; x < width; x++) {
      uint32_t pixel;
      memcpy(&pixel, line + 4 * (size_t)x, sizeof pixel);
      uint32_t red = pixel >> 16 & 255, green = pixel >> 8 & 255, blue = pixel & 255;
      target[x] = (uint8_t)((77 * red + 150 * green + 29 * blue) >> 8);
    }
  }
  image->pixels = pixels;
  image->width = (uint32_t)width;
  image->height = (uint32_t)height;
  return CHECKIN_PROOF_OK;
}

static int failed(struct checkin_proof_image *image, GError *error) {
  note(image->message, sizeof image->message, error != NULL ? error->message : NULL);
  g_clear_error(&error);
  return CHECKIN_PROOF_DAMAGED;
}

/* Loads poppler once; returns whether it is there, and else says why not. */
static int has_poppler(char *message, size_t size) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load_poppler);
  if (poppler.library == NULL) note(message, size, poppler.problem);
  return poppler.library != NULL;
}

static int render_page(void *document, int index, double pixels_per_inch,
                       struct checkin_proof_image *image) {
  int status = CHECKIN_PROOF_DAMAGED;
  void *page = poppler.document_get_page(document, index);
  if (page == NULL) return status;
  double width = 0, height = 0, scale = pixels_per_inch / 72;
  poppler.page_get_size(page, &width, &height);
  scale = fitting(scale, width, height);
  cairo_surface_t *surface = white_surface(width * scale, height * scale, &status);
  if (surface != NULL) {
    cairo_t *cairo = cairo_create(surface);
    cairo_scale(cairo, scale, scale);
    poppler.page_render(page, cairo);
    status = cairo_status(cairo) == CAIRO_STATUS_SUCCESS ? take_grey(surface, image)
                                                          : CHECKIN_PROOF_DAMAGED;
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
  }
  g_object_unref(page);
  return status;
}

/* Takes what poppler made of a file, or notes why it made nothing of it. */
static int opened(void *document, GError *error, struct checkin_proof_document *result) {
  result->document = document;
  if (document == NULL) {
    note(result->message, sizeof result->message, error != NULL ? error->message : NULL);
    g_clear_error(&error);
    return CHECKIN_PROOF_DAMAGED;
  }
  int pages = poppler.document_get_n_pages(document);
  result->pages = pages > 0 ? (uint32_t)pages : 0;
  return CHECKIN_PROOF_OK;
}

int checkin_proof_open_pdf(const uint8_t *bytes, size_t count,
                           struct checkin_proof_document *result) {
  memset(result, 0, sizeof *result);
  if (!has_poppler(result->message, sizeof result->message)) return CHECKIN_PROOF_NO_POPPLER;
  GError *error = NULL;
  GBytes *data = g_bytes_new(bytes, count);
  void *document = poppler.document_new_from_bytes(data, NULL, &error);
  g_bytes_unref(data);
  return opened(document, error, result);
}

int checkin_proof_open_pdf_file(const char *path, struct checkin_proof_document *result) {
  memset(result, 0, sizeof *result);
  if (!has_poppler(result->message, sizeof result->message)) return CHECKIN_PROOF_NO_POPPLER;
  char *absolute = realpath(path, NULL);
  if (absolute == NULL) {
    note(result->message, sizeof result->message, "the file is not there");
    return CHECKIN_PROOF_DAMAGED;
  }
  GError *error = NULL;
  char *uri = g_filename_to_uri(absolute, NULL, &error);
  free(absolute);
  void *document = uri == NULL ? NULL : poppler.document_new_from_file(uri, NULL, &error);
  g_free(uri);
  return opened(document, error, result);
}

int checkin_proof_render_page(void *document, uint32_t index, double pixels_per_inch,
                              struct checkin_proof_image *image) {
  memset(image, 0, sizeof *image);
  return render_page(document, (int)index, pixels_per_inch, image);
}

void checkin_proof_close_pdf(void *document) {
  if (document != NULL) g_object_unref(document);
}

/* Sets the size of a drawing in pixels: the one it states, else its viewBox as CSS pixels, of which an
 * inch has 96. */
static int measure(void *handle, double pixels_per_inch, struct rectangle *viewport) {
  if (rsvg.handle_get_intrinsic_size_in_pixels(handle, &viewport->width, &viewport->height)) {
    return 1;
  }
  gboolean has_width = FALSE, has_height = FALSE, has_view_box = FALSE;
  struct length width = {0, 0}, height = {0, 0};
  struct rectangle view_box = {0, 0, 0, 0};
  rsvg.handle_get_intrinsic_dimensions(handle, &has_width, &width, &has_height, &height,
                                       &has_view_box, &view_box);
  viewport->width = view_box.width * pixels_per_inch / 96;
  viewport->height = view_box.height * pixels_per_inch / 96;
  return has_view_box;
}

int checkin_proof_render_svg(const uint8_t *bytes, size_t count, double pixels_per_inch,
                             uint32_t least_width, struct checkin_proof_image *image) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  memset(image, 0, sizeof *image);
  pthread_once(&once, load_rsvg);
  if (rsvg.library == NULL) {
    note(image->message, sizeof image->message, rsvg.problem);
    return CHECKIN_PROOF_NO_RSVG;
  }

  int status = CHECKIN_PROOF_DAMAGED;
  GError *error = NULL;
  void *handle = rsvg.handle_new_from_data(bytes, count, &error);
  if (handle == NULL) return failed(image, error);
  struct rectangle viewport = {0, 0, 0, 0};
  rsvg.handle_set_dpi(handle, pixels_per_inch);
  if (!measure(handle, pixels_per_inch, &viewport)) {
    status = CHECKIN_PROOF_NO_SIZE;
  } else {
    double scale = viewport.width > 0 ? fmax(1, least_width / viewport.width) : 1;
    scale = fitting(scale, viewport.width, viewport.height);
    viewport.width *= scale;
    viewport.height *= scale;
    cairo_surface_t *surface = white_surface(viewport.width, viewport.height, &status);
    if (surface != NULL) {
      cairo_t *cairo = cairo_create(surface);
      if (!rsvg.handle_render_document(handle, cairo, &viewport, &error)) {
        status = failed(image, error);
      } else {
        status = take_grey(surface, image);
      }
      cairo_destroy(cairo);
      cairo_surface_destroy(surface);
    }
  }
  g_object_unref(handle);
  return status;
}

void checkin_proof_free(uint8_t *pixels) { free(pixels); }
