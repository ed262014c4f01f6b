/* SPDX-License-Identifier: Apache-2.0
 *
 * A connector file, whole: what `relais check` validates and `relais connector` runs.
 *
 *     operator: o21                     who speaks
 *     system: rdv-service-public        whose ids these are; part of every id, so for ever
 *     keys_file: ${KEYS}/o21.yaml       of `relais keys create`
 *     person_key_file: …                optional
 *     listen: 127.0.0.1:8021            webhooks and health pages; a free port unless said
 *     source: {type: webhook, …}        one, or a list of several
 *     sink: {type: rest, …}             optional: an operator that only sends
 *     limits: {match_wait_s: 600, …}    optional
 *     registry: {url: https://…, …}     optional: schema ids come from there
 *     records, codes, deliver, …        the mapping's own
 *
 * ${NAME} is replaced in the values of the runtime's keys only, from `--set NAME=VALUE`:
 * what a mapping does never depends on where it runs. Secrets stand in files.
 */
#ifndef RELAIS_CONNECTORS_CONFIGURATION_H
#define RELAIS_CONNECTORS_CONFIGURATION_H

#include "connectors/connector.h"
#include "schemas/registry.h"

struct configuration_limits {
    int64_t match_wait_s;
    int64_t park_tries;
    int64_t park_after_minutes;
    int64_t give_up_hours;
    int64_t first_pause_ms;
    int64_t longest_pause_ms;
};

struct configuration_source {
    const struct connector_ops *ops;
    const struct yaml_node *node;
    const char *name; /* "webhook-1": its number in the file, part of its cursor */
};

/* Everything lives as long as the configuration. */
struct configuration {
    const char *operator_code;
    const char *system;
    const char *keys_file;
    const char *person_key_file; /* NULL: events carry no person_ref */
    const char *address;         /* of the HTTP server */
    uint16_t port;               /* 0: a free one      */
    struct configuration_limits limits;
    struct registry_settings registry; /* url NULL: none */
    struct configuration_source *sources;
    size_t source_count;
    const struct connector_ops *sink_ops; /* NULL: no sink */
    const struct yaml_node *sink_node;
    struct mapping *mapping;
};

/* Reads and checks a file: every mistake at once in `diagnostics`; REJECT if any. `sets` are
 * "NAME=VALUE", NULL-terminated; NULL: none. With `offline` a ${NAME} that nobody set stays
 * as it is: for `relais check` and `relais map`. */
MUST_USE enum outcome configuration_read(const char *path, const char *const *sets, bool offline,
                                         struct diagnostics *diagnostics,
                                         struct configuration **ret_configuration,
                                         struct error *err);
void configuration_free(struct configuration *configuration);
DEFINE_CLEANUP(struct configuration, configuration_free)

/* The tables of all keys but the mapping's, in Markdown. */
void configuration_document(struct buffer *out);
/* The whole file as JSON Schema (draft 7), for editors. */
void configuration_schema(struct buffer *out);

#endif
