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

    return api_new(&self->api, connector->context->clock, diagnostics, &self->calls, err);
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
    .interrupt = rest_sink_interrupt,
    .close = rest_sink_close,
};
