/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/parked.h"

#include <stdlib.h>

#include "base/hash.h"
#include "connectors/drivers/drivers.h"
#include "connectors/memory/pack.h"

#define PARKED_FIRST_MS 60000
#define PARKED_MOST_MS 3600000
#define PARKED_IDLE_MS 1000
/* Beyond it a record stays in the window of its pipeline, which then pulls nothing more. */
#define PARKED_BYTES_MOST ((size_t)8 << 20)

struct lane {
    UT_hash_handle hh;
    size_t count;
    struct backoff backoff;
    int64_t next_ms; /* monotonic */
    size_t key_len;
    uint8_t key[];
};

struct parked {
    const struct shared *shared;
    struct lane *lanes;
};

/* ---- Entries: key ␟ position, so that they sort in the order of the inbox ------------- */

static struct bytes entry_id(const struct record *record, struct arena *arena)
{
    return bytes_of_text(arena_printf(arena, "%.*s\x1f%020lld", BYTES_ARG(record->order_key),
                                      (long long)record->position));
}

static bool split_id(struct bytes id, struct bytes *ret_key, int64_t *ret_position)
{
    if (id.len < 21 || id.data[id.len - 21] != 0x1F)
        return false;
    *ret_key = bytes_of(id.data, id.len - 21);
    return bytes_to_int64(bytes_of(id.data + id.len - 20, 20), ret_position);
}

/* ---- Lanes ---------------------------------------------------------------------------- */

static struct lane *lane_find(const struct parked *parked, struct bytes key)
{
    struct lane *lane = NULL;

    HASH_FIND(hh, parked->lanes, key.data, key.len, lane);
    return lane;
}

static struct lane *lane_get(struct parked *parked, struct bytes key)
{
    struct lane *lane = lane_find(parked, key);

    if (lane)
        return lane;
    lane = xcalloc(1, sizeof(*lane) + key.len);
    lane->backoff = (struct backoff){
        .first_ms = PARKED_FIRST_MS, .most_ms = PARKED_MOST_MS, .seed = key.len + 1};
    lane->key_len = key.len;
    memcpy(lane->key, key.data, key.len);
    HASH_ADD_KEYPTR(hh, parked->lanes, lane->key, lane->key_len, lane);
    return lane;
}

static void restore(void *context, struct bytes id, struct bytes value)
{
    struct parked *parked = context;
    struct bytes key;
    int64_t position;

    (void)value;
    if (!split_id(id, &key, &position))
        return;
    lane_get(parked, key)->count++;
    counts_event_restored(parked->shared->counts);
}

struct parked *parked_new(const struct shared *shared)
{
    struct parked *parked = xcalloc(1, sizeof(*parked));

    parked->shared = shared;
    state_each(shared->state, STATE_PARKED, restore, parked);
    return parked;
}

void parked_free(struct parked *parked)
{
    if (!parked)
        return;
    HASH_FREE_ALL(parked->lanes);
    free(parked);
}

/* ---- Asking ------------------------------------------------------------------------------ */

struct search {
    int64_t position;
    bool found;
};

static void compare(void *context, struct bytes id, struct bytes value)
{
    struct search *search = context;
    struct bytes key;
    int64_t position;

    (void)value;
    search->found |= split_id(id, &key, &position) && position == search->position;
}

bool parked_may_come_again(struct state *state, int64_t position)
{
    struct search search = {.position = position};

    if (position >= inbox_source_next(state))
        return true;
    if (state_count(state, STATE_PARKED) > 0)
        state_each(state, STATE_PARKED, compare, &search);
    return search.found;
}

/* ---- Writing --------------------------------------------------------------------------- */

static enum outcome write_entry(const struct parked *parked, const struct record *record,
                                const struct attempts *attempts, struct error *err)
{
    struct arena arena = {0};
    struct buffer value = {0};
    enum outcome outcome;

    pack_int(&value, attempts->tries);
    pack_int(&value, attempts->first_failure_at);
    record_pack(record, &value);
    outcome = state_set(parked->shared->state, STATE_PARKED, entry_id(record, &arena),
                        buffer_view(&value), err);
    buffer_deinit(&value);
    arena_deinit(&arena);
    return outcome;
}

static bool is_there(const struct parked *parked, const struct record *record)
{
    struct arena arena = {0};
    bool there =
        state_get(parked->shared->state, STATE_PARKED, entry_id(record, &arena), &arena).data !=
        NULL;

    arena_deinit(&arena);
    return there;
}

