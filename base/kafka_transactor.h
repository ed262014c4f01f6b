/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing to Kafka in transactions, for the broker: records and the offsets they answer
 * become visible together or not at all (DESIGN.md "Guarantees").
 */
#ifndef RELAIS_BASE_KAFKA_TRANSACTOR_H
#define RELAIS_BASE_KAFKA_TRANSACTOR_H

#include "base/kafka_record.h"

/*
 * One transactional.id. Every function returns
 * - OK: done.
 * - RETRY: doubt. The transaction was aborted or its end is unknown, or a topic is not there
 *   (kafka_transactor_refused()), and the underlying producer was thrown away. Call
 *   kafka_transactor_init() again, which fences what was left, then read the committed offsets
 *   again and start over from there.
 * - FATAL: this identity may not go on (authorisation, configuration): stop the process. The text
 *   names the topic of a record that was not taken.
 *
 * Each waits at most 15 s (init: its own time-out; abort: 3 s), and 3 s more where a failure makes
 * it abort; 1 s each after kafka_transactor_hurry(). One thread at a time.
 */
struct kafka_transactor;

/* Makes no connection yet. */
struct kafka_transactor *kafka_transactor_new(const struct kafka_config *config,
                                              const char *transactional_id);
void kafka_transactor_free(struct kafka_transactor *transactor);
DEFINE_CLEANUP(struct kafka_transactor, kafka_transactor_free)

/* Any thread: the process is to stop. Steps that begin later wait a second at most; what they
 * leave in doubt is ended by the next initialisation, as after a crash. */
void kafka_transactor_hurry(struct kafka_transactor *transactor);

/* Makes the producer if there is none and fences every older one of the same id. */
MUST_USE enum outcome kafka_transactor_init(struct kafka_transactor *transactor, int32_t timeout_ms,
                                            struct error *err);
MUST_USE enum outcome kafka_transactor_begin(struct kafka_transactor *transactor,
                                             struct error *err);
/* Enqueues; copies key, value and headers. A full queue is waited for, bounded. REJECT: this
 * record can never be written (too large); the transaction is as it was before the call. */
MUST_USE enum outcome kafka_transactor_produce(struct kafka_transactor *transactor,
                                               const struct kafka_record *record,
                                               struct error *err);
/* `offsets` are next positions (last processed + 1) of at least one partition;
 * `group` is the metadata taken when the partitions were assigned. */
MUST_USE enum outcome kafka_transactor_send_offsets(struct kafka_transactor *transactor,
                                                    const rd_kafka_topic_partition_list_t *offsets,
                                                    const rd_kafka_consumer_group_metadata_t *group,
                                                    struct error *err);
MUST_USE enum outcome kafka_transactor_commit(struct kafka_transactor *transactor,
                                              struct error *err);
/* Ends the transaction without effect; RETRY as above when even that is in doubt. */
MUST_USE enum outcome kafka_transactor_abort(struct kafka_transactor *transactor,
                                             struct error *err);
/* The topic of a record that Kafka will not take, for one because it is not there, since the last
 * initialisation that did something; until the next. NULL: none. */
const char *kafka_transactor_refused(const struct kafka_transactor *transactor);
/* True when a commit, an abort or an init was answered "fenced" by Kafka since the last
 * call of this function: somebody else initialised the same id. */
bool kafka_transactor_was_fenced(struct kafka_transactor *transactor);

#endif
