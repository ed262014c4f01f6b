/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/pages.h"

/* https://prometheus.io/docs/instrumenting/exposition_formats/: text format, version 0.0.4. */
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

static void say(struct http_reply *reply, bool yes)
{
    reply->status = yes ? 200 : 503;
    buffer_append_text(&reply->body, yes ? "ok\n" : "non\n");
}

bool pages_serve(const struct pages *pages, const struct http_server_request *request,
                 struct http_reply *reply)
{
    const char *path = http_request_path(request);

    if (strcmp(path, "/metrics") == 0) {
        reply->content_type = METRICS_TYPE;
        metrics_write(pages->metrics, &reply->body);
    } else if (strcmp(path, "/healthz") == 0) {
        say(reply, pages->healthy);
    } else if (strcmp(path, "/readyz") == 0) {
        say(reply, pages->ready);
        if (!pages->ready && pages->waits_for)
            buffer_printf(&reply->body, "%s\n", pages->waits_for);
    } else {
        return false;
    }
    return true;
}