enum outcome parked_put(struct parked *parked, const struct record *record,
                        const struct attempts *attempts, struct error *err)
{
    enum outcome outcome;
    struct lane *lane;

    /* Parked before a crash, but not acknowledged: offered again, and set aside already. */
    if (is_there(parked, record)) {
        counts_event(parked->shared->counts, EVENT_COUNT_SKIPPED);
        return OUTCOME_OK;
    }
    if (state_bytes(parked->shared->state, STATE_PARKED) >= PARKED_BYTES_MOST)
        return error_set(err, OUTCOME_RETRY, "trop de livraisons sont mises de côté");
    outcome = write_entry(parked, record, attempts, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    lane = lane_get(parked, record->order_key);
    if (lane->count++ == 0)
        lane->next_ms = clock_mono_ms(parked->shared->clock) + backoff_next_ms(&lane->backoff);
    counts_event_waits(parked->shared->counts);
    return OUTCOME_OK;
}

bool parked_has(const struct parked *parked, struct bytes key)
{
    return key.data && lane_find(parked, key) != NULL;
}

enum outcome parked_failed(struct parked *parked, const struct record *record,
                           struct attempts *attempts, struct error *err)
{
    struct lane *lane = lane_get(parked, record->order_key);

    lane->next_ms = clock_mono_ms(parked->shared->clock) + backoff_next_ms(&lane->backoff);
    attempts->tries++;
    if (attempts->first_failure_at != 0)
        return OUTCOME_OK;
    /* Its 72 hours begin, and outlive a restart. */
    attempts->first_failure_at = clock_wall_us(parked->shared->clock);
    return write_entry(parked, record, attempts, err);
}

enum outcome parked_end(struct parked *parked, const struct record *record, struct error *err)
{
    struct arena arena = {0};
    struct lane *lane = lane_get(parked, record->order_key);
    enum outcome outcome =
        state_set(parked->shared->state, STATE_PARKED, entry_id(record, &arena), BYTES_NONE, err);

    arena_deinit(&arena);
    if (outcome != OUTCOME_OK)
        return outcome;
    lane->next_ms = 0;
    backoff_reset(&lane->backoff);
    if (--lane->count == 0)
        HASH_FREE_ONE(parked->lanes, lane);
    return OUTCOME_OK;
}

/* ---- Whose turn -------------------------------------------------------------------------- */

struct first_of_lane {
    struct bytes key;
    struct arena *arena;
    struct record record;
    struct attempts attempts;
    bool found;
};

static void find_first(void *context, struct bytes id, struct bytes value)
{
    struct first_of_lane *first = context;
    struct cursor in = cursor_over(value);
    struct bytes key;
    int64_t position;
    int64_t tries = 0;

    if (first->found || !split_id(id, &key, &position) || !bytes_equal(key, first->key) ||
        !pack_read_int(&in, &tries) || !pack_read_int(&in, &first->attempts.first_failure_at) ||
        record_unpack(arena_copy(first->arena, bytes_of(in.at, cursor_left(&in))), first->arena,
                      &first->record, NULL) != OUTCOME_OK)
        return;
    first->attempts.tries = (int32_t)tries;
    first->record.order_key = first->key;
    first->record.position = position;
    first->found = true;
}

bool parked_next(struct parked *parked, struct arena *arena, struct record *ret_record,
                 struct attempts *ret_attempts, int32_t *ret_wait_ms)
{
    int64_t now = clock_mono_ms(parked->shared->clock);
    struct lane *due = NULL;
    struct first_of_lane first = {.arena = arena};

    *ret_wait_ms = PARKED_IDLE_MS;
    for (struct lane *lane = parked->lanes; lane; lane = lane->hh.next) {
        if (lane->next_ms <= now && (!due || lane->next_ms < due->next_ms))
            due = lane;
    }
    if (!due)
        return false;
    first.key = arena_copy(arena, bytes_of(due->key, due->key_len));
    state_each(parked->shared->state, STATE_PARKED, find_first, &first);
    if (!first.found) {
        /* Written by a later release: it waits, and holds up no other lane. */
        due->next_ms = now + PARKED_MOST_MS;
        return false;
    }
    *ret_record = first.record;
    *ret_attempts = first.attempts;
    return true;
}
