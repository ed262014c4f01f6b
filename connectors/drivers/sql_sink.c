/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements for a database: what a connector's file says of it can be checked and tried; the
 * driver itself comes later.
 */
#include "connectors/drivers/drivers.h"

struct sql_sink {
    struct connector connector;
};

static const struct config_field sql_sink_fields[] = {
    DRIVER_TYPE(struct sql_sink, "sql"),
    CONFIG_END,
};

static enum outcome sql_sink_open(struct connector *connector, struct error *err)
{
    return error_set(err, OUTCOME_FATAL, "%s", connector->ops->planned);
}

static enum outcome sql_sink_call(struct connector *connector, const struct delivery_call *call,
                                  struct arena *arena, struct http_response *ret_response,
                                  bool *ret_maybe_done, struct error *err)
{
    (void)call;
    (void)arena;
    (void)ret_response;
    *ret_maybe_done = false;
    return error_set(err, OUTCOME_RETRY, "%s", connector->ops->planned);
}

/* Nothing here waits, nothing is held. */
static void sql_sink_interrupt(struct connector *connector)
{
    (void)connector;
}

const struct connector_ops sql_sink = {
    .name = "sql",
    .role = CONNECTOR_SINK,
    .takes = CALL_STATEMENT,
    .planned = "le pilote des bases SQL n'est pas dans cette version de relais",
    .size = sizeof(struct sql_sink),
    .fields = sql_sink_fields,
    .open = sql_sink_open,
    .call = sql_sink_call,
    .interrupt = sql_sink_interrupt,
};
