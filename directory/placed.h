/* SPDX-License-Identifier: Apache-2.0
 *
 * Between reading the files and making a snapshot of them: entries that still know where
 * they were written, so that a mistake between two files can name both places.
 */
#ifndef RELAIS_DIRECTORY_PLACED_H
#define RELAIS_DIRECTORY_PLACED_H

#include "base/diagnostics.h"
#include "base/yaml.h"
#include "schemas/events.h"

struct placed_entry {
    struct directory_entry entry; /* texts belong to the arena of the files */
    const struct yaml_node *node; /* the mapping it was written as          */
};

struct placed {
    struct placed_entry *items;
    size_t count;
    size_t capacity;
};

/* Appends a zeroed ("no value") entry of that kind. Valid until the next one. */
struct placed_entry *placed_add(struct placed *placed, enum directory_kind kind,
                                const struct yaml_node *node);
void placed_deinit(struct placed *placed);

/* What no single entry can know of itself: unknown operators and members, one code twice,
 * periods that overlap, two operators for one region. Sorts the entries. */
void placed_check(struct placed *placed, struct diagnostics *diagnostics);

/* Where the value of `key` stands in `node`, or the node itself. */
struct place placed_place(const struct yaml_node *node, const char *key);

#endif
