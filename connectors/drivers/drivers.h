/* SPDX-License-Identifier: Apache-2.0
 *
 * The built-in drivers, one file each; connector_find() is how others get at them.
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_DRIVERS_H
#define RELAIS_CONNECTORS_DRIVERS_DRIVERS_H

#include "connectors/connector.h"

/* First row of the table of an instance whose type an integrator writes. */
#define DRIVER_TYPE(Instance, Type)                                                                \
    CONFIG_FIELD(Instance, connector.type, .key = "type", .flags = CONFIG_REQUIRED,                \
                 .choices = (Type), .help = "Ce pilote.")

/* type: webhook. Takes POSTs, answers when the record is durable. */
extern const struct connector_ops webhook_source;
/* type: rest. Reads a list by change date, page by page. */
extern const struct connector_ops rest_source;
/* type: folder. Reads files that are dropped into a folder, row by row. */
extern const struct connector_ops folder_source;
/* The operator's inbox topic; not a type of a connector file. */
extern const struct connector_ops inbox_source;
/* Its records before this offset are acknowledged, so the state topic says: later ones may be,
 * too. Negative: none yet. */
int64_t inbox_source_next(struct state *state);
/* type: folder. Writes files of rows that appear whole and once. */
extern const struct connector_ops folder_sink;
/* type: rest. Calls an HTTP API, with OAuth2 or a secret header. */
extern const struct connector_ops rest_sink;

/* type: sql. Statements with parameters; its driver comes later. */
extern const struct connector_ops sql_sink;

#endif
