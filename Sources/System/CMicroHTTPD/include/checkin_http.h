#ifndef CHECKIN_HTTP_H
#define CHECKIN_HTTP_H

#include <stddef.h>
#include <stdint.h>

struct sockaddr;

/* libmicrohttpd without its variadic functions, which Swift cannot call, and with nothing of it in
 * the interface: a server is a pointer, and so is a connection. */

typedef struct checkin_http_server checkin_http_server;
typedef struct checkin_http_connection checkin_http_connection;

/* What a server calls, on its own threads. `owner` is the pointer given at the start. */
typedef struct {
  /* Whether a connection from an address may be taken: 0 closes it at once. */
  int (*accepts)(void *owner, const struct sockaddr *address, unsigned length);
  /* A connection was opened; what is returned is its `state` from then on. */
  void *(*opened)(void *owner, int descriptor, const struct sockaddr *address);
  /* The connection is about to be closed. */
  void (*closed)(void *owner, void *state);
  /* The first line of a request was read; what is returned is the `request` from then on. */
  void *(*began)(void *owner, void *state, const char *target);
  /* The head of a request was read. */
  void (*received_head)(void *request, checkin_http_connection *connection, const char *method);
  /* A part of the body was read. Returns 0 to close the connection. */
  int (*received_body)(void *request, const uint8_t *bytes, size_t count);
  /* The request was read to its end, or the connection was resumed. */
  void (*received)(void *request, checkin_http_connection *connection);
  /* Nothing more is heard of the request. */
  void (*completed)(void *owner, void *request, void *state);
} checkin_http_calls;

typedef struct {
  int listener;
  unsigned threads;
  unsigned connections;
  unsigned idle_seconds;
  size_t connection_memory;
  /* PEM texts; NULL for plain HTTP. */
  const char *certificate;
  const char *private_key;
  const char *priorities;
} checkin_http_options;

/* Starts a server on a listening socket, or returns NULL. */
checkin_http_server *checkin_http_start(const checkin_http_options *options,
                                        const checkin_http_calls *calls, void *owner);

/* Stops accepting; returns the listening socket, which the caller closes, or -1. */
int checkin_http_quiesce(checkin_http_server *server);

/* Closes every connection and ends; no connection may be suspended. */
void checkin_http_stop(checkin_http_server *server);

/* How many connections are open. */
unsigned checkin_http_connection_count(const checkin_http_server *server);

/* The `state` of a connection. */
void *checkin_http_state(checkin_http_connection *connection);

/* Calls `visit` with every field of the head, in order. */
void checkin_http_each_field(checkin_http_connection *connection, void *context,
                             void (*visit)(void *context, const char *name, size_t name_count,
                                           const char *value, size_t value_count));

/* Answers. `names` and `values` are strings ended by 0. Returns 0 when that was not possible. */
int checkin_http_answer(checkin_http_connection *connection, unsigned status, const uint8_t *body,
                        size_t count, const char *const *names, const char *const *values,
                        size_t fields);

/* Stops reading from a connection until it is resumed. */
void checkin_http_suspend(checkin_http_connection *connection);

/* Goes on with a suspended connection, from any thread: `received` is called again. */
void checkin_http_resume(checkin_http_connection *connection);

#endif
