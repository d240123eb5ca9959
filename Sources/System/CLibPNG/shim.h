#ifndef CHECKIN_CLIBPNG_SHIM_H
#define CHECKIN_CLIBPNG_SHIM_H

#include <png.h>

#endif
