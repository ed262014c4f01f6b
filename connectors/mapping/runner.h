/* SPDX-License-Identifier: Apache-2.0
 *
 * One record of theirs → items, by the plan.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_RUNNER_H
#define RELAIS_CONNECTORS_MAPPING_RUNNER_H

#include "connectors/mapping/evaluate.h"

/* Parses a JSON text into the arena: numbers stay as written. REJECT: not JSON, not UTF-8
 * or too long (8 MiB). */
MUST_USE enum outcome runner_parse(struct bytes text, struct arena *arena, yyjson_val **ret_root,
                                   struct error *err);

/* What a system that lies about its encoding sends, by the mapping's fallback; the text as it is
 * where that does not fit, or there is none. */
struct bytes runner_utf8(const struct mapping *mapping, struct bytes text, struct arena *arena);

/* What `relais map` looks at while a record is translated; each may be NULL. */
struct runner_watch {
    void *context;
    void (*item)(void *context, const struct record_rule *rule, const struct mapping_item *item,
                 struct evaluation *evaluation);
    void (*field)(void *context, const struct assignment *assignment,
                  const struct mapping_item *item, struct evaluation *evaluation);
    void (*unknown)(void *context, struct bytes name);
    /* An item that became what it is now because another one has its entity. */
    void (*same)(void *context, const struct mapping_item *item);
    struct coverage *coverage;
};

MUST_USE enum outcome runner_read(const struct mapping *mapping, const struct mapping_input *input,
                                  struct arena *arena, const struct runner_watch *watch,
                                  struct mapping_items *ret_items, struct error *err);

/* The name of a place for dead letters: "connector.yaml:31:16", without folders. */
const char *runner_place(struct arena *arena, struct place place);

#endif
