#include "checkin_png.h"
#include <png.h>

int checkin_png_version(void) { return PNG_LIBPNG_VER; }
