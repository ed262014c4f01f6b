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

#include "base/crypto.h"
#include "connectors/memory/puts.h"

/* A larger change than a push makes gives its memory back. */
#define CHANGE_KEPT 2048
#define CHANGE_KEPT_BYTES ((size_t)1024 * 1024)
#define DAY_ZERO_US INT64_C(1577836800000000) /* 2020-01-01 */

static_assert((int)STATE_KEY_SIZE == ENTRY_KEY_SIZE, "one key");

/* One at a time, so its memory serves the next one. */
struct state_change {
    struct state *state;
    struct arena arena;
    struct puts puts;
    size_t bytes; /* of their values */
};

struct state {
    struct durable *log;
    struct clock *clock;
    struct state_wire wire;
    pthread_mutex_t writing; /* guards what follows */
    struct state_change change;
    pthread_mutex_t memory; /* guards what follows */
    uint64_t version;
    struct entries kinds[STATE_KIND_COUNT];
    struct buffer plain; /* of the record being loaded */
    int walk_kind;       /* state_expired(): where it goes on */
    size_t walk_at;
};

/* Whose ids are needed again; whose values have no record of their own; how long it lives; 0:
 * until it is taken out. */
static const struct {
    bool keeps_id;
    bool unwritten;
    uint16_t days;
} traits[STATE_KIND_COUNT] = {
    [STATE_LINK] = {.unwritten = true}, /* gone with the last of its hand-overs */
    [STATE_HANDOFF] = {.keeps_id = true, .days = STATE_OPEN_DAYS},
    [STATE_ECHO] = {.days = STATE_ECHO_DAYS},
    [STATE_CURSOR] = {.keeps_id = true},
    [STATE_MATCH_WAIT] = {.keeps_id = true},
    [STATE_STEP] = {.keeps_id = true, .days = STATE_STEP_DAYS},
    [STATE_PARKED] = {.keeps_id = true},
    [STATE_UNREADABLE] = {.days = STATE_OPEN_DAYS},
    [STATE_EXTRACT] = {.keeps_id = true},
    [STATE_SENT] = {.unwritten = true, .days = STATE_ECHO_DAYS},
    [STATE_SENT_LIST] = {.days = STATE_ECHO_DAYS},
};

struct state *state_new(const struct operator_keys *keys, struct durable *log, struct clock *clock)
{
    struct state *state = xcalloc(1, sizeof(*state));

    state->log = log;
    state->clock = clock;
    state->change.state = state;
    state_wire_init(&state->wire, keys);
    (void)pthread_mutex_init(&state->writing, NULL);
    (void)pthread_mutex_init(&state->memory, NULL);
    return state;
}

static void change_deinit(struct state_change *change)
{
    arena_deinit(&change->arena);
    puts_deinit(&change->puts);
}

void state_free(struct state *state)
{
    if (!state)
        return;
    for (int kind = 0; kind < STATE_KIND_COUNT; kind++)
        entries_deinit(&state->kinds[kind]);
    buffer_deinit(&state->plain);
    change_deinit(&state->change);
    state_wire_wipe(&state->wire);
    (void)pthread_mutex_destroy(&state->writing);
    (void)pthread_mutex_destroy(&state->memory);
    free(state);
}

/* ---- Life ------------------------------------------------------------------------ */

int64_t state_now(const struct state *state)
{
    return clock_wall_us(state->clock);
}

static uint16_t today(const struct state *state)
{
    int64_t day = (state_now(state) - DAY_ZERO_US) / US_PER_DAY;

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
    fresh = entry->kind == STATE_SENT && !entries_find(entries, entry->key);
    entries_put(entries, entry->key, traits[entry->kind].keeps_id ? entry->id : BYTES_NONE,
                entry->kind == STATE_SENT_LIST ? BYTES_LITERAL("") : entry->value,
                entry->until_day);
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

    if (state_count(state, kind) == 0) /* some kinds mostly are */
        return BYTES_NONE;
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

/* What an entry says of what was sent; most say nothing. */
static void remember_sent(struct state *state, const struct state_wire_entry *entry)
{
    struct cursor list = cursor_over(entry->kind == STATE_SENT_LIST ? entry->value : BYTES_NONE);
    struct state_wire_entry sent;

    while (state_wire_next_sent(&list, &sent)) {
        sent.until_day = entry->until_day;
        remember(state, &sent);
    }
}

enum outcome state_load(struct state *state, struct bytes key, struct bytes value,
                        struct error *err)
{
    struct state_wire_entry entry;

    if (!state_wire_read_key(key, &entry) || traits[entry.kind].unwritten)
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
        remember_sent(state, &entry);
    }
    remember(state, &entry);
    return OUTCOME_OK;
}

/* ---- Changing -------------------------------------------------------------------- */

struct state_change *state_begin(struct state *state)
{
    (void)pthread_mutex_lock(&state->writing);
    return &state->change;
}

struct bytes state_read(const struct state_change *change, enum state_kind kind, struct bytes id,
                        struct arena *arena)
{
    uint8_t key[ENTRY_KEY_SIZE];
    const struct state_wire_entry *put;

