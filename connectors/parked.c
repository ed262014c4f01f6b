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
/* No entry says more, but one of an earlier version, which has a time of the wall clock there. */
#define PARKED_WAITED_MOST_MS INT64_C(1000000000000)

/* Times are of the monotonic clock. */
struct lane {
    UT_hash_handle hh;
    struct backoff backoff;
    int64_t next_ms;
    int64_t counted_ms; /* up to then the waiting of its first record stands in its entry */
    int64_t asked_ms;   /* when that one was taken to be tried */
    int64_t *positions; /* of its records, in the order of the inbox; owned */
    size_t count;
    size_t capacity;
    size_t key_len;
    uint8_t key[];
};

struct parked {
    const struct shared *shared;
    struct lane *lanes;
};

/* ---- Entries: key ␟ position, so that they sort in the order of the inbox ------------- */

static struct bytes id_of(struct bytes key, int64_t position, struct arena *arena)
{
    return bytes_of_text(
        arena_printf(arena, "%.*s\x1f%020lld", BYTES_ARG(key), (long long)position));
}

static struct bytes entry_id(const struct record *record, struct arena *arena)
{
    return id_of(record->order_key, record->position, arena);
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
    lane->counted_ms = clock_mono_ms(parked->shared->clock);
    lane->backoff = (struct backoff){
        .first_ms = PARKED_FIRST_MS, .most_ms = PARKED_MOST_MS, .seed = key.len + 1};
    lane->key_len = key.len;
    memcpy(lane->key, key.data, key.len);
    HASH_ADD_KEYPTR(hh, parked->lanes, lane->key, lane->key_len, lane);
    return lane;
}

/* In its place: after a crash an older one may be offered again behind one that is here already. */
static void lane_add(struct lane *lane, int64_t position)
{
    size_t at = lane->count;

    if (lane->count == lane->capacity) {
        lane->capacity = lane->capacity ? 2 * lane->capacity : 4;
        lane->positions = xrealloc(lane->positions, lane->capacity * sizeof(*lane->positions));
    }
    for (; at > 0 && lane->positions[at - 1] > position; at--)
        lane->positions[at] = lane->positions[at - 1];
    lane->positions[at] = position;
    lane->count++;
}

static void lane_take_out(struct lane *lane, int64_t position)
{
    size_t kept = 0;

    for (size_t i = 0; i < lane->count; i++)
        if (lane->positions[i] != position)
            lane->positions[kept++] = lane->positions[i];
    lane->count = kept;
}

static void lane_free(struct parked *parked, struct lane *lane)
{
    free(lane->positions);
    HASH_FREE_ONE(parked->lanes, lane);
}

static void restore(void *context, struct bytes id, struct bytes value)
{
    struct parked *parked = context;
    struct bytes key;
    int64_t position;

    (void)value;
    if (!split_id(id, &key, &position))
        return;
    lane_add(lane_get(parked, key), position);
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
    while (parked->lanes)
        lane_free(parked, parked->lanes);
    free(parked);
}

/* ---- Asking ------------------------------------------------------------------------------ */

static void list_position(void *context, struct bytes id, struct bytes value)
{
    struct parked_look *look = context;
    struct bytes key;
    int64_t position;

    (void)value;
    if (!split_id(id, &key, &position))
        return;
    if (look->count == look->capacity) {
        look->capacity = look->capacity ? 2 * look->capacity : 64;
        look->positions = xrealloc(look->positions, look->capacity * sizeof(*look->positions));
    }
    look->positions[look->count++] = position;
}

