#ifndef CHECKIN_CZLIB_SHIM_H
#define CHECKIN_CZLIB_SHIM_H

#include <zlib.h>

#endif
