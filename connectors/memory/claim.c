/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/memory/claim.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/kafka_consumer.h"
#include "base/log.h"

#define ID_SIZE 16
#define VALUE_SIZE (ID_SIZE + 8)
#define OWNER_KEY BYTES_LITERAL("owner")
#define THE_CLAIM INT64_C(-1) /* where it stands is not known before it is written */

#define TAKE_MS 3000 /* nothing interrupts a start */
#define LOOK_POLL_MS 100
#define LOOK_MOST_MS 3000
/* Keys to be written over; an append of an older connector is far smaller. */
#define OTHERS_MOST 16384

/* Keys of what stands between our records. */
struct others {
    struct arena arena;
    struct bytes *keys;
    size_t count;
    size_t capacity;
};

struct claim {
    struct durable durable;
    struct kafka_config *kafka;
    struct kafka_producer *producer;
    int32_t timeout_ms;
    char operator_code[32];
    char topic[TOPIC_NAME_SIZE];
    uint8_t id[ID_SIZE];
    int64_t at;   /* where our claim stands               */
    int64_t next; /* where our next record should stand   */
    bool taken;   /* these two are known                  */
    bool lost;    /* another has taken over: for ever     */
    struct others others;
    _Atomic int64_t prove_ms; /* monotonic; 0: at once */
    atomic_bool interrupted;
};

/* ---- The owner's record -------------------------------------------------------------- */

static struct kafka_record owner_record(const struct claim *claim, int64_t at,
                                        uint8_t value[VALUE_SIZE])
{
    memcpy(value, claim->id, ID_SIZE);
    for (int i = 0; i < 8; i++)
        value[ID_SIZE + i] = (uint8_t)((uint64_t)at >> (56 - 8 * i));
    return (struct kafka_record){.topic = claim->topic,
                                 .partition = -1,
                                 .key = OWNER_KEY,
                                 .value = bytes_of(value, VALUE_SIZE)};
}

/* Of a connector whose claim stands behind ours. */
static bool is_newer(const struct claim *claim, const struct kafka_message *message)
{
    uint64_t at = 0;

    if (message->value.len != VALUE_SIZE || memcmp(message->value.data, claim->id, ID_SIZE) == 0)
        return false;
    for (int i = 0; i < 8; i++)
        at = at << 8 | message->value.data[ID_SIZE + i];
    return ((int64_t)at == THE_CLAIM ? message->offset : (int64_t)at) > claim->at;
}

static enum outcome taken_over(const struct claim *claim, struct error *err)
{
    return error_set(err, OUTCOME_FATAL,
                     "un autre connecteur de %s a démarré après celui-ci et a pris la suite : il "
                     "n'en faut qu'un par opérateur, arrêtez celui qui est de trop",
                     claim->operator_code);
}

/* ---- What stands between our records -------------------------------------------------- */

static void add_other(struct claim *claim, struct bytes key)
{
    struct others *others = &claim->others;

    if (!key.data || others->count == OTHERS_MOST)
        return;
    if (others->count == others->capacity) {
        others->capacity = others->capacity ? 2 * others->capacity : 64;
        others->keys = xrealloc(others->keys, others->capacity * sizeof(*others->keys));
    }
    others->keys[others->count++] = arena_copy(&others->arena, key);
}

static void others_deinit(struct others *others)
{
    arena_deinit(&others->arena);
    free(others->keys);
}

static void look_at(struct claim *claim, const struct kafka_message *message)
{
    if (!bytes_equal(message->key, OWNER_KEY))
        add_other(claim, message->key);
    else if (is_newer(claim, message))
        claim->lost = true;
}

static enum outcome look_until(struct claim *claim, struct kafka_consumer *consumer, int64_t end,
                               struct error *err)
{
    int64_t deadline_ms = clock_mono_ms(clock_system()) + LOOK_MOST_MS;

    while (!atomic_load(&claim->interrupted) && clock_mono_ms(clock_system()) < deadline_ms) {
        struct kafka_message message = {0};
        enum kafka_event event = KAFKA_NOTHING;
        int64_t next;
        enum outcome outcome = kafka_consumer_poll(consumer, LOOK_POLL_MS, &event, &message, err);

        if (outcome != OUTCOME_OK)
            return outcome;
        if (event == KAFKA_NOTHING || event == KAFKA_REBALANCED)
            continue;
        /* What comes next: compaction may have taken the last record below `end`. */
        next = event == KAFKA_END ? message.offset : message.offset + 1;
        if (event == KAFKA_MESSAGE && message.offset < end)
            look_at(claim, &message);
        kafka_message_free(&message);
        if (next >= end)
            return OUTCOME_OK;
    }
    return error_set(err, OUTCOME_RETRY, "what stands between our records was not read");
}

