/* SPDX-License-Identifier: Apache-2.0
 *
 * Two locks. `writing` is held from begin to the end of commit, Kafka's answer included: it
 * makes the order of the topic the order in memory. `memory` is held for a look-up or for
 * applying a change: readers never wait for Kafka.
 */
#include "connectors/memory/state.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "connectors/memory/state_wire.h"

#define DAY_ZERO_US INT64_C(1577836800000000) /* 2020-01-01 */

static_assert((int)STATE_KEY_SIZE == ENTRY_KEY_SIZE, "one key");

struct state {
    struct durable *log;
    struct clock *clock;
    struct state_wire wire;
    pthread_mutex_t writing;
    pthread_mutex_t memory; /* guards what follows */
    uint64_t version;
    struct entries kinds[STATE_KIND_COUNT];
    struct buffer plain; /* of the record being loaded */
    int walk_kind;       /* state_expired(): where it goes on */
    size_t walk_at;
};

struct state_change {
    struct state *state;
    struct arena arena;
    struct state_wire_entry *puts; /* `value` BYTES_NONE: to be forgotten */
    size_t count;
    size_t capacity;
    size_t *slots; /* twice the capacity; by key: 0, or 1 + where it stands in `puts` */
};

/* Whose ids are needed again, and how long it lives; 0: until it is taken out. */
static const struct {
    bool keeps_id;
    uint16_t days;
} traits[STATE_KIND_COUNT] = {
    [STATE_LINK] = {false, STATE_OPEN_DAYS},
    [STATE_HANDOFF] = {true, STATE_OPEN_DAYS},
    [STATE_ECHO] = {false, STATE_ECHO_DAYS},
    [STATE_CURSOR] = {true, 0},
    [STATE_MATCH_WAIT] = {true, 0},
    [STATE_STEP] = {true, STATE_STEP_DAYS},
    [STATE_PARKED] = {true, 0},
    [STATE_UNREADABLE] = {false, STATE_OPEN_DAYS},
    [STATE_EXTRACT] = {true, 0},
};

struct state *state_new(const struct operator_keys *keys, struct durable *log, struct clock *clock)
{
    struct state *state = xcalloc(1, sizeof(*state));

    state->log = log;
    state->clock = clock;
    memcpy(state->wire.id_secret, keys->id_secret, KEY_SIZE);
    memcpy(state->wire.state_key, keys->state_key, KEY_SIZE);
    (void)pthread_mutex_init(&state->writing, NULL);
    (void)pthread_mutex_init(&state->memory, NULL);
    return state;
}

void state_free(struct state *state)
{
    if (!state)
        return;
    for (int kind = 0; kind < STATE_KIND_COUNT; kind++)
        entries_deinit(&state->kinds[kind]);
    buffer_deinit(&state->plain);
    (void)pthread_mutex_destroy(&state->writing);
    (void)pthread_mutex_destroy(&state->memory);
    free(state);
}

/* ---- Life ------------------------------------------------------------------------ */

static uint16_t today(const struct state *state)
{
    int64_t day = (clock_wall_us(state->clock) - DAY_ZERO_US) / US_PER_DAY;

    return day < 1 ? 1 : day >= ENTRY_FOR_EVER ? ENTRY_FOR_EVER - 1 : (uint16_t)day;
}

static uint16_t day_after(const struct state *state, uint16_t days)
{
    uint32_t day = (uint32_t)today(state) + days;

    return days == 0 ? ENTRY_FOR_EVER : day >= ENTRY_FOR_EVER ? ENTRY_FOR_EVER - 1 : (uint16_t)day;
}

/* ---- Memory ---------------------------------------------------------------------- */

static void remember(struct state *state, const struct state_wire_entry *entry)
{
    struct entries *entries = &state->kinds[entry->kind];
    bool fresh;

    if (!entry->value.data) {
        entries_remove(entries, entry->key);
        return;
    }
    fresh = entry->kind == STATE_ECHO && !entries_find(entries, entry->key);
    entries_put(entries, entry->key, traits[entry->kind].keeps_id ? entry->id : BYTES_NONE,
                entry->value, entry->until_day);
    if (entry->kind == STATE_HANDOFF || entry->kind == STATE_LINK || fresh)
        state->version++;
}

