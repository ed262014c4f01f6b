/* SPDX-License-Identifier: Apache-2.0
 *
 * libmicrohttpd calls `on_access` once when the headers are there, once for each piece of
 * the body, and once at the end. An answer can be queued in the first and the last call
 * only. A client that is still sending when its connection is closed loses the answer, so
 * of a body that is too long DROP_MOST bytes more are read and dropped before the 413; one
 * that announces even more is answered at once, one that just goes on is cut.
 */
#include "base/http_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdlib.h>

#include "base/clock.h"

#define DEFAULT_MAX_BODY ((size_t)1024 * 1024)
#define DROP_MOST ((size_t)4 * 1024 * 1024)
#define DEFAULT_CONNECTIONS 64U
#define DEFAULT_TIMEOUT_S 10
/* A body that comes drop by drop keeps its connection from being idle: this many
 * time-outs are the most that it may take in all. */
#define BODY_TIMEOUTS 3

struct http_server {
    struct MHD_Daemon *daemon;
    size_t max_body;
    int32_t timeout_s;
    uint16_t port;
    http_handler *handler;
    void *context;
};

struct http_server_request {
    struct MHD_Connection *connection;
    const char *method;
    const char *path;
    struct buffer body;
    size_t received;
    int64_t began_ms;
};

/* ---- What a handler sees ------------------------------------------------------- */

const char *http_request_method(const struct http_server_request *request)
{
    return request->method;
}

const char *http_request_path(const struct http_server_request *request)
{
    return request->path;
}

struct bytes http_request_body(const struct http_server_request *request)
{
    return buffer_view(&request->body);
}

static const char *look_up(const struct http_server_request *request, enum MHD_ValueKind kind,
                           const char *name)
{
    const char *value = NULL;
    size_t len = 0;

    if (MHD_lookup_connection_value_n(request->connection, kind, name, strlen(name), &value,
                                      &len) != MHD_YES)
        return NULL;
    return value ? value : ""; /* "?name" without "=" */
}

const char *http_request_header(const struct http_server_request *request, const char *name)
{
    return look_up(request, MHD_HEADER_KIND, name);
}

const char *http_request_query(const struct http_server_request *request, const char *name)
{
    return look_up(request, MHD_GET_ARGUMENT_KIND, name);
}

struct visiting {
    http_visit *visit;
    void *context;
};

static enum MHD_Result visit_one(void *opaque, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    const struct visiting *visiting = opaque;

    (void)kind;
    visiting->visit(visiting->context, name, value ? value : "");
    return MHD_YES;
}

void http_request_each_header(const struct http_server_request *request, http_visit *visit,
                              void *context)
{
    struct visiting visiting = {visit, context};

    (void)MHD_get_connection_values(request->connection, MHD_HEADER_KIND, visit_one, &visiting);
}

void http_request_each_parameter(const struct http_server_request *request, http_visit *visit,
                                 void *context)
{
    struct visiting visiting = {visit, context};

    (void)MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, visit_one,
                                    &visiting);
}

