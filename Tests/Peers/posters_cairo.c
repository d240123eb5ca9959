/* A4 posters with cairo's PDF surface and pango: one file each, then all as pages of one file. Prints one
 * JSON line a form.
 *
 * Usage: posters_cairo COUNT FOLDER
 * The text is three paragraphs and the symbol is libqrencode's, drawn in rectangles of a row's runs. */
#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void text(cairo_t *cairo, PangoLayout *layout, const char *font, const char *words, double y) {
  PangoFontDescription *description = pango_font_description_from_string(font);
  pango_layout_set_font_description(layout, description);
  pango_font_description_free(description);
  pango_layout_set_width(layout, 500 * PANGO_SCALE);
  pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER);
  pango_layout_set_text(layout, words, -1);
  cairo_move_to(cairo, 47, y);
  pango_cairo_show_layout(cairo, layout);
}

static void symbol(cairo_t *cairo, int number) {
  char digits[189];
  for (int place = 0; place < 188; place++) {
    digits[place] = (char)('0' + (place * 7919 + number * (place + 1) + place * place) % 10);
  }
  const char *prefix = "https://qr.haiphong.gov.vn/#";
  QRinput *input = QRinput_new2(0, QR_ECLEVEL_Q);
  QRinput_append(input, QR_MODE_8, (int)strlen(prefix), (const unsigned char *)prefix);
  QRinput_append(input, QR_MODE_NUM, 188, (const unsigned char *)digits);
  QRcode *code = QRcode_encodeInput(input);
  double module = 425.2 / code->width;
  for (int y = 0; y < code->width; y++) {
    const unsigned char *row = code->data + y * code->width;
    for (int x = 0; x < code->width;) {
      int start = x;
      while (x < code->width && (row[x] & 1) != 0) x++;
      if (x > start) {
        cairo_rectangle(cairo, 85 + start * module, 190 + y * module, (x - start) * module, module);
      }
      x++;
    }
  }
  cairo_fill(cairo);
  QRcode_free(code);
  QRinput_free(input);
}

static void page(cairo_t *cairo, PangoLayout *layout, int number) {
  char name[64];
  snprintf(name, sizeof name, "Khách sạn số %d", number);
  text(cairo, layout, "Noto Sans Bold 28", "Quét mã QR khi vào và khi ra", 40);
  text(cairo, layout, "Noto Sans Bold 24", name, 100);
  symbol(cairo, number);
  text(cairo, layout, "Noto Sans 12",
       "Mở máy ảnh và hướng vào mã. Kiểm tra tên địa điểm rồi bấm vào. Quét lại khi ra về.", 660);
  cairo_show_page(cairo);
}

int main(int count_of_words, char **words) {
  if (count_of_words != 3) return 2;
  int count = atoi(words[1]);
  for (int in_one_file = 0; in_one_file < 2; in_one_file++) {
    double wall = seconds(CLOCK_MONOTONIC), processor = seconds(CLOCK_PROCESS_CPUTIME_ID);
    cairo_surface_t *surface = NULL;
    cairo_t *cairo = NULL;
    PangoLayout *layout = NULL;
    for (int number = 0; number < count; number++) {
      if (surface == NULL) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%d.pdf", words[2], number);
        surface = cairo_pdf_surface_create(path, 595.276, 841.89);
        cairo = cairo_create(surface);
        layout = pango_cairo_create_layout(cairo);
      }
      page(cairo, layout, number);
      if (in_one_file && number + 1 < count) continue;
      g_object_unref(layout);
      cairo_destroy(cairo);
      cairo_surface_finish(surface);
      if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) return 1;
      cairo_surface_destroy(surface);
      surface = NULL;
    }
    printf("{\"peer\":\"cairo and pango in C%s\",\"version\":\"%s\",\"count\":%d,\"cpu_s\":%.6f,"
           "\"wall_s\":%.6f}\n",
           in_one_file ? ", one file" : "", cairo_version_string(), count,
           seconds(CLOCK_PROCESS_CPUTIME_ID) - processor, seconds(CLOCK_MONOTONIC) - wall);
    fflush(stdout);
  }
  return 0;
}
