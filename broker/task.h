/* SPDX-License-Identifier: Apache-2.0
 *
 * A task is one partition number p: partition p of every outbox, and the rows and deadlines
 * of the threads whose key falls there. It decides (handoff.h) about one record at a time and
 * hands what follows to a sink; it knows no Kafka client, no thread and no transaction of
 * Kafka's, only that its caller ends each batch with task_commit(), or gives it up with
 * task_free(): that takes back what has not reached the store's file, earlier batches among it
 * (store.h), and who takes the partition up again catches up first.
 *
 * A record that cannot be read, or contradicts itself, becomes a dead letter of its sender
 * and is counted as refused: it never stops the partition. Errors that are returned are the
 * store's or the sink's, and then the batch must be given up, or (task_result.unread) the schema
 * registry's.
 */
#ifndef RELAIS_BROKER_TASK_H
#define RELAIS_BROKER_TASK_H

#include "base/kafka_record.h"
#include "broker/handoff.h"
#include "broker/store.h"
#include "schemas/wire.h"

/* Bytes of an outbox record's value. What follows from it stays below Kafka's own limit: of the
 * sender's headers only a traceparent goes on, of what it says one short text goes into ours. */
#define TASK_MAX_VALUE ((size_t)512 * 1024)

/* Where the records of the open batch go: a transaction, or a list in a test. */
struct task_sink {
    enum outcome (*write)(void *context, const struct kafka_record *record, struct error *err);
    void *context;
};

/* What every decision of a batch shares. Borrowed for the call. */
struct task_context {
    const struct task_sink *sink;
    const struct directory *directory;
    const char *const *reachable; /* this and `deaf` as in struct handoff_question */
    size_t reachable_count;
    const char *const *deaf;
    size_t deaf_count;
    int64_t now_us;
};

/* One outbox record as Kafka gave it. */
struct task_record {
    struct bytes sender; /* from the topic's name */
    struct bytes key;
    struct bytes value;
    struct bytes traceparent; /* header, or BYTES_NONE */
    const char *topic;
    int32_t partition;
    int64_t offset;
};

struct task_result {
    enum handoff_verdict verdict;
    const char *code; /* of a refusal, static, else NULL            */
    size_t said;      /* events of the broker's own among what was written */
    size_t withheld;  /* messages not written: their operator has no inbox  */
    int64_t lost;     /* records before it that were deleted unread (holdings.h)    */
    bool unread;      /* with RETRY: the schema registry, which alone knows what the record is, or
                         its row, does not answer; nothing was written, the batch is as it was */
};

struct task;

/* Takes the store over. `partition_count` is P. */
struct task *task_new(int32_t partition, int32_t partition_count, struct store *store,
                      const struct wire *wire);
void task_free(struct task *task);
DEFINE_CLEANUP(struct task, task_free)

int32_t task_partition(const struct task *task);
struct store *task_store(struct task *task);

MUST_USE enum outcome task_decide(struct task *task, const struct task_context *context,
                                  const struct task_record *record, struct task_result *ret_result,
                                  struct error *err);

/* When the next deadline is due; INT64_MAX: none. Cheap. */
int64_t task_next_due(const struct task *task);
struct task_fired {
    size_t deadlines;
    size_t withheld; /* Notices not written: their operator has no inbox */
};
/* Fires the deadlines due at context->now_us, at most `most` of them. */
MUST_USE enum outcome task_fire(struct task *task, const struct task_context *context, size_t most,
                                struct task_fired *ret_fired, struct error *err);

/* Whether the open batch holds anything that this task has written. */
bool task_wrote(const struct task *task);
/* Kafka has committed the batch: so does the store. `position`: see store_commit(). */
MUST_USE enum outcome task_commit(struct task *task, int64_t position, struct error *err);

/* Restore: one record of the task's partition of relais.handoff.v1, older ones first.
 * Committed with task_commit(). FATAL: the row cannot be read. RETRY: not now (wire.h). */
MUST_USE enum outcome task_load(struct task *task, struct bytes key, struct bytes value,
                                struct error *err);

#endif
