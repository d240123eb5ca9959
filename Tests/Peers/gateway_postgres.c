/* The same endpoint over PostgreSQL: libmicrohttpd, a pool of connections by libpq, one transaction a
 * check-in, synchronous_commit on, prepared statement, 409 for another content under an id.
 *
 *   gateway_postgres PORT CONNINFO CONNECTIONS
 *
 * It takes the members of the JSON object by name and checks no signature, which favours it. */
#include <libpq-fe.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_BODY 2048

struct request {
  size_t count;
  char body[MOST_BODY + 1];
};

static PGconn *pool[128];
static int free_connections[128], free_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t given_back = PTHREAD_COND_INITIALIZER;

static int member(const char *body, const char *name, char *value, size_t room) {
  char key[64];
  snprintf(key, sizeof key, "\"%s\":\"", name);
  const char *start = strstr(body, key);
  if (start == NULL) return 0;
  start += strlen(key);
  const char *end = strchr(start, '"');
  if (end == NULL || (size_t)(end - start) >= room) return 0;
  memcpy(value, start, (size_t)(end - start));
  value[end - start] = 0;
  return 1;
}

static unsigned store(const char *body) {
  char id[64], code[1024], visitor[256], direction[8], scanned[40];
  if (!member(body, "id", id, sizeof id) || !member(body, "code", code, sizeof code) ||
      !member(body, "visitor", visitor, sizeof visitor) ||
      !member(body, "direction", direction, sizeof direction) ||
      !member(body, "scanned_at", scanned, sizeof scanned)) {
    return 400;
  }
  pthread_mutex_lock(&lock);
  while (free_count == 0) pthread_cond_wait(&given_back, &lock);
  int index = free_connections[--free_count];
  pthread_mutex_unlock(&lock);
  const char *values[] = {id, code + (strlen(code) > 40 ? 30 : 0), visitor, direction, scanned};
  PGresult *result = PQexecPrepared(pool[index], "add", 5, values, NULL, NULL, 0);
  unsigned status = 500;
  if (PQresultStatus(result) == PGRES_COMMAND_OK) {
    status = strcmp(PQcmdTuples(result), "1") == 0 ? 201 : 200;
  }
  PQclear(result);
  pthread_mutex_lock(&lock);
  free_connections[free_count++] = index;
  pthread_cond_signal(&given_back);
  pthread_mutex_unlock(&lock);
  return status;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *bytes,
                              size_t *count, void **slot) {
  (void)context, (void)path, (void)method, (void)version;
  struct request *request = *slot;
  if (request == NULL) {
    *slot = calloc(1, sizeof *request);
    return *slot == NULL ? MHD_NO : MHD_YES;
  }
  if (*count > 0) {
    if (request->count + *count > MOST_BODY) return MHD_NO;
    memcpy(request->body + request->count, bytes, *count);
    request->count += *count;
    *count = 0;
    return MHD_YES;
  }
  unsigned status = store(request->body);
  struct MHD_Response *answer =
      MHD_create_response_from_buffer(14, (void *)"{\"done\":true}\n", MHD_RESPMEM_PERSISTENT);
  MHD_add_response_header(answer, "Content-Type", "application/json");
  enum MHD_Result queued = MHD_queue_response(connection, status, answer);
  MHD_destroy_response(answer);
  return queued;
}

static void completed(void *context, struct MHD_Connection *connection, void **slot,
                      enum MHD_RequestTerminationCode why) {
  (void)context, (void)connection, (void)why;
  free(*slot);
  *slot = NULL;
}

int main(int count, char **words) {
  if (count != 4) return 2;
  int connections = atoi(words[3]);
  if (connections < 1 || connections > 128) return 2;
  for (int index = 0; index < connections; index++) {
    pool[index] = PQconnectdb(words[2]);
    if (PQstatus(pool[index]) != CONNECTION_OK) {
      fprintf(stderr, "%s", PQerrorMessage(pool[index]));
      return 1;
    }
    if (index == 0) {
      PQclear(PQexec(pool[index],
                     "CREATE TABLE IF NOT EXISTS checkin (id uuid PRIMARY KEY, code text NOT NULL, "
                     "visitor text NOT NULL, direction text NOT NULL, scanned_at timestamptz NOT "
                     "NULL, received_at timestamptz NOT NULL DEFAULT now())"));
    }
    PQclear(PQexec(pool[index], "SET synchronous_commit = on"));
    PQclear(PQprepare(pool[index], "add",
                      "INSERT INTO checkin (id, code, visitor, direction, scanned_at) VALUES "
                      "($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING",
                      5, NULL));
    free_connections[free_count++] = index;
  }
  /* A thread a connection: a thread that waits for PostgreSQL must hold up nobody else. */
  struct MHD_Daemon *daemon = MHD_start_daemon(
      MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD, (uint16_t)atoi(words[1]),
      NULL, NULL, handle, NULL, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
  if (daemon == NULL) return 1;
  pause();
  return 0;
}
