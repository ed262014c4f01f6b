/* SPDX-License-Identifier: Apache-2.0
 *
 * One message read from Kafka, as views into what librdkafka holds.
 */
#ifndef RELAIS_BASE_KAFKA_MESSAGE_H
#define RELAIS_BASE_KAFKA_MESSAGE_H

#include "base/bytes.h"
#include "base/kafka_config.h"

/* The views live until kafka_message_free(), the message not longer than its consumer. */
struct kafka_message {
    const char *topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
    struct bytes key;   /* BYTES_NONE: null */
    struct bytes value; /* BYTES_NONE: null */
    rd_kafka_message_t *handle;
};

/* Takes `handle`, which carries no error. */
void kafka_message_fill(struct kafka_message *message, rd_kafka_message_t *handle);
void kafka_message_free(struct kafka_message *message);
/* Value of the last header of that name; BYTES_NONE when there is none. */
struct bytes kafka_message_header(const struct kafka_message *message, const char *name);

#endif
