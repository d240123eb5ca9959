#ifndef CHECKIN_VIDEO_H
#define CHECKIN_VIDEO_H

#include <stddef.h>
#include <stdint.h>

/* A camera of the kernel's V4L2 interface, streaming through mapped buffers. It is in C because the
 * numbers of its ioctls are macros that Swift cannot import, and its structures hold unions. */

enum checkin_video_status {
  CHECKIN_VIDEO_OK = 0,
  CHECKIN_VIDEO_TIMEOUT,       /* no whole frame came in time, or a signal ended the wait */
  CHECKIN_VIDEO_NO_DEVICE,     /* there is no such file, or nothing behind it */
  CHECKIN_VIDEO_NOT_PERMITTED,
  CHECKIN_VIDEO_BUSY,
  CHECKIN_VIDEO_NOT_A_CAMERA,  /* no V4L2 device, or one that does not capture and stream */
  CHECKIN_VIDEO_NO_FORMAT,     /* none of the formats below */
  CHECKIN_VIDEO_GONE,          /* it was unplugged */
  CHECKIN_VIDEO_SYSTEM,        /* anything else; the system's number is in `error` */
};

enum checkin_video_layout {
  CHECKIN_VIDEO_GREY = 0, /* a byte a pixel */
  CHECKIN_VIDEO_NV12,     /* the same, and colours behind the last row */
  CHECKIN_VIDEO_YUYV,     /* every other byte, beginning with the first */
  CHECKIN_VIDEO_UYVY,     /* every other byte, beginning with the second */
  CHECKIN_VIDEO_MJPEG,    /* a JPEG file */
};

struct checkin_video;

/* What a camera sends, and what went wrong. */
struct checkin_video_report {
  uint32_t width, height;
  uint32_t stride; /* bytes from one row to the next */
  int layout;
  int error;       /* the system's number of the last failure */
  char name[32];   /* what the driver calls the camera */
};

/* A frame in the driver's memory: it stays there until it is given back. */
struct checkin_video_frame {
  const uint8_t *bytes;
  size_t count;
  int64_t milliseconds; /* when it was taken, by a clock that only goes forward */
  uint32_t number;      /* the buffer's */
};

/* Opens a camera and starts it, as near to a width and height as it can. */
int checkin_video_open(const char *path, uint32_t width, uint32_t height,
                       struct checkin_video **video, struct checkin_video_report *report);

/* Waits for the next frame; a damaged one is given back and ends the wait as the time does. */
int checkin_video_next(struct checkin_video *video, int timeout_milliseconds,
                       struct checkin_video_frame *frame, int *error);

/* Lets the driver fill a frame's memory again. */
int checkin_video_give_back(struct checkin_video *video, const struct checkin_video_frame *frame,
                            int *error);

void checkin_video_close(struct checkin_video *video);

#endif
