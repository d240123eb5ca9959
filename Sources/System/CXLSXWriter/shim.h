#ifndef CHECKIN_CXLSXWRITER_SHIM_H
#define CHECKIN_CXLSXWRITER_SHIM_H

#include <xlsxwriter.h>

#endif