/* ---- Answers ------------------------------------------------------------------- */

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct http_reply *reply)
{
    const char *type = reply->content_type ? reply->content_type : "text/plain; charset=utf-8";
    size_t len = reply->body.len;
    /* The response owns the body now; an empty one has no memory. */
    struct MHD_Response *response =
        MHD_create_response_from_buffer(len, TAKE(reply->body.data), MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result;

    if (!response)
        return MHD_NO;
    result = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (result == MHD_YES && reply->retry_after_s > 0) {
        CLEANUP(buffer_deinit) struct buffer seconds = {0};

        buffer_printf(&seconds, "%d", reply->retry_after_s);
        result =
            MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, buffer_text(&seconds));
    }
    if (result == MHD_YES)
        result = MHD_queue_response(connection, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_too_long(const struct http_server *server,
                                     struct MHD_Connection *connection)
{
    struct http_reply reply = {.status = MHD_HTTP_CONTENT_TOO_LARGE};

    buffer_printf(&reply.body, "The body is longer than %zu bytes.\n", server->max_body);
    return send_reply(connection, &reply);
}

static enum MHD_Result answer(const struct http_server *server, struct http_server_request *request)
{
    struct http_reply reply = {.status = MHD_HTTP_OK};

    if (request->body.overflow)
        return send_too_long(server, request->connection);
    server->handler(server->context, request, &reply);
    return send_reply(request->connection, &reply);
}

/* ---- Requests ------------------------------------------------------------------ */

static enum MHD_Result begin_request(const struct http_server *server,
                                     struct http_server_request *request)
{
    const char *length = http_request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    int64_t announced = 0;

    request->began_ms = clock_mono_ms(clock_system());
    /* libmicrohttpd refuses a length that is no number; one that overflows is too long. */
    if (length && (!bytes_to_int64(bytes_of_text(length), &announced) ||
                   (uint64_t)announced > server->max_body + DROP_MOST))
        return send_too_long(server, request->connection);
    return MHD_YES;
}

static enum MHD_Result take_body(const struct http_server *server,
                                 struct http_server_request *request, const char *data, size_t len)
{
    int64_t took_ms = clock_mono_ms(clock_system()) - request->began_ms;

    request->received += len;
    if (took_ms > (int64_t)server->timeout_s * 1000 * BODY_TIMEOUTS ||
        request->received > server->max_body + DROP_MOST)
        return MHD_NO; /* closes the connection */
    if (!request->body.overflow)
        buffer_append(&request->body, data, len);
    return MHD_YES;
}

/* NOLINTNEXTLINE(readability-function-size): libmicrohttpd's type */
static enum MHD_Result on_access(void *context, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *data,
                                 size_t *len, void **slot)
{
    const struct http_server *server = context;
    struct http_server_request *request = *slot;
    size_t taken = *len;

    (void)version;
    if (!request) {
        request = xcalloc(1, sizeof(*request));
        *request = (struct http_server_request){.connection = connection,
                                                .method = method,
                                                .path = url,
                                                .body = {.max = server->max_body}};
        *slot = request;
        return begin_request(server, request);
    }
    if (taken == 0)
        return answer(server, request);
    *len = 0;
    return take_body(server, request, data, taken);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode code)
{
    struct http_server_request *request = *slot;

    (void)context;
    (void)connection;
    (void)code;
    if (!request)
        return;
    buffer_deinit(&request->body);
    free(request);
    *slot = NULL;
}

/* ---- Life ---------------------------------------------------------------------- */

static void free_addresses(struct addrinfo **addresses)
{
    if (*addresses)
        freeaddrinfo(*addresses);
}

static void start_daemon(struct http_server *server, const struct http_server_options *options,
                         const struct addrinfo *address)
{
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                     MHD_USE_POLL | MHD_USE_ITC;

    if (address->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_access, server, MHD_OPTION_SOCK_ADDR, address->ai_addr,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_CONNECTION_LIMIT,
        options->max_connections ? options->max_connections : DEFAULT_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)server->timeout_s, MHD_OPTION_END);
}

enum outcome http_server_start(const struct http_server_options *options,
                               struct http_server **ret_server, struct error *err)
{
    CLEANUP(http_server_stopp) struct http_server *server = xcalloc(1, sizeof(*server));
    CLEANUP(free_addresses) struct addrinfo *address = NULL;
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    const char *host = options->address ? options->address : "127.0.0.1";
    CLEANUP(buffer_deinit) struct buffer port = {0};
    char reason[ERROR_REASON_SIZE];
    const union MHD_DaemonInfo *bound;

    server->max_body = options->max_body_bytes ? options->max_body_bytes : DEFAULT_MAX_BODY;
    server->timeout_s = options->timeout_s > 0 ? options->timeout_s : DEFAULT_TIMEOUT_S;
    server->handler = options->handler;
    server->context = options->context;
    buffer_printf(&port, "%u", options->port);
    if (getaddrinfo(host, buffer_text(&port), &hints, &address) != 0)
        return error_set(err, OUTCOME_FATAL, "\"%s\" is no address to listen on", host);
    errno = 0;
    start_daemon(server, options, address);
    if (!server->daemon && errno == EADDRINUSE)
        return error_set(err, OUTCOME_FATAL,
                         "port %u on %s is taken by another program: choose another one",
                         options->port, host);
    if (!server->daemon)
        return error_set(err, OUTCOME_FATAL, "cannot listen on %s, port %u: %s", host,
                         options->port, error_reason(errno, reason));
    bound = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    server->port = bound ? bound->port : options->port;
    *ret_server = TAKE(server);
    return OUTCOME_OK;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

void http_server_stop(struct http_server *server)
{
    if (!server)
        return;
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    free(server);
}
