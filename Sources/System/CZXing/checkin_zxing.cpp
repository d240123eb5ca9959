#include "checkin_zxing.h"

#define ZX_USE_UTF8
#include <ZXing/ReadBarcode.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace {

/* Copies bytes to memory that the C side frees; never NULL, also for no bytes. */
uint8_t *copy(const void *bytes, size_t count) {
  auto *memory = static_cast<uint8_t *>(std::malloc(count == 0 ? 1 : count));
  if (memory == nullptr) throw std::bad_alloc();
  if (count != 0) std::memcpy(memory, bytes, count);
  return memory;
}

} // namespace

int checkin_zxing_read(const uint8_t *grey, int width, int height, int effort,
                       checkin_zxing_symbol **symbols, size_t *count) {
  *symbols = nullptr;
  *count = 0;
  try {
    ZXing::DecodeHints hints;
    hints.setFormats(ZXing::BarcodeFormat::QRCode);
    hints.setTryHarder(true);
    hints.setTryRotate(true);
    hints.setTryDownscale(effort == CHECKIN_ZXING_SCALED);
    ZXing::ImageView image(grey, width, height, ZXing::ImageFormat::Lum);
    ZXing::Results results = ZXing::ReadBarcodes(image, hints);
    if (results.empty()) return CHECKIN_ZXING_OK;

    auto *list = static_cast<checkin_zxing_symbol *>(
        std::calloc(results.size(), sizeof(checkin_zxing_symbol)));
    if (list == nullptr) return CHECKIN_ZXING_OUT_OF_MEMORY;
    *symbols = list;
    for (const ZXing::Result &result : results) {
      if (!result.isValid()) continue;
      std::string text = result.text();
      checkin_zxing_symbol &symbol = list[*count];
      *count += 1; /* counted before it is filled, so that a failure half-way frees it too */
      symbol.text = copy(text.data(), text.size());
      symbol.text_count = text.size();
      symbol.bytes = copy(result.bytes().data(), result.bytes().size());
      symbol.bytes_count = result.bytes().size();
    }
    return CHECKIN_ZXING_OK;
  } catch (const std::bad_alloc &) {
    return CHECKIN_ZXING_OUT_OF_MEMORY;
  } catch (...) {
    return CHECKIN_ZXING_FAILED;
  }
}

void checkin_zxing_free(checkin_zxing_symbol *symbols, size_t count) {
  for (size_t i = 0; i < count; i++) {
    std::free(symbols[i].text);
    std::free(symbols[i].bytes);
  }
  std::free(symbols);
}
