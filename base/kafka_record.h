/* SPDX-License-Identifier: Apache-2.0
 *
 * One record on its way to Kafka: what the idempotent producer and the transactional one
 * both take.
 */
#ifndef RELAIS_BASE_KAFKA_RECORD_H
#define RELAIS_BASE_KAFKA_RECORD_H

#include "base/bytes.h"
#include "base/kafka_handles.h"

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

/* Hands a copy of key, value and headers to librdkafka, never waits. `handles` are this producer's.
 * `report_opaque` comes back in the delivery report. The code is NO_ERROR, __QUEUE_FULL (poll and
 * call again) or why this record or this producer cannot. */
MUST_USE rd_kafka_resp_err_t kafka_record_produce(rd_kafka_t *producer,
                                                  struct kafka_handles *handles,
                                                  const struct kafka_record *record,
                                                  void *report_opaque);

#endif
