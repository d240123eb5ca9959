#include "checkin_proof.h"
#include <cairo.h>

int checkin_proof_version(void) { return CAIRO_VERSION; }
