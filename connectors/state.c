/* SPDX-License-Identifier: Apache-2.0
 *
 * Two locks. `writing` is held from begin to the end of commit, Kafka's answer included: it
 * makes the order of the topic the order in memory. `memory` is held for a look-up or for
 * applying a change: readers never wait for Kafka.
 */
#include "connectors/state.h"

#include <pthread.h>
#include <stdlib.h>

#include <uthash.h>

#include "base/crypto.h"
#include "connectors/pack.h"

struct state_entry {
    UT_hash_handle hh;
    struct bytes value; /* owned */
    size_t id_len;
    uint8_t id[];
};

struct state {
    struct durable *log;
    uint8_t id_secret[KEY_SIZE];
    uint8_t state_key[KEY_SIZE];
    pthread_mutex_t writing;
    pthread_mutex_t memory; /* guards what follows */
    uint64_t version;
    struct state_entry *kinds[STATE_KIND_COUNT];
};

struct pending_put {
    enum state_kind kind;
    struct bytes id;
    struct bytes value;
};
struct state_change {
    struct state *state;
    struct arena arena;
    struct pending_put *puts;
    size_t count;
    size_t capacity;
};

static const char *const kind_names[STATE_KIND_COUNT] = {
    [STATE_LINK] = "link",     [STATE_HANDOFF] = "handoff",       [STATE_ECHO] = "echo",
    [STATE_CURSOR] = "cursor", [STATE_MATCH_WAIT] = "wait",       [STATE_STEP] = "step",
    [STATE_PARKED] = "parked", [STATE_UNREADABLE] = "unreadable", [STATE_EXTRACT] = "extract",
};

struct state *state_new(const struct operator_keys *keys, struct durable *log)
{
    struct state *state = xcalloc(1, sizeof(*state));

    state->log = log;
    memcpy(state->id_secret, keys->id_secret, KEY_SIZE);
    memcpy(state->state_key, keys->state_key, KEY_SIZE);
    (void)pthread_mutex_init(&state->writing, NULL);
    (void)pthread_mutex_init(&state->memory, NULL);
    return state;
}

/* ---- Memory ---------------------------------------------------------------------- */

static void entry_free(struct state_entry *entry)
{
    free(entry->value.data ? (void *)(uintptr_t)entry->value.data : NULL);
    free(entry);
}

static struct state_entry *entry_find(struct state *state, enum state_kind kind, struct bytes id)
{
    struct state_entry *entry = NULL;

    HASH_FIND(hh, state->kinds[kind], id.data, id.len, entry);
    return entry;
}

static void forget(struct state *state, enum state_kind kind, struct bytes id)
{
    struct state_entry *entry = entry_find(state, kind, id);

    if (!entry)
        return;
    HASH_DELETE(hh, state->kinds[kind], entry);
    entry_free(entry);
}

static struct bytes copy_of(struct bytes value)
{
    uint8_t *data = xcalloc(1, value.len + 1);

    if (value.len > 0)
        memcpy(data, value.data, value.len);
    return bytes_of(data, value.len);
}

static void remember(struct state *state, enum state_kind kind, struct bytes id, struct bytes value)
{
    struct state_entry *entry;

    forget(state, kind, id);
    if (kind == STATE_HANDOFF || kind == STATE_LINK)
        state->version++;
    if (!value.data)
        return;
    entry = xcalloc(1, sizeof(*entry) + id.len);
    entry->value = copy_of(value);
    entry->id_len = id.len;
    memcpy(entry->id, id.data, id.len);
    HASH_ADD_KEYPTR(hh, state->kinds[kind], entry->id, entry->id_len, entry);
}

void state_free(struct state *state)
{
    if (!state)
        return;
    for (int kind = 0; kind < STATE_KIND_COUNT; kind++) {
        struct state_entry *entry;
        struct state_entry *next;

        HASH_ITER(hh, state->kinds[kind], entry, next)
        {
            /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): uthash takes it out first */
            HASH_DELETE(hh, state->kinds[kind], entry);
            entry_free(entry);
        }
    }
    (void)pthread_mutex_destroy(&state->writing);
    (void)pthread_mutex_destroy(&state->memory);
    free(state);
}

struct bytes state_get(struct state *state, enum state_kind kind, struct bytes id,
                       struct arena *arena)
{
    struct bytes value = BYTES_NONE;
    struct state_entry *entry;

    (void)pthread_mutex_lock(&state->memory);
    entry = entry_find(state, kind, id);
    if (entry)
        value = arena_copy(arena, entry->value);
    (void)pthread_mutex_unlock(&state->memory);
    return value;
}

size_t state_count(struct state *state, enum state_kind kind)
{
    size_t count;

    (void)pthread_mutex_lock(&state->memory);
    count = HASH_COUNT(state->kinds[kind]);
    (void)pthread_mutex_unlock(&state->memory);
    return count;
}

uint64_t state_version(struct state *state)
{
    uint64_t version;

    (void)pthread_mutex_lock(&state->memory);
    version = state->version;
    (void)pthread_mutex_unlock(&state->memory);
    return version;
}

static int compare_puts(const void *a, const void *b)
{
    return bytes_compare(((const struct pending_put *)a)->id, ((const struct pending_put *)b)->id);
}

void state_each(struct state *state, enum state_kind kind, state_visit *each, void *context)
{
    struct arena arena = {0};
    struct pending_put *copies;
    struct state_entry *entry;
    size_t count = 0;

    (void)pthread_mutex_lock(&state->memory);
    copies = arena_array(&arena, HASH_COUNT(state->kinds[kind]) + 1, sizeof(*copies));
    for (entry = state->kinds[kind]; entry; entry = entry->hh.next)
        copies[count++] =
            (struct pending_put){kind, arena_copy(&arena, bytes_of(entry->id, entry->id_len)),
                                 arena_copy(&arena, entry->value)};
    (void)pthread_mutex_unlock(&state->memory);
    qsort(copies, count, sizeof(*copies), compare_puts);
    for (size_t i = 0; i < count; i++)
        each(context, copies[i].id, copies[i].value);
    arena_deinit(&arena);
}

