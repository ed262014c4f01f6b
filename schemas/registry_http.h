/* SPDX-License-Identifier: Apache-2.0
 *
 * The requests of a registry's client: to which of its nodes, as which user, how many. Several
 * addresses are nodes of one registry, as with Confluent's clients: the one that answered last
 * is asked first, the others in turn when it gives no answer that a registry gives.
 *
 * One thread at a time.
 */
#ifndef RELAIS_SCHEMAS_REGISTRY_HTTP_H
#define RELAIS_SCHEMAS_REGISTRY_HTTP_H

#include "base/http_client.h"
#include "base/metrics.h"
#include "schemas/registry.h"

struct registry_http;
/* FATAL: the settings cannot be. Calls nobody. */
MUST_USE enum outcome registry_http_new(const struct registry_settings *settings,
                                        struct registry_http **ret_http, struct error *err);
void registry_http_free(struct registry_http *http);
DEFINE_CLEANUP(struct registry_http, registry_http_free)

/* Counts requests from here on. `metrics` outlives every call. */
void registry_http_count(struct registry_http *http, struct metrics *metrics);

/* GET, or POST of a body, to `path` (behind the address). OK: 2xx or 4xx, which are answers.
 * RETRY: no node has one now; what the last one said. At most `timeout_ms` for all of them, each
 * its part. */
MUST_USE enum outcome registry_http_call(struct registry_http *http, const char *path,
                                         struct bytes body, struct arena *arena,
                                         struct http_response *ret_response, struct error *err);

#endif
