#ifndef CHECKIN_CLIBMICROHTTPD_SHIM_H
#define CHECKIN_CLIBMICROHTTPD_SHIM_H

#include <microhttpd.h>

#endif