/* Everything from where our next record should stand up to where it stands, `end`. */
static enum outcome look_between(struct claim *claim, int64_t end, struct error *err)
{
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    size_t known = claim->others.count;
    enum outcome outcome = kafka_consumer_open(claim->kafka, NULL, true, &consumer, err);

    if (outcome == OUTCOME_OK)
        outcome = kafka_consumer_assign(consumer, claim->topic, 0, claim->next, err);
    if (outcome == OUTCOME_OK)
        outcome = look_until(claim, consumer, end, err);
    if (outcome == OUTCOME_OK && claim->lost)
        return taken_over(claim, err);
    if (outcome == OUTCOME_OK && claim->others.count > known) {
        log_warn("claim", "records between ours in the state topic, which memory will write over",
                 LOG_INT("from", claim->next), LOG_INT("to", end));
        atomic_store(&claim->prove_ms, 0); /* at once */
    }
    return outcome;
}

/* A record of ours is durable at `offset`: nobody took over before it. */
static enum outcome look_behind(struct claim *claim, int64_t offset, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;

    if (offset < 0)
        return error_set(err, OUTCOME_RETRY, "kafka did not say where a record stands");
    if (offset > claim->next)
        outcome = look_between(claim, offset, err);
    else if (offset < claim->next)
        log_error("claim", "the state topic lost its end: what is in memory only is lost with it",
                  LOG_INT("expected", claim->next), LOG_INT("found", offset));
    if (outcome == OUTCOME_OK)
        claim->next = offset + 1;
    return outcome;
}

/* ---- The log --------------------------------------------------------------------------- */

/* Sends, and believes a record only when it is known what stands before it. */
static enum outcome send_watched(struct claim *claim, const struct kafka_record *records,
                                 size_t count, enum outcome *results, struct error *err)
{
    enum outcome sent;
    enum outcome looked = OUTCOME_OK;

    for (size_t i = 0; i < count; i++)
        results[i] = OUTCOME_FATAL;
    if (claim->lost)
        return taken_over(claim, err);
    sent = kafka_producer_send(claim->producer, records, count, claim->timeout_ms, results, err);
    for (size_t i = 0; i < count; i++) {
        if (looked == OUTCOME_OK && results[i] == OUTCOME_OK)
            looked = look_behind(claim, kafka_producer_offset(claim->producer, i), err);
        if (looked > results[i])
            results[i] = looked;
    }
    return looked > sent ? looked : sent;
}

static enum outcome claim_append(struct durable *durable, const struct durable_record *records,
                                 size_t count, enum outcome *results, struct error *err)
{
    struct claim *claim = (struct claim *)durable;
    struct kafka_record *out = xcalloc(count, sizeof(*out));
    enum outcome outcome;

    for (size_t i = 0; i < count; i++) {
        assert(records[i].topic == TOPIC_STATE);
        out[i] = (struct kafka_record){.topic = claim->topic,
                                       .partition = -1,
                                       .key = records[i].key,
                                       .value = records[i].value};
    }
    outcome = send_watched(claim, out, count, results, err);
    free(out);
    return outcome;
}

static void claim_interrupt(struct durable *durable)
{
    struct claim *claim = (struct claim *)durable;

    atomic_store(&claim->interrupted, true);
    kafka_producer_interrupt(claim->producer);
}

static const struct durable_ops claim_ops = {.append = claim_append, .interrupt = claim_interrupt};

enum outcome claim_open(const struct kafka_config *kafka, const char *operator_code,
                        int32_t timeout_ms, struct claim **ret_claim, struct error *err)
{
    struct kafka_producer *producer = NULL;
    enum outcome opened = kafka_producer_open(kafka, &producer, err);
    struct claim *claim;

    if (opened != OUTCOME_OK)
        return opened;
    claim = xcalloc(1, sizeof(*claim));
    claim->durable.ops = &claim_ops;
    claim->kafka = kafka_config_copy(kafka);
    claim->producer = producer;
    claim->timeout_ms = timeout_ms;
    (void)snprintf(claim->operator_code, sizeof(claim->operator_code), "%s", operator_code);
    (void)topics_name(TOPIC_STATE, operator_code, claim->topic);
    crypto_random(claim->id, sizeof(claim->id));
    *ret_claim = claim;
    return OUTCOME_OK;
}

