#ifndef CHECKIN_CQRENCODE_SHIM_H
#define CHECKIN_CQRENCODE_SHIM_H

#include <qrencode.h>

#endif