static struct bytes get_by_key(struct state *state, enum state_kind kind,
                               const uint8_t key[ENTRY_KEY_SIZE], struct arena *arena)
{
    struct bytes value = BYTES_NONE;
    const struct entry *entry;

    (void)pthread_mutex_lock(&state->memory);
    entry = entries_find(&state->kinds[kind], key);
    if (entry)
        value = arena_copy(arena, entries_value(entry));
    (void)pthread_mutex_unlock(&state->memory);
    return value;
}

struct bytes state_get(struct state *state, enum state_kind kind, struct bytes id,
                       struct arena *arena)
{
    uint8_t key[ENTRY_KEY_SIZE];

    state_wire_key(&state->wire, kind, id, key);
    return get_by_key(state, kind, key, arena);
}

size_t state_count(struct state *state, enum state_kind kind)
{
    size_t count;

    (void)pthread_mutex_lock(&state->memory);
    count = state->kinds[kind].count;
    (void)pthread_mutex_unlock(&state->memory);
    return count;
}

size_t state_bytes(struct state *state, enum state_kind kind)
{
    size_t bytes;

    (void)pthread_mutex_lock(&state->memory);
    bytes = state->kinds[kind].bytes;
    (void)pthread_mutex_unlock(&state->memory);
    return bytes;
}

uint64_t state_version(struct state *state)
{
    uint64_t version;

    (void)pthread_mutex_lock(&state->memory);
    version = state->version;
    (void)pthread_mutex_unlock(&state->memory);
    return version;
}

/* ---- All of a kind ---------------------------------------------------------------- */

struct visited {
    struct bytes id;
    uint8_t key[ENTRY_KEY_SIZE];
};

static int compare_visited(const void *a, const void *b)
{
    return bytes_compare(((const struct visited *)a)->id, ((const struct visited *)b)->id);
}

static struct visited *list_kind(struct state *state, enum state_kind kind, struct arena *arena,
                                 size_t *ret_count)
{
    const struct entries *entries = &state->kinds[kind];
    const struct entry *entry;
    struct visited *list;
    size_t count = 0;
    size_t at = 0;

    (void)pthread_mutex_lock(&state->memory);
    list = arena_array(arena, entries->count + 1, sizeof(*list));
    while ((entry = entries_next(entries, &at)) != NULL) {
        list[count].id = arena_copy(arena, entries_id(entry));
        memcpy(list[count++].key, entry->key, ENTRY_KEY_SIZE);
    }
    (void)pthread_mutex_unlock(&state->memory);
    qsort(list, count, sizeof(*list), compare_visited);
    *ret_count = count;
    return list;
}

/* The values are copied one by one: all ids of a kind are small, all values need not be. */
void state_each(struct state *state, enum state_kind kind, state_visit *each, void *context)
{
    struct arena arena = {0};
    struct arena one = {0};
    size_t count;
    const struct visited *list = list_kind(state, kind, &arena, &count);

    assert(traits[kind].keeps_id);
    for (size_t i = 0; i < count; i++) {
        struct bytes value;

        arena_reset(&one);
        value = get_by_key(state, kind, list[i].key, &one);
        if (value.data)
            each(context, list[i].id, value);
    }
    arena_deinit(&one);
    arena_deinit(&arena);
}

/* ---- What has lived long enough ---------------------------------------------------- */

/* The next entry of the walk over all kinds; NULL: the end of one kind. */
static const struct entry *walk(struct state *state, enum state_kind *ret_kind)
{
    const struct entry *entry;

    *ret_kind = (enum state_kind)state->walk_kind;
    entry = entries_next(&state->kinds[*ret_kind], &state->walk_at);
    if (!entry) {
        state->walk_at = 0;
        state->walk_kind = (state->walk_kind + 1) % STATE_KIND_COUNT;
    }
    return entry;
}

