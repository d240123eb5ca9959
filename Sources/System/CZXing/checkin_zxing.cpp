#include "checkin_zxing.h"
#include <ZXing/ZXVersion.h>

int checkin_zxing_version(void) { return ZXING_VERSION_MAJOR; }
