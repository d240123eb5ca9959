#ifndef CHECKIN_CDEFLATE_SHIM_H
#define CHECKIN_CDEFLATE_SHIM_H

#include <libdeflate.h>

#endif
