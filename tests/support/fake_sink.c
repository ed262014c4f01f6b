/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fake_sink.h"

#include <stdio.h>

static enum outcome fake_open(struct connector *connector, struct error *err)
{
    (void)connector;
    (void)err;
    return OUTCOME_OK;
}

static void note(struct fake_sink *sink, const struct delivery_call *call)
{
    sink->calls++;
    (void)snprintf(sink->last, sizeof(sink->last), "%s %s", call->method, call->path);
    memset(sink->last_body, 0, sizeof(sink->last_body));
    if (call->body.data)
        memcpy(sink->last_body, call->body.data,
               call->body.len < sizeof(sink->last_body) ? call->body.len
                                                        : sizeof(sink->last_body) - 1);
    sink->last_key[0] = '\0';
    for (size_t i = 0; i < call->header_count; i++) {
        if (strcmp(call->headers[i].name, "Idempotency-Key") == 0)
            (void)snprintf(sink->last_key, sizeof(sink->last_key), "%s", call->headers[i].value);
    }
}

static enum outcome fake_call(struct connector *connector, const struct delivery_call *call,
                              struct arena *arena, struct http_response *ret_response,
                              bool *ret_maybe_done, struct error *err)
{
    struct fake_sink *sink = (struct fake_sink *)connector;
    int32_t status = 201;
    const char *body = "{\"dossier\":{\"id\":7,\"user\":{\"id\":\"U1\"}}}";
    enum outcome outcome = OUTCOME_OK;

    note(sink, call);
    *ret_maybe_done = false;
    if (sink->answer)
        outcome = sink->answer(sink, call, &status, &body, ret_maybe_done);
    if (outcome != OUTCOME_OK)
        return error_set(err, outcome, "scripted");
    *ret_response = (struct http_response){.status = status,
                                           .content_type = sink->content_type ? sink->content_type
                                                                              : "application/json",
                                           .etag = "",
                                           .retry_after_s = -1,
                                           .body = arena_copy(arena, bytes_of_text(body))};
    return OUTCOME_OK;
}

static const char *fake_refuses(struct connector *connector, const struct delivery_call *call)
{
    const struct fake_sink *sink = (const struct fake_sink *)connector;

    return sink->payload_most > 0 && call->body.len > sink->payload_most ? "scripted limit" : NULL;
}

static const struct connector_ops fake_sink_ops = {
    .name = "fake",
    .role = CONNECTOR_SINK,
    .size = sizeof(struct fake_sink),
    .open = fake_open,
    .call = fake_call,
    .refuses = fake_refuses,
};

void fake_sink_init(struct fake_sink *sink, fake_answer *answer)
{
    *sink = (struct fake_sink){.answer = answer};
    sink->connector.ops = &fake_sink_ops;
    sink->connector.name = "fake";
}