/* ---- Wire ------------------------------------------------------------------------ */

static struct bytes wire_key(const struct state *state, enum state_kind kind, struct bytes id,
                             struct arena *arena)
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];
    struct hmac hmac;
    struct buffer hex = {0};
    struct bytes key;

    hmac_init(&hmac, bytes_of(state->id_secret, KEY_SIZE));
    hmac_update(&hmac, BYTES_LITERAL("state\x1f"));
    hmac_update(&hmac, bytes_of_text(kind_names[kind]));
    hmac_update(&hmac, BYTES_LITERAL("\x1f"));
    hmac_update(&hmac, id);
    hmac_final(&hmac, digest);
    crypto_hex(bytes_of(digest, 16), &hex);
    key = bytes_of_text(arena_printf(arena, "%s/%s", kind_names[kind], buffer_text(&hex)));
    buffer_deinit(&hex);
    return key;
}

static struct bytes wire_value(const struct state *state, const struct pending_put *put,
                               struct bytes key, struct arena *arena)
{
    struct buffer plain = {0};
    struct buffer sealed = {0};
    struct bytes value;

    pack_bytes(&plain, put->id);
    pack_bytes(&plain, put->value);
    crypto_encrypt(state->state_key, buffer_view(&plain), key, &sealed);
    value = arena_copy(arena, buffer_view(&sealed));
    buffer_deinit(&plain);
    buffer_deinit(&sealed);
    return value;
}

static bool kind_of(struct bytes key, enum state_kind *ret_kind)
{
    for (int kind = 0; kind < STATE_KIND_COUNT; kind++) {
        struct bytes name = bytes_of_text(kind_names[kind]);

        if (bytes_starts_with(key, name) && key.len > name.len && key.data[name.len] == '/') {
            *ret_kind = (enum state_kind)kind;
            return true;
        }
    }
    return false;
}

/* A tombstone does not say its id: the entry with that key is looked for. Rare: only at
 * start, and compaction leaves few. */
static void forget_key(struct state *state, enum state_kind kind, struct bytes key)
{
    struct arena arena = {0};
    struct state_entry *entry;

    for (entry = state->kinds[kind]; entry; entry = entry->hh.next) {
        struct bytes id = bytes_of(entry->id, entry->id_len);

        if (bytes_equal(wire_key(state, kind, id, &arena), key)) {
            forget(state, kind, id);
            break;
        }
    }
    arena_deinit(&arena);
}

enum outcome state_load(struct state *state, struct bytes key, struct bytes value,
                        struct error *err)
{
    struct buffer plain = {0};
    enum state_kind kind;
    struct bytes id;
    struct bytes content;
    struct cursor in;

    if (!kind_of(key, &kind))
        return OUTCOME_OK; /* of a later version of the program */
    if (!value.data) {
        forget_key(state, kind, key);
        return OUTCOME_OK;
    }
    if (crypto_decrypt(state->state_key, value, key, &plain, err) != OUTCOME_OK) {
        buffer_deinit(&plain);
        return error_set(err, OUTCOME_FATAL,
                         "state topic: a record was not written with this keys_file");
    }
    in = cursor_over(buffer_view(&plain));
    if (pack_read_bytes(&in, &id) && pack_read_bytes(&in, &content) && id.data && content.data)
        remember(state, kind, id, content);
    buffer_deinit(&plain);
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

static struct pending_put *find_put(const struct state_change *change, enum state_kind kind,
                                    struct bytes id)
{
    for (size_t i = 0; i < change->count; i++) {
        if (change->puts[i].kind == kind && bytes_equal(change->puts[i].id, id))
            return &change->puts[i];
    }
    return NULL;
}

struct bytes state_read(const struct state_change *change, enum state_kind kind, struct bytes id,
                        struct arena *arena)
{
    const struct pending_put *put = find_put(change, kind, id);

    return put ? put->value : state_get(change->state, kind, id, arena);
}

void state_put(struct state_change *change, enum state_kind kind, struct bytes id,
               struct bytes value)
{
    struct pending_put *put = find_put(change, kind, id);

    if (!put) {
        if (change->count == change->capacity) {
            change->capacity = change->capacity ? 2 * change->capacity : 8;
            change->puts = xrealloc(change->puts, change->capacity * sizeof(*change->puts));
        }
        put = &change->puts[change->count++];
        *put = (struct pending_put){kind, arena_copy(&change->arena, id), BYTES_NONE};
    }
    put->value = value.data ? arena_copy(&change->arena, value) : BYTES_NONE;
}

void state_abort(struct state_change *change)
{
    (void)pthread_mutex_unlock(&change->state->writing);
    arena_deinit(&change->arena);
    free(change->puts);
    free(change);
}

static enum outcome append_puts(struct state_change *change, struct error *err)
{
    struct state *state = change->state;
    struct durable_record *records = arena_array(&change->arena, change->count, sizeof(*records));

    for (size_t i = 0; i < change->count; i++) {
        const struct pending_put *put = &change->puts[i];
        struct bytes key = wire_key(state, put->kind, put->id, &change->arena);

        records[i] = (struct durable_record){
            .topic = TOPIC_STATE,
            .key = key,
            .value = put->value.data ? wire_value(state, put, key, &change->arena) : BYTES_NONE};
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
            remember(state, change->puts[i].kind, change->puts[i].id, change->puts[i].value);
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
