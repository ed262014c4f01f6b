/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing to Kafka: an idempotent producer that answers only when records are durable
 * (for connectors), and a transactional one (for the broker).
 */
#ifndef RELAIS_BASE_KAFKA_PRODUCER_H
#define RELAIS_BASE_KAFKA_PRODUCER_H

#include "base/bytes.h"
#include "base/kafka_config.h"

struct kafka_header {
    const char *name;
    struct bytes value;
};

/* One record to write. Borrowed for the length of the call. */
struct kafka_record {
    const char *topic;
    int32_t partition;  /* -1: by key (murmur2_random)         */
    struct bytes key;   /* BYTES_NONE: null                    */
    struct bytes value; /* BYTES_NONE: null, that is tombstone */
    const struct kafka_header *headers;
    size_t header_count;
    int64_t timestamp_ms; /* 0: now, by librdkafka's clock       */
};

/* ---- Idempotent ---------------------------------------------------------------- */

struct kafka_producer;

MUST_USE enum outcome kafka_producer_open(const struct kafka_config *config,
                                          struct kafka_producer **ret_producer, struct error *err);
/* Drops what is not yet delivered; returns within 5 s whatever Kafka does. */
void kafka_producer_close(struct kafka_producer *producer);
DEFINE_CLEANUP(struct kafka_producer, kafka_producer_close)

/*
 * Sends `count` records and waits for every delivery report, at most `timeout_ms`.
 * results[i] (array of `count`, written always) says of each: OK, durable on all in-sync
 * replicas; RETRY, not known to be durable (it may still become so: send the same event
 * again, readers drop the double); REJECT, never (too large). Returns OK when every one is
 * OK, else the worst. Order is kept per partition. One thread at a time.
 */
MUST_USE enum outcome kafka_producer_send(struct kafka_producer *producer,
                                          const struct kafka_record *records, size_t count,
                                          int32_t timeout_ms, enum outcome *results,
                                          struct error *err);
/* Any thread: the send in progress, and every later one, returns within 100 ms. */
void kafka_producer_interrupt(struct kafka_producer *producer);

/* ---- Transactional ------------------------------------------------------------- */

/*
 * One transactional.id. Every function returns
 *   OK     done;
 *   RETRY  doubt: the transaction was aborted or its end is unknown, and the underlying
 *          producer was thrown away. Call kafka_transactor_init() again, which fences what
 *          was left, then read the committed offsets again and start over from there;
 *   FATAL  this identity may not go on (authorisation, configuration): stop the process.
 * One thread at a time.
 */
struct kafka_transactor;

/* Makes no connection yet. */
struct kafka_transactor *kafka_transactor_new(const struct kafka_config *config,
                                              const char *transactional_id);
void kafka_transactor_free(struct kafka_transactor *transactor);
DEFINE_CLEANUP(struct kafka_transactor, kafka_transactor_free)

/* Makes the producer if there is none and fences every older one of the same id. */
MUST_USE enum outcome kafka_transactor_init(struct kafka_transactor *transactor,
                                            int32_t timeout_ms, struct error *err);
MUST_USE enum outcome kafka_transactor_begin(struct kafka_transactor *transactor,
                                             struct error *err);
/* Enqueues; copies key, value and headers. A full queue is waited for, bounded. */
MUST_USE enum outcome kafka_transactor_produce(struct kafka_transactor *transactor,
                                               const struct kafka_record *record,
                                               struct error *err);
/* `offsets` are next positions (last processed + 1) of at least one partition;
 * `group` is the metadata taken when the partitions were assigned. */
MUST_USE enum outcome
kafka_transactor_send_offsets(struct kafka_transactor *transactor,
                              const rd_kafka_topic_partition_list_t *offsets,
                              const rd_kafka_consumer_group_metadata_t *group, struct error *err);
MUST_USE enum outcome kafka_transactor_commit(struct kafka_transactor *transactor,
                                              struct error *err);
/* Ends the transaction without effect; RETRY as above when even that is in doubt. */
MUST_USE enum outcome kafka_transactor_abort(struct kafka_transactor *transactor,
                                             struct error *err);
/* True when a commit, an abort or an init was answered "fenced" by Kafka since the last
 * call of this function: somebody else initialised the same id. */
bool kafka_transactor_was_fenced(struct kafka_transactor *transactor);

#endif
