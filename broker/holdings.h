/* SPDX-License-Identifier: Apache-2.0
 *
 * What a worker holds while Kafka has given it tasks: the tasks with their stores, its
 * positions in their inputs, and the group's metadata of the moment of the giving. It is
 * taken as a whole and dropped as a whole. One thread.
 */
#ifndef RELAIS_BROKER_HOLDINGS_H
#define RELAIS_BROKER_HOLDINGS_H

#include "broker/inputs.h"
#include "broker/restore.h"
#include "broker/task.h"

struct holdings_options { /* borrowed, outliving the holdings */
    const struct kafka_config *kafka;
    const char *folder; /* of this worker's stores; exists */
    const char *boot_id;
    const struct wire *wire;
};

struct holdings;

MUST_USE enum outcome holdings_open(const struct holdings_options *options,
                                    struct holdings **ret_holdings, struct error *err);
void holdings_close(struct holdings *holdings);
DEFINE_CLEANUP(struct holdings, holdings_close)
/* Any thread: a take in progress, and every later one, ends soon with RETRY. */
void holdings_interrupt(struct holdings *holdings);

/* In the group's callback: these anchor partitions are ours. Takes `group` over. */
void holdings_given(struct holdings *holdings, const int32_t *partitions, size_t count,
                    rd_kafka_consumer_group_metadata_t *group);
/* Nothing is ours any more. */
void holdings_revoked(struct holdings *holdings);
const rd_kafka_consumer_group_metadata_t *holdings_group(const struct holdings *holdings);

/*
 * Makes what was given ready to work: committed offsets first, then each store caught up,
 * then the consumer reads on from the offsets. The caller's producers are initialised. It takes a
 * slice of the work at a time (restore.h): unless *ret_ready, poll the consumer and call again.
 * RETRY: drop and try again; FATAL: this deployment is wrong, or the disk is full.
 */
MUST_USE enum outcome holdings_take(struct holdings *holdings, struct kafka_consumer *consumer,
                                    const struct directory *directory, int64_t now_ms,
                                    bool *ret_ready, struct error *err);
/* Between the slices. */
bool holdings_taking(const struct holdings *holdings);
/* Closes the stores and forgets the positions; what was given stays given. */
void holdings_drop(struct holdings *holdings);

/* Reads on where the time of holdings_hold() is over. Looks at the operators when that is due:
 * reads those that have got their topics since, and no longer those that have lost them. Between
 * transactions only. OK too when Kafka did not answer: nothing has changed. */
MUST_USE enum outcome holdings_look(struct holdings *holdings, struct kafka_consumer *consumer,
                                    const struct directory *directory, int64_t now_ms,
                                    struct error *err);

/* Both NULL before the first take. */
struct operators *holdings_operators(struct holdings *holdings);
struct inputs *holdings_inputs(struct holdings *holdings);
/* What a batch is decided with. */
struct task_context holdings_context(const struct holdings *holdings, const struct task_sink *sink,
                                     const struct directory *directory, int64_t now_us);
size_t holdings_count(const struct holdings *holdings);

/* Whose outbox the message stands in; NULL: it is not for a task of ours. */
const char *holdings_sender(struct holdings *holdings, const struct kafka_message *message);
/* Lets its task decide about a message of ours, and moves the position behind it. Where offsets
 * before it are missing, as markers of a foreign writer's transactions are, Kafka is asked whether
 * records were deleted unread: the log says it as an error, and the result how many. */
MUST_USE enum outcome holdings_decide(struct holdings *holdings, struct kafka_consumer *consumer,
                                      const struct task_context *context,
                                      const struct kafka_message *message,
                                      struct task_result *ret_result, struct error *err);

/* That message's partition is not read for some seconds, from it on: it cannot be read yet, for
 * `why`. The others go on. Between transactions, as its end. */
MUST_USE enum outcome holdings_hold(struct holdings *holdings, struct kafka_consumer *consumer,
                                    const struct kafka_message *message, int64_t now_ms,
                                    const char *why, struct error *err);

/*
 * The offsets of the open batch: every input that it has moved, and the anchor's of each task
 * that has written something. An offset that was sent and whose transaction is not over hides the
 * committed one from whoever is given the task next, and holdings_take() waits for that: so what
 * a worker that was stopped in the middle still commits lands before the end that the next one
 * reads to, never behind it. The caller destroys the list.
 */
rd_kafka_topic_partition_list_t *holdings_offsets(struct holdings *holdings);

/* When the next deadline of a task is due; INT64_MAX: none. */
int64_t holdings_next_due(const struct holdings *holdings);
/* Fires what is due, at most `most` a task, into the open batch. */
MUST_USE enum outcome holdings_fire(struct holdings *holdings, const struct task_context *context,
                                    size_t most, struct task_fired *ret_fired, struct error *err);

/* Before a commit: asks for the high watermark of each task's partition. If the commit
 * succeeds nobody else can have written below it, so the stores then reflect all of it. Only
 * now and then (it costs a question a task): in between the stores' positions lag. */
MUST_USE enum outcome holdings_reflect(struct holdings *holdings, struct error *err);
/* Kafka has committed: the stores follow. */
MUST_USE enum outcome holdings_commit(struct holdings *holdings, struct error *err);

#endif
