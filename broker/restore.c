/* SPDX-License-Identifier: Apache-2.0
 *
 * Why two handles: a read_committed consumer's end of partition is the last *stable* offset.
 * While a dead worker's transaction is open it hides committed records behind it, and the
 * first end-of-partition event proves nothing. The high watermark, which only a
 * read_uncommitted handle tells, does not lie: reading committed until an end at or behind
 * it means that every transaction below is over and every committed row has been seen.
 */
#include "broker/restore.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "schemas/topics.h"

#define POLL_MS 100
#define ROWS_PER_COMMIT 20000

DEFINE_CLEANUP(rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy)

struct restore {
    struct kafka_consumer *reader; /* read_committed   */
    struct kafka_consumer *ends;   /* read_uncommitted */
    atomic_bool interrupted;
    char topic[TOPIC_NAME_SIZE];
};

enum outcome restore_open(const struct kafka_config *config, struct restore **ret_restore,
                          struct error *err)
{
    CLEANUP(restore_closep) struct restore *restore = xcalloc(1, sizeof(*restore));
    enum outcome outcome;

    topics_name(TOPIC_HANDOFF, NULL, restore->topic);
    outcome = kafka_consumer_open(config, NULL, false, &restore->reader, err);
    if (outcome == OUTCOME_OK) {
        outcome = kafka_consumer_open(config, NULL, true, &restore->ends, err);
    }
    if (outcome == OUTCOME_OK) {
        *ret_restore = TAKE(restore);
    }
    return outcome;
}

void restore_close(struct restore *restore)
{
    if (restore) {
        kafka_consumer_close(restore->reader);
        kafka_consumer_close(restore->ends);
        free(restore);
    }
}

void restore_interrupt(struct restore *restore)
{
    atomic_store(&restore->interrupted, true);
}

enum outcome restore_partition_count(struct restore *restore, int32_t *ret_count, struct error *err)
{
    enum outcome outcome = kafka_consumer_partitions(restore->ends, restore->topic, ret_count, err);

    return outcome == OUTCOME_REJECT
               ? error_set(err, OUTCOME_FATAL, "%s does not exist: run relais topics apply",
                           restore->topic)
               : outcome;
}

enum outcome restore_end(struct restore *restore, int32_t partition, int64_t *ret_end,
                         struct error *err)
{
    int64_t first;

    return kafka_consumer_watermarks(restore->ends, restore->topic, partition, &first, ret_end,
                                     err);
}

static enum outcome assign_only(struct restore *restore, int32_t partition, int64_t offset,
                                struct error *err)
{
    CLEANUP(rd_kafka_topic_partition_list_destroyp)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

    if (partition >= 0) {
        rd_kafka_topic_partition_list_add(list, restore->topic, partition)->offset = offset;
    }
    return kafka_consumer_assign_list(restore->reader, list, err);
}

/* Reads until the reader stands at or behind `end`; *ret_position is where. */
static enum outcome read_until(struct restore *restore, struct task *task, int64_t end,
                               int64_t *ret_position, struct error *err)
{
    size_t rows = 0;

    for (;;) {
        struct kafka_message message = {0};
        enum kafka_event event;
        enum outcome outcome = kafka_consumer_poll(restore->reader, POLL_MS, &event, &message, err);

        if (outcome == OUTCOME_OK && event == KAFKA_MESSAGE) {
            outcome = task_load(task, message.key, message.value, err);
            kafka_message_free(&message);
            rows++;
        }
        if (outcome == OUTCOME_OK && rows == ROWS_PER_COMMIT) {
            outcome = task_commit(task, STORE_NOWHERE, err);
            rows = 0;
        }
        if (outcome != OUTCOME_OK) {
            return error_wrap(err, "restore");
        }
        if (event == KAFKA_END && message.offset >= end) {
            *ret_position = message.offset;
            return OUTCOME_OK;
        }
        if (atomic_load(&restore->interrupted)) {
            return error_set(err, OUTCOME_RETRY, "restore: interrupted");
        }
    }
}

enum outcome restore_task(struct restore *restore, struct task *task, struct error *err)
{
    int32_t partition = task_partition(task);
    struct store *store = task_store(task);
    int64_t from = store_position(store);
    int64_t first = 0;
    int64_t end = 0;
    enum outcome outcome =
        kafka_consumer_watermarks(restore->ends, restore->topic, partition, &first, &end, err);

    /* A position that Kafka does not know: another cluster's, or a topic that was made anew. */
    if (outcome == OUTCOME_OK && (from < first || from > end)) {
        outcome = store_clear(store, err);
        from = first;
    }
    if (outcome == OUTCOME_OK && from < end) {
        outcome = assign_only(restore, partition, from, err);
        if (outcome == OUTCOME_OK) {
            outcome = read_until(restore, task, end, &from, err);
        }
        if (outcome == OUTCOME_OK) {
            outcome = assign_only(restore, -1, 0, err);
        }
    }
    return outcome == OUTCOME_OK ? task_commit(task, from, err) : outcome;
}
