/* SPDX-License-Identifier: Apache-2.0
 *
 * How far a worker has read each of its partitions of the operators' outboxes: positions
 * move when a record was *decided*, not when it was fetched, so an assignment made from them
 * repeats nothing and skips nothing. One thread.
 */
#ifndef RELAIS_BROKER_INPUTS_H
#define RELAIS_BROKER_INPUTS_H

#include "broker/operators.h"

/* One partition of one outbox. */
struct input {
    const char *topic;
    const char *operator_code;
    size_t operator_index; /* in operators_at() */
    int32_t partition;
    int64_t next;          /* offset to read next; RD_KAFKA_OFFSET_BEGINNING: none committed yet */
    bool touched;          /* moved since inputs_settle() */
    int64_t held_until_ms; /* monotonic: not read before; 0: read         */
    int64_t held_at;       /* the offset for which it was held last, or -1 */
};

struct inputs;

/* The group's committed offsets of all of `list`, waited for beyond a step of a transaction (10 s,
 * and what kafka_ask_committed_list() adds): an open one hides them. RETRY: Kafka could not say. */
MUST_USE enum outcome inputs_ask_committed(struct kafka_consumer *consumer,
                                           rd_kafka_topic_partition_list_t *list,
                                           struct error *err);

/* `operators` is borrowed and outlives them. */
struct inputs *inputs_new(const struct operators *operators, int32_t partition_count);
void inputs_free(struct inputs *inputs);
DEFINE_CLEANUP(struct inputs, inputs_free)

/* Forgets the positions of operators that are not complete (any more), and of an outbox that is
 * gone also what was settled: one that is made anew is another. True when there were any. */
bool inputs_prune(struct inputs *inputs);
/*
 * Adds the partition of each complete operator's outbox that is not there yet, at the group's
 * committed offset, or at what was settled here before, whichever is later. For a Kafka that was
 * killed has been seen to answer, for some seconds after its start, what the group had committed
 * long before; what has been committed since can only be more. RETRY: Kafka could not say.
 */
MUST_USE enum outcome inputs_add(struct inputs *inputs, struct kafka_consumer *consumer,
                                 int32_t partition, struct error *err);
/* Forgets all positions but those settled; operators stay. */
void inputs_clear(struct inputs *inputs);

size_t inputs_count(const struct inputs *inputs);
/* NULL when that partition is none of ours. */
struct input *inputs_find(struct inputs *inputs, const char *topic, int32_t partition);

/* True when any was held until now or before: they are read again, once they are assigned. */
bool inputs_release(struct inputs *inputs, int64_t now_ms);

/* Lists of next offsets; the caller destroys them. All: but those that are held. */
rd_kafka_topic_partition_list_t *inputs_all(const struct inputs *inputs);
/* `touched` only, else every one whose offset is known. */
rd_kafka_topic_partition_list_t *inputs_known(const struct inputs *inputs, bool touched);
/* The touched positions are committed. */
void inputs_settle(struct inputs *inputs);

#endif
