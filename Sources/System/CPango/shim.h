#ifndef CHECKIN_CPANGO_SHIM_H
#define CHECKIN_CPANGO_SHIM_H

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>
#include <pango/pangocairo.h>

#endif
