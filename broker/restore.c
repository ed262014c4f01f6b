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

#include "base/clock.h"
#include "base/kafka_ask.h"
#include "schemas/topics.h"

#define POLL_MS 100
#define SLICE_MS 500
#define ROWS_PER_SLICE 20000

DEFINE_CLEANUP(rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy)

struct restore {
    struct kafka_consumer *reader; /* read_committed   */
    struct kafka_consumer *ends;   /* read_uncommitted */
    atomic_bool interrupted;
    struct task *task; /* in hand: the reader reads its partition; NULL: none */
    int64_t end;       /* which it has to reach                    */
    int64_t position;  /* up to which it was read                  */
    size_t rows;       /* read in this slice                       */
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
    enum outcome outcome = kafka_ask_partitions(restore->ends, restore->topic, ret_count, err);

    return outcome == OUTCOME_REJECT
               ? error_set(err, OUTCOME_FATAL, "%s does not exist: run relais topics apply",
                           restore->topic)
               : outcome;
}

enum outcome restore_end(struct restore *restore, int32_t partition, int64_t *ret_end,
                         struct error *err)
{
    int64_t first;

    return kafka_ask_watermarks(restore->ends, restore->topic, partition, &first, ret_end, err);
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

/* One record of the task in hand. */
static enum outcome load(struct restore *restore, const struct kafka_message *message,
                         struct error *err)
{
    /* A reader of what is committed sees nothing before all below it is over: so the store will
     * reflect all up to here. */
    restore->position = message->offset + 1;
    restore->rows++;
    return task_load(restore->task, message->key, message->value, err);
}

/* *ret_done: the reader stands at or behind the end. */
static enum outcome read_on(struct restore *restore, bool *ret_done, struct error *err)
{
    int64_t until_ms = clock_mono_ms(clock_system()) + SLICE_MS;

    restore->rows = 0;
    while (restore->rows < ROWS_PER_SLICE && clock_mono_ms(clock_system()) < until_ms) {
        struct kafka_message message = {0};
        enum kafka_event event;
        enum outcome outcome = kafka_consumer_poll(restore->reader, POLL_MS, &event, &message, err);

        if (outcome == OUTCOME_OK && event == KAFKA_MESSAGE) {
            outcome = load(restore, &message, err);
            kafka_message_free(&message);
        }
        if (outcome != OUTCOME_OK) {
            return error_wrap(err, "restore");
        }
        if (event == KAFKA_END && message.offset >= restore->end) {
            restore->position = message.offset;
            *ret_done = true;
            return OUTCOME_OK;
        }
        if (atomic_load(&restore->interrupted)) {
            return error_set(err, OUTCOME_RETRY, "restore: interrupted");
        }
    }
    return task_commit(restore->task, restore->position, err);
}

/* Finds out what the task lacks, and begins to read it; *ret_done: nothing. */
static enum outcome begin(struct restore *restore, struct task *task, bool *ret_done,
                          struct error *err)
{
    int32_t partition = task_partition(task);
    struct store *store = task_store(task);
    int64_t first = 0;
    enum outcome outcome =
        kafka_ask_watermarks(restore->ends, restore->topic, partition, &first, &restore->end, err);

    restore->position = store_position(store);
    /* A position that Kafka does not know: another cluster's, or a topic that was made anew. */
    if (outcome == OUTCOME_OK && (restore->position < first || restore->position > restore->end)) {
        outcome = store_clear(store, err);
        restore->position = first;
    }
    *ret_done = restore->position == restore->end;
    if (outcome == OUTCOME_OK && !*ret_done) {
        outcome = assign_only(restore, partition, restore->position, err);
        restore->task = task;
    }
    return outcome;
}

enum outcome restore_task(struct restore *restore, struct task *task, bool *ret_done,
                          struct error *err)
{
    enum outcome outcome = OUTCOME_OK;

    *ret_done = false;
    if (restore->task != task) {
        outcome = begin(restore, task, ret_done, err);
    }
    if (outcome == OUTCOME_OK && !*ret_done) {
        outcome = read_on(restore, ret_done, err);
    }
    if (outcome == OUTCOME_OK && *ret_done) {
        restore_forget(restore);
        outcome = task_commit(task, restore->position, err);
    }
    return outcome;
}

void restore_forget(struct restore *restore)
{
    if (!restore || !restore->task) {
        return;
    }
    restore->task = NULL;
    if (assign_only(restore, -1, 0, NULL) != OUTCOME_OK) {
        return; /* nothing to add: the next task's partition takes its place */
    }
}