void claim_close(struct claim *claim)
{
    if (!claim)
        return;
    kafka_producer_close(claim->producer);
    kafka_config_free(claim->kafka);
    others_deinit(&claim->others);
    free(claim);
}

struct durable *claim_log(struct claim *claim)
{
    return &claim->durable;
}

/* ---- Taking, proving --------------------------------------------------------------------- */

/* Writes one owner's record; `at` is where the claim stands that it is of. */
static enum outcome send_owner(struct claim *claim, int64_t at, int64_t *ret_offset,
                               struct error *err)
{
    uint8_t value[VALUE_SIZE];
    struct kafka_record record = owner_record(claim, at, value);
    enum outcome result = OUTCOME_RETRY;
    enum outcome outcome = kafka_producer_send(claim->producer, &record, 1, TAKE_MS, &result, err);

    if (outcome != OUTCOME_OK)
        return error_wrap(err, "state topic");
    *ret_offset = kafka_producer_offset(claim->producer, 0);
    if (*ret_offset < 0)
        return error_set(err, OUTCOME_RETRY, "state topic: kafka did not say where the claim is");
    return OUTCOME_OK;
}

/* A new one would stand behind what an older connector wrote since, and so make it true. */
enum outcome claim_take(struct claim *claim, int64_t *ret_end, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;
    int64_t at = THE_CLAIM;

    if (claim->lost)
        return taken_over(claim, err);
    if (claim->taken)
        outcome = send_owner(claim, claim->at, &at, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (claim->taken && at >= claim->next) {
        *ret_end = claim->at + 1;
        return OUTCOME_OK;
    }
    outcome = send_owner(claim, THE_CLAIM, &at, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    claim->taken = true;
    claim->at = at;
    claim->next = at + 1;
    *ret_end = at + 1;
    return OUTCOME_OK;
}

/* Into a change: what is in memory of them. They stay the caller's until it is durable. */
static struct others take_others(struct claim *claim, struct state_change *change)
{
    struct others taken = claim->others;

    claim->others = (struct others){0};
    for (size_t i = 0; i < taken.count; i++)
        state_put_again(change, taken.keys[i]);
    return taken;
}

/* They were not put again: at the next try, with those that were met meanwhile. */
static void give_back(struct claim *claim, struct state *state, const struct others *taken)
{
    struct state_change *change = state_begin(state);

    for (size_t i = 0; i < taken->count; i++)
        add_other(claim, taken->keys[i]);
    atomic_store(&claim->prove_ms, 0);
    state_abort(change);
}

/* OK: a sign of life is durable, and no newer claim stands before it. The state's lock is held. */
static enum outcome write_sign(struct claim *claim, int64_t now_ms, struct error *err)
{
    uint8_t value[VALUE_SIZE];
    struct kafka_record record = owner_record(claim, claim->at, value);
    enum outcome result;
    enum outcome outcome = send_watched(claim, &record, 1, &result, err);

    if (outcome != OUTCOME_OK)
        return error_wrap(err, "state topic");
    /* What is met from here on sets it back: to be looked after at once. */
    atomic_store(&claim->prove_ms, now_ms + CLAIM_PROVE_MS);
    return OUTCOME_OK;
}

enum outcome claim_prove(struct claim *claim, struct state *state, int64_t now_ms,
                         struct error *err)
{
    struct state_change *change;
    struct others taken;
    enum outcome outcome;

    if (!claim || now_ms < atomic_load(&claim->prove_ms))
        return OUTCOME_OK;
    change = state_begin(state);
    if (now_ms < atomic_load(&claim->prove_ms)) {
        state_abort(change); /* another pipeline did, while this one waited for its turn */
        return OUTCOME_OK;
    }
    outcome = write_sign(claim, now_ms, err);
    if (outcome != OUTCOME_OK) {
        state_abort(change);
        return outcome;
    }
    taken = take_others(claim, change);
    outcome = state_commit(change, err);
    if (outcome != OUTCOME_OK && taken.count > 0)
        give_back(claim, state, &taken);
    others_deinit(&taken);
    return outcome;
}
