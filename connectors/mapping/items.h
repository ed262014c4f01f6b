/* SPDX-License-Identifier: Apache-2.0
 *
 * One element of one rule of one record → one item: identity, version, hand-over, fields.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_ITEMS_H
#define RELAIS_CONNECTORS_MAPPING_ITEMS_H

#include "connectors/mapping/runner.h"

/* One record on its way. */
struct run {
    struct evaluation evaluation;
    const struct runner_watch *watch;
    struct mapping_items *items;
    size_t capacity;
    const struct record_rule *rule;
    bool too_many;
};

/* A zeroed item at the end, valid until the next one. */
struct mapping_item *items_new(struct run *run, const char *rule);
/* The dead letter's reason from the evaluation's failure; `assignment` or NULL. */
void items_reject(struct run *run, struct mapping_item *item, const char *field,
                  const struct assignment *assignment);
/* By the run's rule; the item becomes an event or is rejected. */
void items_translate(struct run *run, struct mapping_item *item);

#endif
