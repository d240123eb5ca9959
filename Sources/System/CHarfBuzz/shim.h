#ifndef CHECKIN_CHARFBUZZ_SHIM_H
#define CHECKIN_CHARFBUZZ_SHIM_H

#include <hb-ot.h>
#include <hb-subset.h>
#include <hb.h>

#endif
