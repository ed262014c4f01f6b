/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/connector.h"

#include <stdlib.h>

#include "connectors/drivers/drivers.h"

/* A new driver is one file, one row here and one row in tests/contract/. */
static const struct connector_ops *const drivers[] = {
    &webhook_source, &rest_source, &folder_source, &inbox_source,
    &folder_sink,    &rest_sink,   &sql_sink,
};
#define DRIVER_COUNT (sizeof(drivers) / sizeof(drivers[0]))

/* The inbox is no choice of the file: the runtime makes it. */
static const char *const source_types[] = {"folder", "rest", "webhook", NULL};
static const char *const sink_types[] = {"folder", "rest", "sql", NULL};

const struct connector_ops *connector_find(const char *type, enum connector_role role)
{
    for (size_t i = 0; i < DRIVER_COUNT; i++) {
        if (drivers[i]->role == role && strcmp(drivers[i]->name, type) == 0)
            return drivers[i];
    }
    return NULL;
}

const char *const *connector_types(enum connector_role role)
{
    return role == CONNECTOR_SOURCE ? source_types : sink_types;
}

enum outcome connector_new(const struct connector_ops *ops, const struct yaml_node *node,
                           const char *name, const struct connector_context *context,
                           struct diagnostics *diagnostics, struct connector **ret_connector,
                           struct error *err)
{
    CLEANUP(connector_freep) struct connector *connector = xcalloc(1, ops->size);
    enum outcome read;

    connector->ops = ops;
    connector->name = name;
    connector->context = context;
    read = config_read(ops->fields, node, connector, diagnostics, err);
    if (read != OUTCOME_OK)
        return read;
    if (ops->configure) {
        read = ops->configure(connector, diagnostics, err);
        if (read != OUTCOME_OK)
            return read;
    }
    *ret_connector = TAKE(connector);
    return OUTCOME_OK;
}

void connector_free(struct connector *connector)
{
    if (!connector)
        return;
    if (connector->ops->close)
        connector->ops->close(connector);
    free(connector);
}
