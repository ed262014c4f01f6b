/* SPDX-License-Identifier: Apache-2.0
 *
 * Linear probing. Nothing is marked as removed: what stands behind a gap and could not be found
 * any more moves into it (Knuth, volume 3, algorithm 6.4 R).
 */
#include "connectors/memory/entries.h"

#include <assert.h>
#include <stdlib.h>

#define CAPACITY_FIRST 64

void entries_deinit(struct entries *entries)
{
    for (size_t i = 0; i < entries->capacity; i++)
        free(entries->slots[i]);
    free(entries->slots);
    free(entries->tags);
    *entries = (struct entries){0};
}

static size_t home_of(const struct entries *entries, const uint8_t key[ENTRY_KEY_SIZE])
{
    uint64_t hash;

    memcpy(&hash, key, sizeof(hash));
    return (size_t)hash & (entries->capacity - 1);
}

/* Of the part that is not its home. */
static uint16_t tag_of(const uint8_t key[ENTRY_KEY_SIZE])
{
    uint16_t tag;

    memcpy(&tag, key + ENTRY_KEY_SIZE - sizeof(tag), sizeof(tag));
    return tag | 1;
}

/* Where it stands, or the gap where it would. */
static size_t slot_of(const struct entries *entries, const uint8_t key[ENTRY_KEY_SIZE])
{
    uint16_t tag = tag_of(key);
    size_t at = home_of(entries, key);

    while (entries->tags[at] != 0 &&
           (entries->tags[at] != tag || memcmp(entries->slots[at]->key, key, ENTRY_KEY_SIZE) != 0))
        at = (at + 1) & (entries->capacity - 1);
    return at;
}

static void take_slot(struct entries *entries, size_t at, struct entry *entry)
{
    entries->slots[at] = entry;
    entries->tags[at] = entry ? tag_of(entry->key) : 0;
}

const struct entry *entries_find(const struct entries *entries, const uint8_t key[ENTRY_KEY_SIZE])
{
    return entries->capacity > 0 ? entries->slots[slot_of(entries, key)] : NULL;
}

/* At most three quarters are taken, so that every search finds a gap soon. */
static void make_room(struct entries *entries)
{
    struct entries old = *entries;

    if (4 * (old.count + 1) <= 3 * old.capacity)
        return;
    entries->capacity = old.capacity > 0 ? 2 * old.capacity : CAPACITY_FIRST;
    entries->slots = xcalloc(entries->capacity, sizeof(struct entry *));
    entries->tags = xcalloc(entries->capacity, sizeof(*entries->tags));
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i])
            take_slot(entries, slot_of(entries, old.slots[i]->key), old.slots[i]);
    }
    free(old.slots);
    free(old.tags);
}

void entries_put(struct entries *entries, const uint8_t key[ENTRY_KEY_SIZE], struct bytes id,
                 struct bytes value, uint16_t until_day)
{
    struct entry *entry = xcalloc(1, sizeof(*entry) + id.len + value.len);
    struct entry *old;
    size_t at;

    assert(id.len <= ENTRY_ID_MOST && value.len <= UINT32_MAX);
    memcpy(entry->key, key, ENTRY_KEY_SIZE);
    entry->id_len = (uint16_t)id.len;
    entry->value_len = (uint32_t)value.len;
    entry->until_day = until_day;
    if (id.len > 0)
        memcpy(entry->content, id.data, id.len);
    if (value.len > 0)
        memcpy(entry->content + id.len, value.data, value.len);
    make_room(entries);
    at = slot_of(entries, key);
    old = entries->slots[at];
    if (old)
        entries->bytes -= old->id_len + old->value_len;
    else
        entries->count++;
    free(old);
    take_slot(entries, at, entry);
    entries->bytes += id.len + value.len;
}

static void close_gap(struct entries *entries, size_t gap)
{
    size_t mask = entries->capacity - 1;

    for (size_t at = (gap + 1) & mask; entries->slots[at]; at = (at + 1) & mask) {
        size_t home = home_of(entries, entries->slots[at]->key);

        if (((at - home) & mask) < ((at - gap) & mask))
            continue; /* its way from home does not lead over the gap */
        take_slot(entries, gap, entries->slots[at]);
        take_slot(entries, at, NULL);
        gap = at;
    }
}

void entries_remove(struct entries *entries, const uint8_t key[ENTRY_KEY_SIZE])
{
    size_t at = entries->capacity > 0 ? slot_of(entries, key) : 0;

    if (entries->capacity == 0 || !entries->slots[at])
        return;
    entries->count--;
    entries->bytes -= entries->slots[at]->id_len + entries->slots[at]->value_len;
    free(entries->slots[at]);
    take_slot(entries, at, NULL);
    close_gap(entries, at);
}

const struct entry *entries_next(const struct entries *entries, size_t *at)
{
    while (*at < entries->capacity) {
        const struct entry *entry = entries->slots[(*at)++];

        if (entry)
            return entry;
    }
    return NULL;
}

struct bytes entries_id(const struct entry *entry)
{
    return bytes_of(entry->content, entry->id_len);
}

struct bytes entries_value(const struct entry *entry)
{
    return bytes_of(entry->content + entry->id_len, entry->value_len);
}
