#include "checkin_video.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_BUFFERS 4

struct checkin_video {
  int descriptor;
  int is_streaming;
  unsigned count;
  struct {
    void *memory;
    size_t length;
  } buffers[MOST_BUFFERS];
};

/* What we read, the best first: what needs no unpacking, then what a USB camera sends fast enough at
 * a good size, then what it sends slowly. */
static const struct {
  uint32_t fourcc;
  int layout;
} formats[] = {
    {V4L2_PIX_FMT_GREY, CHECKIN_VIDEO_GREY},   {V4L2_PIX_FMT_NV12, CHECKIN_VIDEO_NV12},
    {V4L2_PIX_FMT_MJPEG, CHECKIN_VIDEO_MJPEG}, {V4L2_PIX_FMT_JPEG, CHECKIN_VIDEO_MJPEG},
    {V4L2_PIX_FMT_YUYV, CHECKIN_VIDEO_YUYV},   {V4L2_PIX_FMT_UYVY, CHECKIN_VIDEO_UYVY},
};

static int control(int descriptor, unsigned long request, void *argument) {
  int status;
  do {
    status = ioctl(descriptor, request, argument);
  } while (status < 0 && errno == EINTR);
  return status;
}

/* What the system's number means for a device that is open or being opened. */
static int failure(int number, int *error) {
  *error = number;
  switch (number) {
    case ENOENT:
    case ENXIO: return CHECKIN_VIDEO_NO_DEVICE;
    case EACCES:
    case EPERM: return CHECKIN_VIDEO_NOT_PERMITTED;
    case EBUSY: return CHECKIN_VIDEO_BUSY;
    case ENOTTY: return CHECKIN_VIDEO_NOT_A_CAMERA;
    case ENODEV: return CHECKIN_VIDEO_GONE;
    default: return CHECKIN_VIDEO_SYSTEM;
  }
}

/* Whether the camera offers a format of its own accord: asking for another would be met with one
 * that we cannot read, or with one that the driver's library converts slowly. */
static int offers(int descriptor, uint32_t fourcc) {
  struct v4l2_fmtdesc description;
  for (uint32_t index = 0; index < 256; index++) {
    memset(&description, 0, sizeof description);
    description.index = index;
    description.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    if (control(descriptor, VIDIOC_ENUM_FMT, &description) < 0) return 0;
    if (description.pixelformat == fourcc) return 1;
  }
  return 0;
}

static int choose_format(int descriptor, uint32_t width, uint32_t height,
                         struct checkin_video_report *report) {
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
    if (!offers(descriptor, formats[i].fourcc)) continue;
    struct v4l2_format format;
    memset(&format, 0, sizeof format);
    format.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    format.fmt.pix.width = width;
    format.fmt.pix.height = height;
    format.fmt.pix.pixelformat = formats[i].fourcc;
    format.fmt.pix.field = V4L2_FIELD_NONE;
    if (control(descriptor, VIDIOC_S_FMT, &format) < 0) {
      if (errno == EINVAL) continue;
      return failure(errno, &report->error);
    }
    if (format.fmt.pix.pixelformat != formats[i].fourcc || format.fmt.pix.width == 0 ||
        format.fmt.pix.height == 0) {
      continue;
    }
    report->width = format.fmt.pix.width;
    report->height = format.fmt.pix.height;
    report->stride = format.fmt.pix.bytesperline;
    report->layout = formats[i].layout;
    return CHECKIN_VIDEO_OK;
  }
  return CHECKIN_VIDEO_NO_FORMAT;
}

static int map_buffers(struct checkin_video *video, int *error) {
  struct v4l2_requestbuffers request;
  memset(&request, 0, sizeof request);
  request.count = MOST_BUFFERS;
  request.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  request.memory = V4L2_MEMORY_MMAP;
  if (control(video->descriptor, VIDIOC_REQBUFS, &request) < 0) return failure(errno, error);
  unsigned count = request.count < MOST_BUFFERS ? request.count : MOST_BUFFERS;
  for (unsigned index = 0; index < count; index++) {
    struct v4l2_buffer buffer;
    memset(&buffer, 0, sizeof buffer);
    buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    buffer.memory = V4L2_MEMORY_MMAP;
    buffer.index = index;
    if (control(video->descriptor, VIDIOC_QUERYBUF, &buffer) < 0) return failure(errno, error);
    void *memory = mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, video->descriptor,
                        (off_t)buffer.m.offset);
    if (memory == MAP_FAILED) return failure(errno, error);
    video->buffers[index].memory = memory;
    video->buffers[index].length = buffer.length;
    video->count = index + 1;
    if (control(video->descriptor, VIDIOC_QBUF, &buffer) < 0) return failure(errno, error);
  }
  return count == 0 ? failure(ENOMEM, error) : CHECKIN_VIDEO_OK;
}

