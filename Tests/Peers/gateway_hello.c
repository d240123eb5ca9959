/* The least that a server with libmicrohttpd does for a POST: it reads the body and answers a constant. */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct MHD_Response *answer;
static char begun;

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *bytes,
                              size_t *count, void **slot) {
  (void)context, (void)path, (void)method, (void)version, (void)bytes;
  if (*slot == NULL) {
    *slot = &begun;
    return MHD_YES;
  }
  if (*count > 0) {
    *count = 0;
    return MHD_YES;
  }
  return MHD_queue_response(connection, 201, answer);
}

int main(int count, char **words) {
  if (count != 2) return 2;
  answer = MHD_create_response_from_buffer(14, (void *)"{\"done\":true}\n", MHD_RESPMEM_PERSISTENT);
  MHD_add_response_header(answer, "Content-Type", "application/json");
  struct MHD_Daemon *daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO, (uint16_t)atoi(words[1]), NULL, NULL, handle,
      NULL, MHD_OPTION_THREAD_POOL_SIZE, 2u, MHD_OPTION_END);
  if (daemon == NULL) return 1;
  pause();
  return 0;
}
