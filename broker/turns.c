/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/turns.h"

#include <stdio.h>
#include <stdlib.h>

#define FENCES_MOST 3
#define FENCES_WINDOW_MS INT64_C(60000)

struct turns {
    struct kafka_transactor *producers[2];
    int next; /* whose turn it is */
    bool open;
    int64_t fenced_at_ms[FENCES_MOST]; /* the last ones */
    size_t fences;
};

struct turns *turns_new(const struct kafka_config *config, const char *name)
{
    struct turns *turns = xcalloc(1, sizeof(*turns));
    char id[256];

    for (int i = 0; i < 2; i++) {
        (void)snprintf(id, sizeof(id), "%s-%d", name, i);
        turns->producers[i] = kafka_transactor_new(config, id);
    }
    return turns;
}

void turns_hurry(struct turns *turns)
{
    kafka_transactor_hurry(turns->producers[0]);
    kafka_transactor_hurry(turns->producers[1]);
}

void turns_free(struct turns *turns)
{
    if (turns) {
        kafka_transactor_free(turns->producers[0]);
        kafka_transactor_free(turns->producers[1]);
        free(turns);
    }
}

enum outcome turns_init(struct turns *turns, int32_t timeout_ms, struct error *err)
{
    enum outcome outcome = kafka_transactor_init(turns->producers[0], timeout_ms, err);

    turns->open = false;
    if (outcome == OUTCOME_OK) {
        outcome = kafka_transactor_init(turns->producers[1], timeout_ms, err);
    }
    return outcome;
}

enum outcome turns_begin(struct turns *turns, struct error *err)
{
    enum outcome outcome = kafka_transactor_begin(turns->producers[turns->next], err);

    turns->open = outcome == OUTCOME_OK;
    return outcome;
}

bool turns_open(const struct turns *turns)
{
    return turns->open;
}

enum outcome turns_write(void *context, const struct kafka_record *record, struct error *err)
{
    struct turns *turns = context;
    enum outcome outcome = kafka_transactor_produce(turns->producers[turns->next], record, err);

    return outcome == OUTCOME_REJECT ? error_set(err, OUTCOME_FATAL, "a record cannot be written")
                                     : outcome;
}

enum outcome turns_commit(struct turns *turns, const rd_kafka_topic_partition_list_t *offsets,
                          const rd_kafka_consumer_group_metadata_t *group, struct error *err)
{
    struct kafka_transactor *producer = turns->producers[turns->next];
    enum outcome outcome = kafka_transactor_send_offsets(producer, offsets, group, err);

    if (outcome == OUTCOME_OK) {
        outcome = kafka_transactor_commit(producer, err);
    }
    if (outcome == OUTCOME_OK) {
        turns->open = false;
        turns->next = 1 - turns->next;
    }
    return outcome;
}

void turns_abort(struct turns *turns)
{
    if (turns->open) {
        turns->open = false;
        if (kafka_transactor_abort(turns->producers[turns->next], NULL) != OUTCOME_OK) {
            return; /* nothing to add: turns_init() ends it */
        }
    }
}

bool turns_fenced_too_often(struct turns *turns, int64_t mono_ms, struct error *err)
{
    bool first = kafka_transactor_was_fenced(turns->producers[0]);
    bool second = kafka_transactor_was_fenced(turns->producers[1]);
    int64_t *oldest = &turns->fenced_at_ms[turns->fences % FENCES_MOST];

    if (!first && !second) {
        return false;
    }
    *oldest = mono_ms;
    turns->fences++;
    /* Now the place of the first of the last three. */
    oldest = &turns->fenced_at_ms[turns->fences % FENCES_MOST];
    if (turns->fences < FENCES_MOST || mono_ms - *oldest >= FENCES_WINDOW_MS) {
        return false;
    }
    (void)error_set(err, OUTCOME_FATAL,
                    "fenced again and again: another process uses the transactional ids of this "
                    "--instance");
    return true;
}

const char *turns_refused(const struct turns *turns)
{
    const char *first = kafka_transactor_refused(turns->producers[0]);

    return first ? first : kafka_transactor_refused(turns->producers[1]);
}
