/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/window.h"

#include <stdlib.h>

void window_init(struct window *window, size_t capacity, size_t max_bytes)
{
    *window = (struct window){.capacity = capacity, .max_bytes = max_bytes};
    window->entries = xcalloc(capacity, sizeof(*window->entries));
}

void window_deinit(struct window *window)
{
    window_drop(window, window->count);
    free(window->entries);
    window->entries = NULL;
}

size_t window_room(const struct window *window)
{
    return window->bytes >= window->max_bytes ? 0 : window->capacity - window->count;
}

/* FNV-1a: only to compare quickly; two keys that collide merely wait for each other. */
static uint64_t key_hash(struct bytes key)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    if (!key.data)
        return 0;
    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ key.data[i]) * UINT64_C(1099511628211);
    return hash ? hash : 1;
}

void window_add(struct window *window, struct batch *batch)
{
    if (batch->count == 0) {
        batch_free(batch);
        return;
    }
    batch->held = batch->count;
    for (size_t i = 0; i < batch->count; i++) {
        struct record *record = &batch->records[i];

        window->entries[window->count++] =
            (struct window_entry){.record = record,
                                  .batch = batch,
                                  .key_hash = key_hash(record->order_key),
                                  .bytes = record->body.len};
        window->bytes += record->body.len;
    }
}

static bool entry_is_open(const struct window_entry *entry)
{
    return entry->state == ENTRY_OPEN || entry->state == ENTRY_REJECTED;
}

size_t window_open(const struct window *window, size_t *ret_items)
{
    size_t open = 0;

    *ret_items = 0;
    for (size_t i = 0; i < window->count; i++) {
        if (!entry_is_open(&window->entries[i]))
            continue;
        open++;
        *ret_items += window->entries[i].record->items;
    }
    return open;
}

bool window_is_behind(const struct window *window, size_t index)
{
    uint64_t hash = window->entries[index].key_hash;

    if (hash == 0)
        return false;
    for (size_t i = 0; i < index; i++) {
        if (window->entries[i].key_hash == hash && entry_is_open(&window->entries[i]))
            return true;
    }
    return false;
}

size_t window_turns(struct window *window, int64_t now_ms, struct window_entry **turns, size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < window->count && count < most; i++) {
        struct window_entry *entry = &window->entries[i];

        if (entry_is_open(entry) && entry->next_ms <= now_ms && !window_is_behind(window, i))
            turns[count++] = entry;
    }
    return count;
}

struct window_entry *window_probe(struct window *window)
{
    struct window_entry *best = NULL;

    for (size_t i = 0; i < window->count; i++) {
        struct window_entry *entry = &window->entries[i];

        if (entry_is_open(entry) && !window_is_behind(window, i) &&
            (!best || entry->attempts.tries < best->attempts.tries))
            best = entry;
    }
    return best;
}

int64_t window_next_ms(const struct window *window, int64_t now_ms)
{
    int64_t next = -1;

    for (size_t i = 0; i < window->count; i++) {
        const struct window_entry *entry = &window->entries[i];
        int64_t left = entry->next_ms > now_ms ? entry->next_ms - now_ms : 0;

        if (entry_is_open(entry) && (next < 0 || left < next) && !window_is_behind(window, i))
            next = left;
        if (next == 0)
            break;
    }
    return next;
}

void window_forgive(struct window *window, int64_t now_ms)
{
    for (size_t i = 0; i < window->count; i++) {
        struct window_entry *entry = &window->entries[i];

        if (!entry_is_open(entry))
            continue;
        entry->attempts = (struct attempts){0};
        entry->record->tries = 0;
        entry->next_ms = now_ms;
    }
}

size_t window_ended(const struct window *window, struct record **records, size_t most,
                    size_t *ret_count)
{
    size_t count = 0;
    size_t i = 0;

    while (i < window->count && count < most && !entry_is_open(&window->entries[i])) {
        if (window->entries[i].state == ENTRY_ENDED)
            records[count++] = window->entries[i].record;
        i++;
    }
    *ret_count = i;
    return count;
}

void window_drop(struct window *window, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct window_entry *entry = &window->entries[i];

        window->bytes -= entry->bytes;
        if (--entry->batch->held == 0)
            batch_free(entry->batch);
    }
    window->count -= count;
    memmove(window->entries, window->entries + count, window->count * sizeof(*window->entries));
}
