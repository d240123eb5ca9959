#ifndef CHECKIN_CZSTD_SHIM_H
#define CHECKIN_CZSTD_SHIM_H

#include <zstd.h>
#include <zstd_errors.h>

#endif
