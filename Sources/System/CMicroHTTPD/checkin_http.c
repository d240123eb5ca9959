#include "checkin_http.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

struct checkin_http_server {
  struct MHD_Daemon *daemon;
  checkin_http_calls calls;
  void *owner;
};

/* One request while the library knows it. */
struct exchange {
  checkin_http_server *server;
  void *state;
  void *request;
  int has_head;
};

static struct MHD_Connection *library(checkin_http_connection *connection) {
  return (struct MHD_Connection *)connection;
}

static void *state_of(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == NULL ? NULL : info->socket_context;
}

static enum MHD_Result accepts(void *context, const struct sockaddr *address, socklen_t length) {
  checkin_http_server *server = context;
  return server->calls.accepts(server->owner, address, length) ? MHD_YES : MHD_NO;
}

static void connection_changed(void *context, struct MHD_Connection *connection, void **state,
                               enum MHD_ConnectionNotificationCode what) {
  checkin_http_server *server = context;
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    const union MHD_ConnectionInfo *socket =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *address =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    *state = server->calls.opened(server->owner, socket == NULL ? -1 : socket->connect_fd,
                                  address == NULL ? NULL : address->client_addr);
  } else if (*state != NULL) {
    void *closing = *state;
    *state = NULL;
    server->calls.closed(server->owner, closing);
  }
}

/* Escapes stay as they were sent: the router undoes them after it has cut the path. */
static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text) {
  (void)context;
  (void)connection;
  return strlen(text);
}

static void *began(void *context, const char *target, struct MHD_Connection *connection) {
  checkin_http_server *server = context;
  struct exchange *exchange = calloc(1, sizeof *exchange);
  if (exchange == NULL) return NULL;
  exchange->server = server;
  exchange->state = state_of(connection);
  exchange->request = server->calls.began(server->owner, exchange->state, target);
  return exchange;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *bytes,
                              size_t *count, void **slot) {
  struct exchange *exchange = *slot;
  (void)context;
  (void)path;
  (void)version;
  if (exchange == NULL) return MHD_NO;
  const checkin_http_calls *calls = &exchange->server->calls;
  if (!exchange->has_head) {
    exchange->has_head = 1;
    calls->received_head(exchange->request, (checkin_http_connection *)connection, method);
    return MHD_YES;
  }
  if (*count > 0) {
    size_t part = *count;
    *count = 0;
    return calls->received_body(exchange->request, (const uint8_t *)bytes, part) ? MHD_YES
                                                                                 : MHD_NO;
  }
  calls->received(exchange->request, (checkin_http_connection *)connection);
  return MHD_YES;
}

static void completed(void *context, struct MHD_Connection *connection, void **slot,
                      enum MHD_RequestTerminationCode why) {
  checkin_http_server *server = context;
  struct exchange *exchange = *slot;
  (void)connection;
  (void)why;
  if (exchange == NULL) return;
  *slot = NULL;
  server->calls.completed(server->owner, exchange->request, exchange->state);
  free(exchange);
}

checkin_http_server *checkin_http_start(const checkin_http_options *options,
                                        const checkin_http_calls *calls, void *owner) {
  checkin_http_server *server = calloc(1, sizeof *server);
  if (server == NULL) return NULL;
  server->calls = *calls;
  server->owner = owner;
  struct MHD_OptionItem items[] = {
      {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connection_changed, server},
      {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)completed, server},
      {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)began, server},
      {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_escapes, NULL},
      {MHD_OPTION_LISTEN_SOCKET, options->listener, NULL},
      {MHD_OPTION_CONNECTION_LIMIT, options->connections, NULL},
      {MHD_OPTION_CONNECTION_TIMEOUT, options->idle_seconds, NULL},
      {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)options->connection_memory, NULL},
      {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
      {MHD_OPTION_END, 0, NULL},
      {MHD_OPTION_END, 0, NULL},
      {MHD_OPTION_END, 0, NULL},
      {MHD_OPTION_END, 0, NULL},
      {MHD_OPTION_END, 0, NULL},
  };
  size_t next = 9;
  /* A pool of one thread is refused: one thread is what there is without a pool. */
  if (options->threads > 1) {
    items[next++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, options->threads, NULL};
  }
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
  if (options->certificate != NULL) {
    flags |= MHD_USE_TLS;
    items[next++] =
        (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)options->certificate};
    items[next++] =
        (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)options->private_key};
    if (options->priorities != NULL) {
      items[next++] =
          (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)options->priorities};
    }
  } else {
    /* Answers of one write; without TLS every read and write is tried at once. */
    flags |= MHD_USE_TURBO;
  }
  server->daemon = MHD_start_daemon(flags, 0, accepts, server, handle, server, MHD_OPTION_ARRAY,
                                    items, MHD_OPTION_END);
  if (server->daemon == NULL) {
    free(server);
    return NULL;
  }
  return server;
}

int checkin_http_quiesce(checkin_http_server *server) {
  return (int)MHD_quiesce_daemon(server->daemon);
}

void checkin_http_stop(checkin_http_server *server) {
  MHD_stop_daemon(server->daemon);
  free(server);
}

unsigned checkin_http_connection_count(const checkin_http_server *server) {
  const union MHD_DaemonInfo *info =
      MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
  return info == NULL ? 0 : info->num_connections;
}

void *checkin_http_state(checkin_http_connection *connection) {
  return state_of(library(connection));
}

struct visit {
  void *context;
  void (*call)(void *context, const char *name, size_t name_count, const char *value,
               size_t value_count);
};

static enum MHD_Result visit_field(void *context, enum MHD_ValueKind kind, const char *name,
                                   size_t name_count, const char *value, size_t value_count) {
  struct visit *visit = context;
  (void)kind;
  visit->call(visit->context, name, name_count, value == NULL ? "" : value,
              value == NULL ? 0 : value_count);
  return MHD_YES;
}

void checkin_http_each_field(checkin_http_connection *connection, void *context,
                             void (*visit)(void *context, const char *name, size_t name_count,
                                           const char *value, size_t value_count)) {
  struct visit call = {context, visit};
  MHD_get_connection_values_n(library(connection), MHD_HEADER_KIND, visit_field, &call);
}

int checkin_http_answer(checkin_http_connection *connection, unsigned status, const uint8_t *body,
                        size_t count, const char *const *names, const char *const *values,
                        size_t fields) {
  struct MHD_Response *response =
      MHD_create_response_from_buffer(count, (void *)body, MHD_RESPMEM_MUST_COPY);
  if (response == NULL) return 0;
  for (size_t field = 0; field < fields; field++) {
    MHD_add_response_header(response, names[field], values[field]);
  }
  enum MHD_Result queued = MHD_queue_response(library(connection), status, response);
  MHD_destroy_response(response);
  return queued == MHD_YES;
}

void checkin_http_suspend(checkin_http_connection *connection) {
  MHD_suspend_connection(library(connection));
}

void checkin_http_resume(checkin_http_connection *connection) {
  MHD_resume_connection(library(connection));
}