static int compare_positions(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

/* The cursor first: what is set aside and acknowledged meanwhile stands behind it. */
bool parked_may_come_again(struct parked_look *look, int64_t position)
{
    if (!look->asked)
        look->next = inbox_source_next(look->state);
    look->asked = true;
    if (position >= look->next)
        return true;
    if (!look->listed && state_count(look->state, STATE_PARKED) > 0)
        state_each(look->state, STATE_PARKED, list_position, look);
    if (!look->listed && look->count > 0)
        qsort(look->positions, look->count, sizeof(*look->positions), compare_positions);
    look->listed = true;
    return look->count > 0 && bsearch(&position, look->positions, look->count,
                                      sizeof(*look->positions), compare_positions) != NULL;
}

void parked_look_deinit(struct parked_look *look)
{
    free(look->positions);
    *look = (struct parked_look){0};
}

/* ---- Writing --------------------------------------------------------------------------- */

static enum outcome write_entry(const struct parked *parked, const struct record *record,
                                const struct attempts *attempts, struct error *err)
{
    struct arena arena = {0};
    struct buffer value = {0};
    enum outcome outcome;

    pack_int(&value, attempts->tries);
    pack_int(&value, attempts->waited_ms);
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
    if (lane->count == 0)
        lane->next_ms = clock_mono_ms(parked->shared->clock) + backoff_next_ms(&lane->backoff);
    lane_add(lane, record->position);
    counts_event_waits(parked->shared->counts);
    return OUTCOME_OK;
}

bool parked_has(const struct parked *parked, struct bytes key)
{
    return key.data && lane_find(parked, key) != NULL;
}

void parked_again(struct parked *parked, const struct record *record)
{
    struct lane *lane = lane_get(parked, record->order_key);

    lane->counted_ms = clock_mono_ms(parked->shared->clock);
    lane->next_ms = lane->counted_ms + PARKED_FIRST_MS;
}

enum outcome parked_failed(struct parked *parked, const struct record *record,
                           struct attempts *attempts, struct error *err)
{
    struct lane *lane = lane_get(parked, record->order_key);
    enum outcome outcome;

    lane->next_ms = clock_mono_ms(parked->shared->clock) + backoff_next_ms(&lane->backoff);
    attempts->tries++;
    outcome = write_entry(parked, record, attempts, err);
    if (outcome == OUTCOME_OK)
        lane->counted_ms = lane->asked_ms;
    return outcome;
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
    lane->counted_ms = clock_mono_ms(parked->shared->clock);
    backoff_reset(&lane->backoff);
    lane_take_out(lane, record->position);
    if (lane->count == 0)
        lane_free(parked, lane);
    return OUTCOME_OK;
}

/* ---- Whose turn -------------------------------------------------------------------------- */

static bool read_entry(struct bytes value, struct arena *arena, struct record *ret_record,
                       struct attempts *ret_attempts)
{
    struct cursor in = cursor_over(value);
    int64_t tries = 0;
    int64_t waited_ms = 0;

    if (!value.data || !pack_read_int(&in, &tries) || !pack_read_int(&in, &waited_ms) ||
        record_unpack(bytes_of(in.at, cursor_left(&in)), arena, ret_record, NULL) != OUTCOME_OK)
        return false;
    ret_attempts->tries = tries < 0 || tries >= INT32_MAX ? 1 : (int32_t)tries;
    ret_attempts->waited_ms = waited_ms < 0 || waited_ms > PARKED_WAITED_MOST_MS ? 0 : waited_ms;
    return true;
}

bool parked_next(struct parked *parked, struct arena *arena, struct record *ret_record,
                 struct attempts *ret_attempts, int32_t *ret_wait_ms)
{
    int64_t now = clock_mono_ms(parked->shared->clock);
    struct lane *due = NULL;
    struct bytes key;
    struct bytes id;

    *ret_wait_ms = PARKED_IDLE_MS;
    for (struct lane *lane = parked->lanes; lane; lane = lane->hh.next) {
        if (lane->next_ms <= now && (!due || lane->next_ms < due->next_ms))
            due = lane;
    }
    if (!due)
        return false;
    key = arena_copy(arena, bytes_of(due->key, due->key_len));
    id = id_of(key, due->positions[0], arena);
    if (!read_entry(state_get(parked->shared->state, STATE_PARKED, id, arena), arena, ret_record,
                    ret_attempts)) {
        /* Written by a later release: it waits, and holds up no other lane. */
        due->next_ms = now + PARKED_MOST_MS;
        return false;
    }
    ret_record->order_key = key;
    ret_record->position = due->positions[0];
    /* One that never failed has only waited behind another. */
    if (ret_attempts->tries > 0)
        ret_attempts->waited_ms += now - due->counted_ms;
    due->asked_ms = now;
    return true;
}
