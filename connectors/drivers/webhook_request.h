/* SPDX-License-Identifier: Apache-2.0
 *
 * What a request to a webhook says of itself: who sends, in which format, and what stands beside
 * its body. Pure functions of the request; any thread.
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_WEBHOOK_REQUEST_H
#define RELAIS_CONNECTORS_DRIVERS_WEBHOOK_REQUEST_H

#include "base/http_client.h"
#include "base/http_server.h"

/* True when `header` holds the HMAC-SHA-256 of the body, as received, in hexadecimal. */
bool webhook_request_is_signed(const struct http_server_request *request, const char *header,
                               struct bytes secret);
/* True when Content-Type is one of `types` (NULL-terminated), parameters aside. */
bool webhook_request_has_type(const struct http_server_request *request, const char *const *types);

#define WEBHOOK_REQUEST_HEADERS_MOST 64 /* parameters of the query among them */
/* Headers, and behind them the parameters of the query, named MAPPING_QUERY and their name. Those
 * that prove who sends (`proof`, or NULL, names one of its own) and those that are not UTF-8 are
 * left out, and what is beyond the most. Names in `arena`, values the request's; the count. */
size_t webhook_request_headers(const struct http_server_request *request, const char *proof,
                               struct arena *arena,
                               struct http_header ret_headers[WEBHOOK_REQUEST_HEADERS_MOST]);

#endif