size_t state_expired(struct state *state, size_t most, struct arena *arena,
                     struct state_expired *ret_list)
{
    uint16_t now = today(state);
    size_t count = 0;
    int ends = 0; /* of kinds: once round is enough */

    (void)pthread_mutex_lock(&state->memory);
    for (size_t looked = 0; looked < STATE_LOOK_MOST && count < most && ends < STATE_KIND_COUNT;
         looked++) {
        enum state_kind kind;
        const struct entry *entry = walk(state, &kind);

        ends += entry == NULL;
        if (!entry || entry->until_day == ENTRY_FOR_EVER || entry->until_day >= now)
            continue;
        ret_list[count] = (struct state_expired){.kind = kind,
                                                 .id = arena_copy(arena, entries_id(entry)),
                                                 .value = arena_copy(arena, entries_value(entry))};
        memcpy(ret_list[count++].key, entry->key, ENTRY_KEY_SIZE);
    }
    (void)pthread_mutex_unlock(&state->memory);
    return count;
}

/* ---- Loading ----------------------------------------------------------------------- */

enum outcome state_load(struct state *state, struct bytes key, struct bytes value,
                        struct error *err)
{
    struct state_wire_entry entry;

    if (!state_wire_read_key(key, &entry))
        return OUTCOME_OK; /* of a later version of the program */
    if (value.data) {
        enum outcome outcome =
            state_wire_read_value(&state->wire, key, value, &state->plain, &entry, err);

        if (outcome != OUTCOME_OK)
            return outcome;
        if (traits[entry.kind].keeps_id && entry.id.len > ENTRY_ID_MOST)
            return error_set(err, OUTCOME_FATAL, "state topic: a record is damaged");
        if (entry.until_day == 0)
            entry.until_day = day_after(state, traits[entry.kind].days);
    }
    remember(state, &entry);
    return OUTCOME_OK;
}

/* ---- Changing -------------------------------------------------------------------- */

struct state_change *state_begin(struct state *state)
{
    struct state_change *change = xcalloc(1, sizeof(*change));

    change->state = state;
    (void)pthread_mutex_lock(&state->writing);
    return change;
}

static bool is_put(const struct state_wire_entry *put, enum state_kind kind,
                   const uint8_t key[ENTRY_KEY_SIZE])
{
    return put->kind == kind && memcmp(put->key, key, ENTRY_KEY_SIZE) == 0;
}

/* Where its number stands, or the gap where it would. Keys are hashes; so is their beginning. */
static size_t *slot_of(const struct state_change *change, enum state_kind kind,
                       const uint8_t key[ENTRY_KEY_SIZE])
{
    size_t mask = 2 * change->capacity - 1;
    uint64_t hash;

    memcpy(&hash, key, sizeof(hash));
    for (size_t at = (size_t)hash & mask;; at = (at + 1) & mask) {
        size_t *slot = &change->slots[at];

        if (*slot == 0 || is_put(&change->puts[*slot - 1], kind, key))
            return slot;
    }
}

static struct state_wire_entry *find_put(const struct state_change *change, enum state_kind kind,
                                         const uint8_t key[ENTRY_KEY_SIZE])
{
    size_t number = change->capacity > 0 ? *slot_of(change, kind, key) : 0;

    return number > 0 ? &change->puts[number - 1] : NULL;
}

static void grow_puts(struct state_change *change)
{
    change->capacity = change->capacity ? 2 * change->capacity : 8;
    change->puts = xrealloc(change->puts, change->capacity * sizeof(*change->puts));
    free(change->slots);
    change->slots = xcalloc(2 * change->capacity, sizeof(*change->slots));
    for (size_t i = 0; i < change->count; i++)
        *slot_of(change, change->puts[i].kind, change->puts[i].key) = i + 1;
}

struct bytes state_read(const struct state_change *change, enum state_kind kind, struct bytes id,
                        struct arena *arena)
{
    uint8_t key[ENTRY_KEY_SIZE];
    const struct state_wire_entry *put;

