/* SPDX-License-Identifier: Apache-2.0
 *
 * The only door through which a connector writes: a log that says when records are durable.
 * Kafka behind it in the program, a fake in tests. One instance a thread.
 */
#ifndef RELAIS_CONNECTORS_MEMORY_DURABLE_H
#define RELAIS_CONNECTORS_MEMORY_DURABLE_H

#include "base/kafka_producer.h"
#include "base/metrics.h"
#include "schemas/topics.h"

/* Borrowed for the length of the call. */
struct durable_record {
    enum topic topic;   /* one of the operator's own */
    struct bytes key;   /* BYTES_NONE: null          */
    struct bytes value; /* BYTES_NONE: tombstone     */
    const struct kafka_header *headers;
    size_t header_count;
};

/* Of records of the outbox: to be compared with what the broker has seen. */
struct durable_counts {
    struct metric *acknowledged; /* durable                                      */
    struct metric *doubtful;     /* not known to be: written again, perhaps twice */
};

struct durable;
struct durable_ops {
    /* As kafka_producer_send(): results[i] is written always. */
    MUST_USE enum outcome (*append)(struct durable *self, const struct durable_record *records,
                                    size_t count, enum outcome *results, struct error *err);
    void (*interrupt)(struct durable *self);
    void (*close)(struct durable *self);
};
struct durable {
    const struct durable_ops *ops;
    const struct durable_counts *counts; /* borrowed; NULL: not counted */
};

/* OK: every record is durable on all in-sync replicas. RETRY: not known of all of them; append the
 * same again. REJECT: one never will be (too large); of the others `results` says which are
 * durable, and which are to be appended again. FATAL: none as things are (no such topic, no right
 * to it, or another connector has taken over, see claim.h): the connector ends, and a person looks.
 * `results` may be NULL. */
MUST_USE enum outcome durable_append(struct durable *durable, const struct durable_record *records,
                                     size_t count, enum outcome *results, struct error *err);
/* Any thread: the append in progress and all later ones return within 100 ms. */
void durable_interrupt(struct durable *durable);
void durable_close(struct durable *durable);
DEFINE_CLEANUP(struct durable, durable_close)

/* Over an idempotent producer of its own; `timeout_ms` bounds one append. */
MUST_USE enum outcome durable_open_kafka(const struct kafka_config *kafka,
                                         const char *operator_code, int32_t timeout_ms,
                                         struct durable **ret_durable, struct error *err);

#endif