static int start(struct checkin_video *video, uint32_t width, uint32_t height,
                 struct checkin_video_report *report) {
  struct v4l2_capability capability;
  memset(&capability, 0, sizeof capability);
  if (control(video->descriptor, VIDIOC_QUERYCAP, &capability) < 0) {
    /* A file or a device of another kind answers with one of several numbers. */
    report->error = errno;
    return errno == ENODEV ? CHECKIN_VIDEO_GONE : CHECKIN_VIDEO_NOT_A_CAMERA;
  }
  strncpy(report->name, (const char *)capability.card, sizeof report->name - 1);
  uint32_t can = (capability.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? capability.device_caps
                                                                       : capability.capabilities;
  uint32_t needed = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
  if ((can & needed) != needed) return CHECKIN_VIDEO_NOT_A_CAMERA;
  int status = choose_format(video->descriptor, width, height, report);
  if (status == CHECKIN_VIDEO_OK) status = map_buffers(video, &report->error);
  if (status != CHECKIN_VIDEO_OK) return status;
  int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  if (control(video->descriptor, VIDIOC_STREAMON, &type) < 0) return failure(errno, &report->error);
  video->is_streaming = 1;
  return CHECKIN_VIDEO_OK;
}

int checkin_video_open(const char *path, uint32_t width, uint32_t height,
                       struct checkin_video **opened, struct checkin_video_report *report) {
  *opened = NULL;
  memset(report, 0, sizeof *report);
  struct checkin_video *video = calloc(1, sizeof *video);
  if (video == NULL) return failure(ENOMEM, &report->error);
  /* Not blocking, so that a wait can end at a signal or a time. */
  video->descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  int status;
  if (video->descriptor < 0) {
    status = failure(errno, &report->error);
    if (status == CHECKIN_VIDEO_GONE) status = CHECKIN_VIDEO_NO_DEVICE;
  } else {
    status = start(video, width, height, report);
  }
  if (status != CHECKIN_VIDEO_OK) {
    checkin_video_close(video);
    return status;
  }
  *opened = video;
  return CHECKIN_VIDEO_OK;
}

int checkin_video_next(struct checkin_video *video, int timeout_milliseconds,
                       struct checkin_video_frame *frame, int *error) {
  for (;;) {
    struct v4l2_buffer buffer;
    memset(&buffer, 0, sizeof buffer);
    buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    buffer.memory = V4L2_MEMORY_MMAP;
    if (control(video->descriptor, VIDIOC_DQBUF, &buffer) < 0) {
      if (errno != EAGAIN) return failure(errno, error);
      struct pollfd waiting = {.fd = video->descriptor, .events = POLLIN};
      int ready = poll(&waiting, 1, timeout_milliseconds);
      if (ready < 0 && errno != EINTR) return failure(errno, error);
      if (ready <= 0) return CHECKIN_VIDEO_TIMEOUT;
      /* An unplugged camera is ready for ever; asking it once more tells. */
      if ((waiting.revents & POLLIN) == 0) return failure(ENODEV, error);
      continue;
    }
    if (buffer.index >= video->count) return failure(EIO, error);
    frame->bytes = video->buffers[buffer.index].memory;
    frame->count = buffer.bytesused < video->buffers[buffer.index].length
                       ? buffer.bytesused
                       : video->buffers[buffer.index].length;
    frame->milliseconds =
        (int64_t)buffer.timestamp.tv_sec * 1000 + (int64_t)buffer.timestamp.tv_usec / 1000;
    frame->number = buffer.index;
    if ((buffer.flags & V4L2_BUF_FLAG_ERROR) == 0 && frame->count > 0) return CHECKIN_VIDEO_OK;
    /* The caller waits for the next one, so that it can stop at a camera that sends only these. */
    int status = checkin_video_give_back(video, frame, error);
    return status == CHECKIN_VIDEO_OK ? CHECKIN_VIDEO_TIMEOUT : status;
  }
}

int checkin_video_give_back(struct checkin_video *video, const struct checkin_video_frame *frame,
                            int *error) {
  struct v4l2_buffer buffer;
  memset(&buffer, 0, sizeof buffer);
  buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  buffer.memory = V4L2_MEMORY_MMAP;
  buffer.index = frame->number;
  return control(video->descriptor, VIDIOC_QBUF, &buffer) < 0 ? failure(errno, error)
                                                              : CHECKIN_VIDEO_OK;
}

void checkin_video_close(struct checkin_video *video) {
  if (video == NULL) return;
  if (video->is_streaming) {
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    control(video->descriptor, VIDIOC_STREAMOFF, &type);
  }
  for (unsigned index = 0; index < video->count; index++) {
    munmap(video->buffers[index].memory, video->buffers[index].length);
  }
  if (video->descriptor >= 0) close(video->descriptor);
  free(video);
}
