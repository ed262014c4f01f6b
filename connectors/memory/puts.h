/* SPDX-License-Identifier: Apache-2.0
 *
 * What a change of the connector's memory holds: each entry once, with what was put last. The
 * contents are the caller's.
 */
#ifndef RELAIS_CONNECTORS_MEMORY_PUTS_H
#define RELAIS_CONNECTORS_MEMORY_PUTS_H

#include "connectors/memory/state_wire.h"

struct puts {
    struct state_wire_entry *list; /* `value` BYTES_NONE: to be forgotten */
    size_t count;
    size_t capacity;
    size_t *slots; /* twice the capacity; by key: 0, or 1 + where it stands in `list` */
};

void puts_deinit(struct puts *puts);
/* Empty again; keeps its memory. */
void puts_clear(struct puts *puts);
/* NULL when there is none. Valid until the next puts_get(). */
struct state_wire_entry *puts_find(const struct puts *puts, enum state_kind kind,
                                   const uint8_t key[ENTRY_KEY_SIZE]);
/* The entry with that key; an empty one is made when there is none. */
struct state_wire_entry *puts_get(struct puts *puts, enum state_kind kind,
                                  const uint8_t key[ENTRY_KEY_SIZE]);

#endif
