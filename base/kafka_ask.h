/* SPDX-License-Identifier: Apache-2.0
 *
 * What a consumer asks Kafka about topics and offsets, whatever it reads itself. Each waits for its
 * answer: KAFKA_ASK_MS unless it takes a time.
 */
#ifndef RELAIS_BASE_KAFKA_ASK_H
#define RELAIS_BASE_KAFKA_ASK_H

#include "base/kafka_consumer.h"

#define KAFKA_ASK_MS 5000

/* The group's committed next offset, stable (no open transaction hides it);
 * RD_KAFKA_OFFSET_INVALID when there is none. A time-out is RETRY, never "none". */
MUST_USE enum outcome kafka_ask_committed(struct kafka_consumer *consumer, const char *topic,
                                          int32_t partition, int32_t timeout_ms,
                                          int64_t *ret_next_offset, struct error *err);
/* The same of all of `list`, in one question; RETRY names one that was not told. */
MUST_USE enum outcome kafka_ask_committed_list(struct kafka_consumer *consumer,
                                               rd_kafka_topic_partition_list_t *list,
                                               int32_t timeout_ms, struct error *err);
/* The first record that is of `time_ms` or later, by the topic's own time; RD_KAFKA_OFFSET_END when
 * there is none. */
MUST_USE enum outcome kafka_ask_offset_at(struct kafka_consumer *consumer, const char *topic,
                                          int32_t partition, int64_t time_ms, int64_t *ret_offset,
                                          struct error *err);
/* First and next offset as Kafka says now; the end is the last stable offset on a
 * read_committed consumer and the high watermark on an uncommitted one. */
MUST_USE enum outcome kafka_ask_watermarks(struct kafka_consumer *consumer, const char *topic,
                                           int32_t partition, int64_t *ret_first, int64_t *ret_next,
                                           struct error *err);
/* Number of partitions; REJECT when the topic does not exist. */
MUST_USE enum outcome kafka_ask_partitions(struct kafka_consumer *consumer, const char *topic,
                                           int32_t *ret_count, struct error *err);

#endif
