/* SPDX-License-Identifier: Apache-2.0
 *
 * The pages that every process answers: /metrics, /healthz (it need not be restarted) and
 * /readyz (it does its work now).
 */
#ifndef RELAIS_CONNECTORS_PAGES_H
#define RELAIS_CONNECTORS_PAGES_H

#include "base/http_server.h"
#include "base/metrics.h"

struct pages {
    const struct metrics *metrics;
    bool healthy;
    bool ready;
    const char *waits_for; /* what /readyz says instead of "non"; NULL: that */
};

/* False when the path is none of these. Any thread. */
bool pages_serve(const struct pages *pages, const struct http_server_request *request,
                 struct http_reply *reply);

#endif
