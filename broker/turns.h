/* SPDX-License-Identifier: Apache-2.0
 *
 * Two transactional producers that take turns: the next transaction need not wait for the
 * markers of the last one. At most one transaction is open at a time, and each begins after
 * the commit of the one before has returned, so the order of commits is the order of turns.
 *
 * Outcomes are those of base/kafka_transactor.h: RETRY is doubt. Then call turns_init()
 * again, which fences what was left, and start over from the committed offsets.
 */
#ifndef RELAIS_BROKER_TURNS_H
#define RELAIS_BROKER_TURNS_H

#include "base/kafka_transactor.h"

struct turns;

/* Transactional ids: `name`-0 and `name`-1. Makes no connection yet. */
struct turns *turns_new(const struct kafka_config *config, const char *name);
void turns_free(struct turns *turns);
DEFINE_CLEANUP(struct turns, turns_free)

/* Any thread: the process is to stop; nothing waits for Kafka longer than a second a step. */
void turns_hurry(struct turns *turns);

/* Both producers are ready, and every older one of their ids is fenced. */
MUST_USE enum outcome turns_init(struct turns *turns, int32_t timeout_ms, struct error *err);

MUST_USE enum outcome turns_begin(struct turns *turns, struct error *err);
bool turns_open(const struct turns *turns);
/* Into the open transaction; `turns` is void so that it can be a task's sink. FATAL also for
 * a record that is too large: what a task writes fits (task.h). */
MUST_USE enum outcome turns_write(void *turns, const struct kafka_record *record,
                                  struct error *err);
/* Sends the offsets, at least one, and commits. `group` fences a worker that Kafka no longer
 * counts as their owner. */
MUST_USE enum outcome turns_commit(struct turns *turns,
                                   const rd_kafka_topic_partition_list_t *offsets,
                                   const rd_kafka_consumer_group_metadata_t *group,
                                   struct error *err);
/* Ends the open transaction, if any, without effect. Doubt is no concern here: the next
 * turns_init() settles it. */
void turns_abort(struct turns *turns);

/* Asked after each doubt: true, and says so, when Kafka answered "fenced" for the third time
 * within a minute. A twin is known by the consumer's fatal error; without it, somebody uses our
 * transactional ids under another member's name. */
bool turns_fenced_too_often(struct turns *turns, int64_t mono_ms, struct error *err);
/* The topic that a record will not be taken for, until the next turns_init(); NULL: none. */
const char *turns_refused(const struct turns *turns);

#endif
