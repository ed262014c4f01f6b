/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP calls out, on libcurl: one client a pipeline, connections kept.
 */
#ifndef RELAIS_BASE_HTTP_CLIENT_H
#define RELAIS_BASE_HTTP_CLIENT_H

#include "base/arena.h"

struct http_client;

struct http_header {
    const char *name;
    const char *value;
};

struct http_request {
    const char *method;
    const char *url;
    const struct http_header *headers;
    size_t header_count;
    struct bytes body;  /* BYTES_NONE: no body */
    int32_t timeout_ms; /* whole call; 0: 30 s */
};

/* Everything lives in the arena given to the call. */
struct http_response {
    int32_t status;
    const char *content_type; /* lower case, without parameters; "" when absent */
    const char *etag;         /* "" when absent                                 */
    int32_t retry_after_s;    /* -1 when absent or not a number of seconds      */
    struct bytes body;        /* empty rather than BYTES_NONE                   */
};

struct http_client_options {
    const char *user_agent;
    const char *ca_file;       /* NULL: the system's authorities             */
    size_t max_response_bytes; /* 0: 8 MiB; a longer answer is an error       */
};

struct http_client *http_client_new(const struct http_client_options *options);
void http_client_free(struct http_client *client);
DEFINE_CLEANUP(struct http_client, http_client_free)

/*
 * One call; redirects are not followed. OK: an answer came, whatever its status.
 * RETRY: no whole answer came (refused, timed out, cut, interrupted, too long); then
 * *ret_maybe_done says whether the far end may have acted on it (the request was at least
 * partly sent). REJECT: no such request can be made (not http or https, a header or method
 * with characters that it may not have). POST and PATCH are never sent twice by one call.
 * One thread at a time. Proxies are taken from the environment, as curl does.
 */
MUST_USE enum outcome http_client_call(struct http_client *client,
                                       const struct http_request *request, struct arena *arena,
                                       struct http_response *ret_response, bool *ret_maybe_done,
                                       struct error *err);
/* Any thread: makes the call in progress, and all later ones, return RETRY within 100 ms. */
void http_client_interrupt(struct http_client *client);

/* Percent-encodes everything but RFC 3986 unreserved characters. */
void http_percent_encode(struct bytes text, struct buffer *out);

#endif
