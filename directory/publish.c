/* SPDX-License-Identifier: Apache-2.0
 *
 * A publication is one transaction under one fixed transactional id: a reader sees all of
 * it or nothing, and of two people who publish at once the first is fenced.
 */
#include "base/kafka_transactor.h"
#include "directory/diff.h"
#include "directory/follow.h"
#include "directory/published.h"
#include "schemas/topics.h"

#define TIMEOUT_MS 30000
#define MOST_TRIES 3

enum outcome directory_read_published(const struct kafka_config *config, const struct wire *wire,
                                      struct directory **ret_directory, struct error *err)
{
    CLEANUP(kafka_consumer_closep) struct kafka_consumer *consumer = NULL;
    CLEANUP(published_deinit) struct published published = {0};
    enum outcome outcome;

    outcome = published_open(config, &consumer, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    outcome = published_read(consumer, TIMEOUT_MS, &published, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    return published_build(&published, wire, ret_directory, err);
}

static enum outcome send_difference(struct kafka_transactor *transactor, const struct wire *wire,
                                    const struct diff_pair *pair, struct error *err)
{
    CLEANUP(buffer_deinit) struct buffer key = {0};
    CLEANUP(buffer_deinit) struct buffer value = {0};
    char topic[TOPIC_NAME_SIZE];
    struct kafka_record record = {
        .topic = topics_name(TOPIC_DIRECTORY, NULL, topic),
        .partition = 0,
    };

    directory_entry_key(pair->after ? pair->after : pair->before, &key);
    record.key = buffer_view(&key);
    if (pair->after) {
        wire_encode(wire, &directory_table, pair->after, &value);
        record.value = buffer_view(&value);
    }
    return kafka_transactor_produce(transactor, &record, err);
}

static enum outcome send_all(struct kafka_transactor *transactor, const struct wire *wire,
                             struct diff_walk *walk, size_t *ret_changes, struct error *err)
{
    enum outcome outcome;
    struct diff_pair pair;
    size_t changes = 0;

    outcome = kafka_transactor_begin(transactor, err);
    while (outcome == OUTCOME_OK && diff_next(walk, &pair)) {
        outcome = send_difference(transactor, wire, &pair, err);
        changes++;
    }
    if (outcome == OUTCOME_OK)
        outcome = kafka_transactor_commit(transactor, err);
    if (outcome == OUTCOME_OK)
        *ret_changes = changes;
    return outcome;
}

/* The topic is read only after init: whoever published before is fenced by then, so the
 * difference cannot become wrong before it is written. */
static enum outcome publish_once(const struct kafka_config *config, const struct wire *wire,
                                 struct directory *directory, size_t *ret_changes,
                                 struct error *err)
{
    CLEANUP(kafka_transactor_freep)
    struct kafka_transactor *transactor = kafka_transactor_new(config, "relais.directory.publish");
    CLEANUP(directory_unrefp) struct directory *published = NULL;
    struct diff_walk walk;
    struct diff_pair first;
    enum outcome outcome;

    outcome = kafka_transactor_init(transactor, TIMEOUT_MS, err);
    if (outcome == OUTCOME_OK)
        outcome = directory_read_published(config, wire, &published, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    walk = (struct diff_walk){.published = published, .files = directory};
    *ret_changes = 0;
    if (!diff_next(&walk, &first))
        return OUTCOME_OK;
    walk = (struct diff_walk){.published = published, .files = directory};
    return send_all(transactor, wire, &walk, ret_changes, err);
}

enum outcome directory_publish(const struct kafka_config *config, const struct wire *wire,
                               struct directory *directory, size_t *ret_changes, struct error *err)
{
    enum outcome outcome = OUTCOME_RETRY;

    for (int tries = 0; tries < MOST_TRIES && outcome == OUTCOME_RETRY; tries++)
        outcome = publish_once(config, wire, directory, ret_changes, err);
    return outcome;
}
