/* SPDX-License-Identifier: Apache-2.0
 *
 * The entries of one kind of the connector's memory, by the 16 bytes of their key in the state
 * topic. A key is a keyed hash already, so it is its own hash. Made to be small: one block an
 * entry, 24 bytes and its content, and a table of pointers, each with a piece of its key, so that
 * a search does not go to memory for entries that it does not look for (tests/bench/bench_state.c
 * measures what that comes to). The caller locks.
 */
#ifndef RELAIS_CONNECTORS_MEMORY_ENTRIES_H
#define RELAIS_CONNECTORS_MEMORY_ENTRIES_H

#include "base/bytes.h"

#define ENTRY_KEY_SIZE 16
#define ENTRY_FOR_EVER UINT16_MAX
#define ENTRY_ID_MOST UINT16_MAX

struct entry {
    uint8_t key[ENTRY_KEY_SIZE];
    uint32_t value_len;
    uint16_t id_len;    /* 0: the id is not kept                                         */
    uint16_t until_day; /* days since 2020 (UTC); may be forgotten after it; or FOR_EVER */
    uint8_t content[];  /* id, then value                                          */
};

struct entries {
    struct entry **slots; /* a power of two of them, open addressing */
    uint16_t *tags;       /* of each slot: 0, free; else two bytes of its entry's key, odd */
    size_t capacity;
    size_t count;
    size_t bytes; /* of ids and values */
};

void entries_deinit(struct entries *entries);
/* NULL when there is none. Valid until the next change. */
const struct entry *entries_find(const struct entries *entries, const uint8_t key[ENTRY_KEY_SIZE]);
/* Copies; replaces what has that key. `id` is at most ENTRY_ID_MOST long. */
void entries_put(struct entries *entries, const uint8_t key[ENTRY_KEY_SIZE], struct bytes id,
                 struct bytes value, uint16_t until_day);
void entries_remove(struct entries *entries, const uint8_t key[ENTRY_KEY_SIZE]);
/* The next one at or behind slot *at, which moves on behind it; NULL at the end. */
const struct entry *entries_next(const struct entries *entries, size_t *at);

struct bytes entries_id(const struct entry *entry);
struct bytes entries_value(const struct entry *entry);

#endif
