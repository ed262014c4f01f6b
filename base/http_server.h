/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP in, on libmicrohttpd: a thread a connection, bounded.
 */
#ifndef RELAIS_BASE_HTTP_SERVER_H
#define RELAIS_BASE_HTTP_SERVER_H

#include "base/bytes.h"

struct http_server;
struct http_server_request; /* opaque; valid during the handler */

struct http_reply {
    int32_t status;
    const char *content_type; /* NULL: text/plain; charset=utf-8 */
    int32_t retry_after_s;    /* 0: no header                    */
    struct buffer body;       /* the server frees it             */
};

/* Runs on a thread of the connection, several at once; may block, bounded by its own
 * time-out. `reply` comes zeroed with status 200. */
typedef void http_handler(void *context, const struct http_server_request *request,
                          struct http_reply *reply);

const char *http_request_method(const struct http_server_request *request);
const char *http_request_path(const struct http_server_request *request);
/* Whole body as received: never NULL data. */
struct bytes http_request_body(const struct http_server_request *request);
/* NULL when absent; names compare without case. */
const char *http_request_header(const struct http_server_request *request, const char *name);
const char *http_request_query(const struct http_server_request *request, const char *name);
/* Calls for each header, or each parameter of the query (percent-decoded), as they came. */
typedef void http_visit(void *context, const char *name, const char *value);
void http_request_each_header(const struct http_server_request *request, http_visit *visit,
                              void *context);
void http_request_each_parameter(const struct http_server_request *request, http_visit *visit,
                                 void *context);

struct http_server_options {
    const char *address;      /* NULL: 127.0.0.1                                   */
    uint16_t port;            /* 0: a free one, see http_server_port()             */
    size_t max_body_bytes;    /* 0: 1 MiB; more is dropped, and answered 413  */
    unsigned max_connections; /* 0: 64; more wait in the kernel                    */
    int32_t timeout_s;        /* 0: 10; an idle or slow connection is closed       */
    http_handler *handler;
    void *context;
};

/* FATAL with a clear sentence when the port is taken. Listens when it returns. */
MUST_USE enum outcome http_server_start(const struct http_server_options *options,
                                        struct http_server **ret_server, struct error *err);
uint16_t http_server_port(const struct http_server *server);
/* Stops taking connections, waits for the running handlers, frees. NULL is fine. */
void http_server_stop(struct http_server *server);
DEFINE_CLEANUP(struct http_server, http_server_stop)

#endif
