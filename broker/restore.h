/* SPDX-License-Identifier: Apache-2.0
 *
 * Brings a task's store up to date with relais.handoff.v1 (DESIGN.md "Caught up"). The caller
 * has initialised its producers and fetched the committed input offsets *before*: from then on
 * nobody else can add to the task's partition, and what was added is found by asking its end.
 */
#ifndef RELAIS_BROKER_RESTORE_H
#define RELAIS_BROKER_RESTORE_H

#include "base/kafka_consumer.h"
#include "broker/task.h"

struct restore;

/* Two readers of its own: one reads committed, one only asks for ends, uncommitted. */
MUST_USE enum outcome restore_open(const struct kafka_config *config, struct restore **ret_restore,
                                   struct error *err);
void restore_close(struct restore *restore);
DEFINE_CLEANUP(struct restore, restore_close)

/* P: the partitions of relais.handoff.v1. FATAL when the topic does not exist. */
MUST_USE enum outcome restore_partition_count(struct restore *restore, int32_t *ret_count,
                                              struct error *err);
/* The high watermark of the task's partition: every record written so far is below it. */
MUST_USE enum outcome restore_end(struct restore *restore, int32_t partition, int64_t *ret_end,
                                  struct error *err);
/*
 * Reads what the store lacks, or everything; but for half a second at most, or 20,000 rows, so
 * that its caller can poll in between (a worker that does not poll loses its tasks): unless
 * *ret_done says that the task has caught up, call again with the same one. What was read stays
 * in the store with its position: who begins again goes on there. RETRY: Kafka is away, or
 * interrupted.
 */
MUST_USE enum outcome restore_task(struct restore *restore, struct task *task, bool *ret_done,
                                   struct error *err);
/* The task in hand, if any, will not be gone on with: it may be freed. */
void restore_forget(struct restore *restore);
/* Any thread: the restore in progress, and every later one, returns within 200 ms. */
void restore_interrupt(struct restore *restore);

#endif
