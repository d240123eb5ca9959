#ifndef CHECKIN_CXXHASH_SHIM_H
#define CHECKIN_CXXHASH_SHIM_H

#include <xxhash.h>

#endif