    state_wire_key(&change->state->wire, kind, id, key);
    put = find_put(change, kind, key);
    return put ? put->value : get_by_key(change->state, kind, key, arena);
}

/* The entry of the change with that key, made when there is none. */
static struct state_wire_entry *get_put(struct state_change *change, enum state_kind kind,
                                        const uint8_t key[ENTRY_KEY_SIZE])
{
    struct state_wire_entry *put = find_put(change, kind, key);

    if (put)
        return put;
    if (change->count == change->capacity)
        grow_puts(change);
    assert(change->puts);
    put = &change->puts[change->count];
    *put = (struct state_wire_entry){.kind = kind};
    memcpy(put->key, key, ENTRY_KEY_SIZE);
    change->count++;
    *slot_of(change, kind, key) = change->count;
    return put;
}

void state_put_for(struct state_change *change, enum state_kind kind, struct bytes id,
                   struct bytes value, uint16_t days)
{
    uint8_t key[ENTRY_KEY_SIZE];
    struct state_wire_entry *put;

    assert(!traits[kind].keeps_id || id.len <= ENTRY_ID_MOST);
    state_wire_key(&change->state->wire, kind, id, key);
    put = get_put(change, kind, key);
    put->id = arena_copy(&change->arena, id);
    put->value = value.data ? arena_copy(&change->arena, value) : BYTES_NONE;
    put->until_day = day_after(change->state, days);
}

void state_put(struct state_change *change, enum state_kind kind, struct bytes id,
               struct bytes value)
{
    state_put_for(change, kind, id, value, traits[kind].days);
}

bool state_is_expired(const struct state_change *change, const struct state_expired *expired)
{
    struct state *state = change->state;
    const struct entry *entry;
    bool is;

    (void)pthread_mutex_lock(&state->memory);
    entry = entries_find(&state->kinds[expired->kind], expired->key);
    is = entry && entry->until_day < today(state);
    (void)pthread_mutex_unlock(&state->memory);
    return is;
}

void state_forget(struct state_change *change, const struct state_expired *expired)
{
    get_put(change, expired->kind, expired->key)->value = BYTES_NONE;
}

void state_abort(struct state_change *change)
{
    (void)pthread_mutex_unlock(&change->state->writing);
    arena_deinit(&change->arena);
    free(change->puts);
    free(change->slots);
    free(change);
}

static enum outcome append_puts(struct state_change *change, struct error *err)
{
    struct state *state = change->state;
    struct durable_record *records = arena_array(&change->arena, change->count, sizeof(*records));

    for (size_t i = 0; i < change->count; i++) {
        const struct state_wire_entry *put = &change->puts[i];
        struct bytes key = state_wire_key_text(put->kind, put->key, &change->arena);

        records[i] = (struct durable_record){
            .topic = TOPIC_STATE,
            .key = key,
            .value = put->value.data ? state_wire_value(&state->wire, put, key, &change->arena)
                                     : BYTES_NONE};
    }
    return durable_append(state->log, records, change->count, NULL, err);
}

enum outcome state_commit(struct state_change *change, struct error *err)
{
    struct state *state = change->state;
    enum outcome outcome = OUTCOME_OK;

    if (state->log && change->count > 0)
        outcome = append_puts(change, err);
    if (outcome == OUTCOME_OK) {
        (void)pthread_mutex_lock(&state->memory);
        for (size_t i = 0; i < change->count; i++)
            remember(state, &change->puts[i]);
        (void)pthread_mutex_unlock(&state->memory);
    } else {
        (void)error_wrap(err, "state topic");
    }
    state_abort(change);
    return outcome;
}

enum outcome state_set(struct state *state, enum state_kind kind, struct bytes id,
                       struct bytes value, struct error *err)
{
    struct state_change *change = state_begin(state);

    state_put(change, kind, id, value);
    return state_commit(change, err);
}

void state_interrupt(struct state *state)
{
    durable_interrupt(state->log);
}
