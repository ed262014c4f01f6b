/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands on relais.directory.v1, as it is read: the newest value of each key.
 */
#ifndef RELAIS_DIRECTORY_PUBLISHED_H
#define RELAIS_DIRECTORY_PUBLISHED_H

#include "base/kafka_consumer.h"
#include "directory/directory.h"
#include "schemas/wire.h"

struct published_record {
    char *key;
    uint8_t *value;
    size_t value_len;
};

/* Zeroed memory is a valid, empty one. */
struct published {
    struct published_record *records; /* sorted by key */
    size_t count;
    size_t capacity;
    bool changed; /* since the last published_build() */
};

void published_deinit(struct published *published);
/* A value replaces the one before, BYTES_NONE (a tombstone) removes it. Copies. */
void published_apply(struct published *published, struct bytes key, struct bytes value);
/* A snapshot of it; REJECT names the key whose value is no directory entry. */
MUST_USE enum outcome published_build(struct published *published, const struct wire *wire,
                                      struct directory **ret_directory, struct error *err);

/* A consumer at the beginning of the topic. RETRY: Kafka is away or the topic is not there. */
MUST_USE enum outcome published_open(const struct kafka_config *config,
                                     struct kafka_consumer **ret_consumer, struct error *err);
/* Reads until the end of the topic; RETRY when it is not reached within `timeout_ms`. */
MUST_USE enum outcome published_read(struct kafka_consumer *consumer, int32_t timeout_ms,
                                     struct published *published, struct error *err);

#endif
