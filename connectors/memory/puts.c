/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/memory/puts.h"

#include <assert.h>
#include <stdlib.h>

void puts_deinit(struct puts *puts)
{
    free(puts->list);
    free(puts->slots);
    *puts = (struct puts){0};
}

void puts_clear(struct puts *puts)
{
    puts->count = 0;
    if (puts->slots)
        memset(puts->slots, 0, 2 * puts->capacity * sizeof(*puts->slots));
}

static bool is_put(const struct state_wire_entry *put, enum state_kind kind,
                   const uint8_t key[ENTRY_KEY_SIZE])
{
    return put->kind == kind && memcmp(put->key, key, ENTRY_KEY_SIZE) == 0;
}

/* Where its number stands, or the gap where it would. Keys are hashes; so is their beginning. */
static size_t *slot_of(const struct puts *puts, enum state_kind kind,
                       const uint8_t key[ENTRY_KEY_SIZE])
{
    size_t mask = 2 * puts->capacity - 1;
    uint64_t hash;

    memcpy(&hash, key, sizeof(hash));
    for (size_t at = (size_t)hash & mask;; at = (at + 1) & mask) {
        size_t *slot = &puts->slots[at];

        if (*slot == 0 || is_put(&puts->list[*slot - 1], kind, key))
            return slot;
    }
}

struct state_wire_entry *puts_find(const struct puts *puts, enum state_kind kind,
                                   const uint8_t key[ENTRY_KEY_SIZE])
{
    size_t number = puts->capacity > 0 ? *slot_of(puts, kind, key) : 0;

    return number > 0 ? &puts->list[number - 1] : NULL;
}

static void grow(struct puts *puts)
{
    puts->capacity = puts->capacity ? 2 * puts->capacity : 8;
    puts->list = xrealloc(puts->list, puts->capacity * sizeof(*puts->list));
    free(puts->slots);
    puts->slots = xcalloc(2 * puts->capacity, sizeof(*puts->slots));
    for (size_t i = 0; i < puts->count; i++)
        *slot_of(puts, puts->list[i].kind, puts->list[i].key) = i + 1;
}

struct state_wire_entry *puts_get(struct puts *puts, enum state_kind kind,
                                  const uint8_t key[ENTRY_KEY_SIZE])
{
    struct state_wire_entry *put = puts_find(puts, kind, key);

    if (put)
        return put;
    if (puts->count == puts->capacity)
        grow(puts);
    assert(puts->list);
    put = &puts->list[puts->count];
    *put = (struct state_wire_entry){.kind = kind};
    memcpy(put->key, key, ENTRY_KEY_SIZE);
    puts->count++;
    *slot_of(puts, kind, key) = puts->count;
    return put;
}
