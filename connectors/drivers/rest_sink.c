/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/api.h"
#include "connectors/drivers/drivers.h"

struct rest_sink {
    struct connector connector;
    struct api_settings api;
    struct api *calls;
};

static const struct config_field rest_sink_fields[] = {
    DRIVER_TYPE(struct rest_sink, "rest"),
    API_FIELDS(struct rest_sink),
    CONFIG_END,
};

static enum outcome rest_sink_configure(struct connector *connector,
                                        struct diagnostics *diagnostics, struct error *err)
{
    struct rest_sink *self = (struct rest_sink *)connector;

    enum outcome outcome = api_new(&self->api, connector->context, diagnostics, &self->calls, err);

    if (outcome != OUTCOME_OK || api_limits(self->calls)->page_size == 0)
        return outcome;
    return api_refuse_limit(&self->api, "page_size", "page_size est d'une source qui lit une liste",
                            diagnostics, err);
}

static enum outcome rest_sink_open(struct connector *connector, struct error *err)
{
    return api_open(((struct rest_sink *)connector)->calls, err);
}

static enum outcome rest_sink_call(struct connector *connector, const struct delivery_call *call,
                                   struct arena *arena, struct http_response *ret_response,
                                   bool *ret_maybe_done, struct error *err)
{
    struct http_request request = {.method = call->method,
                                   .url = call->path,
                                   .headers = call->headers,
                                   .header_count = call->header_count,
                                   .body = call->body};

    return api_call(((struct rest_sink *)connector)->calls, &request, arena, ret_response,
                    ret_maybe_done, err);
}

static const char *rest_sink_refuses(struct connector *connector, const struct delivery_call *call)
{
    const struct api_limits *limits = api_limits(((struct rest_sink *)connector)->calls);

    if (limits->payload_bytes == 0 || call->body.len <= (size_t)limits->payload_bytes)
        return NULL;
    return "le corps dépasse leur limite (payload_bytes)";
}

static int64_t rest_sink_closed_until(struct connector *connector)
{
    return api_closed_until(((struct rest_sink *)connector)->calls);
}

static void rest_sink_interrupt(struct connector *connector)
{
    api_interrupt(((struct rest_sink *)connector)->calls);
}

static void rest_sink_close(struct connector *connector)
{
    api_free(((struct rest_sink *)connector)->calls);
}

const struct connector_ops rest_sink = {
    .name = "rest",
    .role = CONNECTOR_SINK,
    .size = sizeof(struct rest_sink),
    .fields = rest_sink_fields,
    .configure = rest_sink_configure,
    .open = rest_sink_open,
    .call = rest_sink_call,
    .refuses = rest_sink_refuses,
    .closed_until = rest_sink_closed_until,
    .interrupt = rest_sink_interrupt,
    .close = rest_sink_close,
};