    state_wire_key(&change->state->wire, kind, id, key);
    put = puts_find(&change->puts, kind, key);
    return put ? put->value : get_by_key(change->state, kind, key, arena);
}

void state_put_for(struct state_change *change, enum state_kind kind, struct bytes id,
                   struct bytes value, uint16_t days)
{
    uint8_t key[ENTRY_KEY_SIZE];
    struct state_wire_entry *put;

    assert(!traits[kind].keeps_id || id.len <= ENTRY_ID_MOST);
    state_wire_key(&change->state->wire, kind, id, key);
    put = puts_get(&change->puts, kind, key);
    put->id = arena_copy(&change->arena, id);
    put->value = value.data ? arena_copy(&change->arena, value) : BYTES_NONE;
    put->until_day = day_after(change->state, days);
    change->bytes += value.len;
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
    puts_get(&change->puts, expired->kind, expired->key)->value = BYTES_NONE;
}

void state_put_again(struct state_change *change, struct bytes key_text)
{
    struct state *state = change->state;
    struct state_wire_entry named;
    struct state_wire_entry *put;
    const struct entry *entry;

    if (!state_wire_read_key(key_text, &named) || named.kind == STATE_SENT_LIST)
        return;
    put = puts_get(&change->puts, named.kind, named.key);
    (void)pthread_mutex_lock(&state->memory);
    entry = entries_find(&state->kinds[named.kind], named.key);
    put->id = arena_copy(&change->arena, entry ? entries_id(entry) : BYTES_LITERAL(""));
    put->value = entry ? arena_copy(&change->arena, entries_value(entry)) : BYTES_NONE;
    put->until_day = entry ? entry->until_day : 0;
    (void)pthread_mutex_unlock(&state->memory);
}

void state_abort(struct state_change *change)
{
    if (change->puts.count > CHANGE_KEPT || change->bytes > CHANGE_KEPT_BYTES)
        change_deinit(change);
    change->bytes = 0;
    arena_reset(&change->arena);
    puts_clear(&change->puts);
    (void)pthread_mutex_unlock(&change->state->writing);
}

/* ---- Writing ----------------------------------------------------------------------- */

/* Puts the record of what was sent since `*from`, if anything was: at most one record's. */
static void put_sent_list(struct state_change *change, size_t *from, size_t end)
{
    uint8_t key[ENTRY_KEY_SIZE];
    struct buffer list = {0};
    struct state_wire_entry *put;

    for (; *from < end && list.len < STATE_WIRE_SENT_BYTES_MOST; (*from)++) {
        const struct state_wire_entry *sent = &change->puts.list[*from];

        if (sent->kind == STATE_SENT && sent->value.len == ENTRY_KEY_SIZE)
            state_wire_add_sent(&list, sent);
    }
    if (list.len > 0) {
        crypto_random(key, sizeof(key));
        put = puts_get(&change->puts, STATE_SENT_LIST, key);
        put->id = BYTES_LITERAL("");
        put->value = arena_copy(&change->arena, buffer_view(&list));
        put->until_day = day_after(change->state, STATE_ECHO_DAYS);
    }
    buffer_deinit(&list);
}

static struct durable_record record_of(struct state_change *change,
                                       const struct state_wire_entry *put,
                                       const uint8_t nonce[CRYPTO_NONCE_SIZE])
{
    struct durable_record record = {.topic = TOPIC_STATE};

    record.key = state_wire_key_text(put->kind, put->key, &change->arena);
    if (put->value.data)
        record.value =
            state_wire_value(&change->state->wire, put, nonce, record.key, &change->arena);
    return record;
}

static enum outcome append_puts(struct state_change *change, struct error *err)
{
    struct durable_record *records;
    uint8_t *nonces; /* asked for at once: each request is a call of the system */
    size_t count = 0;

    for (size_t from = 0, end = change->puts.count; from < end;)
        put_sent_list(change, &from, end);
    records = arena_array(&change->arena, change->puts.count, sizeof(*records));
    nonces = arena_alloc_unset(&change->arena, change->puts.count * CRYPTO_NONCE_SIZE);
    crypto_random(nonces, change->puts.count * CRYPTO_NONCE_SIZE);
    for (size_t i = 0; i < change->puts.count; i++)
        if (!traits[change->puts.list[i].kind].unwritten)
            records[count++] =
                record_of(change, &change->puts.list[i], nonces + i * CRYPTO_NONCE_SIZE);
    return durable_append(change->state->log, records, count, NULL, err);
}

enum outcome state_commit(struct state_change *change, struct error *err)
{
    struct state *state = change->state;
    enum outcome outcome = OUTCOME_OK;

    if (state->log && change->puts.count > 0)
        outcome = append_puts(change, err);
    if (outcome == OUTCOME_OK) {
        (void)pthread_mutex_lock(&state->memory);
        for (size_t i = 0; i < change->puts.count; i++)
            remember(state, &change->puts.list[i]);
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
