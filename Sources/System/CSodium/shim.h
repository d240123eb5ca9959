#ifndef CHECKIN_CSODIUM_SHIM_H
#define CHECKIN_CSODIUM_SHIM_H

#include <sodium.h>

#endif
