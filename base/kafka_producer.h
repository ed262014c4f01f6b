/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing to Kafka from a connector: an idempotent producer that answers only when records
 * are durable. The broker's transactional one is base/kafka_transactor.h.
 */
#ifndef RELAIS_BASE_KAFKA_PRODUCER_H
#define RELAIS_BASE_KAFKA_PRODUCER_H

#include "base/kafka_record.h"

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
 * again, readers drop the double); REJECT, never (too large); FATAL, not as this
 * cluster and this client are (no such topic, no right to it): the process ends. Returns OK when
 * every one is OK, else the worst. Order is kept per partition. One thread at a time.
 */
MUST_USE enum outcome kafka_producer_send(struct kafka_producer *producer,
                                          const struct kafka_record *records, size_t count,
                                          int32_t timeout_ms, enum outcome *results,
                                          struct error *err);
/* Where record `index` of the last send stands in its partition; negative when it is not OK, or
 * Kafka did not say (it had the record already). */
int64_t kafka_producer_offset(const struct kafka_producer *producer, size_t index);
/* Any thread: the send in progress, and every later one, returns within 100 ms. */
void kafka_producer_interrupt(struct kafka_producer *producer);

#endif
