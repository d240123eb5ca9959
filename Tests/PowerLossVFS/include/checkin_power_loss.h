#ifndef CHECKIN_POWER_LOSS_H
#define CHECKIN_POWER_LOSS_H

#include <stdint.h>

/* A layer between SQLite and the disk that keeps what was written and not synchronized in memory,
   so that a test can see what a power cut at any moment could leave. */

/// Puts the layer before the files below a folder; all other files stay as they are. `reached` is
/// called with `context` before the write, truncation or synchronization of a number from 1.
void checkin_power_loss_begin(const char *folder, int64_t operation, void (*reached)(void *),
                              void *context);

/// Plays a power cut into a copy of the folder's files: of what was not synchronized, each write
/// arrives, is lost, or arrives in part, whatever became of earlier ones.
int checkin_power_loss_apply(const char *image, uint64_t seed);

/// Returns how many operations there were, and takes the layer away.
int64_t checkin_power_loss_end(void);

#endif
